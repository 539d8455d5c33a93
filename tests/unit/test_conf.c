/* conf: every sentence that a wrong file gets, and that right ones fill their structs to the last bit. */
#include "conf_sample.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define GOOD "title = \"a\"; chapters = ( { view = \"decode\"; } );\n"

#define RUNS_OVER(place) \
    place ": The text that begins here runs over the end of its line; its closing \" is probably missing. " \
          "Inside a text, a line end is written \\n.\n"

struct wrong { const char *text, *says; };

static struct conf_target *targets_of(struct sample *s)
{
    static struct conf_target targets[2];
    targets[0] = (struct conf_target){ sample_rows, s };
    return targets;
}

static char *said(const struct diags *d)
{
    GString *out = g_string_new(NULL);
    diags_print(d, out);
    return g_string_free(out, FALSE);
}

/* What is said about a text, with overrides (key, value, ..., NULL) or NULL. */
static char *complaints(const char *text, const char *const *overrides)
{
    struct diags *d = diags_new();
    struct sample s;
    struct conf *c = conf_read_text("t.cfg", text, d);
    for (; c && overrides && *overrides; overrides += 2) conf_override(c, overrides[0], overrides[1], d);
    if (c) {
        conf_fill(conf_root(c), targets_of(&s), d);
        conf_clear(sample_rows, &s);
    }
    char *out = said(d);
    conf_free(c);
    diags_free(d);
    return out;
}

static void check_wrong(const struct wrong *w, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        g_autofree char *out = complaints(w[i].text, NULL);
        g_assert_cmpstr(out, ==, w[i].says);
    }
}

/* A filled sample; clear it with conf_clear. The text must be right. */
static struct sample filled(const char *text, const char *const *overrides)
{
    struct diags *d = diags_new();
    struct sample s;
    memset(&s, 0x5A, sizeof s);
    struct conf *c = conf_read_text("t.cfg", text, d);
    for (; c && overrides && *overrides; overrides += 2) conf_override(c, overrides[0], overrides[1], d);
    if (c) conf_fill(conf_root(c), targets_of(&s), d);
    g_autofree char *out = said(d);
    g_assert_cmpstr(out, ==, "");
    conf_free(c);
    diags_free(d);
    return s;
}

/* ---- wrong texts ---- */

static void test_syntax(void)
{
    static const struct wrong cases[] = {
        { "title = abc;\n", "t.cfg:1: abc stands without quotes; text is written \"abc\".\n" },
        { "title = a.b;\n", "t.cfg:1: a.b stands without quotes; text is written \"a.b\".\n" },
        { "title = ;\n", "t.cfg:1: The value of title is missing: \";\" came instead.\n" },
        { "title = \n", "t.cfg:1: The value of title is missing: the end of the file came instead.\n" },
        { "video {\n", "t.cfg:1: After \"video\" an = is missing: \"{\" came instead.\n" },
        { "title \"a\"\n", "t.cfg:1: After \"title\" an = is missing: \"a\" came instead.\n" },
        { "a = 1;;\n", "t.cfg:1: \";\" cannot stand here; a key such as title = \"...\"; is due.\n" },
        { "a = 1 2;\n", "t.cfg:1: 2 cannot stand here; a key such as title = \"...\"; is due.\n" },
        { "true = 1;\n", "t.cfg:1: true cannot stand here; a key such as title = \"...\"; is due.\n" },
        { "a = 1;\n}\n", "t.cfg:2: This } closes nothing.\n" },
        { "\n\nvideo = {\n fps = 60;\n", "t.cfg:3: The { of video is never closed: its } is missing.\n" },
        { "a = (\n", "t.cfg:1: The ( of a is never closed: its ) is missing.\n" },
        { "a = [1\n", "t.cfg:1: The [ of a is never closed: its ] is missing.\n" },
        { "a = {\n b = ( { c = 1; ];\n};\n",
          "t.cfg:2: \"]\" cannot stand here: the { of a.b[1], opened on line 2, is closed by }.\n" },
        { "a = ( 1 };\n", "t.cfg:1: \"}\" cannot stand here: the ( of a, opened on line 1, is closed by ).\n" },
        { "a = ( 1,\n 2,\n );\n", "t.cfg:2: The comma before the ) of a must go: no item follows it.\n" },
        { "a = [1 2];\n", "t.cfg:1: A comma is missing before this item of a.\n" },
        { "a = [ {} ];\n", "t.cfg:1: a is an array [ ], which holds numbers, texts or true and false alone; a list of "
          "groups is written ( { ... }, { ... } ).\n" },
        { "a = [1, 2.5];\n", "t.cfg:1: a mixes kinds: its first value is a whole number, this one is a number with a "
          "point. All values in [ ] are of one kind.\n" },
        { "a = [\"x\", 2, 3];\n", "t.cfg:1: a mixes kinds: its first value is text, this one is a whole number. "
          "All values in [ ] are of one kind.\n" },
        { "title = 'a';\n", "t.cfg:1: Text stands in double quotes: \"...\".\n" },
        { "title = a~b;\n", "t.cfg:1: a stands without quotes; text is written \"a\".\n"
          "t.cfg:1: ~ has no meaning here; text stands in quotes.\n" },
        { "a = 1;\ntitle = \"abc;\n\n", RUNS_OVER("t.cfg:2") },
        { "a = 1;\ntitle = \"abc;\nb = \"x\";\nc = \"y\";\n", RUNS_OVER("t.cfg:2") },
        { "a = \"it's \\\"so\\\"\";\ntitle = abc\";\nc = \"y\";\n", RUNS_OVER("t.cfg:2") },
        { "a = \"x\\\ny\";\n", RUNS_OVER("t.cfg:1") },
        { "# don\"t\n/* \" \n */ // \"\na = ;\n", "t.cfg:4: The value of a is missing: \";\" came instead.\n" },
        { "title = \"abc\\", "t.cfg:1: The text that begins here is never closed: its second \" is missing.\n" },
        { "a = 1;\n/* abc", "t.cfg:2: The comment that begins here is never closed: its */ is missing.\n" },
        { "video.fps = 60;\n", "t.cfg:1: video.fps is no key: keys hold letters, digits, - and _, and a key of a "
          "group stands inside of it, as in video = { fps = 60; }.\n" },
        { "title = \"\\x00\";\n", "t.cfg:1: A text cannot hold a zero byte (\\x00).\n" },
        { "@include \"a.cfg\"\n", "t.cfg:1: @include works in files alone; this text is none.\n" },
        { "@include a.cfg\n", "t.cfg:1: @include needs the name of a file in quotes: @include \"common.cfg\".\n" },
        { "a = 1; @include \"a.cfg\"\n", "t.cfg:1: @include must be the first word of its line.\n" },
    };
    check_wrong(cases, G_N_ELEMENTS(cases));
}

static void test_numbers(void)
{
    static const struct wrong cases[] = {
        { "a = 1;\nb = 4294967300;\n",
          "t.cfg:2: 4294967300 does not fit 32 bits; write 4294967300L, or text with a unit such as \"4 GiB\".\n" },
        { "a = -2147483649;\n",
          "t.cfg:1: -2147483649 does not fit 32 bits; write -2147483649L, or text with a unit such as \"4 GiB\".\n" },
        { "a = ( 0xFFFFFFFF );\n",
          "t.cfg:1: 0xFFFFFFFF does not fit 32 bits; write 0xFFFFFFFFL, or text with a unit such as \"4 GiB\".\n" },
        { "a = 99999999999999999999L;\n",
          "t.cfg:1: 99999999999999999999L does not fit 64 bits; the largest whole number is 9223372036854775807L.\n" },
        { "a = 1e999;\n", "t.cfg:1: 1e999 is too large for a number.\n" },
        { "a = 60fps;\nb = 1.2.3;\nc = 12Lx;\n", "t.cfg:1: 60fps is no number; text stands in quotes: \"60fps\".\n"
          "t.cfg:2: 1.2.3 is no number; text stands in quotes: \"1.2.3\".\n"
          "t.cfg:3: 12Lx is no number; text stands in quotes: \"12Lx\".\n" },
        { "a = .;\n", "t.cfg:1: . is no number; text stands in quotes: \".\".\n" },
        { "a = -;\n", "t.cfg:1: - is no number; text stands in quotes: \"-\".\n" },
        { "a = 0x;\n", "t.cfg:1: 0x is no number; text stands in quotes: \"0x\".\n" },
    };
    check_wrong(cases, G_N_ELEMENTS(cases));
    struct sample s = filled(GOOD "seed = 2147483647;\n", NULL);
    g_assert_cmpint(s.seed, ==, G_MAXINT32);
    conf_clear(sample_rows, &s);
    s = filled(GOOD "seed = 4294967300L; context = 0x7FFFFFFF; alpha = .5e0; gain = +2e1;\n", NULL);
    g_assert_cmpint(s.seed, ==, 4294967300);
    g_assert_cmpint(s.context, ==, 0x7FFFFFFF);
    g_assert_cmpfloat(s.alpha, ==, 0.5);
    g_assert_cmpfloat(s.gain, ==, 20);
    conf_clear(sample_rows, &s);
}

