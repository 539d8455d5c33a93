/* Byte-level BPE on a small vocabulary made by hand: the pattern's words, the order of merges, and the way back to the
 * same bytes. Then tokenizer.json files: GPT-2's published merges in the forms of many families, against the ids of
 * another implementation (tests/tokens/README.md), and files that are wrong.
 */
#include "lm/lm.h"
#include "tok/tokenizer.h"

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <libdeflate.h>
#include <string.h>

enum { VOCAB = 300 };

static const char *const MERGES[] = { "h e",   "Ġ t", "Ġt he", "l l", "Ġ w", "o r",
                                      "Ġw or", "' s", "1 2",   "! !", "Ġ Ġ", "a a" };

static void write_file(const char *folder, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* The alphabet from its definition, here as a list of the bytes that do not print. */
static char *alphabet_letter(int byte)
{
    int hidden = 0;
    for (int b = 0; b < byte; b++)
        hidden += b <= 32 || (b >= 127 && b <= 160) || b == 173;
    gboolean hides = byte <= 32 || (byte >= 127 && byte <= 160) || byte == 173;
    char *letter = g_new0(char, 7);
    g_unichar_to_utf8((gunichar)(hides ? 256 + hidden : byte), letter);
    return letter;
}

/* Bytes first .. 255 are ids of their own value, then the merges from 256 on, then <|endoftext|>. */
static char *make_folder(int first)
{
    char *folder = g_dir_make_tmp("tokens-XXXXXX", NULL);
    GString *vocab = g_string_new("{\"<|endoftext|>\":299"), *merges = g_string_new("#version: 0.2\n");
    for (int b = first; b < 256; b++) {
        g_autofree char *letter = alphabet_letter(b);
        g_string_append_printf(vocab, ",\"%s%s\":%d", b == '"' || b == '\\' ? "\\" : "", letter, b);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(MERGES); i++) {
        g_auto(GStrv) parts = g_strsplit(MERGES[i], " ", 2);
        g_string_append_printf(vocab, ",\"%s%s\":%d", parts[0], parts[1], 256 + (int)i);
        g_string_append_printf(merges, "%s\r\n", MERGES[i]);
    }
    g_string_append(vocab, "}");
    write_file(folder, "vocab.json", vocab->str);
    write_file(folder, "merges.txt", merges->str);
    g_string_free(vocab, TRUE);
    g_string_free(merges, TRUE);
    return folder;
}

static void remove_folder(char *folder)
{
    g_autofree char *vocab = g_build_filename(folder, "vocab.json", NULL),
                    *merges = g_build_filename(folder, "merges.txt", NULL);
    g_remove(vocab);
    g_remove(merges);
    g_rmdir(folder);
    g_free(folder);
}

/* The tokens of a text with "|" between them. */
static char *cut(const struct tokenizer *b, const char *text)
{
    int ids[200], n = tokenizer_encode(b, text, ids, 200, NULL);
    GString *out = g_string_new(NULL);
    g_assert_cmpint(n, >=, 0);
    for (int i = 0; i < n; i++) {
        size_t length;
        const char *bytes = tokenizer_token(b, ids[i], &length);
        g_string_append_len(out, bytes, (gssize)length);
        g_string_append(out, i + 1 < n ? "|" : "");
    }
    return g_string_free(out, FALSE);
}

static void test_words(void)
{
    static const char *const cases[][2] = {
        { "", "" },
        { "the", "t|he" }, /* " the" is a word of its own, "the" is not */
        { " the", " the" },
        { "he the", "he| the" },
        { "tell", "t|e|ll" },
        { " world", " wor|l|d" },
        { "he's", "he|'s" },            /* a clitic is cut off */
        { "he'Shell", "he|'|S|he|ll" }, /* only in lower case, as in the source */
        { "12he", "12|he" },            /* digits and letters never join */
        { "the  the", "t|he| | the" },  /* of several spaces the last goes with the word */
        { "the   ", "t|he|  | " },      /* trailing spaces stay together */
        { "   he", "  | |he" },         /* "  " and " he"; no merge joins the space to "he" */
        { "!!he", "!!|he" },
        { "he\n\nhe", "he|\n|\n|he" },
        { "aaa", "aa|a" }, /* overlapping pairs: from left to right */
        { "aaaaa", "aa|aa|a" },
        { "<|endoftext|>", "<|||e|n|d|o|f|t|e|x|t|||>" }, /* never the special token */
    };
    char *folder = make_folder(0);
    g_autoptr(GError) error = NULL;
    struct tokenizer *b = tokenizer_load(folder, VOCAB, &error);
    g_assert_no_error(error);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *got = cut(b, cases[i][0]);
        g_assert_cmpstr(got, ==, cases[i][1]);
    }
    size_t length;
    g_assert_cmpstr(tokenizer_token(b, 299, &length), ==, "<|endoftext|>");
    tokenizer_token(b, 290, &length); /* no entry in vocab.json */
    g_assert_cmpint(length, ==, 0);
    tokenizer_free(b);
    remove_folder(folder);
}

