/* Writes a small random GPT-2 folder in the layout of Hugging Face: config.json, model.safetensors, vocab.json,
 * merges.txt.
 *
 *     seed-model --seed 7 data/models/seeded
 *
 * Nothing is learned: weights are drawn from a seed, so equal options give equal bytes on every machine. Deviations are
 * larger than GPT-2's 0.02 so that attention and predictions differ from an even spread and a picture has something to
 * show; a real model's size can be asked for to measure speed. The vocabulary is the 256 bytes, <|endoftext|> and the
 * merges that make each word of WORDS one token. Words get longer embeddings than bytes and parts of words, so they are
 * mostly what is said.
 */
#include "sim/random.h"

#include <glib.h>
#include <math.h>
#include <string.h>

enum { BYTES = 256 };

/* Words that the examples use; a leading space belongs to the word, as in GPT-2. */
static const char *const WORDS[] = {
    "The",       " the",   " a",     " and",    " is",    " in",     " on",    " to",     " of",     " it",
    " was",      " has",   " had",   " her",    " his",   " my",     " she",   " he",     " they",   " who",
    " what",     " that",  " this",  " with",   " for",   " from",   " said",  " says",   " reads",  " writes",
    " keeps",    " knows", " likes", " gave",   " now",   " then",   " when",  " once",   " again",  " never",
    " every",    " each",  " one",   " two",    " three", "Mia",     " Mia",   "Tom",     " Tom",    " Ana",
    " Ben",      " cat",   " dog",   " mouse",  " bird",  " red",    " blue",  " green",  " kite",   " cup",
    " book",     " ball",  " box",   " key",    " token", " tokens", " model", " cache",  " value",  " values",
    " query",    " head",  " layer", " memory", " word",  " words",  " text",  " number", " step",   " answer",
    " question", " sat",   " mat",   " ran",    " saw",   " chased", "Once",   " upon",   " time",   " there",
    " little",   " girl",  " boy",   " garden", " house", " story",  " next",  " last",   " before",
};

/* Deviations of the tensors, as multiples of 1 / sqrt(inputs); chosen by looking at the shares that come out. */
static const double TOKEN_SPREAD = 2, PIECE_SPREAD = 0.5, POSITION_SPREAD = 3, QUERY_SPREAD = 1.6, WRITE_SPREAD = 2;

struct options {
    int seed, layers, heads, width, context, vocab;
    char *dtype;
};

/* ---- vocabulary ---- */

struct vocabulary {
    GPtrArray *entries; /* char *: in the alphabet of vocab.json, id = index */
    GPtrArray *merges;  /* char *: "left right", best first */
};

/* The character that stands for a byte; see tok/bpe.c. */
static gunichar letter_of(int byte)
{
    gunichar next = BYTES;
    for (int b = 0; b <= byte; b++) {
        gboolean prints = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
        if (b == byte)
            return prints ? (gunichar)b : next;
        next += prints ? 0 : 1;
    }
    g_assert_not_reached();
}

/* A word's pieces after all merges so far, one string each. */
static GPtrArray *cut_word(const struct vocabulary *v, const char *word)
{
    GPtrArray *pieces = g_ptr_array_new_with_free_func(g_free);
    for (const char *p = word; *p; p++) {
        char letter[7] = { 0 };
        g_unichar_to_utf8(letter_of((unsigned char)*p), letter);
        g_ptr_array_add(pieces, g_strdup(letter));
    }
    for (guint m = 0; m < v->merges->len; m++)
        for (guint i = 0; i + 1 < pieces->len; i++) {
            g_autofree char *pair = g_strjoin(" ", pieces->pdata[i], pieces->pdata[i + 1], NULL);
            if (strcmp(pair, v->merges->pdata[m]) != 0)
                continue;
            char *joint = g_strconcat(pieces->pdata[i], pieces->pdata[i + 1], NULL);
            g_free(pieces->pdata[i]);
            pieces->pdata[i] = joint;
            g_ptr_array_remove_index(pieces, i + 1);
        }
    return pieces;
}