static void test_keys(void)
{
    static const struct wrong cases[] = {
        { GOOD "title = \"b\";\n", "t.cfg:2: \"title\" is written twice, first on line 1; a key stands once in its "
          "group.\n" },
        { GOOD "video = {\n fps = 60;\n fps = 30;\n};\n",
          "t.cfg:4: \"video.fps\" is written twice, first on line 3; a key stands once in its group.\n" },
        { GOOD "a = ( {}, { b = 1; b = 2; } );\n",
          "t.cfg:2: \"a[2].b\" is written twice, first on line 2; a key stands once in its group.\n" },
        { GOOD "vidoe = { };\n", "t.cfg:2: \"vidoe\" is no key of the file; did you mean \"video\"?\n" },
        { GOOD "video = {\n fsp = 60;\n};\n", "t.cfg:3: \"video.fsp\" is no key of video; did you mean \"fps\"?\n" },
        { GOOD "video = { wobbliness = 60; };\n",
          "t.cfg:2: \"video.wobbliness\" is no key of video; its keys are fps, size, mp4.\n" },
        { GOOD "crf = 18;\n", "t.cfg:2: \"crf\" is no key of the file; it belongs to video.mp4.\n" },
        { GOOD "video = { crf = 18; };\n", "t.cfg:2: \"video.crf\" is no key of video; it belongs to video.mp4.\n" },
        { "title = \"a\";\nchapters = (\n {\n  veiw = \"decode\";\n }\n);\n",
          "t.cfg:3: chapters[1].view is missing; it must be one of compare, decode, memory, prefill, as in view = "
          "\"decode\";\nt.cfg:4: \"chapters[1].veiw\" is no key of chapters[1]; did you mean \"view\"?\n" },
        { "chapters = ( { view = \"decode\"; } );\n",
          "t.cfg: title is missing; it must be text, as in title = \"A walk through the cache\";\n" },
        { "title = \"a\";\n", "t.cfg: chapters is missing; it must be a list ( { ... }, { ... } ) of groups (1 to 4 "
          "of them) with the keys id, view, hold, marks.\n" },
        { GOOD "owner = { };\n", "t.cfg:2: owner.name is missing; it must be text, as in name = \"Ada\";\n" },
    };
    check_wrong(cases, G_N_ELEMENTS(cases));
}

static void test_types(void)
{
    static const struct wrong cases[] = {
        { GOOD "seed = \"18\";\n", "t.cfg:2: seed is the text \"18\"; write a whole number, such as 7.\n" },
        { GOOD "seed = 1.5;\n", "t.cfg:2: seed is the number 1.5; write a whole number, such as 7.\n" },
        { GOOD "seed = true;\n", "t.cfg:2: seed is true; write a whole number, such as 7.\n" },
        { GOOD "seed = [1];\n", "t.cfg:2: seed is an array; write a whole number, such as 7.\n" },
        { GOOD "subtitle = 5;\n", "t.cfg:2: subtitle is the number 5; write text.\n" },
        { GOOD "alpha = \"x\";\n", "t.cfg:2: alpha is the text \"x\"; write a number from 0 to 1, such as 0.5.\n" },
        { GOOD "loop = 1;\n", "t.cfg:2: loop is the number 1; write true or false.\n" },
        { GOOD "loop = \"true\";\n", "t.cfg:2: loop is the text \"true\"; write true or false.\n" },
        { GOOD "memory = 80;\n", "t.cfg:2: memory is the number 80; write bytes with their unit from 1 GB to 1 TB "
          "such as \"80 GB\" or \"16 KiB\".\n" },
        { GOOD "accent = 5;\n",
          "t.cfg:2: accent is the number 5; write a colour such as \"#1E90FF\", or \"#1E90FF80\" with its alpha.\n" },
        { GOOD "tags = \"a\";\n", "t.cfg:2: tags is the text \"a\"; write an array of texts such as [\"a\", "
          "\"b\"].\n" },
        { GOOD "tags = [1, 2];\n", "t.cfg:2: tags[1] is the number 1; write text.\nt.cfg:2: tags[2] is the number 2; "
          "write text.\n" },
        { GOOD "video = 5;\n", "t.cfg:2: video is the number 5; write a group { ... } with the keys fps, size, "
          "mp4.\n" },
        { "title = \"a\";\nchapters = { view = \"decode\"; };\n", "t.cfg:2: chapters is a group; write a list ( { ... "
          "}, { ... } ) of groups (1 to 4 of them) with the keys id, view, hold, marks.\n" },
        { "title = \"a\";\nchapters = (\n { view = \"decode\"; },\n 5\n);\n",
          "t.cfg:4: chapters[2] is the number 5; write a group { ... } with the keys id, view, hold, marks.\n" },
    };
    check_wrong(cases, G_N_ELEMENTS(cases));
}