static void test_round_trip(void)
{
    static const char *const texts[] = {
        "The cat's 12 the\tworld!!\r\n",
        "naïve café — “日本語” 🙂",
        "\x01\x02\x7f",
        "a\u00a0b\u3000c\u200b",
        " \n \n  x ",
        "e\u0301",
    };
    char *folder = make_folder(0);
    struct tokenizer *b = tokenizer_load(folder, VOCAB, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        int ids[200], n = tokenizer_encode(b, texts[i], ids, 200, NULL);
        g_autoptr(GString) back = g_string_new(NULL);
        for (int k = 0; k < n; k++) {
            size_t length;
            const char *bytes = tokenizer_token(b, ids[k], &length);
            g_string_append_len(back, bytes, (gssize)length);
        }
        g_assert_cmpstr(back->str, ==, texts[i]);
    }
    tokenizer_free(b);
    remove_folder(folder);
}

/* The count is the text's, whatever the room; no more than the room is written. */
static void test_room(void)
{
    char *folder = make_folder(0);
    struct tokenizer *b = tokenizer_load(folder, VOCAB, NULL);
    int ids[] = { -7, -7, -7 };
    g_assert_cmpint(tokenizer_encode(b, "tell", ids, 2, NULL), ==, 3);
    g_assert_cmpint(ids[0], ==, 't');
    g_assert_cmpint(ids[1], ==, 'e');
    g_assert_cmpint(ids[2], ==, -7);
    g_assert_cmpint(tokenizer_encode(b, "tell", NULL, 0, NULL), ==, 3);
    tokenizer_free(b);
    remove_folder(folder);
}

static void test_bad_text(void)
{
    char *folder = make_folder(0x20);
    struct tokenizer *b = tokenizer_load(folder, VOCAB, NULL);
    g_autoptr(GError) error = NULL;
    int ids[8];
    g_assert_cmpint(tokenizer_encode(b, "he\xff", ids, 8, &error), ==, -1);
    g_assert_error(error, LM_ERROR, LM_ERROR_TEXT);
    g_assert_nonnull(strstr(error->message, "not UTF-8: byte 3 (0xFF)"));
    g_clear_error(&error);
    g_assert_cmpint(tokenizer_encode(b, "he\n", ids, 8, &error), ==, -1);
    g_assert_error(error, LM_ERROR, LM_ERROR_TEXT);
    g_assert_nonnull(strstr(error->message, "no token for the byte 0x0A"));
    tokenizer_free(b);
    remove_folder(folder);
}

static void test_bad_files(void)
{
    static const struct {
        const char *vocab, *merges, *words;
    } cases[] = {
        { "{\"a\":0", "", "vocab.json: line 1: this is not JSON: it ends before its quotes and brackets are closed." },
        { "{\"a\":0,\n\"b", "", "vocab.json: line 2: this is not JSON: it ends before its quotes" },
        { "{\"a\":0,\n\"b\" 1}", "", "vocab.json: line 2: this is not JSON: unexpected" },
        { "{\"a\":0}\n\n// b", "", "vocab.json: line 3: this is not JSON, which has no comments" },
        { "{\"a\":0,\n\"\xff\":1}", "", "vocab.json: line 2: this is not UTF-8" },
        { "[\"a\"]", "", "JSON object" },
        { "{\"a\":300}", "", "id of \"a\" must be a whole number from 0 to 299" },
        { "{\"a\":-1}", "", "id of \"a\"" },
        { "{\"a\":\"0\"}", "", "id of \"a\"" },
        { "{\"a\":3,\"b\":3}", "", "gives the id 3 to two tokens" },
        { "{\"a\":0,\"b\":1}", "#version: 0.2\na b\n", "merges.txt:2: \"ab\" is not in vocab.json" },
        { "{\"a\":0,\"ab\":1}", "a b\n", "merges.txt:1: \"b\" is not in vocab.json" },
        { "{\"a\":0}", "\na a a\n", "merges.txt:2: a merge is two pieces" },
        { "{\"a\":0}", "a\n", "merges.txt:1: a merge is two pieces" },
        { "{\"a\":0}", "\xc3\n", "merges.txt is not UTF-8" },
        { "{\"a\":0,\"b\":1,\"ab\":2,\"aba\":4,\"abab\":3}", "a b\n", /* more than it makes */
          "merges.txt: none of its 1 merges makes \"abab\", token 3 of vocab.json" },
        { "{\"a\":0,\"b\":1,\"ab\":2,\"aba\":3}", "a b", /* the last line has no end */
          "merges.txt: none of its 1 merges makes \"aba\", token 3 of vocab.json" },
        { "{\"a\":0,\"b\":1,\"ab\":2,\"<s>\":3}", "", "merges.txt: none of its 0 merges makes \"ab\", token 2" },
    };
    char *folder = make_folder(0);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        write_file(folder, "vocab.json", cases[i].vocab);
        write_file(folder, "merges.txt", cases[i].merges);
        g_assert_null(tokenizer_load(folder, VOCAB, &error));
        g_assert_error(error, LM_ERROR, LM_ERROR_VOCAB);
        if (!strstr(error->message, cases[i].words))
            g_error("\"%s\" does not say \"%s\"", error->message, cases[i].words);
    }
    remove_folder(folder);
}

