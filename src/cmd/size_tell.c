/* Telling cases: one as a sheet, several as a table with a column for what varies; or as JSON and CSV.
 *
 * A sheet is a list of lines: a label, a fact, and what to say beside it, a template like captions: {id}, {id:form}.
 */
#include "cmd/size.h"
#include "cmd/why_tell.h"
#include "sim/cost.h"

#include <math.h>
#include <string.h>

enum { LABEL = 24, VALUE = 12, BAR = 40, LINE = 110 };

/* When a line has something to say. */
enum when {
    ALWAYS,
    DEVICE, /* there is a device to fit into */
    ONE,    /* one device */
    MANY,   /* several share the model */
    FITS,   /* it fits them, so that there is a time */
    LINKED, /* it fits several */
    PRICED,
    FLASHED, /* it fits, and its full layers have plain keys and values */
};

struct line {
    const char *label; /* "*": a heading */
    const char *id;
    enum when when;
    enum fact_form form;
    const char *remark;
};

static const struct line sheet[] = {
    { "*CACHE", NULL, ALWAYS, 0, "{cache}" },
    { "per token", "mem.kv_per_token", ALWAYS, FORM_AUTO, "{formula}" },
    { "one sequence", "mem.kv_sequence", ALWAYS, FORM_AUTO, "{mem.context:plain} tokens{beyond}" },
    { "  of it, fixed state", "mem.state", ALWAYS, FORM_AUTO, "whatever the length" },
    { "all sequences", "mem.kv_total", ALWAYS, FORM_AUTO, "× {mem.sequences}" },
    { "in blocks", "size.paged_total", ALWAYS, FORM_AUTO,
      "{size.blocks:plain} blocks of {size.block:plain} tokens for each; {size.empty_share:percent1} empty" },
    { "if reserved", "size.reserved_total", ALWAYS, FORM_AUTO,
      "room for {size.reserve:plain} tokens each; {size.idle_share:percent1} idle; not in the totals" },
    { "*WEIGHTS", NULL, ALWAYS, 0, "{weights}" },
    { "all of them", "mem.weights", ALWAYS, FORM_AUTO, "{model.params} parameters" },
    { "weights + caches", "mem.total", ALWAYS, FORM_AUTO, "" },
    { "*MEMORY", NULL, ONE, 0, "{device}" },
    { "taken", "mem.share", ONE, FORM_AUTO, "of {mem.capacity}" },
    { "does not fit", "mem.over", ONE, FORM_AUTO, "{shared}" },
    { "longest context", "mem.full_at", ONE, FORM_PLAIN, "tokens in each of {mem.sequences}; {limit}" },
    { "most sequences", "size.most_sequences", ONE, FORM_AUTO, "of {mem.context:plain} tokens, in blocks" },
    { "*ON EACH OF {split.devices:plain} DEVICES", NULL, MANY, 0, "{device}" },
    { "weights", "split.weights", MANY, FORM_AUTO,
      "tensor {split.tensor:plain} · pipeline {split.pipeline:plain} · data {split.data:plain} · expert "
      "{split.expert:plain}" },
    { "cache of a sequence", "split.cache", MANY, FORM_AUTO,
      "× {size.here:plain}; all devices of a copy keep {split.overhead:d2} times the unsplit cache" },
    { "weights + caches", "size.device_total", MANY, FORM_AUTO, "{size.device_share} of {mem.capacity}" },
    { "does not fit", "size.device_over", MANY, FORM_AUTO, "beyond each device" },
    { "longest context", "size.longest", MANY, FORM_PLAIN, "tokens in each of {mem.sequences}; {limit}" },
    { "most sequences", "size.most", MANY, FORM_PLAIN, "of {mem.context:plain} tokens" },
    { "*TIME, AT BEST", NULL, FITS, 0, "{device.rate} {arithmetic} · {device.bandwidth}" },
    { "decode, one step", "decode.time", FITS, FORM_AUTO,
      "{decode.bound}: {decode.bytes_weights} of weights, {decode.bytes_cache} of cache{stages}" },
    { "  of it, the links", "decode.time_network", LINKED, FORM_AUTO, "{links}" },
    { "decode", "decode.tokens_per_s", FITS, FORM_D1, "tokens a second, all {mem.sequences:plain} sequences together" },
    { "prefill", "prefill.time", FITS, FORM_AUTO,
      "{mem.context:plain} tokens, {prefill.bound}: {prefill.ops} {each}" },
    { "*ATTENTION, ONE FULL LAYER", NULL, FLASHED, 0,
      "a prompt of {mem.context:plain} tokens, no mask; cache and operations are the same" },
    { "plain", "flash.bytes_plain", FLASHED, FORM_AUTO, "moved, and {flash.scratch_plain} of scores kept meanwhile" },
    { "FlashAttention-2", "flash.bytes", FLASHED, FORM_AUTO, "moved, {flash.saved} less; no scores kept" },
    { "*A MILLION TOKENS", NULL, FITS, 0, "decoded at that speed" },
    { "energy", "energy.decode_kwh", FITS, FORM_D3, "kWh at {device.tdp} a device, its power limit" },
    { "price", "cost.decode_usd", PRICED, FORM_AUTO, "at {device.usd_per_hour} an hour for a device ({priced})" },
};