/* Adds merges until the word is one piece. */
static void teach_word(struct vocabulary *v, const char *word)
{
    for (;;) {
        g_autoptr(GPtrArray) pieces = cut_word(v, word);
        if (pieces->len == 1)
            return;
        g_ptr_array_add(v->merges, g_strjoin(" ", pieces->pdata[0], pieces->pdata[1], NULL));
        g_ptr_array_add(v->entries, g_strconcat(pieces->pdata[0], pieces->pdata[1], NULL));
    }
}

static struct vocabulary make_vocabulary(void)
{
    struct vocabulary v = { g_ptr_array_new_with_free_func(g_free), g_ptr_array_new_with_free_func(g_free) };
    for (int b = 0; b < BYTES; b++) {
        char letter[7] = { 0 };
        g_unichar_to_utf8(letter_of(b), letter);
        g_ptr_array_add(v.entries, g_strdup(letter));
    }
    for (size_t i = 0; i < G_N_ELEMENTS(WORDS); i++)
        teach_word(&v, WORDS[i]);
    g_ptr_array_add(v.entries, g_strdup("<|endoftext|>"));
    return v;
}

static char *vocabulary_json(const struct vocabulary *v)
{
    GString *out = g_string_new("{");
    for (guint i = 0; i < v->entries->len; i++) {
        g_string_append(out, i ? ",\n\"" : "\n\"");
        for (const char *p = v->entries->pdata[i]; *p; p++) {
            if (*p == '"' || *p == '\\')
                g_string_append_c(out, '\\');
            g_string_append_c(out, *p);
        }
        g_string_append_printf(out, "\": %u", i);
    }
    g_string_append(out, "\n}\n");
    return g_string_free(out, FALSE);
}

static char *merges_text(const struct vocabulary *v)
{
    GString *out = g_string_new("#version: 0.2\n");
    for (guint i = 0; i < v->merges->len; i++)
        g_string_append_printf(out, "%s\n", (char *)v->merges->pdata[i]);
    return g_string_free(out, FALSE);
}

/* ---- weights ---- */

struct writer {
    struct random random;
    gboolean half;
    GString *header; /* the JSON so far */
    GByteArray *bytes;
};

/* IEEE half precision, nearest, ties to even; values here are far below its largest, 65,504. */
static uint16_t half_bits(double x)
{
    uint16_t sign = x < 0 ? 0x8000 : 0;
    int exponent;
    double fraction = frexp(fabs(x), &exponent); /* [0.5, 1) x 2^exponent */
    if (exponent < -13)
        return sign | (uint16_t)nearbyint(ldexp(fabs(x), 24));
    return sign | (uint16_t)(((exponent + 13) << 10) + (int)nearbyint(fraction * 2048));
}

static void write_value(struct writer *w, double x)
{
    guint8 raw[4];
    float single = (float)x;
    uint32_t bits;
    memcpy(&bits, &single, sizeof bits);
    if (w->half)
        bits = half_bits(x);
    for (int i = 0; i < 4; i++)
        raw[i] = (guint8)(bits >> (8 * i));
    g_byte_array_append(w->bytes, raw, w->half ? 2 : 4);
}

/* The header's entry of a tensor that starts at byte `begin` and ends here; rows 0: one dimension. */
static void write_entry(struct writer *w, const char *name, int rows, int columns, guint begin)
{
    g_string_append_printf(w->header, "%s\"%s\":{\"dtype\":\"%s\",\"shape\":[", w->header->len > 1 ? "," : "", name,
                           w->half ? "F16" : "F32");
    if (rows)
        g_string_append_printf(w->header, "%d,", rows);
    g_string_append_printf(w->header, "%d],\"data_offsets\":[%u,%u]}", columns, begin, w->bytes->len);
}

static void write_row(struct writer *w, int columns, double middle, double deviation)
{
    for (int i = 0; i < columns; i++)
        write_value(w, middle + deviation * random_bell(&w->random));
}