/* The vocabulary of transformers' own test of GPT-2's tokenizer: four merges, and four words that none makes. */
static void test_words_without_merges(void)
{
    static const char vocab[] = "{\"l\":0,\"o\":1,\"w\":2,\"e\":3,\"r\":4,\"s\":5,\"t\":6,\"i\":7,\"d\":8,\"n\":9,"
                                "\"Ġ\":10,\"Ġl\":11,\"Ġn\":12,\"Ġlo\":13,\"Ġlow\":14,\"er\":15,\"Ġlowest\":16,"
                                "\"Ġnewer\":17,\"Ġwider\":18,\"<unk>\":19,\"<|endoftext|>\":20}";
    char *folder = make_folder(0);
    g_autoptr(GError) error = NULL;
    write_file(folder, "vocab.json", vocab);
    write_file(folder, "merges.txt", "#version: 0.2\nĠ l\nĠl o\nĠlo w\ne r\n");
    struct tokenizer *t = tokenizer_load(folder, VOCAB, &error);
    g_assert_no_error(error);
    g_autofree char *lower = cut(t, "lower newer"), *lowest = cut(t, " lowest");
    g_assert_cmpstr(lower, ==, "l|o|w|er| |n|e|w|er");
    g_assert_cmpstr(lowest, ==, " low|e|s|t");
    tokenizer_free(t);
    remove_folder(folder);
}

/* ---- tokenizer.json against another implementation ---- */

enum { GPT2_VOCAB = 50257, GOLDEN_VOCAB = 50300, GPT2_TEXT = 456318 };

static char *tokens_file(const char *name)
{
    return g_test_build_filename(G_TEST_DIST, "tests", "tokens", name, NULL);
}

/* The lines of GPT-2's merges.txt, without its first. */
static char **read_gpt2_merges(void)
{
    g_autofree char *path = tokens_file("gpt2-merges.txt.gz"), *packed = NULL;
    size_t length, got;
    g_assert_true(g_file_get_contents(path, &packed, &length, NULL));
    g_autofree char *text = g_malloc(GPT2_TEXT + 1);
    struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
    g_assert_cmpint(libdeflate_gzip_decompress(d, packed, length, text, GPT2_TEXT, &got), ==, LIBDEFLATE_SUCCESS);
    libdeflate_free_decompressor(d);
    g_assert_cmpuint(got, ==, GPT2_TEXT);
    text[got] = '\0';
    g_assert_true(g_str_has_prefix(text, "#version: 0.2\n"));
    char **lines = g_strsplit(g_strchomp(text) + strlen("#version: 0.2\n"), "\n", -1);
    g_assert_cmpuint(g_strv_length(lines), ==, GPT2_VOCAB - 257);
    return lines;
}

/* GPT-2's vocabulary follows from its merges: 256 bytes, those that print first, then the joints, then the end. */
static JsonObject *gpt2_vocab(char **merges)
{
    JsonObject *vocab = json_object_new();
    int id = 0;
    for (int hidden = 0; hidden < 2; hidden++)
        for (int b = 0; b < 256; b++) {
            g_autofree char *letter = alphabet_letter(b);
            if ((g_utf8_get_char(letter) >= 256) == hidden)
                json_object_set_int_member(vocab, letter, id++);
        }
    for (char **line = merges; *line; line++) {
        g_auto(GStrv) halves = g_strsplit(*line, " ", 2);
        g_autofree char *joint = g_strconcat(halves[0], halves[1], NULL);
        json_object_set_int_member(vocab, joint, id++);
    }
    json_object_set_int_member(vocab, "<|endoftext|>", id++);
    g_assert_cmpint(id, ==, GPT2_VOCAB);
    return vocab;
}

static JsonArray *gpt2_merge_list(char **merges, gint64 n, gboolean pairs)
{
    JsonArray *list = json_array_new();
    for (gint64 i = 0; merges[i] && i < n; i++) {
        g_auto(GStrv) halves = g_strsplit(merges[i], " ", 2);
        JsonArray *pair = json_array_new();
        json_array_add_string_element(pair, halves[0]);
        json_array_add_string_element(pair, halves[1]);
        if (pairs)
            json_array_add_array_element(list, json_array_ref(pair));
        else
            json_array_add_string_element(list, merges[i]);
        json_array_unref(pair);
    }
    return list;
}