/* --- words --- */

static void put_fact(GString *out, const struct facts *f, const char *word)
{
    g_auto(GStrv) parts = g_strsplit(word, ":", 2);
    char text[96];
    int fact = facts_find(f, parts[0]), form = parts[1] ? fact_form_parse(parts[1]) : FORM_AUTO;
    g_string_append(out, fact < 0 ? "n/a" : facts_text(f, fact, (enum fact_form)form, text, sizeof text));
}

static bool is_beyond(const struct size_case *c)
{
    return c->s.model->max_context > 0 && c->s.context > c->s.model->max_context;
}

static void put_limit(GString *out, const struct size_case *c)
{
    if (c->s.model->max_context <= 0) g_string_append(out, "the model's own limit is not known");
    else put_fact(out, c->facts, "mem.model_limit:plain"), g_string_append(out, " is the model's own limit");
}

static void put_beyond(GString *out, const struct size_case *c)
{
    if (!is_beyond(c)) return;
    g_string_append(out, ", BEYOND the model's limit of ");
    put_fact(out, c->facts, "mem.model_limit:plain");
}

static void put_shared(GString *out, const struct size_case *c)
{
    int64_t n = sizing_fewest(&c->s);
    if (n > 1) g_string_append_printf(out, "on one; --tensor %" G_GINT64_FORMAT " shares it out", n);
    else g_string_append(out, "on one, nor on any number that can share its layers");
}

/* The format in which the device multiplies: "BF16", from the catalog's key of its rate. */
static void put_arithmetic(GString *out, const struct size_case *c)
{
    const char *key;
    cost_matrix_rate(&(struct setup){ c->s.model, c->s.device, c->s.weights, DTYPE_BF16 }, &key);
    g_autofree char *name = g_ascii_strup(key, (gssize)strcspn(key, "_"));
    g_string_append(out, name);
}

/* "BF16, experts MXFP4", and how they were published where that is something else. */
static void put_weights(GString *out, const struct size_case *c)
{
    const struct model *m = c->s.model;
    struct weights published = weights_published(m);
    char text[64];
    g_string_append(out, weights_label(&c->s.weights, text, sizeof text));
    if (!weights_are_known(m)) g_string_append(out, " (how it is published is not known)");
    else if (!weights_equal(&c->s.weights, &published))
        g_string_append_printf(out, " (published as %s)", weights_label(&published, text, sizeof text));
}

static void put_links(GString *out, const struct size_case *c)
{
    int time = facts_find(c->facts, "decode.time_network");
    if (c->s.device->link_bandwidth <= 0 && time >= 0 && facts_at(c->facts, time)->kind == FACT_UNKNOWN)
        g_string_append_printf(out, "nobody published link_bandwidth for %s, so no time is known", c->s.device->id);
    else {
        put_fact(out, c->facts, "decode.bytes_sent");
        g_string_append(out, " of activations; the cache stays where it is");
    }
}

