/* Published figures (tests/published), each computed again by the core: our result is the entry's `exact`, digit for
 * digit, and the printed one agrees with it within the rounding of its own digits, or, as the entry says, does not.
 *
 * 327.680 KB, read as kB, agrees with 327,680 B; 1.6 GB, read as GiB, with 1,677,721,600 B, which is 1.5625 GiB. */
#include "conf/conf.h"
#include "scene/catalog.h"
#include "serve/draft.h"
#include "sim/cost.h"
#include "sim/count.h"
#include "sim/sizing.h"
#include "sim/traffic.h"
#include "sim/work.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum of {
    OF_CACHE, OF_CACHE_BITS, OF_RATIO, OF_SAVING, OF_TO_WEIGHTS, OF_WEIGHTS, OF_POOL, OF_FIT, OF_ROOM,
    OF_STEP, OF_STEP_RATE, OF_RIDGE, OF_INTENSITY, OF_DRAFTED, OF_DRAFT_WORK, OF_COUNT
};
static const char *const of_names[] = {
    "cache", "cache bits", "ratio", "saving", "cache to weights", "weights", "pool", "fit", "room",
    "step", "step rate", "ridge", "attention intensity", "drafted", "draft work", NULL
};
G_STATIC_ASSERT(G_N_ELEMENTS(of_names) == OF_COUNT + 1);
enum verdict { AGREES, DIFFERS };
static const char *const verdict_names[] = { "agrees", "differs", NULL };

struct figure {
    int of;
    char *model, *against, *comes_from, *stream;
    int cache, weights;
    int64_t span, group, scale_bits, tokens, sequences, block, blocks, prefill, params, drafts, width;
    int64_t memory, weights_bytes, sequence_bytes, bandwidth;
    double tflops, acceptance;
    char *printed, *printed_as, *exact, *why, *source;
    int verdict;
    bool cut;
};

#define COUNT(f, text) ROW_INT(struct figure, f, #f, .def = "0", .min = 0, .max = 9e15, .help = text)
#define ONE(f, text) ROW_INT(struct figure, f, #f, .def = "1", .min = 1, .max = 9e15, .help = text)
#define SIZE(f, text) ROW_BYTES(struct figure, f, #f, .def = "0 B", .help = text)
#define REAL(f, most, text) ROW_REAL(struct figure, f, #f, .def = "0.0", .min = 0, .max = most, .help = text)
#define FORMAT(f, names, text) ROW_CHOICE(struct figure, f, #f, .def = "fp16", .choices = names, .help = text)
#define WORDS(f, text) ROW_TEXT(struct figure, f, #f, .optional = true, .help = text)

static const struct row figure_rows[] = {
    ROW_CHOICE(struct figure, of, "of", .def = "cache", .choices = of_names, .help = "What the figure is of."),
    WORDS(model, "A shape of this file or a model of the catalog."),
    WORDS(against, "The model that it is compared with."),
    WORDS(comes_from, "The shape from which the printed figure would follow."),
    WORDS(stream, "One kind of its layers alone."), COUNT(span, "Tokens in a window, where an engine keeps more."),
    FORMAT(cache, dtype_names, "Format of the cache."), FORMAT(weights, weights_choices, "Format of the weights."),
    COUNT(group, "Numbers that share a scale."), COUNT(scale_bits, "Bits of a scale."),
    ONE(tokens, "Tokens in each sequence."), ONE(sequences, "Sequences."),
    ONE(block, "Tokens in a block."), COUNT(blocks, "Blocks of a pool."), SIZE(memory, "Memory for caches."),
    COUNT(prefill, "Tokens of a prompt."), COUNT(params, "Parameters that each token meets."),
    SIZE(weights_bytes, "Weights, as the publisher rounded them."),
    SIZE(sequence_bytes, "A sequence's cache, as the publisher rounded it."),
    ROW_BYTE_RATE(struct figure, bandwidth, "bandwidth", .def = "0 GB/s", .help = "Memory bandwidth."),
    REAL(tflops, 1e9, "10^12 operations a second."), COUNT(width, "Numbers in a head."),
    REAL(acceptance, 1, "Share of drafts kept."), COUNT(drafts, "Tokens drafted."),
    ROW_TEXT(struct figure, printed, "printed", .help = "As published, with its unit.", .example = "\"1.6 GB\""),
    WORDS(printed_as, "The unit meant, where it is not the one printed."),
    ROW_TEXT(struct figure, exact, "exact", .help = "What it is.", .example = "\"70,272 B\""),
    ROW_CHOICE(struct figure, verdict, "verdict", .choices = verdict_names, .help = "Whether the printed one follows."),
    WORDS(why, "Why it differs, or how it has to be read."),
    ROW_TEXT(struct figure, source, "source", .help = "Who printed it, and where.", .example = "\"arXiv:2309.06180\""),
    ROW_BOOL(struct figure, cut, "cut", .def = "false", .help = "Printed digits are cut off instead of rounded."),
    ROW_END
};

