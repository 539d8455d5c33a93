/* conf/write: what is written and read again is the same struct, for every kind of row; and what differs is found. */
#include "conf_sample.h"
#include "scene/catalog.h"

#include <string.h>

static struct sample read_sample(const char *text)
{
    struct sample s;
    struct diags *d = diags_new();
    g_autoptr(GString) said = g_string_new(NULL);
    struct conf *c = conf_read_text("written.cfg", text, d);
    if (c) conf_fill(conf_root(c), (struct conf_target[]){ { sample_rows, &s }, { 0 } }, d);
    diags_print(d, said);
    g_assert_cmpstr(said->str, ==, "");
    conf_free(c);
    diags_free(d);
    return s;
}

/* Writes what a text reads as, holds the writing against `expect` (NULL: anything), and reads it again. */
static void check_round(const char *text, const char *expect)
{
    struct sample first = read_sample(text);
    g_autoptr(GString) written = g_string_new(NULL);
    conf_write_rows(sample_rows, &first, 0, written);
    if (expect) g_assert_cmpstr(written->str, ==, expect);
    struct sample again = read_sample(written->str);
    g_assert_true(conf_same(sample_rows, &first, &again));
    conf_clear(sample_rows, &first);
    conf_clear(sample_rows, &again);
}

static void test_defaults_go_unsaid(void)
{
    check_round("title = \"a\"; video = { fps = 60; mp4 = { crf = 18; }; }; memory = \"80 GB\"; tags = [\"cache\", \"film\"];"
                "chapters = ( { view = \"compare\"; hold = 2.5; } );",
                "title     = \"a\";\nchapters  = ( { view = \"compare\"; } );\n");
    check_round("title = \"a\"; subtitle = \"\"; video = { size = \"\"; }; chapters = ( { view = \"compare\"; } ); tags = [];",
                "title     = \"a\";\nsubtitle  = \"\";\nvideo     = { size = \"\"; };\nchapters  = ( { view = \"compare\"; } );\n"
                "tags      = [];\n");
}

static void test_every_kind(void)
{
    check_round("title = \"a\"; owner = { name = \"Ada\"; }; loop = true; seed = 8030261248L; context = \"128Mi\"; alpha = 0.1;"
                "gain = 120.0; accent = \"#01020380\"; memory = \"64 GiB\"; bandwidth = \"3350 GB/s\";"
                "ramp = [\"#000000\", \"#FFFFFFFE\"]; tags = [\"a, b\", \"$$c\"];"
                "video = { fps = \"30000/1001\"; mp4 = { preset = \"slow\"; fast_start = false; }; };"
                "chapters = ( { id = \"x\"; view = \"decode\"; hold = \"2.000001 s\"; marks = [\"p\", \"q\"]; }, { view = \"memory\"; hold = 7; } );",
                "title     = \"a\";\n"
                "video     = { fps = \"30000/1001\"; mp4 = { preset = \"slow\"; fast_start = false; }; };\n"
                "chapters  = (\n"
                "    {\n"
                "        id    = \"x\";\n"
                "        view  = \"decode\";\n"
                "        hold  = \"2.000001 s\";\n"
                "        marks = [\"p\", \"q\"];\n"
                "    },\n"
                "    {\n"
                "        view  = \"memory\";\n"
                "        hold  = 7;\n"
                "    }\n"
                ");\n"
                "seed      = 8030261248L;\n"
                "context   = 134217728;\n"
                "memory    = \"64 GiB\";\n"
                "alpha     = 0.1;\n"
                "gain      = 120.0;\n"
                "loop      = true;\n"
                "accent    = \"#01020380\";\n"
                "tags      = [\"a, b\", \"$$c\"];\n"
                "ramp      = [\"#000000\", \"#FFFFFFFE\"];\n"
                "owner     = { name = \"Ada\"; };\n");
}

static void test_texts_are_escaped(void)
{
    check_round("title = \"\\\"q\\\" \\\\ \\n\\té $\"; subtitle = \"$$price\"; chapters = ( { view = \"decode\"; } );",
                "title     = \"\\\"q\\\" \\\\ \\n\\té $\";\nsubtitle  = \"$$price\";\nchapters  = ( { view = \"decode\"; } );\n");
    g_autoptr(GString) text = g_string_new("title = \"");
    for (int i = 0; i < 400; i++) g_string_append_printf(text, "%s%d\\\"\\\\", i % 3 ? " " : "", i);
    g_string_append(text, "\"; chapters = ( { view = \"decode\"; } );");
    check_round(text->str, NULL);
    struct sample s = read_sample(text->str);
    g_autoptr(GString) written = g_string_new(NULL);
    conf_write_rows(sample_rows, &s, 4, written);
    g_auto(GStrv) lines = g_strsplit(written->str, "\n", -1);
    g_assert_cmpuint(g_strv_length(lines), >, 20);
    for (char **l = lines; *l; l++) g_assert_cmpint(g_utf8_strlen(*l, -1), <=, 120);
    conf_clear(sample_rows, &s);
}

static int64_t any_whole(GRand *r, int64_t most)
{
    int64_t v = (int64_t)(((guint64)g_rand_int(r) << 32 | g_rand_int(r)) >> g_rand_int_range(r, 1, 63));
    return v % most;
}