static void put_word(GString *out, const struct size_case *c, const char *word)
{
    char text[128];
    if (!strcmp(word, "formula")) g_string_append(out, cache_formula(c->s.model, c->s.cache, text, sizeof text));
    else if (!strcmp(word, "cache")) g_string_append(out, format_label(&c->s.cache, text, sizeof text));
    else if (!strcmp(word, "weights")) put_weights(out, c);
    else if (!strcmp(word, "device")) g_string_append(out, c->s.device ? c->s.device->name : "");
    else if (!strcmp(word, "priced"))
        g_string_append(out, c->s.device->price_date ? c->s.device->price_date : "date unknown");
    else if (!strcmp(word, "shared")) put_shared(out, c);
    else if (!strcmp(word, "beyond")) put_beyond(out, c);
    else if (!strcmp(word, "arithmetic")) put_arithmetic(out, c);
    else if (!strcmp(word, "limit")) put_limit(out, c);
    else if (!strcmp(word, "links")) put_links(out, c);
    else if (!strcmp(word, "stages")) g_string_append(out, c->s.split.pipeline > 1 ? ", all stages together" : "");
    else if (!strcmp(word, "each"))
        g_string_append(out, c->s.split.pipeline > 1 ? "through all stages, one after another; chunks could overlap"
                                                     : "on each device");
    else put_fact(out, c->facts, word);
}

static void put_template(GString *out, const struct size_case *c, const char *text)
{
    for (const char *s = text; *s; s++) {
        if (*s != '{') {
            g_string_append_c(out, *s);
            continue;
        }
        size_t n = strcspn(s + 1, "}");
        g_autofree char *word = g_strndup(s + 1, n);
        put_word(out, c, word);
        s += n + 1;
    }
}

static int width_of(const char *text) { return (int)g_utf8_strlen(text, -1); }

static void pad(GString *out, const char *text, int width, bool right)
{
    if (!right) g_string_append(out, text);
    for (int i = width_of(text); i < width; i++) g_string_append_c(out, ' ');
    if (right) g_string_append(out, text);
}

/* --- one case --- */

static struct memory_plan plan_of(const struct size_case *c)
{
    return (struct memory_plan){ c->s.model, c->s.device, c->s.weights, c->s.cache, (int)c->s.batch, NULL };
}

/* No context fills the devices. */
static bool is_endless(const struct size_case *c) { return sizing_longest(&c->s) == MEMORY_ENDLESS; }

static bool is_above_zero(const struct size_case *c, const char *id)
{
    int fact = facts_find(c->facts, id);
    return fact >= 0 && facts_at(c->facts, fact)->kind != FACT_UNKNOWN && facts_at(c->facts, fact)->r > 0;
}

static bool is_time(const struct size_case *c, enum when when)
{
    bool many = c->s.device && split_devices(&c->s.split) > 1, fits = sizing_fit(&c->s) == SIZING_FITS;
    switch (when) {
    case ALWAYS: return true;
    case DEVICE: return c->s.device;
    case ONE: return c->s.device && !many;
    case MANY: return many;
    case FITS: return fits;
    case LINKED: return fits && many;
    case FLASHED: return fits && facts_find(c->facts, "flash.bytes") >= 0;
    case PRICED: return fits && c->s.device->usd_per_hour > 0;
    }
    return false;
}

/* One that says nothing here is left out. */
static bool is_shown(const struct size_case *c, const struct line *l)
{
    if (!is_time(c, l->when)) return false;
    if (!l->id) return true;
    if (!strcmp(l->label, "does not fit")) return is_above_zero(c, l->id);
    if (!strcmp(l->label, "longest context") && is_endless(c)) return false;
    return facts_find(c->facts, l->id) >= 0;
}