static void test_values(void)
{
    static const struct wrong cases[] = {
        { GOOD "video = { mp4 = { crf = 77; }; };\n", "t.cfg:2: video.mp4.crf is 77; it must be a whole number from 0 "
          "to 51.\n" },
        { GOOD "video = { mp4 = { crf = -1; }; };\n", "t.cfg:2: video.mp4.crf is -1; it must be a whole number from 0 "
          "to 51.\n" },
        { "title = \"a\"; chapters = (\n { view = \"decod\"; }\n);\n",
          "t.cfg:2: chapters[1].view is \"decod\"; did you mean \"decode\"? Accepted: compare, decode, memory, "
          "prefill.\n" },
        { "title = \"a\"; chapters = ( { view = \"stars\"; } );\n",
          "t.cfg:1: chapters[1].view is \"stars\"; it must be one of compare, decode, memory, prefill.\n" },
        { GOOD "video = { fps = \"sixty\"; };\n",
          "t.cfg:2: video.fps is \"sixty\"; it must be a rate from 1 to 240 such as 60, 12.5 or \"30000/1001\".\n" },
        { GOOD "video = { fps = 500; };\n",
          "t.cfg:2: video.fps is 500; it must be a rate from 1 to 240 such as 60, 12.5 or \"30000/1001\".\n" },
        { "title = \"a\"; chapters = ( { view = \"decode\"; hold = 0.05; } );\n", "t.cfg:1: chapters[1].hold is 0.05; "
          "it must be a time from 0.1 s to 60 s such as 2.5 (seconds), \"250 ms\" or \"1:30\".\n" },
        { GOOD "context = -3;\n", "t.cfg:2: context is -3; it must be a count of tokens from 1 up such as 4096 or "
          "\"128Ki\".\n" },
        { GOOD "context = \"128X\";\n",
          "t.cfg:2: context is \"128X\"; it must be a count of tokens from 1 up such as 4096 or \"128Ki\".\n" },
        { GOOD "memory = \"2 TB\";\n",
          "t.cfg:2: memory is \"2 TB\"; it must be bytes with their unit from 1 GB to 1 TB such as \"80 GB\" or \"16 "
          "KiB\".\n" },
        { GOOD "bandwidth = \"3 GB\";\n", "t.cfg:2: bandwidth is \"3 GB\"; it must be bytes per second with their "
          "unit such as \"900 GB/s\" or \"3.35 TB/s\".\n" },
        { GOOD "alpha = 1.0000001;\n", "t.cfg:2: alpha is 1.0000001; it must be a number from 0 to 1.\n" },
        { GOOD "gain = -0.5;\n", "t.cfg:2: gain is -0.5; it must be a number of decibels from 0 up.\n" },
        { GOOD "accent = \"red\";\n",
          "t.cfg:2: accent is \"red\"; it must be a colour such as \"#1E90FF\", or \"#1E90FF80\" with its alpha.\n" },
        { GOOD "ramp = [\"#zz\"];\n",
          "t.cfg:2: ramp[1] is \"#zz\"; it must be a colour such as \"#1E90FF\", or \"#1E90FF80\" with its alpha.\n"
          "t.cfg:2: ramp has 1 item; it must be an array of colours (2 to 5 of them) such as [\"#1E90FF\", "
          "\"#FF8C00\"].\n" },
        { GOOD "tags = { };\n", "t.cfg:2: tags is a group; write an array of texts such as [\"a\", \"b\"].\n" },
        { GOOD "ramp = [\"#000000\"];\n", "t.cfg:2: ramp has 1 item; it must be an array of colours (2 to 5 of them) "
          "such as [\"#1E90FF\", \"#FF8C00\"].\n" },
        { "title = \"a\"; chapters = ( );\n", "t.cfg:1: chapters has 0 items; it must be a list ( { ... }, { ... } ) "
          "of groups (1 to 4 of them) with the keys id, view, hold, marks.\n" },
        { GOOD "subtitle = \"a\\x01\";\n",
          "t.cfg:2: subtitle holds a control character or a broken letter; texts are UTF-8, with \\n and \\t.\n" },
        { GOOD "subtitle = \"\\xff\";\n",
          "t.cfg:2: subtitle holds a control character or a broken letter; texts are UTF-8, with \\n and \\t.\n" },
        { GOOD "accent = \"0123456789012345678901234567890123456789 and on\\n\";\n", "t.cfg:2: accent is "
          "\"0123456789012345678901234567890123456789...\"; it must be a colour such as \"#1E90FF\", or \"#1E90FF80\" "
          "with its alpha.\n" },
    };
    check_wrong(cases, G_N_ELEMENTS(cases));
}

/* The line of each mistake, where libconfig itself would name the line of the next token. */
static void test_lines(void)
{
    g_autofree char *out = complaints(GOOD "ramp = [\n \"#000000\",\n \"red\"\n\n];\nvideo =\n{\n fps\n =\n 0;\n};\n"
                                      "subtitle = \"one\"\n \" two\"; tags = [ \"a\" ]; x = 1;\n", NULL);
    g_assert_cmpstr(out, ==,
                    "t.cfg:4: ramp[2] is \"red\"; it must be a colour such as \"#1E90FF\", or \"#1E90FF80\" with its "
                    "alpha.\n"
                    "t.cfg:9: video.fps is 0; it must be a rate from 1 to 240 such as 60, 12.5 or \"30000/1001\".\n"
                    "t.cfg:14: \"x\" is no key of the file; its keys are title, subtitle, video, chapters, seed, "
                    "context, memory, bandwidth, alpha, gain, loop, accent, tags, ramp, owner.\n");
}

static void test_limits(void)
{
    g_autoptr(GString) text = g_string_new("a = ");
    for (int i = 0; i < 65; i++) g_string_append_c(text, '(');
    g_autofree char *deep = complaints(text->str, NULL);
    g_assert_cmpstr(deep, ==, "t.cfg:1: Groups and lists are nested more than 64 deep.\n");

    g_string_assign(text, "");
    for (int i = 0; i < 501; i++) g_string_append_printf(text, "k%d = 1\n", i);
    g_autofree char *many = complaints(text->str, NULL);
    g_assert_cmpstr(many, ==, "t.cfg:501: This group has more than 500 keys.\n");

    g_string_assign(text, GOOD);
    for (int i = 0; i < 150; i++) g_string_append_printf(text, "k%d = 1;\n", i);
    g_autofree char *wrong = complaints(text->str, NULL);
    g_auto(GStrv) lines = g_strsplit(wrong, "\n", -1);
    g_assert_cmpint(g_strv_length(lines), ==, 102);
    g_assert_cmpstr(lines[100], ==, "There are more than 100 mistakes; the others are not shown.");

    g_string_assign(text, "a = 1;\n");
    while (text->len <= 4 << 20) g_string_append(text, "# a comment that goes on and on\n");
    g_autofree char *large = complaints(text->str, NULL);
    g_assert_cmpstr(large, ==, "t.cfg: The file is larger than 4 MiB, the most that is read.\n");

    g_string_assign(text, "");
    for (int i = 0; i < 70; i++) g_string_append_c(text, 'k');
    g_string_append(text, " = 1;");
    g_autofree char *name = complaints(text->str, NULL);
    g_assert_cmpstr(name, ==, "t.cfg:1: kkkkkkkkkkkkkkkkkkkk... is too long for a key, which has 63 letters at "
        "most.\n");
}

/* ---- a number or a word ---- */

struct picked { struct pick head, layer; };
static const char *const pick_words[] = { "previous", "reference", NULL };
static const struct row pick_rows[] = {
    ROW_PICK(struct picked, head, "head", .def = "0", .min = 0, .max = 9, .choices = pick_words, .help = "The head."),
    ROW_PICK(struct picked, layer, "layer", .optional = true, .choices = pick_words, .example = "reference"),
    ROW_END
};

/* What is said about a text with pick_rows, or what they write of it. Caller frees. */
static char *picked_text(const char *text, const char *override, struct picked *p)
{
    struct diags *d = diags_new();
    GString *out = g_string_new(NULL);
    struct conf *c = conf_read_text("t.cfg", text, d);
    if (override) conf_override(c, "head", override, d);
    memset(p, 0x5A, sizeof *p);
    conf_fill(conf_root(c), (struct conf_target[]){ { pick_rows, p }, { 0 } }, d);
    if (diags_count(d)) diags_print(d, out);
    else conf_write_rows(pick_rows, p, 0, out);
    conf_free(c);
    diags_free(d);
    return g_string_free(out, FALSE);
}

static void check_pick(const char *text, const char *override, int number, int word, const char *says)
{
    struct picked p;
    g_autofree char *out = picked_text(text, override, &p);
    g_assert_cmpstr(out, ==, says);
    g_assert_cmpint(p.head.number, ==, number);
    g_assert_cmpint(p.head.word, ==, word);
}

static void test_pick(void)
{
#define PICK_ACCEPTS "a whole number from 0 to 9, or one of previous, reference"
    check_pick("", NULL, 0, 0, "");
    check_pick("head = 3;", NULL, 3, 0, "head  = 3;\n");
    check_pick("head = \"reference\";", NULL, 0, 2, "head  = \"reference\";\n");
    check_pick("head = \"3\";", NULL, 3, 0, "head  = 3;\n");
    check_pick("head = 3;", "previous", 0, 1, "head  = \"previous\";\n");
    check_pick("", "4", 4, 0, "head  = 4;\n");
    check_pick("head = 0; layer = \"previous\";", NULL, 0, 0, "layer = \"previous\";\n");
    check_pick("head = \"refrence\";", NULL, 0, 0,
               "t.cfg:1: head is \"refrence\"; did you mean \"reference\"? Accepted: " PICK_ACCEPTS ".\n");
    check_pick("head = \"stars\";", NULL, 0, 0, "t.cfg:1: head is \"stars\"; it must be " PICK_ACCEPTS ".\n");
    check_pick("head = 10;", NULL, 0, 0, "t.cfg:1: head is 10; it must be " PICK_ACCEPTS ".\n");
    check_pick("head = true;", NULL, 0, 0, "t.cfg:1: head is true; write " PICK_ACCEPTS ".\n");
    check_pick("", "1.5", 0, 0, "--head: head is \"1.5\"; it must be " PICK_ACCEPTS ".\n");
    g_autoptr(GString) help = g_string_new(NULL);
    conf_help_row(&pick_rows[1], "run.layer", help);
    g_assert_nonnull(strstr(help->str, "  Example  layer = \"reference\";\n  Option   --run.layer reference\n"));
}