static void copy_members(JsonObject *from, JsonObject *to)
{
    g_autoptr(GList) keys = json_object_get_members(from);
    for (GList *k = keys; k; k = k->next)
        json_object_set_member(to, k->data, json_node_copy(json_object_get_member(from, k->data)));
}

/* The text of a tokenizer.json from an entry of golden.json. */
static char *write_json(JsonObject *entry, char **merges, size_t *length)
{
    static const char *const parts[] = { "normalizer", "pre_tokenizer", "post_processor", "added_tokens" };
    JsonObject *root = json_object_new(), *model = json_object_new();
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++)
        if (json_object_has_member(entry, parts[i]))
            json_object_set_member(root, parts[i], json_node_copy(json_object_get_member(entry, parts[i])));
    json_object_set_string_member(model, "type", "BPE");
    if (json_object_has_member(entry, "model"))
        copy_members(json_object_get_object_member(entry, "model"), model);
    if (json_object_has_member(entry, "own"))
        copy_members(json_object_get_object_member(entry, "own"), model);
    else {
        json_object_set_object_member(model, "vocab", gpt2_vocab(merges));
        json_object_set_array_member(
            model, "merges",
            gpt2_merge_list(merges, json_object_get_int_member_with_default(entry, "merges", GPT2_VOCAB),
                            json_object_get_boolean_member_with_default(entry, "pairs", FALSE)));
    }
    json_object_set_object_member(root, "model", model);
    g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), root);
    json_object_unref(root);
    g_autoptr(JsonGenerator) generator = json_generator_new();
    json_generator_set_root(generator, node);
    return json_generator_to_data(generator, length);
}

static char *ids_text(const int *ids, int n)
{
    GString *out = g_string_new("[");
    for (int i = 0; i < n; i++)
        g_string_append_printf(out, i ? ",%d" : "%d", ids[i]);
    g_string_append_c(out, ']');
    return g_string_free(out, FALSE);
}

static char *ids_of_list(JsonArray *list)
{
    guint n = json_array_get_length(list);
    g_autofree int *ids = g_new(int, n + 1);
    for (guint i = 0; i < n; i++)
        ids[i] = (int)json_array_get_int_element(list, i);
    return ids_text(ids, (int)n);
}

static int compare_file(JsonObject *entry, JsonArray *texts, char **merges)
{
    const char *name = json_object_get_string_member(entry, "name");
    size_t length;
    g_autofree char *json = write_json(entry, merges, &length);
    g_autoptr(GError) error = NULL;
    struct tokenizer *t = tokenizer_parse(json, length, name, GOLDEN_VOCAB, &error);
    JsonArray *golden = json_object_get_array_member(entry, "ids");
    int wrong = 0;

    g_assert_no_error(error);
    g_assert_cmpuint(json_array_get_length(golden), ==, json_array_get_length(texts));
    for (guint i = 0; i < json_array_get_length(texts); i++) {
        const char *text = json_array_get_string_element(texts, i);
        int ids[500], n = tokenizer_encode(t, text, ids, G_N_ELEMENTS(ids), &error);
        g_assert_no_error(error);
        g_assert_cmpint(n, <=, G_N_ELEMENTS(ids));
        g_autofree char *got = ids_text(ids, n), *want = ids_of_list(json_array_get_array_element(golden, i));
        if (strcmp(got, want) != 0)
            g_test_message("%s: \"%s\" is %s, elsewhere %s", name, text, got, want);
        wrong += strcmp(got, want) != 0;
    }
    tokenizer_free(t);
    return wrong;
}

static void test_golden(void)
{
    g_autofree char *path = tokens_file("golden.json");
    g_auto(GStrv) merges = read_gpt2_merges();
    g_autoptr(JsonParser) parser = json_parser_new();
    g_assert_true(json_parser_load_from_file(parser, path, NULL));
    JsonObject *root = json_node_get_object(json_parser_get_root(parser));
    JsonArray *texts = json_object_get_array_member(root, "texts"),
              *files = json_object_get_array_member(root, "files");
    int wrong = 0;
    g_assert_cmpuint(json_array_get_length(texts), >=, 60);
    g_assert_cmpuint(json_array_get_length(files), >=, 20);
    for (guint i = 0; i < json_array_get_length(files); i++)
        wrong += compare_file(json_array_get_object_element(files, i), texts, merges);
    g_assert_cmpint(wrong, ==, 0);
}

/* ---- the rest of a tokenizer.json ---- */

static struct tokenizer *parse(const char *json, GError **error)
{
    return tokenizer_parse(json, strlen(json), "tokenizer.json", 40, error);
}