static void put_line(GString *out, const struct size_case *c, const struct line *l)
{
    char text[96];
    g_autoptr(GString) remark = g_string_new(NULL);
    if (l->remark) put_template(remark, c, l->remark);
    if (l->label[0] == '*') {
        g_autoptr(GString) heading = g_string_new(NULL);
        put_template(heading, c, l->label + 1);
        g_string_append_c(out, '\n');
        pad(out, heading->str, LABEL + VALUE + 5, false);
    } else {
        g_string_append(out, "  ");
        bool first = !strcmp(l->label, "per token") && cache_forgets(c->s.model);
        pad(out, first ? "per token, at first" : l->label, LABEL, false);
        pad(out, facts_text(c->facts, facts_find(c->facts, l->id), l->form, text, sizeof text), VALUE, true);
        g_string_append(out, "   ");
    }
    g_string_append(out, remark->str);
    while (out->len && out->str[out->len - 1] == ' ') g_string_truncate(out, out->len - 1);
    g_string_append_c(out, '\n');
}

/* Weights, caches and free memory as a bar; what does not fit goes on behind it. */
static void put_bar(GString *out, const struct size_case *c)
{
    struct memory_plan plan = plan_of(c);
    struct memory_state m = memory_state_at(&plan, c->s.context);
    if (m.total < 0 || m.capacity <= 0) return;
    double unit = (double)m.capacity / BAR;
    int weights = (int)MIN(ceil((double)m.weights / unit), 2 * BAR),
        total = (int)MIN(ceil((double)m.total / unit), 2 * BAR);
    g_string_append(out, "  ");
    for (int i = 0; i < MAX(BAR, total); i++) {
        if (i == BAR) g_string_append(out, "|");
        g_string_append(out, i < weights ? "█" : i < total ? "▒" : "·");
    }
    g_string_append(out, "  █ weights  ▒ caches\n");
}

static bool lacks_state(const struct model *m)
{
    return layout_of(m).n >= 0 && cache_state_bytes(m, (struct format){ .type = DTYPE_BF16 }) < 0;
}

static void put_uncounted(GString *out, const struct size_case *c)
{
    g_autoptr(GString) text = g_string_new("activations, workspace, fragmentation");
    if (weights_lack_scales(&c->s.weights)) g_string_append(text, ", scales of the weights");
    if (split_devices(&c->s.split) > 1) g_string_append(text, ", latency of the links");
    if (lacks_state(c->s.model)) g_string_append(text, ", and the fixed state of the linear layers, which nobody published");
    g_string_append(out, "Not counted: ");
    text_wrap(out, 13, 0, LINE, text->str);
}

static void put_note(GString *out, const char *note)
{
    g_string_append(out, "Note: ");
    text_wrap(out, 6, 0, LINE, note);
}

static void put_sheet(GString *out, const struct size_case *c)
{
    g_string_append_printf(out, "%s%s%s\n", c->s.model->name, c->s.device ? " on " : "",
                           c->s.device ? c->s.device->name : "");
    for (size_t i = 0; i < G_N_ELEMENTS(sheet); i++) {
        if (!is_shown(c, &sheet[i])) continue;
        put_line(out, c, &sheet[i]);
        if (!strcmp(sheet[i].label, "taken")) put_bar(out, c);
    }
    g_string_append_c(out, '\n');
    put_uncounted(out, c);
    if (c->s.model->note) put_note(out, c->s.model->note);
    g_string_append(out, "`kvreel why size` with the same options tells where each number comes from.\n");
}

GArray *size_shown(const struct size_case *c)
{
    GArray *out = g_array_new(FALSE, FALSE, sizeof(struct shown));
    char text[96];
    for (size_t i = 0; i < G_N_ELEMENTS(sheet); i++) {
        if (!sheet[i].id || !is_shown(c, &sheet[i])) continue;
        int fact = facts_find(c->facts, sheet[i].id);
        struct shown s = { BOOK_NOW, fact, sheet[i].label + strspn(sheet[i].label, " "),
                           g_strdup(facts_text(c->facts, fact, sheet[i].form, text, sizeof text)) };
        g_array_append_val(out, s);
    }
    return out;
}