/* Values of every size, held to what the rows' bounds allow. */
static void test_random_values(void)
{
    GRand *r = g_rand_new_with_seed(4);
    for (int i = 0; i < 3000; i++) {
        struct sample s = read_sample("title = \"t\"; chapters = ( { view = \"decode\"; } );");
        struct chapter *c = s.chapters.items;
        s.seed = (g_rand_boolean(r) ? 1 : -1) * any_whole(r, INT64_MAX);
        s.context = 1 + any_whole(r, INT64_MAX / 16);
        s.memory = 1000000000 + any_whole(r, 900000000000);
        s.bandwidth = any_whole(r, 1 << 20) << g_rand_int_range(r, 0, 40); /* round ones too, with a unit */
        s.alpha = g_rand_double(r);
        s.gain = g_rand_double(r) * (double)any_whole(r, INT64_MAX) / (double)(1 + any_whole(r, INT64_MAX));
        c->hold = 100000 + any_whole(r, 59000000);
        s.video.mp4.crf = g_rand_int_range(r, 0, 52);
        s.accent = (struct rgba){ 1, 2, 3, (uint8_t)g_rand_int_range(r, 0, 256) };
        g_autoptr(GString) text = g_string_new(NULL);
        conf_write_rows(sample_rows, &s, g_rand_int_range(r, 0, 9), text);
        struct sample again = read_sample(text->str);
        g_assert_true(conf_same(sample_rows, &s, &again));
        conf_clear(sample_rows, &s);
        conf_clear(sample_rows, &again);
    }
    g_rand_free(r);
}

/* Both catalogs, each entry alone. */
static void check_entry(const struct row *rows, const void *entry, size_t size, struct diags *d)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree void *again = g_malloc0(size);
    conf_write_rows(rows, entry, 8, text);
    struct conf *c = conf_read_text("entry.cfg", text->str, d);
    g_assert_nonnull(c);
    conf_fill(conf_root(c), (struct conf_target[]){ { rows, again }, { 0 } }, d);
    g_assert_cmpuint(diags_count(d), ==, 0);
    g_assert_true(conf_same(rows, entry, again));
    conf_clear(rows, again);
    conf_free(c);
}

static void test_catalogs(void)
{
    struct diags *d = diags_new();
    struct catalog *c = catalog_read("data", d);
    g_assert_cmpuint(c->n_models, >, 0);
    g_assert_cmpuint(c->n_devices, >, 0);
    for (size_t i = 0; i < c->n_models; i++) check_entry(model_rows, &c->models[i], sizeof *c->models, d);
    for (size_t i = 0; i < c->n_devices; i++) check_entry(device_rows, &c->devices[i], sizeof *c->devices, d);
    catalog_free(c);
    diags_free(d);
}

static void test_looks_as_in_data(void)
{
    struct device h100 = { .id = (char *)"h", .name = (char *)"H", .capacity_bytes = (int64_t)80 << 30, .bandwidth = 3350000000000,
                           .fp16_tflops = 989, .cores = 132 };
    g_autoptr(GString) text = g_string_new(NULL);
    conf_write_rows(device_rows, &h100, 8, text);
    g_assert_true(g_regex_match_simple("(^|\n)        capacity +=  *\"80 GiB\";\n", text->str, 0, 0));
    g_assert_true(g_regex_match_simple("(^|\n)        bandwidth +=  *\"3350 GB/s\";\n", text->str, 0, 0));
    g_assert_true(g_regex_match_simple("(^|\n)        fp16_tflops +=  *989.0;\n", text->str, 0, 0));
    g_assert_null(strstr(text->str, "stacks"));
}

static void collect(const char *key, const struct row *row, const void *a, const void *b, void *data)
{
    g_string_append_printf(data, "%s: ", key);
    conf_write_value(row, a, data);
    g_string_append(data, " -> ");
    conf_write_value(row, b, data);
    g_string_append_c(data, '\n');
}

static char *differences(const char *a, const char *b)
{
    struct sample x = read_sample(a), y = read_sample(b);
    GString *out = g_string_new(NULL);
    conf_compare(sample_rows, &x, &y, collect, out);
    g_assert_true(conf_same(sample_rows, &x, &y) == !out->len);
    conf_clear(sample_rows, &x);
    conf_clear(sample_rows, &y);
    return g_string_free(out, FALSE);
}

static void test_differences(void)
{
    const char *plain = "title = \"a\"; chapters = ( { view = \"decode\"; }, { view = \"memory\"; } );";
    g_autofree char *none = differences(plain, plain);
    g_assert_cmpstr(none, ==, "");
    g_autofree char *some = differences(plain, "title = \"b\"; subtitle = \"s\"; memory = \"96 GiB\"; alpha = 0.25; tags = [\"film\"];"
        "video = { mp4 = { crf = 20; }; }; chapters = ( { view = \"decode\"; }, { view = \"memory\"; marks = [\"m\"]; } );");
    g_assert_cmpstr(some, ==, "title: \"a\" -> \"b\"\nsubtitle:  -> \"s\"\nvideo.mp4.crf: 18 -> 20\nchapters[2].marks: [] -> [\"m\"]\n"
                    "memory: \"80 GB\" -> \"96 GiB\"\nalpha: 0.5 -> 0.25\ntags: [\"cache\", \"film\"] -> [\"film\"]\n");
    g_autofree char *longer = differences(plain, "title = \"a\"; chapters = ( { view = \"decode\"; } );");
    g_assert_cmpstr(longer, ==, "chapters: ( { view = \"decode\"; }, { view = \"memory\"; } ) -> ( { view = \"decode\"; } )\n");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/conf-write/defaults", test_defaults_go_unsaid);
    g_test_add_func("/conf-write/kinds", test_every_kind);
    g_test_add_func("/conf-write/escapes", test_texts_are_escaped);
    g_test_add_func("/conf-write/random", test_random_values);
    g_test_add_func("/conf-write/catalogs", test_catalogs);
    g_test_add_func("/conf-write/looks", test_looks_as_in_data);
    g_test_add_func("/conf-write/differences", test_differences);
    return g_test_run();
}