/* A small file: %s stand for the parts beside the model, with a comma after, and for members of the model. */
static char *small_file(const char *parts, const char *members)
{
    return g_strdup_printf(
        "{%s\"model\":{\"type\":\"BPE\",%s\"vocab\":{\"<unk>\":0,\"a\":1,\"b\":2,\"c\":3,\"ab\":4,\"▁\":5,"
        "\"<0xC3>\":6,\"<0xA9>\":7,\"▁a\":8,\"Ġ\":9,\"abc\":10},\"merges\":[\"a b\",[\"▁\",\"a\"]]}}",
        parts, members);
}

static void assert_ids(const char *parts, const char *members, const char *text, const char *want)
{
    g_autofree char *json = small_file(parts, members);
    g_autoptr(GError) error = NULL;
    struct tokenizer *t = parse(json, &error);
    g_assert_no_error(error);
    int ids[50], n = tokenizer_encode(t, text, ids, 50, &error);
    g_assert_no_error(error);
    g_autofree char *got = ids_text(ids, n);
    g_assert_cmpstr(got, ==, want);
    tokenizer_free(t);
}

static void test_parts(void)
{
    assert_ids("", "", "abc", "[4,3]");
    assert_ids("", "\"ignore_merges\":true,", "abc", "[10]");
    assert_ids("", "\"unk_token\":\"<unk>\",", "axyb", "[1,0,0,2]");
    assert_ids("", "\"unk_token\":\"<unk>\",\"fuse_unk\":true,", "axyb", "[1,0,2]");
    assert_ids("", "\"byte_fallback\":true,", "é", "[6,7]");
    assert_ids("", "\"byte_fallback\":true,\"unk_token\":\"<unk>\",", "éè", "[6,7,0]");
    assert_ids("\"pre_tokenizer\":{\"type\":\"ByteLevel\"},", "", "ab ab", "[9,4,9,4]");
    assert_ids("\"added_tokens\":[{\"id\":2,\"content\":\"b\"}],", "", "abc", "[1,2,3]");
}

/* What a token looks like on the screen: spaces and bytes, not their marks. */
static void test_bytes_of_tokens(void)
{
    g_autofree char *json = small_file("\"pre_tokenizer\":{\"type\":\"Metaspace\",\"replacement\":\"▁\"},",
                                       "\"byte_fallback\":true,");
    struct tokenizer *t = parse(json, NULL);
    size_t length;
    g_assert_cmpstr(tokenizer_token(t, 8, &length), ==, " a");
    g_assert_cmpuint(length, ==, 2);
    g_assert_cmpmem(tokenizer_token(t, 6, &length), 1, "\xc3", 1);
    g_assert_cmpuint(length, ==, 1);
    tokenizer_token(t, 39, &length); /* no token */
    g_assert_cmpuint(length, ==, 0);
    tokenizer_free(t);
}

static void assert_refused(const char *json, const char *words)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(parse(json, &error));
    g_assert_error(error, LM_ERROR, LM_ERROR_VOCAB);
    g_assert_true(g_str_has_prefix(error->message, "tokenizer.json"));
    if (!strstr(error->message, words))
        g_error("\"%s\" does not say \"%s\"", error->message, words);
}