/* --- several --- */

struct column {
    const char *title, *id;
    enum fact_form form;
    int key; /* enum size_key of a choice, or -1 */
    enum when when;
};

static const struct column columns[] = {
    { "model", NULL, 0, SIZE_MODEL, ALWAYS },
    { "device", NULL, 0, SIZE_DEVICE, ALWAYS },
    { "weights", NULL, 0, SIZE_WEIGHTS, ALWAYS },
    { "cache", NULL, 0, SIZE_CACHE, ALWAYS },
    { "batch", "mem.sequences", FORM_PLAIN, SIZE_BATCH, ALWAYS },
    { "context", "mem.context", FORM_AUTO, SIZE_CONTEXT, ALWAYS },
    { "KV per token", "mem.kv_per_token", FORM_AUTO, -1, ALWAYS },
    { "one sequence", "mem.kv_sequence", FORM_AUTO, -1, ALWAYS },
    { "all caches", "mem.kv_total", FORM_AUTO, -1, ALWAYS },
    { "weights take", "mem.weights", FORM_AUTO, -1, ALWAYS },
    { "total", "mem.total", FORM_AUTO, -1, ALWAYS },
    { "of memory", "mem.share", FORM_AUTO, -1, ONE },
    { "devices", "size.fewest", FORM_PLAIN, -1, ONE },
    { "full at", "mem.full_at", FORM_AUTO, -1, ONE },
    { "most seqs", "size.most_sequences", FORM_PLAIN, -1, ONE },
    { "each device", "size.device_total", FORM_AUTO, -1, MANY },
    { "of memory", "size.device_share", FORM_AUTO, -1, MANY },
    { "full at", "size.longest", FORM_AUTO, -1, MANY },
    { "most seqs", "size.most", FORM_PLAIN, -1, MANY },
    { "step", "decode.time", FORM_AUTO, -1, DEVICE },
    { "tokens/s", "decode.tokens_per_s", FORM_D1, -1, DEVICE },
};

static const char *choice_text(const struct size_case *c, const struct column *col, char *buf, size_t size)
{
    switch (col->key) {
    case SIZE_MODEL: return c->s.model->id;
    case SIZE_DEVICE: return c->s.device ? c->s.device->id : "";
    case SIZE_WEIGHTS: return weights_label(&c->s.weights, buf, size);
    case SIZE_CACHE: return dtype_labels[c->s.cache.type];
    default:
        if (!strcmp(col->title, "full at") && is_endless(c)) return "never";
        if (g_str_has_prefix(col->id, "decode.") && sizing_fit(&c->s) == SIZING_OVER) return "–"; /* not on these devices */
        if (!strcmp(col->id, "size.fewest") && sizing_fit(&c->s) == SIZING_OVER && sizing_fewest(&c->s) < 0) return "none";
        return facts_text(c->facts, facts_find(c->facts, col->id), col->form, buf, size);
    }
}

/* A column is there when it tells cases apart, or is a number that not all cases share. */
static bool has_column(const struct size_cases *cases, const struct column *col)
{
    if (!is_time(&cases->items[0], col->when)) return false;
    if (col->key >= 0) return cases->varies[col->key];
    if (!strcmp(col->title, "weights take") || !strcmp(col->title, "KV per token")) {
        bool model = cases->varies[SIZE_MODEL];
        return model || cases->varies[strcmp(col->title, "weights take") ? SIZE_CACHE : SIZE_WEIGHTS];
    }
    return strcmp(col->title, "all caches") || cases->varies[SIZE_BATCH] || cases->items[0].s.batch > 1;
}