/* ---- right texts ---- */

static void test_defaults(void)
{
    struct sample s = filled(GOOD, NULL);
    g_assert_cmpstr(s.title, ==, "a");
    g_assert_null(s.subtitle);
    g_assert_cmpint(s.video.fps.num, ==, 60);
    g_assert_cmpint(s.video.fps.den, ==, 1);
    g_assert_cmpstr(s.video.size, ==, "1920x1080");
    g_assert_cmpint(s.video.mp4.crf, ==, 18);
    g_assert_cmpint(s.video.mp4.preset, ==, 1);
    g_assert_true(s.video.mp4.fast_start);
    g_assert_cmpint(s.chapters.n, ==, 1);
    struct chapter *c = list_at(s.chapters, struct chapter, 0);
    g_assert_null(c->id);
    g_assert_cmpint(c->view, ==, 1);
    g_assert_cmpint(c->hold, ==, 2500000);
    g_assert_cmpint(c->marks.n, ==, 0);
    g_assert_null(c->marks.items);
    g_assert_cmpint(s.memory, ==, 80000000000);
    g_assert_cmpint(s.bandwidth, ==, 3350000000000);
    g_assert_cmpfloat(s.alpha, ==, 0.5);
    g_assert_false(s.loop);
    g_assert_true(color_equal(s.accent, (struct rgba){ 0x1E, 0x90, 0xFF, 0xFF }));
    g_assert_cmpint(s.tags.n, ==, 2);
    g_assert_cmpstr(s.tags.items[1], ==, "film");
    g_assert_cmpint(s.ramp.n, ==, 2);
    g_assert_null(s.owner.name);
    conf_clear(sample_rows, &s);
    g_assert_null(s.title);
    g_assert_cmpint(s.seed, ==, 0);
    conf_clear(sample_rows, &s);
}

static void test_notations(void)
{
    struct sample s = filled("# comment\ntitle : \"a\" \" b\"\nchapters = ( { view = \"memory\", hold = 0.1 },\n"
                             "{ view = \"decode\"; hold = \"250 ms\"; marks = [\"x\"] }, { view = \"compare\"; hold = "
                             "\"0:59\"; },"
                             "{ view = \"prefill\"; hold = 60; } ); // more\n"
                             "video = { fps = \"30000/1001\"; mp4 = { crf = 0; fast_start = FALSE; }; };\n"
                             "context = \"128Ki\"; memory = \"16 GiB\"; alpha = 1; loop = true; accent = "
                             "\"#01020304\";\n"
                             "tags = []; ramp = (\"#000000\", \"#111111\", \"#222222\"); subtitle = "
                             "\"\\x41\\n\\\"\\q\"; /* end */",
                             NULL);
    g_assert_cmpstr(s.title, ==, "a b");
    g_assert_cmpstr(s.subtitle, ==, "A\n\"\\q");
    g_assert_cmpint(list_at(s.chapters, struct chapter, 0)->hold, ==, 100000);
    g_assert_cmpint(list_at(s.chapters, struct chapter, 1)->hold, ==, 250000);
    g_assert_cmpstr(list_at(s.chapters, struct chapter, 1)->marks.items[0], ==, "x");
    g_assert_cmpint(list_at(s.chapters, struct chapter, 2)->hold, ==, 59000000);
    g_assert_cmpint(list_at(s.chapters, struct chapter, 3)->view, ==, 3);
    g_assert_cmpint(s.video.fps.den, ==, 1001);
    g_assert_cmpint(s.video.mp4.crf, ==, 0);
    g_assert_false(s.video.mp4.fast_start);
    g_assert_cmpint(s.context, ==, 131072);
    g_assert_cmpint(s.memory, ==, (gint64)16 << 30);
    g_assert_cmpfloat(s.alpha, ==, 1);
    g_assert_cmpint(s.tags.n, ==, 0);
    g_assert_cmpint(s.ramp.n, ==, 3);
    g_assert_cmpint(s.accent.a, ==, 4);
    conf_clear(sample_rows, &s);
}

/* Reals become exact: 12.5 is 25/2, 0.3 s is 300,000 us, though neither 0.3 nor 59.94 is a binary fraction. */
static void test_exact(void)
{
    struct sample s = filled("title = \"a\"; chapters = ( { view = \"decode\"; hold = 0.3; }, { view = \"decode\"; "
        "hold = 1e-1; } );video = { fps = 59.94; };\n", NULL);
    g_assert_cmpint(list_at(s.chapters, struct chapter, 0)->hold, ==, 300000);
    g_assert_cmpint(list_at(s.chapters, struct chapter, 1)->hold, ==, 100000);
    g_assert_cmpint(s.video.fps.num, ==, 2997);
    g_assert_cmpint(s.video.fps.den, ==, 50);
    conf_clear(sample_rows, &s);
    g_autofree char *out = complaints("title = \"a\"; chapters = ( { view = \"decode\"; hold = 0.30000001; } );", NULL);
    g_assert_true(g_str_has_prefix(out, "t.cfg:1: chapters[1].hold is 0.30000001; it must be a time"));
}

static void test_let(void)
{
    struct sample s = filled("let = { name = \"A film\"; q = 3; wait = \"$pause\"; pause = 0.5; words = [\"x\", "
        "\"y\"]; };\n"
                             "title = \"$name\"; subtitle = \"$$name\"; tags = \"$words\"; seed = \"$q\"; \n"
                             "chapters = ( { view = \"decode\"; hold = \"$wait\"; marks = [\"$name\"]; } );\n",
                             (const char *const[]){ "let.q", "5", "video.size", "$name", NULL });
    g_assert_cmpstr(s.title, ==, "A film");
    g_assert_cmpstr(s.subtitle, ==, "$name");
    g_assert_cmpint(s.tags.n, ==, 2);
    g_assert_cmpint(s.seed, ==, 5);
    g_assert_cmpstr(s.video.size, ==, "A film");
    g_assert_cmpint(list_at(s.chapters, struct chapter, 0)->hold, ==, 500000);
    g_assert_cmpstr(list_at(s.chapters, struct chapter, 0)->marks.items[0], ==, "A film");
    conf_clear(sample_rows, &s);
    static const struct wrong cases[] = {
        { "let = { name = \"a\"; };\n" GOOD "subtitle = \"$nmae\";\n",
          "t.cfg:3: subtitle is \"$nmae\", but let has no \"nmae\"; did you mean \"$name\"?\n" },
        { "let = { name = \"a\"; };\n" GOOD "accent = \"$zzzzz\";\n",
          "t.cfg:3: accent is \"$zzzzz\", but let has no \"zzzzz\"; its names are name.\n" },
        { GOOD "subtitle = \"$x\";\n", "t.cfg:2: subtitle is \"$x\", but nothing is named: write let = { x = ...; }, "
          "or \"$$x\" with a second dollar for a text.\n" },
        { GOOD "subtitle = \"$5 a token\";\n", "t.cfg:2: subtitle is \"$5 a token\", which is no name after the "
          "dollar; a text that begins with a dollar is written \"$$5 a token\".\n" },
        { "let = { a = \"$b\"; b = \"$a\"; };\n" GOOD, "t.cfg:1: let.a is \"$b\", which leads from name to name and "
          "to no value.\nt.cfg:1: let.b is \"$a\", which leads from name to name and to no value.\n" },
        { "let = { q = 77; };\n" GOOD "video = { mp4 = { crf = \"$q\"; }; };\n",
          "t.cfg:3: video.mp4.crf is 77 (let.q); it must be a whole number from 0 to 51.\n" },
        { "let = 5;\n" GOOD, "t.cfg:1: let is no group; it names values for the file, as in let = { pause = 2.5; "
          "}.\n" },
        { "let = { g = {}; };\n" GOOD,
          "t.cfg:1: let.g is a group; let names numbers, texts, true and false, and arrays.\n" },
        { GOOD "video = { let = 1; };\n", "t.cfg:2: \"video.let\" is no key of video; its keys are fps, size, mp4.\n" },
    };
    check_wrong(cases, G_N_ELEMENTS(cases));
}