struct published { struct list shapes, figures; };

static const struct row published_rows[] = {
    ROW_LIST(struct published, shapes, "shapes", struct model, model_rows, .help = "Shapes that the catalog lacks."),
    ROW_LIST(struct published, figures, "figures", struct figure, figure_rows, .min = 1, .help = "The figures."),
    ROW_END
};

/* --- units --- */

enum what { BYTES, BITS, TIME, PLAIN };
/* other: the unit that it is mixed up with */
struct unit_word { const char *word; enum what what; double scale; const char *other; };

static const struct unit_word units[] = {
    { "B", BYTES, 1, NULL },
    { "kB", BYTES, 1e3, "KiB" }, { "MB", BYTES, 1e6, "MiB" }, { "GB", BYTES, 1e9, "GiB" }, { "TB", BYTES, 1e12, "TiB" },
    { "KiB", BYTES, 0x1p10, "kB" }, { "MiB", BYTES, 0x1p20, "MB" }, { "GiB", BYTES, 0x1p30, "GB" },
    { "TiB", BYTES, 0x1p40, "TB" },
    { "bit", BITS, 1, NULL }, { "Gbit", BITS, 1e9, "Gibit" }, { "Gibit", BITS, 0x1p30, "Gbit" },
    { "ns", TIME, 1, NULL }, { "ms", TIME, 1e6, NULL },
    { "x", PLAIN, 1, NULL }, { "%", PLAIN, 0.01, NULL }, { "tokens", PLAIN, 1, NULL }, { "tokens/s", PLAIN, 1, NULL },
    { "operations/B", PLAIN, 1, NULL },
};

static const struct unit_word *unit_find(const char *word)
{
    for (size_t i = 0; word && i < G_N_ELEMENTS(units); i++)
        if (!strcmp(units[i].word, word)) return &units[i];
    return NULL;
}

/* The first number of a text, without its commas, and the word behind it. */
struct quantity { char *digits, *word; int decimals; double number; };

static struct quantity quantity_read(const char *text)
{
    GString *digits = g_string_new(NULL);
    text += strcspn(text, "0123456789");
    for (; g_ascii_isdigit(*text) || (*text && strchr(",.", *text) && g_ascii_isdigit(text[1])); text++)
        if (*text != ',') g_string_append_c(digits, *text);
    const char *point = strchr(digits->str, '.');
    while (*text == ' ') text++;
    struct quantity q = { .decimals = point ? (int)strlen(point + 1) : 0, .number = g_ascii_strtod(digits->str, NULL) };
    q.word = g_strndup(text, strcspn(text, " "));
    q.digits = g_string_free(digits, FALSE);
    return q;
}

static void quantity_free(struct quantity *q) { g_free(q->digits), g_free(q->word); }

/* Half a unit of the last digit either way; cut off, a whole one downwards. Slack for what binary fractions lose. */
static bool rounds_to(double value, const struct quantity *q, bool cut)
{
    double step = 1;
    for (int i = 0; i < q->decimals; i++) step /= 10;
    double over = value - q->number, slack = 1e-9 * step + 1e-12 * fabs(value);
    return cut ? over >= -slack && over < step : fabs(over) <= step / 2 + slack;
}

/* --- what the core says --- */

struct context { const struct published *file; const struct catalog *catalog; };

static const struct model *model_find(const struct context *c, const char *id)
{
    for (size_t i = 0; id && i < c->file->shapes.n; i++) {
        const struct model *shape = list_at(c->file->shapes, struct model, i);
        if (!g_strcmp0(shape->id, id)) return shape;
    }
    return id ? catalog_model(c->catalog, id) : NULL;
}

struct result { enum what what; bool whole; int64_t i; double r; };