/* A tensor of numbers around `middle`. */
static void write_tensor(struct writer *w, const char *name, int rows, int columns, double middle, double deviation)
{
    guint begin = w->bytes->len;
    for (int i = 0; i < MAX(rows, 1); i++)
        write_row(w, columns, middle, deviation);
    write_entry(w, name, rows, columns, begin);
}

static gboolean is_word(const struct vocabulary *v, int id)
{
    if (id < BYTES || id >= (int)v->entries->len)
        return FALSE;
    const char *entry = v->entries->pdata[id];
    for (size_t i = 0; i < G_N_ELEMENTS(WORDS); i++) {
        const char *word = WORDS[i];
        gboolean spaced = g_str_has_prefix(entry, "Ġ");
        if (spaced == (*word == ' ') && strcmp(entry + (spaced ? strlen("Ġ") : 0), word + (spaced ? 1 : 0)) == 0)
            return TRUE;
    }
    return FALSE;
}

static void write_embedding(struct writer *w, const struct options *o, const struct vocabulary *v)
{
    guint begin = w->bytes->len;
    for (int id = 0; id < o->vocab; id++)
        write_row(w, o->width, 0, (is_word(v, id) ? TOKEN_SPREAD : PIECE_SPREAD) / sqrt(o->width));
    write_entry(w, "wte.weight", o->vocab, o->width, begin);
}

static void write_layer(struct writer *w, const struct options *o, int layer)
{
    int c = o->width;
    double root = sqrt(c);
    const struct {
        const char *name;
        int rows, columns;
        double middle, deviation;
    } parts[] = {
        { "ln_1.weight", 0, c, 1, 0.1 },
        { "ln_1.bias", 0, c, 0, 0.1 },
        { "attn.c_attn.weight", c, 3 * c, 0, QUERY_SPREAD / root },
        { "attn.c_attn.bias", 0, 3 * c, 0, 0.1 },
        { "attn.c_proj.weight", c, c, 0, WRITE_SPREAD / root },
        { "attn.c_proj.bias", 0, c, 0, 0.1 },
        { "ln_2.weight", 0, c, 1, 0.1 },
        { "ln_2.bias", 0, c, 0, 0.1 },
        { "mlp.c_fc.weight", c, 4 * c, 0, 1 / root },
        { "mlp.c_fc.bias", 0, 4 * c, 0, 0.1 },
        { "mlp.c_proj.weight", 4 * c, c, 0, WRITE_SPREAD / (2 * root) },
        { "mlp.c_proj.bias", 0, c, 0, 0.1 },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autofree char *name = g_strdup_printf("h.%d.%s", layer, parts[i].name);
        write_tensor(w, name, parts[i].rows, parts[i].columns, parts[i].middle, parts[i].deviation);
    }
}

/* The file's bytes: length of the header, the header padded to 8, the tensors. */
static GByteArray *make_safetensors(const struct options *o, const struct vocabulary *v)
{
    struct writer w = { { (uint64_t)o->seed }, strcmp(o->dtype, "f16") == 0, g_string_new("{"), g_byte_array_new() };
    double root = sqrt(o->width);

    write_embedding(&w, o, v);
    write_tensor(&w, "wpe.weight", o->context, o->width, 0, POSITION_SPREAD / root);
    for (int i = 0; i < o->layers; i++)
        write_layer(&w, o, i);
    write_tensor(&w, "ln_f.weight", 0, o->width, 1, 0.1);
    write_tensor(&w, "ln_f.bias", 0, o->width, 0, 0.1);
    g_string_append(w.header, ",\"__metadata__\":{\"format\":\"pt\"}}");
    while (w.header->len % 8)
        g_string_append_c(w.header, ' ');

    guint64 length = GUINT64_TO_LE((guint64)w.header->len);
    GByteArray *file = g_byte_array_new();
    g_byte_array_append(file, (const guint8 *)&length, sizeof length);
    g_byte_array_append(file, (const guint8 *)w.header->str, (guint)w.header->len);
    g_byte_array_append(file, w.bytes->data, w.bytes->len);
    g_byte_array_unref(w.bytes);
    g_string_free(w.header, TRUE);
    return file;
}