/* ---- overrides ---- */

static void test_overrides(void)
{
    struct sample s = filled("title = \"a\"; chapters = ( { view = \"decode\"; }, { id = \"end\"; view = \"memory\"; "
        "hold = 1; } );\n"
                             "video = { fps = 60; };",
                             (const char *const[]){
                                 "video.fps", "24", "video.mp4.crf", "23", "video.mp4.fast_start", "false", "title",
                                 "A film",
                                 "chapters.1.hold", "3 s", "chapters.end.hold", "0:10", "chapters.2.view", "compare",
                                 "chapters.1.marks", "a, b c ,d", "context", "8Ki", "memory", "24 GB", "bandwidth",
                                 "1 TB/s",
                                 "alpha", "0.25", "accent", "#010203", "tags", "", "ramp", "#000000,#FFFFFF80",
                                 "loop", "true", "owner.name", "12", "seed", "-4294967300", "subtitle", "$$5", NULL });
    g_assert_cmpint(s.video.fps.num, ==, 24);
    g_assert_cmpint(s.video.mp4.crf, ==, 23);
    g_assert_false(s.video.mp4.fast_start);
    g_assert_cmpstr(s.title, ==, "A film");
    g_assert_cmpstr(s.subtitle, ==, "$5");
    struct chapter *one = list_at(s.chapters, struct chapter, 0), *two = list_at(s.chapters, struct chapter, 1);
    g_assert_cmpint(one->hold, ==, 3000000);
    g_assert_cmpint(one->marks.n, ==, 3);
    g_assert_cmpstr(one->marks.items[1], ==, "b c");
    g_assert_cmpint(two->hold, ==, 10000000);
    g_assert_cmpint(two->view, ==, 0);
    g_assert_cmpint(s.context, ==, 8192);
    g_assert_cmpint(s.memory, ==, 24000000000);
    g_assert_cmpint(s.bandwidth, ==, 1000000000000);
    g_assert_cmpfloat(s.alpha, ==, 0.25);
    g_assert_cmpint(s.accent.b, ==, 3);
    g_assert_cmpint(s.tags.n, ==, 0);
    g_assert_cmpint(s.ramp.items[1].a, ==, 0x80);
    g_assert_true(s.loop);
    g_assert_cmpstr(s.owner.name, ==, "12");
    g_assert_cmpint(s.seed, ==, -4294967300);
    conf_clear(sample_rows, &s);
}

static void test_wrong_overrides(void)
{
    static const struct { const char *key, *value, *says; } cases[] = {
        { "video.fsp", "24", "--video.fsp: \"video.fsp\" is no key of video; did you mean \"fps\"?\n" },
        { "vidoe.fps", "24", "--vidoe.fps: \"vidoe\" is no key of the file; did you mean \"video\"?\n" },
        { "video.mp4.crf", "77", "--video.mp4.crf: video.mp4.crf is \"77\"; it must be a whole number from 0 to "
          "51.\n" },
        { "video.mp4.crf", "1x", "--video.mp4.crf: video.mp4.crf is \"1x\"; it must be a whole number from 0 to "
          "51.\n" },
        { "seed", " 1", "--seed: seed is \" 1\"; it must be a whole number.\n" },
        { "seed", "99999999999999999999", "--seed: seed is \"99999999999999999999\"; it must be a whole number.\n" },
        { "gain", "inf", "--gain: gain is \"inf\"; it must be a number of decibels from 0 up.\n" },
        { "gain", "nan", "--gain: gain is \"nan\"; it must be a number of decibels from 0 up.\n" },
        { "loop", "yes", "--loop: loop is \"yes\"; it must be true or false.\n" },
        { "memory", "80", "--memory: memory is \"80\"; it must be bytes with their unit from 1 GB to 1 TB such as "
          "\"80 GB\" or \"16 KiB\".\n" },
        { "chapters.7.hold", "3", "--chapters.7.hold: chapters has 3 items; there is no chapters[7].\n" },
        { "chapters.0.hold", "3", "--chapters.0.hold: chapters has 3 items; there is no chapters[0].\n" },
        { "chapters.ned.hold", "3", "--chapters.ned.hold: chapters has no item with the id \"ned\"; did you mean "
          "\"end\"?\n" },
        { "chapters.zzzzz.hold", "3", "--chapters.zzzzz.hold: chapters has no item with the id \"zzzzz\"; items are "
          "named by their id or by a number from 1 to 3.\n" },
        { "chapters.2.hold", "99", "--chapters.2.hold: chapters[2].hold is \"99\"; it must be a time from 0.1 s to 60 "
          "s such as 2.5 (seconds), \"250 ms\" or \"1:30\".\n" },
        { "chapters.2.view", "memroy", "--chapters.2.view: chapters[2].view is \"memroy\"; did you mean \"memory\"? "
          "Accepted: compare, decode, memory, prefill.\n" },
        { "title.x", "3", "--title.x: title is a single value; it has no key \"x\".\n" },
        { "video", "3", "--video: video is a group; on the command line its keys are set one by one: --video.KEY, "
          "where KEY is one of fps, size, mp4.\n" },
        { "chapters", "3", "--chapters: chapters is a list; on the command line its keys are set one by one: "
          "--chapters.1.KEY, where KEY is one of id, view, hold, marks.\n" },
        { "ramp", "#000000", "--ramp: ramp has 1 item; it must be an array of colours (2 to 5 of them) such as "
          "[\"#1E90FF\", \"#FF8C00\"].\n" },
        { "video..fps", "3", "--video..fps: \"\" cannot be a key of video; a key is letters, digits, - and _.\n" },
        { "", "3", "--: A key of the command line is written as in --video.fps.\n" },
        { "5", "3", "--5: \"5\" cannot be a key; a key is letters, digits, - and _.\n" },
        { "chapters.2.marks.1", "x", "--chapters.2.marks.1: chapters[2].marks is an array, which is set whole: "
          "--chapters.2.marks \"a, b\".\n" },
        { "chapters.1.marks.1", "x", "--chapters.1.marks.1: chapters[1].marks is an array, which is set whole: "
          "--chapters.1.marks \"a, b\".\n" },
        { "chapters.3.marks.2", "x", "--chapters.3.marks.2: chapters[3].marks is an array, which is set whole: "
          "--chapters.3.marks \"u, v\".\n" }, /* and its items stay: no other mistake follows */
        { "tags.2.x", "y", "--tags.2.x: tags is an array, which is set whole: --tags \"a, b c\".\n" },
        { "seed.1", "2", "--seed.1: seed is a single value; it has no items.\n" },
        { "owner.1", "2", "--owner.1: owner is a group; its keys have names, no numbers.\n" },
        { "let.q.1", "2", "--let.q.1: let.q has no items to change; a value of let is set whole.\n" },
        { "vidoe.1", "2", "--vidoe.1: \"vidoe\" is no key of the file; did you mean \"video\"?\n" },
        { "title", "\xff", "A key or value of the command line is no UTF-8 text.\n" },
        { "seed", "$x", "--seed: seed is \"$x\", but nothing is named: write let = { x = ...; }, or \"$$x\" with a "
          "second dollar for a text.\n" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *out = complaints("title = \"a\"; chapters = ( { view = \"decode\"; }, { id = \"end\"; "
                                          "view = \"memory\"; }, { view = \"decode\"; marks = [\"u\", \"v\"]; } );",
                                          (const char *const[]){ cases[i].key, cases[i].value, NULL });
        g_assert_cmpstr(out, ==, cases[i].says);
    }
}

struct output { char *file; };
struct outputs_of { struct list outputs; };

/* Items that a scene lacks are told once, also when several keys of them are asked for. */
static void test_override_of_no_item(void)
{
    static const struct row output_rows[] = { ROW_TEXT(struct output, file, "file", .optional = true), ROW_END };
    static const struct row rows[] = { ROW_LIST(struct outputs_of, outputs, "outputs", struct output, output_rows),
                                       ROW_END };
    static const char *const texts[] = { "", "video = { };", "video = { outputs = ( ); };",
                                         "video = { outputs = []; };" };
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        struct diags *d = diags_new();
        struct outputs_of filled_one;
        struct conf *c = conf_read_text("t.cfg", texts[i], d);
        conf_override(c, "video.outputs.2.file", "x.mp4", d);
        if (i != 2) conf_override(c, "video.outputs.2.size", "4k", d);
        conf_fill(conf_child(conf_root(c), "video"), (struct conf_target[]){ { rows, &filled_one }, { 0 } }, d);
        g_autofree char *out = said(d);
        g_assert_cmpstr(out, ==, "--video.outputs.2.file: video.outputs has 0 items in this scene; write -o FILE to "
                        "add an output.\n");
        g_assert_cmpint(filled_one.outputs.n, ==, 0);
        conf_free(c);
        diags_free(d);
    }
    g_autofree char *other = complaints("title = \"a\";", (const char *const[]){ "chapters.1.hold", "3", NULL });
    g_assert_cmpstr(other, ==, "--chapters.1.hold: chapters has 0 items in this scene; they are added in the file.\n");
}