static void test_refused(void)
{
    static const struct {
        const char *parts, *members, *words;
    } cases[] = {
        { "\"normalizer\":3,", "", "\"normalizer\" must be an object" },
        { "\"normalizer\":{},", "", "normalizer has no \"type\"" },
        { "\"normalizer\":{\"type\":\"Low\\ner\"},", "", "normalizer: the type is \"Low\\u000Aer\"; NFC, NFD" },
        { "\"normalizer\":{\"type\":\"Prepend\"},", "", "normalizer has no \"prepend\"; a text is needed" },
        { "\"normalizer\":{\"type\":\"Prepend\",\"prepend\":\"\\ud800x\"},", "", "\"prepend\" must be a text" },
        { "\"normalizer\":{\"type\":\"Replace\",\"content\":\"\\ud800x\",\"pattern\":{\"String\":\"a\"}},", "",
          "\"content\" must be a text" },
        { "\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[1]},", "", "item 1 of \"normalizers\"" },
        { "\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"Nmt\"}]},", "",
          "normalizer[0]: the type" },
        { "\"normalizer\":{\"type\":\"Replace\",\"content\":\"x\",\"pattern\":{}},", "",
          "either a \"String\" or a \"Regex\"" },
        { "\"pre_tokenizer\":{\"type\":\"Whitespace\"},", "", "the type is \"Whitespace\"; ByteLevel, Digits" },
        { "\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"use_regex\":1},", "", "\"use_regex\" must be true or false" },
        { "\"pre_tokenizer\":{\"type\":\"Metaspace\",\"replacement\":\"\"},", "", "must be one character" },
        { "\"pre_tokenizer\":{\"type\":\"Metaspace\",\"replacement\":\"_\",\"prepend_scheme\":\"no\"},", "",
          "\"prepend_scheme\" is \"no\"; always, first and never can be read" },
        { "\"pre_tokenizer\":{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"ByteLevel\"},{\"type\":\"Digits\"}]"
          "},",
          "", "pre_tokenizer[1]: nothing may follow a ByteLevel" },
        { "\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(a\"},\"behavior\":\"Isolated\"},", "",
          "the pattern \"(a\" cannot be read: missing closing parenthesis" },
        { "\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"[a[b]]\"},\"behavior\":\"Isolated\"},", "",
          "a set inside a set" },
        { "\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(*NO_JIT)a\"},\"behavior\":\"Isolated\"},",
          "", "may not stand first" },
        { "\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"a\"},\"behavior\":\"isolated\"},", "",
          "\"behavior\" is \"isolated\"; Isolated, Removed, MergedWithPrevious" },
        { "\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"a\"}},", "", "has no \"behavior\"" },
        { "\"added_tokens\":{},", "", "\"added_tokens\" must be a list" },
        { "\"added_tokens\":[1],", "", "item 1 of \"added_tokens\"" },
        { "\"added_tokens\":[{\"id\":20}],", "", "added_tokens[0] has no \"content\"" },
        { "\"added_tokens\":[{\"id\":20,\"content\":\"\"}],", "", "\"content\" is empty" },
        { "\"added_tokens\":[{\"id\":40,\"content\":\"x\"}],", "", "id of \"x\" must be a whole number from 0 to 39" },
        { "\"added_tokens\":[{\"content\":\"x\"}],", "", "id of \"x\" must be a whole number" },
        { "\"added_tokens\":[{\"id\":3,\"content\":\"x\"}],", "", "gives the id 3 to two tokens" },
        { "\"added_tokens\":[{\"id\":20,\"content\":\"a\"}],", "", "id of \"a\" must be 1, as in the model's" },
        { "\"post_processor\":{\"type\":\"BertProcessing\"},", "",
          "the type is \"BertProcessing\"; ByteLevel, Template" },
        { "\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[]},", "", "one \"Sequence\", not 0" },
        { "\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"s\"}}]},", "",
          "has no \"special_tokens\"" },
        { "\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"s\"}}],"
          "\"special_tokens\":{\"s\":{\"ids\":[30]}}},",
          "", "special_tokens.s: \"ids\" must be ids of tokens" },
        { "", "\"type\":\"Unigram\",", "model: the type is \"Unigram\"; only \"BPE\"" },
        { "", "\"type\":\"WordPiece\",", "the type is \"WordPiece\"" },
        { "", "\"dropout\":0.1,", "\"dropout\" must be 0 or null" },
        { "", "\"continuing_subword_prefix\":\"##\",", "\"continuing_subword_prefix\" must be empty or null" },
        { "", "\"end_of_word_suffix\":\"</w>\",", "\"end_of_word_suffix\" must be empty or null" },
        { "", "\"unk_token\":\"?\",", "\"unk_token\" is \"?\", which is not in \"vocab\"" },
        { "", "\"byte_fallback\":\"yes\",", "\"byte_fallback\" must be true or false" },
    };
    static const char *const whole[][2] = {
        { "", "does not hold a JSON object" },
        { "[]", "does not hold a JSON object" },
        { "{}", "has no \"model\"" },
        { "{\"model\":[]}", "\"model\" must be an object" },
        { "{\"model\":{}}", "model has no \"vocab\"" },
        { "{\"model\":{\"vocab\":[]}}", "\"vocab\" must be an object" },
        { "{\"model\":{\"vocab\":{}}}", "has no \"merges\"" },
        { "{\"model\":{\"vocab\":{\"a\":40},\"merges\":[]}}", "id of \"a\" must be a whole number from 0 to 39" },
        { "{\"model\":{\"vocab\":{\"a\":1,\"b\":1},\"merges\":[]}}", "gives the id 1 to two tokens" },
        { "{\"model\":{\"vocab\":{\"a\":1.5},\"merges\":[]}}", "id of \"a\"" },
        { "{\"model\":{\"vocab\":{\"a\":null},\"merges\":[]}}", "id of \"a\"" },
        { "{\"model\":{\"vocab\":{\"\\ud800\":1},\"merges\":[]}}", "" },
        { "{\"model\":{\"vocab\":{\"a\":1},\"merges\":{}}}", "\"merges\" must be a list" },
        { "{\"model\":{\"vocab\":{\"a\":1},\"merges\":[\"a\"]}}", "item 1 of \"merges\" must be two pieces" },
        { "{\"model\":{\"vocab\":{\"a\":1},\"merges\":[[\"a\"]]}}", "item 1 of \"merges\" must be two pieces" },
        { "{\"model\":{\"vocab\":{\"a\":1},\"merges\":[[\"a\",1]]}}", "item 1 of \"merges\" must be two pieces" },
        { "{\"model\":{\"vocab\":{\"a\":1},\"merges\":[null]}}", "item 1 of \"merges\" must be two pieces" },
        { "{\"model\":{\"vocab\":{\"a\":1},\"merges\":[\"a b\"]}}", "item 1 of \"merges\" needs \"b\"" },
        { "{\"model\":{\"vocab\":{\"a\":1},\"merges\":[\"a a\"]}}", "item 1 of \"merges\" needs \"aa\"" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *json = small_file(cases[i].parts, cases[i].members);
        /* a second "type" comes after the first, and the last one holds */
        g_autofree char *typed =
            strstr(cases[i].members, "\"type\"") ? g_strdup(strstr(json, "\"type\":\"BPE\",") + 13) : NULL;
        g_autofree char *moved = typed ? g_strconcat("{\"model\":{", typed, NULL) : NULL;
        assert_refused(moved ? moved : json, cases[i].words);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(whole); i++)
        assert_refused(whole[i][0], whole[i][1]);
}

/* ---- patterns and texts that would take for ever ---- */

static void test_hostile_pattern(void)
{
    static const char *const patterns[] = { "(a+)+$", "(a|aa)+$", "(a|a)*$", "(?=(a+)+$)", "(([a-z])+.)+[A-Z]([a-z])+$" };
    g_autofree char *run = g_strnfill(5000, 'a'), *text = g_strconcat(run, "!", NULL);
    int stopped = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(patterns); i++) {
        g_autofree char *split = g_strdup_printf("\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"%s\"},"
                                                 "\"behavior\":\"Isolated\"},", patterns[i]);
        g_autofree char *json = small_file(split, "");
        g_autoptr(GError) error = NULL;
        struct tokenizer *t = parse(json, &error);
        g_assert_no_error(error);
        if (tokenizer_encode(t, text, NULL, 0, &error) < 0) {
            g_assert_error(error, LM_ERROR, LM_ERROR_TEXT);
            g_assert_nonnull(strstr(error->message, "takes too many steps"));
            stopped++;
        }
        tokenizer_free(t);
    }
    g_assert_cmpint(stopped, ==, G_N_ELEMENTS(patterns));
}

