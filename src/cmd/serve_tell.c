/* A run told: times, rates, fullness, and two curves over time; or as JSON and CSV. */
#include "cmd/serve.h"
#include "cmd/why_tell.h"
#include "sim/cache.h"

#include <math.h>
#include <string.h>

enum { LABEL = 26, COLUMN = 10, SIGNS = 64 };

static void put_fact(GString *out, const struct facts *f, const char *id, enum fact_form form)
{
    char text[96];
    int fact = facts_find(f, id);
    g_string_append(out, fact < 0 ? "n/a" : facts_text(f, fact, form, text, sizeof text));
}

static void put_right(GString *out, const struct facts *f, const char *id)
{
    g_autoptr(GString) cell = g_string_new(NULL);
    put_fact(cell, f, id, FORM_AUTO);
    for (glong n = g_utf8_strlen(cell->str, -1); n < COLUMN; n++) g_string_append_c(out, ' ');
    g_string_append(out, cell->str);
}

static void put_times(const struct serve *s, GString *out)
{
    static const struct { const char *label, *name; } rows[] = {
        { "first token (TTFT)", "ttft" }, { "each further one (TPOT)", "tpot" },
        { "the whole answer", "latency" }, { "of it, in line", "queue" },
    };
    static const char *const columns[] = { "mean", "p50", "p90", "p95", "p99", "max" };
    g_string_append_printf(out, "\n  %-*s", LABEL, "");
    for (size_t c = 0; c < G_N_ELEMENTS(columns); c++) g_string_append_printf(out, "%*s", COLUMN, columns[c]);
    for (size_t r = 0; r < G_N_ELEMENTS(rows); r++) {
        g_string_append_printf(out, "\n  %-*s", LABEL, rows[r].label);
        for (size_t c = 0; c < G_N_ELEMENTS(columns); c++) {
            g_autofree char *id = g_strdup_printf("serve.%s_%s", rows[r].name, columns[c]);
            put_right(out, s->facts, id);
        }
    }
    g_string_append_c(out, '\n');
}

/* "label  text with {facts}" */
static void put_line(const struct serve *s, GString *out, const char *label, const char *text)
{
    g_string_append_printf(out, "  %-*s", LABEL, label);
    for (; *text; text++) {
        if (*text != '{') {
            g_string_append_c(out, *text);
            continue;
        }
        size_t n = strcspn(text + 1, "}");
        g_autofree char *word = g_strndup(text + 1, n);
        g_auto(GStrv) parts = g_strsplit(word, ":", 2);
        int form = parts[1] ? fact_form_parse(parts[1]) : FORM_AUTO;
        put_fact(out, s->facts, parts[0], (enum fact_form)form);
        text += n + 1;
    }
    g_string_append_c(out, '\n');
}

static void put_pool(const struct serve *s, GString *out, const char *title, const char *p)
{
    if (*title) g_string_append_printf(out, "\n  %s\n", title);
    g_autofree char *busy = g_strdup_printf("{serve.%sutilisation} of the time, in {serve.%ssteps:plain} steps", p, p);
    g_autofree char *batch = g_strdup_printf("{serve.%sbatch:d1} sequences on average", p);
    g_autofree char *cache = g_strdup_printf("{serve.%scache_occupancy:percent1} of {serve.%sblocks:plain} blocks on "
                                             "average, {serve.%speak_blocks:plain} at most", p, p, p);
    put_line(s, out, "busy", busy);
    put_line(s, out, "batch", batch);
    put_line(s, out, "cache", cache);
}

/* --- over time --- */

/* Averages over SIGNS equal parts of the run: sequences in steps, and requests waiting. */
static void fill_curves(const struct serve *s, double *batch, double *waiting)
{
    int64_t begin_ns = s->run->begin_ns;
    double part = (double)(s->run->end_ns - begin_ns) / SIGNS;
    for (guint i = 0; i < s->run->steps->len && part > 0; i++) {
        const struct step_record *r = &g_array_index(s->run->steps, struct step_record, i);
        double from = (double)(r->begin_ns - begin_ns) / part, to = (double)(r->end_ns - begin_ns) / part;
        for (int k = (int)from; k < SIGNS && k < to; k++) {
            double share = MIN(to, k + 1.0) - MAX(from, (double)k);
            batch[k] += share * (double)r->sequences;
            waiting[k] += share * (double)r->waiting;
        }
    }
}