/* ---- files ---- */

static char *make_file(const char *folder, const char *name, const char *text)
{
    char *path = g_build_filename(folder, name, NULL);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    return path;
}

/* What is said about a file, with its folder's name cut away. */
static char *file_complaints(const char *path, const struct conf_limits *limits, const char *folder)
{
    struct diags *d = diags_new();
    struct sample s;
    struct conf *c = conf_read_file(path, limits, d);
    if (c) {
        conf_fill(conf_root(c), targets_of(&s), d);
        conf_clear(sample_rows, &s);
    }
    g_autofree char *out = said(d);
    g_auto(GStrv) parts = g_strsplit(out, folder, -1);
    conf_free(c);
    diags_free(d);
    return g_strjoinv("~", parts);
}

static void check_file(const char *folder, const char *text, const char *says)
{
    g_autofree char *path = make_file(folder, "in/walk.cfg", text);
    g_autofree char *out = file_complaints(path, NULL, folder);
    g_assert_cmpstr(out, ==, says);
}

static void check_deep_includes(const char *folder)
{
    for (int i = 1; i <= 12; i++) {
        g_autofree char *name = g_strdup_printf("in/d%d.cfg", i), *text = g_strdup_printf("@include \"d%d.cfg\"\n",
            i + 1);
        g_autofree char *path = make_file(folder, name, text);
        g_assert_nonnull(path);
    }
    check_file(folder, "@include \"d1.cfg\"\n", "~/in/d10.cfg:1: @include \"d11.cfg\" goes too deep: files include "
        "each other over 10 steps at most.\n");
}

static void check_reach(const char *folder)
{
    g_autofree char *in = g_build_filename(folder, "in", NULL), *sub = g_build_filename(folder, "in", "sub", NULL);
    g_autofree char *link = g_build_filename(folder, "in", "link.cfg", NULL);
    g_autofree char *outside = make_file(folder, "outside.cfg", "seed = 5;\n");
    g_autofree char *absolute = g_strdup_printf("@include \"%s\"\n", outside);
    g_assert_cmpint(symlink(outside, link), ==, 0);
    check_file(folder, "@include \"../outside.cfg\"\n", "~/in/walk.cfg:1: @include \"../outside.cfg\" leads out of "
        "the folder \"~/in\"; only files inside it can be included.\n");
    check_file(folder, absolute, "~/in/walk.cfg:1: @include \"~/outside.cfg\" leads out of the folder \"~/in\"; only "
        "files inside it can be included.\n");
    check_file(folder, "\n@include \"link.cfg\"\n", "~/in/walk.cfg:2: @include \"link.cfg\" leads out of the folder "
        "\"~/in\"; only files inside it can be included.\n");
    g_autofree char *walk = make_file(folder, "in/walk.cfg", GOOD "@include \"../outside.cfg\"\n");
    const struct conf_limits wide = { folder }, nowhere = { "/nonexistent" };
    g_autofree char *allowed = file_complaints(walk, &wide, folder);
    g_assert_cmpstr(allowed, ==, "");
    g_autofree char *lost = file_complaints(walk, &nowhere, folder);
    g_assert_cmpstr(lost, ==, "~/in/walk.cfg: The folder \"/nonexistent\" cannot be opened: No such file or "
        "directory.\n");
    check_file(folder, GOOD "@include \"sub/../sub/more.cfg\"\n", "");
}

static void remove_tree(const char *path)
{
    GDir *dir = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        g_autofree char *below = g_build_filename(path, name, NULL);
        remove_tree(below);
    }
    if (dir) g_dir_close(dir);
    g_assert_cmpint(g_remove(path), ==, 0);
}

static void test_includes(void)
{
    g_autofree char *folder = g_dir_make_tmp("conf-XXXXXX", NULL), *sub = g_build_filename(folder, "in", "sub", NULL);
    g_assert_cmpint(g_mkdir_with_parents(sub, 0700), ==, 0);
    g_autofree char *common = make_file(folder, "in/common.cfg", "# common\nvideo = { fps = 500; };\n@include "
        "\"sub/more.cfg\"");
    g_autofree char *more = make_file(folder, "in/sub/more.cfg", "\n\nalpha = 1;");
    g_autofree char *self = make_file(folder, "in/self.cfg", "@include \"self.cfg\"\n");
    g_autofree char *open = make_file(folder, "in/open.cfg", "\n video = { fps = \"60; };\n");
    check_file(folder, GOOD "  @include \"common.cfg\" seed = \"x\";\nloop = 5;\n",
               "~/in/common.cfg:2: video.fps is 500; it must be a rate from 1 to 240 such as 60, 12.5 or "
               "\"30000/1001\".\n"
               "~/in/walk.cfg:2: seed is the text \"x\"; write a whole number, such as 7.\n"
               "~/in/walk.cfg:3: loop is the number 5; write true or false.\n");
    check_file(folder, GOOD "alpha = 0;\n@include \"common.cfg\"\n", "~/in/sub/more.cfg:3: \"alpha\" is written "
        "twice, first on line 2 of ~/in/walk.cfg; a key stands once in its group.\n");
    check_file(folder, GOOD "subtitle =\n\"@include \\\"self.cfg\\\"\"; # \n/*\n@include \"self.cfg\" */\n", "");
    check_file(folder, GOOD "video = {\n@include \"sub/more.cfg\"\n};\n",
               "~/in/sub/more.cfg:3: \"video.alpha\" is no key of video; its keys are fps, size, mp4.\n");
    check_file(folder, GOOD "@include \"self.cfg\"\n",
               "~/in/self.cfg:1: @include \"self.cfg\" never ends: that file is being read already.\n");
    check_file(folder, GOOD "@include \"open.cfg\"\n",
               RUNS_OVER("~/in/open.cfg:2"));
    check_file(folder, "@include \"none.cfg\"\n@include \"sub\"\n",
               "~/in/walk.cfg:1: @include \"none.cfg\" cannot be read: No such file or directory (~/in/none.cfg).\n"
               "~/in/walk.cfg:2: @include \"sub\" cannot be read: Is a directory.\n");
    check_deep_includes(folder);
    check_reach(folder);
    remove_tree(folder);
}