/* ---- the folder ---- */

static char *config_json(const struct options *o)
{
    return g_strdup_printf("{\n  \"model_type\": \"gpt2\",\n  \"kvreel_origin\": \"seeded\",\n  \"kvreel_seed\": %d,\n"
                           "  \"n_layer\": %d,\n  \"n_head\": %d,\n  \"n_embd\": %d,\n  \"n_positions\": %d,\n"
                           "  \"vocab_size\": %d,\n  \"activation_function\": \"gelu_new\",\n"
                           "  \"layer_norm_epsilon\": 1e-05\n}\n",
                           o->seed, o->layers, o->heads, o->width, o->context, o->vocab);
}

static gboolean write_file(const char *folder, const char *name, const void *data, gsize length, GError **error)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    return g_file_set_contents(path, data, (gssize)length, error);
}

static gboolean write_folder(const char *folder, struct options *o, GError **error)
{
    struct vocabulary v = make_vocabulary();
    int words = (int)v.entries->len;
    gboolean good = FALSE;

    o->vocab = o->vocab ? o->vocab : words;
    if (o->vocab < words || o->layers < 1 || o->heads < 1 || o->width < 1 || o->context < 1 || o->width % o->heads) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "Sizes must be positive, the width a multiple of the heads, and the vocabulary at least %d.",
                    words);
    } else {
        g_autofree char *config = config_json(o), *vocab = vocabulary_json(&v), *merges = merges_text(&v);
        g_autoptr(GByteArray) tensors = make_safetensors(o, &v);
        g_mkdir_with_parents(folder, 0777);
        good = write_file(folder, "config.json", config, strlen(config), error) &&
               write_file(folder, "vocab.json", vocab, strlen(vocab), error) &&
               write_file(folder, "merges.txt", merges, strlen(merges), error) &&
               write_file(folder, "model.safetensors", tensors->data, tensors->len, error);
    }
    g_ptr_array_unref(v.entries);
    g_ptr_array_unref(v.merges);
    return good;
}

int main(int argc, char **argv)
{
    struct options o = { .seed = 7, .layers = 2, .heads = 2, .width = 32, .context = 64 };
    const GOptionEntry entries[] = {
        { "seed", 0, 0, G_OPTION_ARG_INT, &o.seed, "Seed of the weights (7)", "N" },
        { "layers", 0, 0, G_OPTION_ARG_INT, &o.layers, "Layers (2)", "N" },
        { "heads", 0, 0, G_OPTION_ARG_INT, &o.heads, "Heads (2)", "N" },
        { "width", 0, 0, G_OPTION_ARG_INT, &o.width, "Width (32)", "N" },
        { "context", 0, 0, G_OPTION_ARG_INT, &o.context, "Context length (64)", "N" },
        { "vocab", 0, 0, G_OPTION_ARG_INT, &o.vocab, "Vocabulary, padded with unnamed tokens (no padding)", "N" },
        { "dtype", 0, 0, G_OPTION_ARG_STRING, &o.dtype, "f16 or f32 (f16)", "TYPE" },
        { NULL },
    };
    g_autoptr(GOptionContext) context = g_option_context_new("FOLDER");
    g_autoptr(GError) error = NULL;

    g_option_context_add_main_entries(context, entries, NULL);
    gboolean good = g_option_context_parse(context, &argc, &argv, &error);
    if (good && (argc != 2 || (o.dtype && strcmp(o.dtype, "f16") != 0 && strcmp(o.dtype, "f32") != 0))) {
        g_printerr("seed-model: name one folder; --dtype is f16 or f32.\n");
        return 2;
    }
    o.dtype = o.dtype ? o.dtype : g_strdup("f16");
    good = good && write_folder(argv[1], &o, &error);
    if (!good)
        g_printerr("seed-model: %s\n", error->message);
    g_free(o.dtype);
    return good ? 0 : 1;
}