/* 100,000 words, and runs of 100,000 letters, spaces, digits and added tokens: bounded work of the pattern. */
static void test_long_texts(void)
{
    g_auto(GStrv) merges = read_gpt2_merges();
    g_autoptr(JsonParser) parser = json_parser_new();
    g_autofree char *path = tokens_file("golden.json");
    g_assert_true(json_parser_load_from_file(parser, path, NULL));
    JsonArray *files = json_object_get_array_member(json_node_get_object(json_parser_get_root(parser)), "files");
    static const char *const units[] = { " word", "a", " ", "\n", "7", "<|endoftext|>", "é", "!", " \n" };

    for (guint f = 0; f < 6; f += 2) { /* gpt2, llama3, qwen2 */
        size_t length;
        g_autofree char *json = write_json(json_array_get_object_element(files, f), merges, &length);
        struct tokenizer *t = tokenizer_parse(json, length, "x", GOLDEN_VOCAB, NULL);
        for (gsize u = 0; u < G_N_ELEMENTS(units); u++) {
            GString *text = g_string_new(NULL);
            g_autoptr(GError) error = NULL;
            for (int i = 0; i < 100000; i++)
                g_string_append(text, units[u]);
            int n = tokenizer_encode(t, text->str, NULL, 0, &error);
            g_assert_no_error(error);
            g_assert_cmpint(n, >, 100);
            g_string_free(text, TRUE);
        }
        tokenizer_free(t);
    }
}

/* ---- files that were damaged ---- */

static void check_damaged(const char *json, size_t length, int *refused)
{
    static const char text[] = "ab <s>é\xc2\xa0 12\n";
    g_autoptr(GError) error = NULL;
    struct tokenizer *t = tokenizer_parse(json, length, "tokenizer.json", 40, &error);
    *refused += t == NULL;
    if (!t) {
        g_assert_error(error, LM_ERROR, LM_ERROR_VOCAB);
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
        g_assert_null(strchr(error->message, '\n'));
        return;
    }
    int ids[64], n = tokenizer_encode(t, text, ids, 64, &error);
    g_assert_true((n < 0) == (error != NULL));
    for (int i = 0; i < MIN(n, 64); i++) {
        size_t size;
        tokenizer_token(t, ids[i], &size);
    }
    tokenizer_free(t);
}

