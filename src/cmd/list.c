/* kvreel list: what there is to choose from. */
#include "base/suggest.h"
#include "cmd/cmd.h"
#include "cmd/picture.h"
#include "lint/style.h"
#include "scene/catalog.h"
#include "scene/styles.h"
#include "sheet/specimen.h"
#include "sim/cache.h"
#include "sink/sink.h"

#include <stdio.h>
#include <string.h>

static const char *or_na(const char *text) { return text && *text ? text : "n/a"; }

/* Whether an entry is asked for: no words, or each of them is part of what it is called and of what it is. */
static bool is_asked(char **words, const char *about)
{
    g_autofree char *lower = g_ascii_strdown(about, -1);
    for (; words && *words; words++) {
        g_autofree char *word = g_ascii_strdown(*words, -1);
        if (!strstr(lower, word)) return false;
    }
    return true;
}

static const char *const kinds[] = { [ATTENTION_MHA] = "MHA", [ATTENTION_GQA] = "GQA", [ATTENTION_MQA] = "MQA",
                                     [ATTENTION_MLA] = "MLA" };

/* Its names, kind of attention, kinds of layers, and whether it is sparse or keeps states, in the words of the field. */
static char *about_model(const struct model *m)
{
    char layers[128];
    return g_strjoin(" ", or_na(m->id), or_na(m->name), or_na(m->family), kinds[m->attention],
                     cache_kinds(m, layers, sizeof layers), m->experts > 0 ? "moe" : "dense",
                     m->linear_layers > 0 ? "hybrid" : "", NULL);
}

static char *rate_text(double value, const char *unit)
{
    return value > 0 ? g_strdup_printf("%.6g%s", value, unit) : g_strdup("n/a");
}

static char *limit_text(int64_t tokens)
{
    if (tokens <= 0) return g_strdup("n/a");
    return tokens % 1024 ? text_count(tokens) : g_strdup_printf("%" G_GINT64_FORMAT "K", tokens / 1024);
}

static void list_model(const struct model *m)
{
    g_autofree char *bytes = text_memory(cache_bytes_per_token(m, format_usual(DTYPE_BF16)));
    g_autofree char *params = m->params_total > 0 ? g_strdup_printf("%.4g B", (double)m->params_total / 1e9)
                                                  : g_strdup("n/a");
    g_autofree char *limit = limit_text(m->max_context);
    char layers[128];
    printf("%-30s %12s  %-4s %-34s %12s %8s  %s\n", m->id, params, kinds[m->attention],
           cache_kinds(m, layers, sizeof layers), bytes, limit, or_na(m->confidence));
}

static void list_models(const struct catalog *c, char **words)
{
    size_t n = 0;
    printf("%-30s %12s  %-4s %-34s %12s %8s  %s\n", "id", "parameters", "kind", "layers that keep a cache",
           "KV per token", "limit", "confidence");
    for (size_t i = 0; i < c->n_models; i++) {
        const struct model *m = &c->models[i];
        g_autofree char *about = about_model(m);
        if (!is_asked(words, about)) continue;
        list_model(m);
        n++;
    }
    if (n) printf("KV per token: a BF16 cache, before any window is full. `kvreel show ID` tells all that is known of "
                  "one.\n");
    else printf("None of them. A word is part of a name or a family, or says what it is: kvreel list models qwen moe.\n");
}

static void list_device(const struct device *d)
{
    g_autofree char *bytes = text_memory(d->capacity_bytes > 0 ? d->capacity_bytes : -1);
    g_autofree char *bandwidth = rate_text((double)d->bandwidth / 1e9, " GB/s");
    g_autofree char *flops = rate_text(d->bf16_tflops, " TFLOPS"), *power = rate_text(d->tdp_w, " W");
    g_autofree char *price = d->usd_per_hour > 0 ? g_strdup_printf("$%.2f", d->usd_per_hour) : g_strdup("n/a");
    printf("%-22s %-34s %10s %-12s %11s %10s %8s %9s\n", d->id, or_na(d->name), bytes, or_na(d->memory_type), bandwidth,
           flops, power, price);
}

static void list_devices(const struct catalog *c, char **words)
{
    size_t n = 0;
    printf("%-22s %-34s %10s %-12s %11s %10s %8s %9s\n", "id", "name", "memory", "kind", "bandwidth", "BF16", "power",
           "an hour");
    for (size_t i = 0; i < c->n_devices; i++) {
        const struct device *d = &c->devices[i];
        g_autofree char *about = g_strjoin(" ", or_na(d->id), or_na(d->name), or_na(d->vendor), or_na(d->memory_type), NULL);
        if (!is_asked(words, about)) continue;
        list_device(d);
        n++;
    }
    if (n) printf("BF16: dense, without sparsity. `kvreel show ID` tells all that is known of one, and when its price "
                  "was read.\n");
    else printf("None of them. A word is part of a name, a maker or a kind of memory: kvreel list devices amd hbm3.\n");
}

static void list_styles(const char *home)
{
    g_auto(GStrv) names = style_names(home);
    struct diags *diags = diags_new();
    for (char **n = names; *n; n++) {
        struct style *s = style_read(home, *n, ".", (struct place){ 0 }, diags);
        printf("%-12s %s\n", *n, s ? s->summary : "(does not read)");
        style_free(s);
    }
    print_diags(diags);
    diags_free(diags);
}

/* False after complaining about a letter that the sheet would have to show and cannot. */
static bool can_show(const struct style *s, struct fonts *fonts)
{
    gunichar c = fonts_missing_glyph(fonts, FONT_DISPLAY, s->name);
    if (!c) c = fonts_missing_glyph(fonts, FONT_WORDS, s->summary);
    if (c) complain("The name or summary of the style has U+%04X, which no installed font that kvreel uses can show.",
                    c);
    return !c;
}