static void test_files(void)
{
    g_autofree char *folder = g_dir_make_tmp("conf-XXXXXX", NULL), *in = g_build_filename(folder, "in", NULL);
    g_assert_cmpint(g_mkdir_with_parents(in, 0700), ==, 0);
    check_file(folder, "\xEF\xBB\xBF" GOOD "seed = 5;\r\n# end without a line end", "");
    check_file(folder, GOOD "seed = \r\n\"5\";\r\n", "~/in/walk.cfg:2: seed is the text \"5\"; write a whole number, "
        "such as 7.\n");
    check_file(folder, GOOD "\nsubtitle = \"\xE9\";\n", "~/in/walk.cfg:3: This line is no UTF-8 text; save the file "
        "as UTF-8.\n");
    g_autofree char *path = g_build_filename(in, "zero.cfg", NULL), *none = g_build_filename(in, "none.cfg", NULL);
    g_assert_true(g_file_set_contents(path, "a = 1;\n\0b", 9, NULL));
    g_autofree char *zero = file_complaints(path, NULL, folder);
    g_assert_cmpstr(zero, ==, "~/in/zero.cfg:2: This line holds a zero byte; the file is no text.\n");
    g_autofree char *missing = file_complaints(none, NULL, folder);
    g_assert_cmpstr(missing, ==, "~/in/none.cfg: The file cannot be read: No such file or directory.\n");
    g_autofree char *directory = file_complaints(in, NULL, folder);
    g_assert_cmpstr(directory, ==, "~/in: The file cannot be read: Is a directory.\n");
    g_autofree char *endless = file_complaints("/dev/zero", NULL, folder);
    g_assert_cmpstr(endless, ==, "/dev/zero: The file is larger than 4 MiB, the most that is read.\n");
    remove_tree(folder);
}

/* ---- the tree ---- */

static void test_tree(void)
{
    struct diags *d = diags_new();
    struct conf *c = conf_read_text("t.cfg", "let = { v = \"decode\"; };\nchapters = (\n { view = \"$v\"; },\n ( 1, [ "
        "2 ] )\n);\n"
                                    "n = 5;\n", d);
    const struct conf_node *root = conf_root(c), *chapters = conf_child(root, "chapters"), *one = conf_item(chapters,
        0);
    g_assert_cmpint(conf_length(root), ==, 3);
    g_assert_cmpint(conf_length(chapters), ==, 2);
    g_assert_null(conf_item(chapters, 2));
    g_assert_null(conf_item(chapters, -1));
    g_assert_null(conf_child(root, "none"));
    g_assert_null(conf_child(chapters, "none"));
    g_assert_null(conf_child(NULL, "none"));
    g_assert_cmpstr(conf_text(conf_child(one, "view")), ==, "decode");
    g_assert_null(conf_text(conf_child(root, "n")));
    g_assert_null(conf_text(chapters));
    g_assert_null(conf_text(NULL));
    g_assert_cmpstr(conf_key(chapters), ==, "chapters");
    g_assert_null(conf_key(one));
    g_assert_cmpint(conf_place(one).line, ==, 3);
    g_assert_cmpint(conf_place(conf_item(chapters, 1)).line, ==, 4);
    g_assert_cmpstr(conf_place(one).file, ==, "t.cfg");
    g_assert_cmpint(conf_place(root).line, ==, 0);
    g_autofree char *view = conf_path(conf_child(one, "view")), *top = conf_path(root);
    g_autofree char *deep = conf_path(conf_item(conf_item(conf_item(chapters, 1), 1), 0));
    g_assert_cmpstr(view, ==, "chapters[1].view");
    g_assert_cmpstr(deep, ==, "chapters[2][2][1]");
    g_assert_cmpstr(top, ==, "");
    g_assert_cmpint(diags_count(d), ==, 0);
    conf_override(c, "n", "six", d);
    g_assert_cmpstr(conf_text(conf_child(root, "n")), ==, "six");
    g_assert_cmpstr(conf_place(conf_child(root, "n")).file, ==, "--n");
    conf_free(c);
    conf_free(NULL);
    diags_free(d);
}

/* Two structs from one group, and keys that the caller reads itself. */
static void test_targets(void)
{
    struct diags *d = diags_new();
    struct conf *c = conf_read_text("t.cfg", "crf = 20; fps = 30; name = \"x\"; view = 1; nmae = 2;\n", d);
    struct mp4 mp4;
    struct video video;
    struct owner owner;
    const struct conf_target targets[] = { { mp4_rows, &mp4 }, { video_rows, &video }, { owner_rows, &owner }, { 0 } };
    conf_fill_except(conf_root(c), targets, (const char *const[]){ "view", NULL }, d);
    g_autofree char *out = said(d);
    g_assert_cmpstr(out, ==, "t.cfg:1: \"nmae\" is no key of the file; did you mean \"name\"?\n");
    g_assert_cmpint(mp4.crf, ==, 20);
    g_assert_cmpint(video.fps.num, ==, 30);
    g_assert_cmpstr(owner.name, ==, "x");
    conf_clear(video_rows, &video);
    conf_clear(owner_rows, &owner);
    conf_fill(NULL, targets, d);
    g_assert_cmpint(diags_count(d), ==, 1);
    g_assert_cmpint(video.mp4.crf, ==, 18);
    g_assert_null(owner.name);
    conf_clear(video_rows, &video);
    conf_fill(conf_root(c), targets, NULL);
    g_assert_cmpint(mp4.crf, ==, 20);
    conf_clear(video_rows, &video);
    conf_clear(owner_rows, &owner);
    conf_free(c);
    diags_free(d);
}

/* ---- rows to text ---- */

static void test_find_row(void)
{
    g_assert_true(conf_find_row(sample_rows, "video.mp4.crf") == &mp4_rows[0]);
    g_assert_true(conf_find_row(sample_rows, "chapters.2.hold") == &chapter_rows[2]);
    g_assert_true(conf_find_row(sample_rows, "chapters.hold") == &chapter_rows[2]);
    g_assert_true(conf_find_row(sample_rows, "chapters[2].hold") == &chapter_rows[2]);
    g_assert_true(conf_find_row(sample_rows, "chapters[].hold") == &chapter_rows[2]);
    g_assert_cmpstr(conf_find_row(sample_rows, "video")->key, ==, "video");
    g_assert_null(conf_find_row(sample_rows, "video.fsp"));
    g_assert_null(conf_find_row(sample_rows, "title.x"));
    g_assert_null(conf_find_row(sample_rows, "video.2.fps"));
    g_assert_null(conf_find_row(sample_rows, "2"));
    g_assert_null(conf_find_row(sample_rows, ""));
}

static void check_text(GString *out, const char *expected)
{
    g_assert_cmpstr(out->str, ==, expected);
    g_string_truncate(out, 0);
}

/* What the help on a key says after "Option"; NULL: it has no such line. */
static void check_option(const char *key, const char *path, const char *says)
{
    g_autoptr(GString) out = g_string_new(NULL);
    conf_help_row(conf_find_row(sample_rows, key), path, out);
    const char *option = strstr(out->str, "  Option   ");
    g_autofree char *line = says ? g_strdup_printf("  Option   %s\n", says) : NULL;
    g_assert_cmpstr(option, ==, line);
}