static struct result whole(enum what what, int64_t i)
{
    return (struct result){ what, true, i, i < 0 ? NAN : (double)i };
}

static struct result real(double r) { return (struct result){ PLAIN, false, 0, r }; }

static struct format format_of(const struct figure *f)
{
    return (struct format){ f->cache, f->group, f->scale_bits, 0 };
}

/* Of one kind of layers, or with an engine's own windows. */
static int64_t part_of(const struct figure *f, const struct model *m, struct format format)
{
    struct layout l = layout_of(m);
    int64_t sum = 0;
    for (int i = 0; i < l.n; i++) {
        struct stream s = l.streams[i];
        if (f->span && s.keep == KEEP_WINDOW) s.span = f->span;
        if (!f->stream || !g_strcmp0(f->stream, s.name)) sum = count_plus(sum, stream_bytes(&s, &format, f->tokens));
    }
    return sum;
}

static int64_t cache_of(const struct figure *f, const struct model *m, struct format format)
{
    bool part = f->stream || f->span;
    return count_times(f->sequences, part ? part_of(f, m, format) : cache_bytes(m, format, f->tokens));
}

static int64_t weights_of(const struct figure *f, const struct model *m)
{
    return weight_bytes(m, weights_choice(f->weights, m));
}

static int64_t pool_of(const struct figure *f, const struct model *m)
{
    return count_times(f->blocks, cache_bytes(m, format_of(f), f->block));
}

static double fit_of(const struct figure *f, const struct model *m)
{
    struct sizing s = { .model = m, .cache = format_of(f), .context = f->tokens, .batch = 1, .block = f->block };
    s.split = SPLIT_NONE;
    return (double)pool_of(f, m) / (double)sizing_paged_bytes(&s, f->tokens);
}

/* The scheduler's step, from the publisher's own rounded sums. */
static int64_t step_of(const struct figure *f)
{
    double byte_ns = 1e9 / (double)f->bandwidth;
    struct cost_rates r = { .known = true, .n = 1, .dense = (double)f->weights_bytes * byte_ns };
    if (f->tflops > 0) r.token = 2 * (double)f->params / f->tflops / 1e3;
    r.streams[0] = (struct cost_stream_rates){ .reach = DBL_MAX, .every = 1 };
    r.streams[0].entry = (double)f->sequence_bytes * byte_ns;
    int64_t decoded = f->prefill ? 0 : f->sequences;
    return cost_step_ns(&r, f->prefill, 0, decoded, decoded, 0);
}

static double ridge_of(const struct figure *f)
{
    struct device d = { .fp16_tflops = f->tflops, .bandwidth = f->bandwidth };
    return cost_rate(&d, (enum dtype)f->weights, (enum dtype)f->weights, NULL) / (double)d.bandwidth;
}

/* Scores and mix of one head, over what plain attention moves, in 16 bits. */
static double intensity_of(const struct figure *f)
{
    struct model head = { .layers = 1, .full_layers = 1, .heads = 1, .kv_heads = 1, .head_dim = f->width };
    struct stream s = layout_of(&head).streams[0];
    double ops = (double)work_score_ops(&head, &s, WORK_MATERIALISED) * (double)f->tokens * (double)f->tokens;
    return ops / (2 * (double)traffic_plain(f->tokens, f->width));
}

static struct result core_says(const struct figure *f, const struct model *m, const struct model *against)
{
    struct format format = format_of(f), plain = { .type = f->cache }, half = { .type = DTYPE_FP16 };
    if (!m && f->of < OF_STEP) return real(NAN);
    if (!against && (f->of == OF_RATIO || f->of == OF_SAVING)) return real(NAN);
    switch (f->of) {
    case OF_CACHE:      return whole(BYTES, cache_of(f, m, format));
    case OF_CACHE_BITS: return whole(BITS, count_times(8, cache_of(f, m, format)));
    case OF_RATIO:      return real((double)cache_of(f, m, format) / (double)cache_of(f, against, plain));
    case OF_SAVING:     return real(1 - (double)cache_of(f, m, format) / (double)cache_of(f, against, half));
    case OF_TO_WEIGHTS: return real((double)cache_of(f, m, format) / (double)weights_of(f, m));
    case OF_WEIGHTS:    return whole(BYTES, weights_of(f, m));
    case OF_POOL:       return whole(BYTES, pool_of(f, m));
    case OF_FIT:        return real(fit_of(f, m));
    case OF_ROOM:       return whole(PLAIN, f->memory / cache_bytes_per_token(m, format));
    case OF_STEP:       return whole(TIME, step_of(f));
    case OF_STEP_RATE:  return real((double)f->sequences * 1e9 / (double)step_of(f));
    case OF_RIDGE:      return real(ridge_of(f));
    case OF_INTENSITY:  return real(intensity_of(f));
    case OF_DRAFTED:    return real(draft_expected(f->acceptance, f->drafts));
    case OF_DRAFT_WORK: return real((double)(f->drafts + 1) / draft_expected(f->acceptance, f->drafts));
    }
    return real(NAN);
}