/* Draws the sheet of one style; returns the exit code. */
static int draw_style(const struct style *s, const char *name, const char *path)
{
    g_autoptr(GError) error = NULL;
    struct fonts *fonts = fonts_open(s, &error);
    int code = fonts ? EXIT_DONE : exit_code_of(error);
    if (fonts && !can_show(s, fonts)) code = EXIT_FONT;
    else if (fonts) {
        struct dl *dl = dl_new();
        GArray *findings = findings_new();
        lint_style(s, name, findings);
        dl_begin(dl, SPECIMEN_WIDTH, SPECIMEN_HEIGHT, s->bg, NULL, fonts_measurer(fonts));
        specimen_draw(dl, s, findings);
        if (picture_write(fonts, dl, path, &error)) printf("%s  %d×%d\n", path, SPECIMEN_WIDTH, SPECIMEN_HEIGHT);
        else code = exit_code_of(error);
        g_array_unref(findings);
        dl_free(dl);
    }
    if (error) complain("%s", error->message);
    fonts_free(fonts);
    return code;
}

/* A sheet of the style that is named, which may be a .cfg in this folder, or of each style of home. */
static int draw_styles(const char *home, const char *name, const char *path)
{
    const char *one[] = { name, NULL };
    g_auto(GStrv) names = name ? g_strdupv((char **)one) : style_names(home);
    int code = EXIT_DONE;
    for (char **n = names; *n && code == EXIT_DONE; n++) {
        struct diags *diags = diags_new();
        struct style *s = style_read(home, *n, ".", (struct place){ 0 }, diags);
        g_autofree char *made = g_strdup_printf("style-%.*s.png", (int)strcspn(*n, "."), *n);
        print_diags(diags);
        code = s ? draw_style(s, *n, path ? path : made) : EXIT_MISTAKE;
        diags_free(diags);
        style_free(s);
    }
    return code;
}

/* The options that ask for pictures, once they make sense together. */
static int picture(const struct args *a, const char *home)
{
    const char *what = a->words->pdata[0], *word = a->words->pdata[1];
    const char *style = args_get(a, "--style"), *path = args_get(a, "-o");
    const char *name = style ? style : word;
    if (strcmp(what, "styles")) complain("--picture draws styles: kvreel list styles --picture.");
    else if (style && word) complain("One style at a time: \"%s\" or \"%s\".", word, style);
    else if (word && a->words->pdata[2])
        complain("One style at a time; \"%s\" is one word too many.", (char *)a->words->pdata[2]);
    else if (path && !picture_can_write(path)) complain("\"%s\": a sheet is a .png, .svg or .pdf file.", path);
    else if (path && !name) complain("Each style has a sheet of its own; name the one for \"%s\" with --style.", path);
    else return draw_styles(home, name, path);
    return EXIT_MISTAKE;
}

static void list_outputs(void)
{
    for (const struct sink_class *const *s = sinks; *s; s++) {
        g_autofree char *suffixes = g_strjoinv(" ", (char **)(*s)->suffixes);
        printf("%-8s %-18s %s\n", (*s)->name, suffixes, (*s)->summary);
    }
    printf("%-8s %-18s %s\n", "still", ".png .svg .pdf", "One picture: `kvreel still`.");
}

static int list(const char *what, char **words, const char *home)
{
    struct diags *diags = diags_new();
    g_autofree char *data = g_build_filename(home, "data", NULL);
    struct catalog *catalog = catalog_read(data, diags);
    int code = diags_count(diags) ? EXIT_MISTAKE : EXIT_DONE;
    print_diags(diags);
    diags_free(diags);
    if (!strcmp(what, "models")) list_models(catalog, words);
    else if (!strcmp(what, "devices")) list_devices(catalog, words);
    else if (!strcmp(what, "styles")) list_styles(home);
    else if (!strcmp(what, "outputs")) list_outputs();
    else if (!strcmp(what, "views"))
        for (const struct view *const *v = views; *v; v++) printf("%-10s %s\n", (*v)->name, (*v)->summary);
    else {
        const char *near = suggest(what, kinds);
        complain("There is no list of \"%s\"%s%s%s; lists are models, devices, views, styles and outputs.", what,
                 near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
        code = EXIT_MISTAKE;
    }
    catalog_free(catalog);
    return code;
}

static int run(const struct verb *verb, int argc, char **argv)
{
    struct args a;
    int code;
    if (!args_read(verb, argc, argv, &a, &code)) return code;
    const char *what = g_ptr_array_index(a.words, 0);
    g_autofree char *home = find_home(&a);
    bool pictures = args_get(&a, "--picture");
    code = EXIT_MISTAKE;
    if (!what) complain("List what? models, devices, views, styles or outputs.");
    else if (!pictures && (args_get(&a, "-o") || args_get(&a, "--style")))
        complain("-o and --style are for pictures: add --picture.");
    else if (home) code = pictures ? picture(&a, home) : list(what, (char **)a.words->pdata + 1, home);
    args_clear(&a);
    return code;
}

static const struct arg args[] = {
    { "--picture", NULL, "With styles: draw a specimen sheet of each, or of the one that is named." },
    { "--style", "STYLE", "The style to draw: a name, or a .cfg file of this folder." },
    { "-o", "FILE", "The picture: .png, .svg or .pdf (default: style-NAME.png)." },
    { "--home", "DIR", "Folder with data/ and styles/." },
    { 0 }
};

const struct verb verb_list = {
    "list", "models|devices [WORD ...] | views|styles|outputs [--picture]", "Lists what there is to choose from.",
    args, run
};
