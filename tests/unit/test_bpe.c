/* Byte-level BPE on a small vocabulary made by hand: the pattern's words, the order of merges, and the way back to the
 * same bytes. */
#include "lm/bpe.h"
#include "lm/lm.h"

#include <glib/gstdio.h>
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
    char *folder = g_dir_make_tmp("bpe-XXXXXX", NULL);
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
static char *cut(const struct bpe *b, const char *text)
{
    int ids[200], n = bpe_encode(b, text, ids, 200, NULL);
    GString *out = g_string_new(NULL);
    g_assert_cmpint(n, >=, 0);
    for (int i = 0; i < n; i++) {
        size_t length;
        const char *bytes = bpe_token(b, ids[i], &length);
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
    struct bpe *b = bpe_load(folder, VOCAB, &error);
    g_assert_no_error(error);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *got = cut(b, cases[i][0]);
        g_assert_cmpstr(got, ==, cases[i][1]);
    }
    size_t length;
    g_assert_cmpstr(bpe_token(b, 299, &length), ==, "<|endoftext|>");
    bpe_token(b, 290, &length); /* no entry in vocab.json */
    g_assert_cmpint(length, ==, 0);
    bpe_free(b);
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
    struct bpe *b = bpe_load(folder, VOCAB, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        int ids[200], n = bpe_encode(b, texts[i], ids, 200, NULL);
        g_autoptr(GString) back = g_string_new(NULL);
        for (int k = 0; k < n; k++) {
            size_t length;
            const char *bytes = bpe_token(b, ids[k], &length);
            g_string_append_len(back, bytes, (gssize)length);
        }
        g_assert_cmpstr(back->str, ==, texts[i]);
    }
    bpe_free(b);
    remove_folder(folder);
}

/* The count is the text's, whatever the room; no more than the room is written. */
static void test_room(void)
{
    char *folder = make_folder(0);
    struct bpe *b = bpe_load(folder, VOCAB, NULL);
    int ids[] = { -7, -7, -7 };
    g_assert_cmpint(bpe_encode(b, "tell", ids, 2, NULL), ==, 3);
    g_assert_cmpint(ids[0], ==, 't');
    g_assert_cmpint(ids[1], ==, 'e');
    g_assert_cmpint(ids[2], ==, -7);
    g_assert_cmpint(bpe_encode(b, "tell", NULL, 0, NULL), ==, 3);
    bpe_free(b);
    remove_folder(folder);
}

static void test_bad_text(void)
{
    char *folder = make_folder(0x20);
    struct bpe *b = bpe_load(folder, VOCAB, NULL);
    g_autoptr(GError) error = NULL;
    int ids[8];
    g_assert_cmpint(bpe_encode(b, "he\xff", ids, 8, &error), ==, -1);
    g_assert_error(error, LM_ERROR, LM_ERROR_TEXT);
    g_assert_nonnull(strstr(error->message, "not UTF-8: byte 3 (0xFF)"));
    g_clear_error(&error);
    g_assert_cmpint(bpe_encode(b, "he\n", ids, 8, &error), ==, -1);
    g_assert_error(error, LM_ERROR, LM_ERROR_TEXT);
    g_assert_nonnull(strstr(error->message, "no token for the byte 0x0A"));
    bpe_free(b);
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
        { "{\"a\":0,\"b\":1,\"ab\":2,\"aba\":4,\"abab\":3}", "a b\n",
          "merges.txt: none of its 1 merges makes \"abab\", token 3 of vocab.json" },
        { "{\"a\":0,\"b\":1,\"ab\":2,\"<s>\":3}", "", "merges.txt: none of its 0 merges makes \"ab\", token 2" },
    };
    char *folder = make_folder(0);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        write_file(folder, "vocab.json", cases[i].vocab);
        write_file(folder, "merges.txt", cases[i].merges);
        g_assert_null(bpe_load(folder, VOCAB, &error));
        g_assert_error(error, LM_ERROR, LM_ERROR_VOCAB);
        if (!strstr(error->message, cases[i].words))
            g_error("\"%s\" does not say \"%s\"", error->message, cases[i].words);
    }
    remove_folder(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/bpe/words", test_words);
    g_test_add_func("/bpe/round-trip", test_round_trip);
    g_test_add_func("/bpe/room", test_room);
    g_test_add_func("/bpe/bad-text", test_bad_text);
    g_test_add_func("/bpe/bad-files", test_bad_files);
    return g_test_run();
}