static void test_help(void)
{
    g_autoptr(GString) out = g_string_new(NULL);
    conf_help_rows(video_rows, "video", out);
    check_text(out,
               "  video.fps             60         Frames per second.\n"
               "  video.size            1920x1080  Width and height in pixels.\n"
               "  video.mp4                        What the MP4 encoder does.\n"
               "  video.mp4.crf         18         x264's constant rate factor.\n"
               "  video.mp4.preset      medium     How long x264 may search; slower presets make\n"
               "                                   smaller files.\n"
               "  video.mp4.fast_start  true       Puts the index at the front.\n");
    conf_help_rows(chapter_rows, "chapters[]", out);
    check_text(out,
               "  chapters[].id     none      A name for the command line.\n"
               "  chapters[].view   required  What the chapter shows.\n"
               "  chapters[].hold   2.5       How long its last picture stays.\n"
               "  chapters[].marks  none      Words on the rail.\n");
    conf_help_row(conf_find_row(sample_rows, "video.fps"), "video.fps", out);
    check_text(out,
               "video.fps\n  Frames per second.\n\n"
               "  Accepts  a rate from 1 to 240 such as 60, 12.5 or \"30000/1001\"\n"
               "  Default  60\n  Example  fps = \"30000/1001\";\n  Option   --video.fps 30000/1001\n");
    conf_help_row(conf_find_row(sample_rows, "chapters.view"), "chapters[].view", out);
    check_text(out,
               "chapters[].view\n  What the chapter shows.\n\n"
               "  Accepts  one of compare, decode, memory, prefill\n"
               "  Default  required\n  Example  view = \"decode\";\n  Option   --chapters.1.view decode\n");
    conf_help_row(conf_find_row(sample_rows, "memory"), "memory", out);
    check_text(out,
               "memory\n  Memory of the device.\n\n"
               "  Accepts  bytes with their unit from 1 GB to 1 TB such as \"80 GB\" or \"16 KiB\"\n"
               "  Default  80 GB\n  Example  memory = \"80 GB\";\n"); /* no option for a key without a point */
    conf_help_row(conf_find_row(sample_rows, "video.size"), "video.size", out);
    check_text(out,
               "video.size\n  Width and height in pixels.\n\n  Accepts  text\n  Default  1920x1080\n"
               "  Example  size = \"1280x720\";\n  Option   --video.size 1280x720\n");
    conf_help_row(conf_find_row(sample_rows, "tags"), "tags", out);
    check_text(out,
               "tags\n  Words to find it by.\n\n  Accepts  an array of texts such as [\"a\", \"b\"]\n"
               "  Default  cache, film\n  Example  tags = [\"a\", \"b c\"];\n");
    check_option("tags", "compare.tags", "--chapters.1.tags 'a, b c' in a chapter of this view");
    check_option("memory", "run.memory", "--run.memory '80 GB'");
    check_option("chapters.hold", "chapters.hold", "--chapters.1.hold 2.5");
    check_option("chapters.hold", "chapters.2.hold", "--chapters.2.hold 2.5");
    check_option("chapters.hold", "chapters.cues.hold", "--chapters.1.cues.1.hold 2.5");
    check_option("chapters.view", "video.outputs.view", "--video.outputs.1.view decode");
    check_option("video.size", "video.mp4.size", "--video.mp4.size 1280x720");
    check_option("accent", "style.accent", NULL);
    check_option("memory", "device.memory", NULL);
    check_option("memory", "model.memory", NULL);
    check_option("title", "scene.title", NULL);
    check_option("title", "title", NULL);
    conf_help_row(conf_find_row(sample_rows, "owner"), "owner", out);
    check_text(out, "owner\n  Who made it.\n\n  owner.name  required  Who made the film.\n");
}

/* No line of help is wider than a terminal, whatever the rows. */
static void test_help_width(void)
{
    g_autoptr(GString) out = g_string_new(NULL);
    conf_help_rows(sample_rows, NULL, out);
    g_auto(GStrv) lines = g_strsplit(out->str, "\n", -1);
    for (char **l = lines; *l; l++) g_assert_cmpint(g_utf8_strlen(*l, -1), <=, 80);
}

static void test_man(void)
{
    static const struct row rows[] = {
        { .key = "a-b", .kind = ROW_KIND_TEXT, .optional = true, .help = "'Quoted' \\ text - with .dots." },
        { .key = "c", .kind = ROW_KIND_INT, .help = "A number" },
        ROW_END
    };
    g_autoptr(GString) out = g_string_new(NULL);
    conf_man_rows(rows, "x", out);
    check_text(out,
               ".TP\n.B x.a\\-b\n\\&\\(aqQuoted\\(aq \\e text \\- with .dots.\nText.\nDefault: none.\n"
               ".TP\n.B x.c\nA number.\nA whole number.\nRequired.\n");
}

/* The starter names every key, reads without a mistake where it stands, and still when its comments come to life. */
static void test_starter(void)
{
    g_autoptr(GString) out = g_string_new(NULL), live = g_string_new(NULL);
    conf_starter_rows(video_rows, 4, out);
    check_text(out,
               "    # Frames per second.\n    # fps = 60;\n    # Width and height in pixels.\n    # size = "
               "\"1920x1080\";\n"
               "    # What the MP4 encoder does.\n    mp4 = {\n        # x264's constant rate factor.\n        # crf "
               "= 18;\n"
               "        # How long x264 may search; slower presets make smaller files.\n        # preset = "
               "\"medium\";\n"
               "        # Puts the index at the front.\n        # fast_start = true;\n    };\n");
    conf_starter_rows(sample_rows, 0, out);
    g_assert_true(strstr(out->str, "# owner = {\n#     # Who made the film.\n#     name = \"Ada\";\n# };\n") != NULL);
    g_autofree char *says = complaints(out->str, NULL);
    g_assert_true(g_str_has_prefix(says, "t.cfg: chapters is missing;"));
    g_auto(GStrv) lines = g_strsplit(out->str, "\n", -1);
    for (char **l = lines; *l; l++) {
        char *mark = strstr(*l, "# ");
        bool code = mark && (strchr(";{}()", (*l)[strlen(*l) - 1]));
        g_string_append(live, code ? mark + 2 : *l);
        g_string_append_c(live, '\n');
    }
    g_autofree char *woken = complaints(live->str, NULL);
    g_assert_cmpstr(woken, ==, "");
}

static void test_key_list(void)
{
    g_autoptr(GString) out = g_string_new(NULL);
    conf_key_list(video_rows, "video", out);
    check_text(out, "video.fps\nvideo.size\nvideo.mp4.crf\nvideo.mp4.preset\nvideo.mp4.fast_start\n");
    conf_key_list(sample_rows, NULL, out);
    g_auto(GStrv) keys = g_strsplit(out->str, "\n", -1);
    for (char **k = keys; **k; k++) g_assert_nonnull(conf_find_row(sample_rows, *k));
    for (char **k = keys; *k; k++) g_assert_false(g_str_has_prefix(*k, "chapters"));
    g_assert_cmpint(g_strv_length(keys), ==, 19);
}

static void test_accepts(void)
{
    static const struct { double min, max; const char *says; } cases[] = {
        { 0, 0, "a whole number" }, { 0, 51, "a whole number from 0 to 51" }, { 1, 0, "a whole number from 1 up" },
        { 0, INFINITY, "a whole number from 0 up" }, { -INFINITY, 5, "a whole number up to 5" },
        { -2, -1, "a whole number from -2 to -1" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const struct row row = { .key = "n", .kind = ROW_KIND_INT, .min = cases[i].min, .max = cases[i].max };
        g_autofree char *says = conf_accepts(&row);
        g_assert_cmpstr(says, ==, cases[i].says);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/conf/syntax", test_syntax);
    g_test_add_func("/conf/numbers", test_numbers);
    g_test_add_func("/conf/keys", test_keys);
    g_test_add_func("/conf/types", test_types);
    g_test_add_func("/conf/values", test_values);
    g_test_add_func("/conf/pick", test_pick);
    g_test_add_func("/conf/lines", test_lines);
    g_test_add_func("/conf/limits", test_limits);
    g_test_add_func("/conf/defaults", test_defaults);
    g_test_add_func("/conf/notations", test_notations);
    g_test_add_func("/conf/exact", test_exact);
    g_test_add_func("/conf/let", test_let);
    g_test_add_func("/conf/overrides", test_overrides);
    g_test_add_func("/conf/overrides/wrong", test_wrong_overrides);
    g_test_add_func("/conf/overrides/no_item", test_override_of_no_item);
    g_test_add_func("/conf/includes", test_includes);
    g_test_add_func("/conf/files", test_files);
    g_test_add_func("/conf/tree", test_tree);
    g_test_add_func("/conf/targets", test_targets);
    g_test_add_func("/conf/find_row", test_find_row);
    g_test_add_func("/conf/help", test_help);
    g_test_add_func("/conf/help/width", test_help_width);
    g_test_add_func("/conf/man", test_man);
    g_test_add_func("/conf/starter", test_starter);
    g_test_add_func("/conf/key_list", test_key_list);
    g_test_add_func("/conf/accepts", test_accepts);
    return g_test_run();
}