/* Bytes changed, words swapped, pieces cut out or doubled: 600 files, the same in every run. */
static void test_damaged(void)
{
    static const char *const words[] = { "null", "3",  "\"\"", "[]",          "{}",
                                         "true", "-1", "1e99", "\"\\u0000\"", "\"Sequence\"" };
    g_autofree char *json = small_file("\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"NFC\"},{"
                                       "\"type\":\"Replace\",\"pattern\":{\"Regex\":"
                                       "\"[x-z]+\"},\"content\":\"▁\"}]},\"pre_tokenizer\":{\"type\":\"Sequence\","
                                       "\"pretokenizers\":[{\"type\":\"Split\","
                                       "\"pattern\":{\"Regex\":\"\\\\s+(?!\\\\S)|[^\\\\s]+\"},\"behavior\":"
                                       "\"MergedWithNext\",\"invert\":false},{\"type\":"
                                       "\"Metaspace\",\"replacement\":\"▁\",\"prepend_scheme\":\"first\",\"split\":"
                                       "true}]},\"added_tokens\":[{\"id\":20,"
                                       "\"content\":\"<s>\",\"lstrip\":true,\"special\":true}],\"post_processor\":{"
                                       "\"type\":\"TemplateProcessing\",\"single\":["
                                       "{\"SpecialToken\":{\"id\":\"<s>\"}},{\"Sequence\":{\"id\":\"A\"}}],\"special_"
                                       "tokens\":{\"<s>\":{\"ids\":[20]}}},",
                                       "\"unk_token\":\"<unk>\",\"byte_fallback\":true,");
    size_t length = strlen(json);
    GRand *rand = g_rand_new_with_seed(7);
    int refused = 0, rounds = 600;

    for (int i = 0; i < rounds; i++) {
        GString *bad = g_string_new_len(json, (gssize)length);
        gssize at = g_rand_int_range(rand, 0, (gint32)length),
               n = MIN(g_rand_int_range(rand, 1, 9), (gssize)length - at);
        char *colon = strchr(bad->str + at, ':');
        switch (i % 4) {
        case 0: bad->str[at] = (char)g_rand_int_range(rand, 0, 256); break;
        case 1: g_string_erase(bad, at, n); break;
        case 2: g_string_insert_len(bad, at, json + at, n); break;
        case 3: /* another value after a colon */
            if (!colon)
                break;
            at = colon + 1 - bad->str;
            n = (gssize)strcspn(bad->str + at, ",]}");
            g_string_erase(bad, at, n);
            g_string_insert(bad, at, words[g_rand_int_range(rand, 0, G_N_ELEMENTS(words))]);
        }
        check_damaged(bad->str, bad->len, &refused);
        g_string_free(bad, TRUE);
    }
    g_assert_cmpint(refused, >, rounds / 2);
    g_assert_cmpint(refused, <, rounds); /* some are read, and encode */
    g_rand_free(rand);
}

static void test_which_file(void)
{
    char *folder = make_folder(0);
    g_autofree char *json = small_file("\"pre_tokenizer\":{\"type\":\"ByteLevel\"},", ""),
                    *path = g_build_filename(folder, "tokenizer.json", NULL);
    g_autoptr(GError) error = NULL;
    struct tokenizer *pair = tokenizer_load(folder, VOCAB, NULL);
    int ids[4];
    g_assert_cmpint(tokenizer_encode(pair, "ab", ids, 4, NULL), ==, 2);
    write_file(folder, "tokenizer.json", json);
    struct tokenizer *t = tokenizer_load(folder, VOCAB, NULL);
    g_assert_cmpint(tokenizer_encode(t, "ab", ids, 4, NULL), ==, 2);
    g_assert_cmpint(ids[1], ==, 4);
    write_file(folder, "tokenizer.json", "{}");
    g_assert_null(tokenizer_load(folder, VOCAB, &error)); /* not the pair in silence */
    g_assert_nonnull(strstr(error->message, "tokenizer.json has no \"model\""));
    g_remove(path);
    tokenizer_free(pair);
    tokenizer_free(t);
    remove_folder(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/tokenizer/words", test_words);
    g_test_add_func("/tokenizer/round-trip", test_round_trip);
    g_test_add_func("/tokenizer/room", test_room);
    g_test_add_func("/tokenizer/bad-text", test_bad_text);
    g_test_add_func("/tokenizer/bad-files", test_bad_files);
    g_test_add_func("/tokenizer/words-without-merges", test_words_without_merges);
    g_test_add_func("/tokenizer/golden", test_golden);
    g_test_add_func("/tokenizer/parts", test_parts);
    g_test_add_func("/tokenizer/bytes-of-tokens", test_bytes_of_tokens);
    g_test_add_func("/tokenizer/refused", test_refused);
    g_test_add_func("/tokenizer/hostile-pattern", test_hostile_pattern);
    g_test_add_func("/tokenizer/long-texts", test_long_texts);
    g_test_add_func("/tokenizer/damaged", test_damaged);
    g_test_add_func("/tokenizer/which-file", test_which_file);
    return g_test_run();
}