/* What all cases have in common. */
static void put_common(GString *out, const struct size_cases *c)
{
    const struct sizing *s = &c->items[0].s;
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    char text[96];
    if (!c->varies[SIZE_MODEL]) g_ptr_array_add(words, g_strdup(s->model->name));
    if (!c->varies[SIZE_DEVICE] && s->device) g_ptr_array_add(words, g_strdup_printf("on %s", s->device->name));
    if (!c->varies[SIZE_WEIGHTS])
        g_ptr_array_add(words, g_strdup_printf("weights %s", weights_label(&s->weights, text, sizeof text)));
    if (!c->varies[SIZE_CACHE])
        g_ptr_array_add(words, g_strdup_printf("cache %s", format_label(&s->cache, text, sizeof text)));
    if (!c->varies[SIZE_BATCH])
        g_ptr_array_add(words, g_strdup_printf("%" G_GINT64_FORMAT " sequence%s", s->batch, s->batch == 1 ? "" : "s"));
    if (!c->varies[SIZE_CONTEXT]) {
        g_autofree char *context = text_count(s->context);
        g_ptr_array_add(words, g_strdup_printf("%s tokens in each", context));
    }
    for (guint i = 0; i < words->len; i++) g_string_append_printf(out, "%s%s", i ? " · " : "", (char *)words->pdata[i]);
    g_string_append(out, "\n\n");
}

static void put_footnotes(GString *out, const struct size_cases *cases)
{
    bool beyond = false, lacks = false, over = false;
    for (int i = 0; i < cases->n; i++) {
        beyond |= is_beyond(&cases->items[i]);
        lacks |= lacks_state(cases->items[i].s.model);
        over |= sizing_fit(&cases->items[i].s) == SIZING_OVER;
    }
    g_string_append(out, "\nTotal: weights and caches; activations, workspace and fragmentation are not counted.\n");
    if (cases->items[0].s.device) g_string_append(out, "Times are lower bounds, at the device's peak rates.\n");
    if (over) g_string_append(out, "–  it does not fit; devices: the fewest that can share its layers (--tensor)\n");
    if (beyond) g_string_append(out, "*  beyond the model's own limit\n");
    if (lacks) g_string_append(out, "+  without the fixed state of its linear layers, which nobody published\n");
}

static void put_table(GString *out, const struct size_cases *cases)
{
    char text[96];
    int widths[G_N_ELEMENTS(columns)];
    for (size_t k = 0; k < G_N_ELEMENTS(columns); k++) {
        widths[k] = has_column(cases, &columns[k]) ? width_of(columns[k].title) : -1;
        for (int i = 0; widths[k] >= 0 && i < cases->n; i++)
            widths[k] = MAX(widths[k], width_of(choice_text(&cases->items[i], &columns[k], text, sizeof text)));
    }
    put_common(out, cases);
    for (int i = -1; i < cases->n; i++) {
        for (size_t k = 0; k < G_N_ELEMENTS(columns); k++) {
            if (widths[k] < 0) continue;
            bool words = columns[k].key >= 0 && columns[k].key <= SIZE_CACHE;
            pad(out, i < 0 ? columns[k].title : choice_text(&cases->items[i], &columns[k], text, sizeof text),
                widths[k], !words);
            g_string_append(out, "  ");
        }
        while (out->str[out->len - 1] == ' ') g_string_truncate(out, out->len - 1);
        if (i >= 0 && is_beyond(&cases->items[i])) g_string_append(out, "  *");
        if (i >= 0 && lacks_state(cases->items[i].s.model)) g_string_append(out, "  +");
        g_string_append_c(out, '\n');
    }
    put_footnotes(out, cases);
}

void size_tell_text(const struct size_cases *c, GString *out)
{
    if (c->n == 1) put_sheet(out, &c->items[0]);
    else put_table(out, c);
}

/* --- for programs --- */

/* What was chosen, as numbers. */
enum { CHOICES = 8 };
static const char *const choice_names[CHOICES] = { "group", "context", "batch", "block", "tensor", "pipeline", "data",
                                                   "expert" };