/* --- an entry's complaints --- */

struct place_of { const char *file; size_t i; GString *out; };

static void complain(const struct place_of *p, const struct figure *f, const char *format, ...) G_GNUC_PRINTF(3, 4);
static void complain(const struct place_of *p, const struct figure *f, const char *format, ...)
{
    va_list args;
    g_string_append_printf(p->out, "\n%s, figure %zu (%s, %s): ", p->file, p->i + 1,
                           f->model ? f->model : of_names[f->of], f->printed);
    va_start(args, format);
    g_string_append_vprintf(p->out, format, args);
    va_end(args);
}

static void check_exact(const struct place_of *p, const struct figure *f, const struct result *r)
{
    struct quantity q = quantity_read(f->exact);
    const struct unit_word *unit = unit_find(q.word);
    if (!unit || unit->what != r->what || (r->whole && unit->scale != 1))
        complain(p, f, "exact has the unit \"%s\"", q.word);
    else if (r->whole) {
        if (q.decimals || g_ascii_strtoll(q.digits, NULL, 10) != r->i)
            complain(p, f, "exact is %s, and the core says %" G_GINT64_FORMAT, f->exact, r->i);
    } else if (q.decimals < 4 || !rounds_to(r->r / unit->scale, &q, false))
        complain(p, f, "exact is %s, and the core says %.9g", f->exact, r->r / unit->scale);
    quantity_free(&q);
}

static void check_printed(const struct place_of *p, const struct figure *f, const struct result *r,
                          const struct result *slip)
{
    struct quantity q = quantity_read(f->printed);
    const struct unit_word *unit = unit_find(f->printed_as ? f->printed_as : q.word);
    const struct unit_word *other = unit ? unit_find(unit->other) : NULL;
    if (!unit || unit->what != r->what || !*q.digits) complain(p, f, "the printed unit is none");
    else {
        double value = r->r / unit->scale;
        bool agrees = rounds_to(value, &q, f->cut), misread = other && rounds_to(r->r / other->scale, &q, f->cut);
        if (f->verdict == AGREES && !agrees) complain(p, f, "does not agree with %.9g %s", value, unit->word);
        if (f->verdict == DIFFERS && agrees) complain(p, f, "agrees with %.9g %s after all", value, unit->word);
        if (f->verdict == DIFFERS && misread) complain(p, f, "agrees as %s", other->word);
        if (f->comes_from && !rounds_to(slip->r / unit->scale, &q, f->cut))
            complain(p, f, "does not come from %s", f->comes_from);
    }
    quantity_free(&q);
}

static void check_figure(const struct place_of *p, const struct context *c, const struct figure *f)
{
    const struct model *m = model_find(c, f->model), *against = model_find(c, f->against);
    struct result r = core_says(f, m, against), slip = core_says(f, model_find(c, f->comes_from), against);
    if (f->model && !m) complain(p, f, "nobody knows the model");
    if (f->verdict == DIFFERS && !f->why) complain(p, f, "says not why it differs");
    if (f->comes_from && f->verdict == AGREES) complain(p, f, "agrees, so it comes from nothing else");
    if (!*f->source) complain(p, f, "has no source");
    if (isnan(r.r)) complain(p, f, "the core does not know");
    else check_exact(p, f, &r), check_printed(p, f, &r, &slip);
}

/* All complaints about one text; the number of its figures is added to *figures. */
static char *complaints(struct conf *conf, const char *name, const struct catalog *catalog, size_t *figures)
{
    GString *out = g_string_new(NULL);
    struct diags *diags = diags_new();
    struct published file;
    conf_fill(conf_root(conf), (struct conf_target[]){ { published_rows, &file }, { 0 } }, diags);
    diags_print(diags, out);
    struct context context = { &file, catalog };
    for (size_t i = 0; i < file.figures.n && !diags_count(diags); i++)
        check_figure(&(struct place_of){ name, i, out }, &context, list_at(file.figures, struct figure, i));
    if (figures) *figures += file.figures.n;
    conf_clear(published_rows, &file);
    diags_free(diags);
    return g_string_free(out, FALSE);
}