static void put_curve(GString *out, const char *label, const double *values)
{
    static const char *const signs[] = { "·", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
    double most = 0;
    for (int i = 0; i < SIGNS; i++) most = MAX(most, values[i]);
    g_string_append_printf(out, "  %-*s", LABEL, label);
    for (int i = 0; i < SIGNS; i++) {
        int eighths = values[i] <= 0 ? 0 : CLAMP((int)ceil(values[i] / most * 8), 1, 8);
        g_string_append(out, signs[eighths]);
    }
    g_string_append_printf(out, "  up to %.3g\n", most);
}

static void put_curves(const struct serve *s, GString *out)
{
    double batch[SIGNS] = { 0 }, waiting[SIGNS] = { 0 };
    if (!s->run->steps->len || s->run->n_pools > 1) return;
    double sign_s = (double)(s->run->end_ns - s->run->begin_ns) / SIGNS / 1e9;
    fill_curves(s, batch, waiting);
    g_string_append_printf(out, "\n  Over time, each sign %.3g s:\n", sign_s);
    put_curve(out, "sequences in a step", batch);
    put_curve(out, "requests in line", waiting);
}

static void put_remarks(const struct serve *s, GString *out)
{
    enum { LINE = 110 };
    g_string_append_c(out, '\n');
    text_wrap(out, 0, 0, LINE, "Step times are the roofline's at the device's peak rates, so a real server is slower: times are "
                               "lower bounds, rates upper ones.");
    if (cache_forgets(s->model))
        text_wrap(out, 0, 0, LINE, "But a window costs as if all sequences' together were full, where their sum of tokens allows it.");
    if (s->o->draft && !s->draft)
        text_wrap(out, 0, 0, LINE, "Drafting itself takes no time here; --draft-model names a model that does it.");
    if (s->o->disaggregate)
        text_wrap(out, 0, 0, LINE, "Two such groups of devices: one reads prompts, one decodes.");
    g_string_append(out, "`kvreel why serve` with the same options tells where each number comes from.\n");
}

static void put_shared(const struct serve *s, GString *out)
{
    g_autofree char *tokens = text_count(s->o->shared), *groups = text_count(s->o->groups);
    g_string_append_printf(out, ", the first %s alike", tokens);
    if (s->o->groups > 1) g_string_append_printf(out, " within each of %s groups", groups);
}

void serve_tell_text(const struct serve *s, GString *out)
{
    static const char *const comes[] = {
        [ARRIVALS_AT_ONCE] = "all at once", [ARRIVALS_EVEN] = "evenly", [ARRIVALS_POISSON] = "at random (Poisson)",
    };
    g_autofree char *requests = text_count(s->o->requests);
    g_string_append_printf(out, "%s on ", s->model->name);
    if (s->o->tensor > 1) g_string_append_printf(out, "%" G_GINT64_FORMAT " × ", s->o->tensor);
    g_string_append_printf(out, "%s\n%s requests, ", s->device->name, requests);
    if (s->o->arrivals == ARRIVALS_AT_ONCE) g_string_append(out, comes[ARRIVALS_AT_ONCE]);
    else g_string_append_printf(out, "%g a second, %s", s->o->rate, comes[s->o->arrivals]);
    g_string_append_printf(out, "; prompts of %s tokens", s->o->prompt);
    if (s->o->shared) put_shared(s, out);
    g_string_append_printf(out, ", answers of %s; seed %" G_GINT64_FORMAT "\n", s->o->output, s->o->seed);
    put_times(s, out);
    g_string_append_c(out, '\n');
    put_line(s, out, "served", "{serve.finished:plain} of {serve.requests:plain} in {serve.span}");
    put_line(s, out, "output",
             "{serve.throughput:d1} tokens a second, {serve.requests_per_second:d2} requests a second");
    if (s->latency.limits.ttft_ns || s->latency.limits.tpot_ns)
        put_line(s, out, "within the limits", "{serve.attained:percent1}: {serve.goodput:d2} requests a second");
    if (s->run->refused) put_line(s, out, "refused", "{serve.refused:plain}: longer than the cache, or without chunks than a step's budget");
    if (s->run->preemptions)
        put_line(s, out, "preemptions", "{serve.preemptions:plain}; {serve.recomputed_tokens:plain} tokens computed "
                                        "again, {serve.swapped_bytes} swapped");
    if (s->o->shared)
        put_line(s, out, "prefix cache",
                 s->run->options.prefix_cache ? "{serve.hit_share:percent1} of prompt tokens were there"
                 : s->o->prefix_cache ? "off: layers that forget share no blocks here" : "off");
    if (s->o->draft) put_line(s, out, "drafted", "{serve.drafted:plain}, {serve.acceptance:percent1} accepted");
    if (s->run->n_pools > 1) {
        put_pool(s, out, "Devices that read prompts", "prefill.");
        put_pool(s, out, "Devices that decode", "decode.");
        put_line(s, out, "sent between them", "{serve.transferred_bytes}");
    } else put_pool(s, out, "", "");
    put_curves(s, out);
    put_remarks(s, out);
}

/* --- for programs --- */

void serve_tell_json(const struct serve *s, GString *out)
{
    g_string_append(out, "{");
    for (int i = 0; i < facts_count(s->facts); i++) {
        g_autofree char *id = text_json(facts_at(s->facts, i)->id);
        g_string_append_printf(out, "%s\n  %s:", i ? "," : "", id);
        why_value_json(facts_at(s->facts, i), out);
    }
    g_string_append(out, "\n}\n");
}

void serve_events_csv(const struct serve *s, GString *out)
{
    g_string_append(out, "time_ns,pool,request,event,a,b\n");
    for (guint i = 0; i < s->run->events->len; i++) {
        const struct event *e = &g_array_index(s->run->events, struct event, i);
        g_string_append_printf(out, "%" G_GINT64_FORMAT ",%d,%d,%s,%" G_GINT64_FORMAT ",%" G_GINT64_FORMAT "\n",
                               e->time_ns, e->pool, e->request, event_name((enum event_kind)e->kind), e->a, e->b);
    }
}

void serve_steps_csv(const struct serve *s, GString *out)
{
    g_string_append(out, "begin_ns,end_ns,pool,sequences,waiting,prefill_tokens,decode_sequences,decode_tokens,"
                         "blocks_used,swapped_bytes\n");
    for (guint i = 0; i < s->run->steps->len; i++) {
        const struct step_record *r = &g_array_index(s->run->steps, struct step_record, i);
        const int64_t cells[] = { r->begin_ns, r->end_ns, r->pool, r->sequences, r->waiting, r->prefill_tokens,
                                  r->decode_sequences, r->decode_tokens, r->blocks_used, r->swapped_bytes };
        for (size_t k = 0; k < G_N_ELEMENTS(cells); k++)
            g_string_append_printf(out, "%s%" G_GINT64_FORMAT, k ? "," : "", cells[k]);
        g_string_append_c(out, '\n');
    }
}