static void choices_of(const struct sizing *s, int64_t *out)
{
    const int64_t all[CHOICES] = { s->cache.group,  s->context,        s->batch,      s->block,
                                   s->split.tensor, s->split.pipeline, s->split.data, s->split.expert };
    memcpy(out, all, sizeof all);
}

static void json_choice(GString *out, const struct size_case *c)
{
    const struct sizing *s = &c->s;
    int64_t choices[CHOICES];
    char weights[64];
    g_autofree char *model = text_json(s->model->id);
    g_autofree char *device = s->device ? text_json(s->device->id) : g_strdup("null");
    choices_of(s, choices);
    g_string_append_printf(out, "{\"model\":%s,\"device\":%s,\"weights\":\"%s\",\"cache\":\"%s\"", model, device,
                           weights_name(&s->weights, weights, sizeof weights), dtype_names[s->cache.type]);
    for (int i = 0; i < CHOICES; i++)
        g_string_append_printf(out, ",\"%s\":%" G_GINT64_FORMAT, choice_names[i], choices[i]);
    g_string_append(out, ",\"facts\":{");
}

void size_tell_json(const struct size_cases *c, GString *out)
{
    g_string_append(out, "[\n");
    for (int i = 0; i < c->n; i++) {
        const struct facts *f = c->items[i].facts;
        json_choice(out, &c->items[i]);
        for (int k = 0; k < facts_count(f); k++) {
            g_autofree char *id = text_json(facts_at(f, k)->id);
            g_string_append_printf(out, "%s\n  %s:", k ? "," : "", id);
            why_value_json(facts_at(f, k), out);
        }
        g_string_append_printf(out, "}}%s\n", i + 1 < c->n ? "," : "");
    }
    g_string_append(out, "]\n");
}

/* An unknown number is an empty cell. */
static void csv_number(GString *out, const struct facts *f, const char *id)
{
    int fact = facts_find(f, id);
    const struct fact *v = fact < 0 ? NULL : facts_at(f, fact);
    g_string_append_c(out, ',');
    if (v && v->kind == FACT_INT) g_string_append_printf(out, "%" G_GINT64_FORMAT, v->i);
    if (v && v->kind == FACT_REAL) {
        g_autofree char *number = text_number(v->r);
        g_string_append(out, number);
    }
}

void size_tell_csv(const struct size_cases *c, GString *out)
{
    static const char *const ids[] = { "mem.kv_per_token", "mem.kv_sequence",     "mem.kv_total",       "size.paged_total",
                                       "mem.weights",      "mem.total",           "mem.capacity",       "mem.share",
                                       "size.fewest",      "size.longest",        "size.most",           "size.device_total",
                                       "decode.time",      "decode.tokens_per_s", "prefill.time",       "energy.decode_token",
                                       "cost.decode_usd" };
    g_string_append(out, "model,device,weights,cache");
    for (int i = 0; i < CHOICES; i++) g_string_append_printf(out, ",%s", choice_names[i]);
    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++) g_string_append_printf(out, ",%s", ids[i]);
    g_string_append_c(out, '\n');
    for (int i = 0; i < c->n; i++) {
        const struct sizing *s = &c->items[i].s;
        int64_t choices[CHOICES];
        char weights[64];
        choices_of(s, choices);
        g_string_append_printf(out, "%s,%s,%s,%s", s->model->id, s->device ? s->device->id : "",
                               weights_name(&s->weights, weights, sizeof weights), dtype_names[s->cache.type]);
        for (int k = 0; k < CHOICES; k++) g_string_append_printf(out, ",%" G_GINT64_FORMAT, choices[k]);
        for (size_t k = 0; k < G_N_ELEMENTS(ids); k++) {
            bool fast = g_str_has_prefix(ids[k], "decode.") || g_str_has_prefix(ids[k], "prefill.") ||
                        g_str_has_prefix(ids[k], "energy.") || g_str_has_prefix(ids[k], "cost.");
            csv_number(out, c->items[i].facts, fast && sizing_fit(s) == SIZING_OVER ? "" : ids[k]);
        }
        g_string_append_c(out, '\n');
    }
}