/* --- tests --- */

static struct catalog *catalog_open(void)
{
    struct diags *d = diags_new();
    struct catalog *c = catalog_read("data", d);
    g_assert_cmpint(diags_count(d), ==, 0);
    diags_free(d);
    return c;
}

static void test_files(void)
{
    static const char *const files[] = { "cache", "logs", "weights", "serving", "time" };
    struct catalog *catalog = catalog_open();
    size_t figures = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_strdup_printf("tests/published/%s.cfg", files[i]);
        struct diags *d = diags_new();
        struct conf *conf = conf_read_file(path, NULL, d);
        g_autoptr(GString) read = g_string_new(NULL);
        diags_print(d, read);
        g_assert_cmpstr(read->str, ==, "");
        g_autofree char *all = complaints(conf, path, catalog, &figures);
        g_assert_cmpstr(all, ==, "");
        conf_free(conf);
        diags_free(d);
    }
    g_test_message("%zu figures", figures);
    g_assert_cmpint(figures, >=, 60);
    catalog_free(catalog);
}

#define ENTRY "model = \"llama-3.1-8b\"; source = \"nobody\"; "
#define DIFFER ENTRY "exact = \"131,072 B\"; verdict = \"differs\"; "

/* An entry that is wrong or idle is found: one fault each, and what is said about it. */
static const struct { const char *entry, *complaint; } faults[] = {
    { ENTRY "printed = \"128 KiB\"; exact = \"131,072 B\"; verdict = \"agrees\";", NULL },
    { ENTRY "printed = \"128 KiB\"; exact = \"131,073 B\"; verdict = \"agrees\";", "the core says 131072" },
    { ENTRY "printed = \"129 KiB\"; exact = \"131,072 B\"; verdict = \"agrees\";", "does not agree with 128 KiB" },
    { ENTRY "printed = \"128.4 KB\"; printed_as = \"KiB\"; exact = \"131,072 B\"; verdict = \"agrees\";",
      "does not agree" },
    { ENTRY "printed = \"128 KB\"; exact = \"131,072 B\"; verdict = \"agrees\";", "the printed unit is none" },
    { ENTRY "printed = \"128 kB\"; exact = \"131,072 B\"; verdict = \"agrees\";", "does not agree with 131.072 kB" },
    { DIFFER "printed = \"128 kB\"; why = \"-\";", "agrees as KiB" },
    { DIFFER "printed = \"131.1 kB\"; why = \"-\";", "agrees with 131.072 kB after all" },
    { DIFFER "printed = \"130 kB\";", "says not why" },
    { DIFFER "printed = \"130 kB\"; why = \"-\"; comes_from = \"llama-3.1-70b\";", "does not come from llama-3.1-70b" },
    { DIFFER "printed = \"320 KiB\"; why = \"-\"; comes_from = \"llama-3.1-70b\";", NULL },
    { ENTRY "printed = \"127 KiB\"; exact = \"131,072 B\"; verdict = \"agrees\"; cut = true;", "does not agree" },
    { "printed = \"1 B\"; exact = \"1 B\"; verdict = \"agrees\"; source = \"-\"; model = \"nothing-1b\";",
      "nobody knows the model" },
};

static void test_faults(void)
{
    struct catalog *catalog = catalog_open();
    for (size_t i = 0; i < G_N_ELEMENTS(faults); i++) {
        g_autofree char *text = g_strdup_printf("figures = ( { %s } );", faults[i].entry);
        struct conf *conf = conf_read_text("planted", text, NULL);
        g_assert_nonnull(conf);
        g_autofree char *all = complaints(conf, "planted", catalog, NULL);
        if (!faults[i].complaint) g_assert_cmpstr(all, ==, "");
        else if (!strstr(all, faults[i].complaint)) g_error("\"%s\" was said of: %s", all, text);
        conf_free(conf);
    }
    catalog_free(catalog);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/published/faults", test_faults);
    g_test_add_func("/published/files", test_files);
    return g_test_run();
}
