/* The formulas of sim/layout.c with their values and sources. */
#include "sim/cache_facts.h"
#include "sim/count.h"
#include "sim/leaf.h"

struct writer {
    const struct cache_choice *c;
    struct facts *facts;
    const struct layout *layout;
    int context;        /* the fact with `tokens` */
    int64_t tokens;
};

/* --- one kind of layer, no scales: the formula that everybody knows --- */

static bool is_plain(const struct writer *w)
{
    const struct layout *l = w->layout;
    if (!l->derived || l->n < 1 || l->streams[0].keep != KEEP_ALL || w->c->format.group > 0) return false;
    const struct stream *s = &l->streams[0];
    return (l->n == 1 || (l->n == 2 && l->streams[1].keep == KEEP_STATE && stream_numbers(&l->streams[1]) < 0)) &&
           (s->latent > 0 || s->k_width == s->v_width) && dtype_bits(w->c->format.type) % 8 == 0;
}

static int plain_layers(const struct writer *w)
{
    const struct model *m = w->c->model;
    int all = facts_find(w->facts, "model.layers");
    if (m->linear_layers) leaf_model(w->facts, m, "model.linear_layers", m->linear_layers, UNIT_COUNT, "linear_layers");
    if (!m->full_layers)
        return fact_whole(w->facts, "model.cache_layers", m->layers, UNIT_COUNT, "[layers]; each keeps a full cache",
                          FACTS(all));
    int full = leaf_model(w->facts, m, "model.full_layers", m->full_layers, UNIT_COUNT, "full_layers");
    return fact_whole(w->facts, "model.cache_layers", m->full_layers, UNIT_COUNT, "[full layers]", FACTS(full));
}

static const char *with_remark(const struct writer *w, const char *formula)
{
    if (cache_state_bytes(w->c->model, w->c->format) >= 0) return formula;
    g_autofree char *text = g_strconcat(formula, "; the fixed state of the linear layers is not counted", NULL);
    return facts_word(w->facts, text);
}

static void plain_facts(const struct writer *w, struct cache_facts *f)
{
    const struct model *m = w->c->model;
    int64_t bytes = cache_bytes_per_token(m, w->c->format);
    int first, second;
    const char *formula = "2 × [layers] × [KV heads] × [head width] × [bytes a number]";
    if (w->layout->streams[0].latent > 0) {
        first = leaf_model(w->facts, m, "model.kv_lora_rank", m->kv_lora_rank, UNIT_COUNT, "kv_lora_rank");
        second = leaf_model(w->facts, m, "model.qk_rope_head_dim", m->qk_rope_head_dim, UNIT_COUNT, "qk_rope_head_dim");
        formula = "[layers] × ([latent rank] + [rotary width]) × [bytes a number]";
    } else {
        first = leaf_model(w->facts, m, "model.kv_heads", m->kv_heads, UNIT_COUNT, "kv_heads");
        second = leaf_model(w->facts, m, "model.head_dim", m->head_dim, UNIT_COUNT, "head_dim");
    }
    int layers = plain_layers(w);
    int width = leaf_dtype(w->facts, "mem.value_bytes", w->c->format.type, w->c->unit, w->c->by);
    f->per_token = fact_whole(w->facts, "mem.kv_per_token", bytes, w->c->unit, with_remark(w, formula),
                              FACTS(layers, first, second, width));
    f->next = fact_whole(w->facts, "mem.kv_next", cache_bytes_next(m, w->c->format, w->tokens), w->c->unit,
                         "[cache a token]", FACTS(f->per_token));
    f->sequence = fact_whole(w->facts, "mem.kv_sequence", cache_bytes(m, w->c->format, w->tokens), w->c->unit,
                             with_remark(w, "[cache a token] × [context]"), FACTS(f->per_token, w->context));
    f->straight = true;
}

/* --- stream by stream --- */

static const char *id_of(const struct writer *w, const struct stream *s, const char *what)
{
    char id[96];
    g_snprintf(id, sizeof id, "cache.%s.%s", s->name, what);
    return facts_word(w->facts, id);
}

/* A number of the stream. flat: the model's own key for it, where the stream was made from those. */
static int stream_leaf(const struct writer *w, const struct stream *s, const char *what, int64_t value,
                       const char *flat)
{
    char key[96];
    if (w->layout->derived && flat) g_strlcpy(key, flat, sizeof key);
    else g_snprintf(key, sizeof key, "caches, %s.%s", s->name, what);
    enum unit unit = !strcmp(what, "span") || !strcmp(what, "sinks") ? UNIT_TOKENS : UNIT_COUNT;
    return leaf_model(w->facts, w->c->model, id_of(w, s, what), value, unit, key);
}

static int put_whole(const struct writer *w, const struct stream *s, const char *what, int64_t value, enum unit unit,
                     const char *formula, const int *deps)
{
    return fact_whole(w->facts, id_of(w, s, what), value, unit, formula, deps);
}

static int layers_leaf(const struct writer *w, const struct stream *s)
{
    const struct model *m = w->c->model;
    const char *flat = s->keep == KEEP_WINDOW ? "windowed_layers" : s->keep == KEEP_STATE ? "linear_layers"
                     : m->full_layers ? "full_layers" : "layers";
    return stream_leaf(w, s, "layers", s->layers, flat);
}

/* What a vector is made of: the facts for its widths, for numbers and for scales. */
struct parts { int heads, first, second; };

static struct parts parts_of(const struct writer *w, const struct stream *s)
{
    struct parts p = { -1, -1, -1 };
    if (s->latent > 0) {
        p.first = stream_leaf(w, s, "latent", s->latent, "kv_lora_rank");
        p.second = stream_leaf(w, s, "rope", s->rope, "qk_rope_head_dim");
        return p;
    }
    p.heads = stream_leaf(w, s, "kv_heads", s->kv_heads, "kv_heads");
    p.first = stream_leaf(w, s, "k_width", s->k_width, "head_dim");
    const char *flat = w->c->model->v_head_dim > 0 ? "v_head_dim" : "head_dim";
    if (s->v_width) p.second = stream_leaf(w, s, "v_width", s->v_width, flat);
    return p;
}

static int numbers_fact(const struct writer *w, const struct stream *s, struct parts *p)
{
    int64_t n = stream_numbers(s);
    if (s->state_heads > 0 || s->keep == KEEP_STATE) {
        int heads = stream_leaf(w, s, "state_heads", s->state_heads, NULL);
        int rows = stream_leaf(w, s, "state_rows", s->state_rows, NULL);
        int columns = stream_leaf(w, s, "state_columns", s->state_columns, NULL);
        return put_whole(w, s, "numbers", n, UNIT_COUNT, "[heads] × [rows] × [columns]", FACTS(heads, rows, columns));
    }
    *p = parts_of(w, s);
    if (s->latent > 0)
        return put_whole(w, s, "numbers", n, UNIT_COUNT, "[latent rank] + [rotary width]", FACTS(p->first, p->second));
    if (!s->v_width) return put_whole(w, s, "numbers", n, UNIT_COUNT, "[heads] × [width]", FACTS(p->heads, p->first));
    return put_whole(w, s, "numbers", n, UNIT_COUNT, "[KV heads] × ([key width] + [value width])",
                     FACTS(p->heads, p->first, p->second));
}

static int scales_fact(const struct writer *w, const struct stream *s, const struct format *own, const struct parts *p,
                       int numbers, int group)
{
    int64_t n = stream_scales(s, &w->c->format);
    if (p->heads < 0)
        return put_whole(w, s, "scales", n, UNIT_COUNT, "[numbers] ÷ [numbers to a scale], rounded up",
                         FACTS(numbers, group));
    int k = put_whole(w, s, "k_scales", format_scales(own, s->k_width), UNIT_COUNT,
                      "[key width] ÷ [numbers to a scale], rounded up", FACTS(p->first, group));
    if (!s->v_width)
        return put_whole(w, s, "scales", n, UNIT_COUNT, "[heads] × [scales of a vector]", FACTS(p->heads, k));
    int v = put_whole(w, s, "v_scales", format_scales(own, s->v_width), UNIT_COUNT,
                      "[value width] ÷ [numbers to a scale], rounded up", FACTS(p->second, group));
    return put_whole(w, s, "scales", n, UNIT_COUNT, "[KV heads] × ([scales of a key] + [scales of a value])",
                     FACTS(p->heads, k, v));
}

/* Who chose the stream's format. */
static const char *chooser(const struct writer *w, const struct stream *s, const char *what)
{
    char text[256];
    if (!s->stored && !*what) return w->c->by;
    if (!s->stored) g_snprintf(text, sizeof text, "%s%s", w->c->by, what);
    else g_snprintf(text, sizeof text, "model %s, caches, %s%s", w->c->model->id, s->name, *what ? what : ".stored");
    return facts_word(w->facts, text);
}

static int entry_bytes_fact(const struct writer *w, const struct stream *s)
{
    struct format own = stream_format(s, w->c->format);
    struct parts p = { -1, -1, -1 };
    int numbers = numbers_fact(w, s, &p);
    const char *width_id = s->stored ? id_of(w, s, "value_bytes") : "mem.value_bytes";
    int width = leaf_dtype(w->facts, width_id, own.type, w->c->unit, chooser(w, s, ""));
    int64_t bits = stream_entry_bits(s, &w->c->format);
    const char *id = id_of(w, s, "entry_bytes"), *formula = "[numbers] × [bytes a number]";
    int deps[] = { numbers, width, -1, -1, -1 };
    if (own.group > 0) {
        const char *by_group = chooser(w, s, ", numbers to a scale");
        const char *by_scale = own.zero_bits ? ", bytes of a scale and its zero point" : ", bytes of a scale";
        double scale = (double)(own.scale_bits + own.zero_bits) / 8;
        int group = facts_leaf(w->facts, id_of(w, s, "group"), own.group, UNIT_COUNT, by_group);
        deps[2] = scales_fact(w, s, &own, &p, numbers, group);
        deps[3] = facts_leaf_real(w->facts, id_of(w, s, "scale_bytes"), scale, w->c->unit, chooser(w, s, by_scale));
        formula = "[numbers] × [bytes a number] + [scales] × [bytes a scale]";
    }
    if (bits % 8 == 0 || bits < 0) return fact_whole(w->facts, id, bits < 0 ? -1 : bits / 8, w->c->unit, formula, deps);
    return facts_real(w->facts, id, (double)bits / 8, w->c->unit, formula, deps);
}

/* Entries that one layer has room for. */
static int entries_fact(const struct writer *w, const struct stream *s)
{
    int64_t n = stream_entries(s, w->tokens);
    if (s->keep == KEEP_ALL) return w->context;
    int span = stream_leaf(w, s, "span", s->span, "sliding_window");
    if (s->keep == KEEP_EVERY)
        return put_whole(w, s, "entries", n, UNIT_COUNT, "[context] ÷ [tokens to an entry], rounded down",
                         FACTS(w->context, span));
    if (s->keep == KEEP_CHUNK)
        return put_whole(w, s, "entries", n, UNIT_TOKENS, "[context], at most [chunk]; room for the fullest chunk",
                         FACTS(w->context, span));
    if (!s->sinks)
        return put_whole(w, s, "entries", n, UNIT_TOKENS, "[context], at most [window]", FACTS(w->context, span));
    int sinks = stream_leaf(w, s, "sinks", s->sinks, NULL);
    int64_t most = count_plus(s->sinks, s->span);
    int room = put_whole(w, s, "room", most, UNIT_TOKENS, "[sinks] + [window]", FACTS(sinks, span));
    return put_whole(w, s, "entries", n, UNIT_TOKENS, "[context], at most [sinks and window]", FACTS(w->context, room));
}

enum part { GROWING = 1, FIXED = 2 };

static bool is_part(const struct stream *s, int parts)
{
    if (s->keep != KEEP_STATE) return parts & GROWING;
    return (parts & FIXED) && stream_numbers(s) >= 0;
}

/* "[full layers] + [window layers]" */
static const char *sum_formula(const struct writer *w, const struct layout *l, int parts, const char *what)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (int i = 0; i < l->n; i++) {
        const struct stream *s = &l->streams[i];
        if (!is_part(s, parts)) continue;
        g_string_append_printf(text, "%s[%s %s]", text->len ? " + " : "", s->name, what);
    }
    return facts_word(w->facts, text->len ? text->str : "0; nothing grows");
}

/* Whether the stream's layers have a free entry, as a number to multiply with. */
static int open_fact(const struct writer *w, const struct stream *s)
{
    int room = facts_find(w->facts, id_of(w, s, s->sinks && s->keep == KEEP_WINDOW ? "room" : "span"));
    return put_whole(w, s, "open", !stream_is_full(s, w->tokens), UNIT_COUNT,
                     "[window] − [entries], at most 1; 1 while an entry is free",
                     FACTS(room, facts_find(w->facts, id_of(w, s, "entries"))));
}

/* "[full layers, a token] + [window layers, a token] × [window open]" */
static int next_fact(const struct writer *w)
{
    int deps[2 * CACHE_MOST_STREAMS + 1], n = 0;
    g_autoptr(GString) text = g_string_new(NULL);
    for (int i = 0; i < w->layout->n; i++) {
        const struct stream *s = &w->layout->streams[i];
        if (!is_part(s, GROWING)) continue;
        g_string_append_printf(text, "%s[%s layers, a token]", text->len ? " + " : "", s->name);
        deps[n++] = facts_find(w->facts, id_of(w, s, "per_token"));
        if (s->keep != KEEP_WINDOW && s->keep != KEEP_CHUNK) continue;
        g_string_append_printf(text, " × [%s open]", s->name);
        deps[n++] = open_fact(w, s);
    }
    deps[n] = -1;
    return fact_whole(w->facts, "mem.kv_next", cache_bytes_next(w->c->model, w->c->format, w->tokens), w->c->unit,
                      facts_word(w->facts, text->len ? text->str : "0; nothing grows"), deps);
}

static void stream_facts(const struct writer *w, struct cache_facts *f)
{
    const struct layout *l = w->layout;
    int grow[CACHE_MOST_STREAMS + 1], all[CACHE_MOST_STREAMS + 1], fixed[CACHE_MOST_STREAMS + 1];
    int n_grow = 0, n_all = 0, n_fixed = 0;
    for (int i = 0; i < l->n; i++) {
        const struct stream *s = &l->streams[i];
        int layers = layers_leaf(w, s), entry = entry_bytes_fact(w, s);
        int64_t bytes = stream_bytes(s, &w->c->format, w->tokens);
        if (s->keep == KEEP_STATE) {
            int state = put_whole(w, s, "bytes", bytes, w->c->unit, "[layers] × [bytes of a state], rounded up",
                                  FACTS(layers, entry));
            if (is_part(s, FIXED)) fixed[n_fixed++] = all[n_all++] = state;
            continue;
        }
        int entries = entries_fact(w, s);
        bool shared = s->keep == KEEP_EVERY;
        int span = shared ? facts_find(w->facts, id_of(w, s, "span")) : -1;
        grow[n_grow++] = put_whole(w, s, "per_token", stream_bytes_per_token(s, &w->c->format), w->c->unit,
                                   shared ? "[layers] × [bytes of an entry] ÷ [tokens to an entry], rounded up"
                                          : "[layers] × [bytes of an entry], rounded up", FACTS(layers, entry, span));
        all[n_all++] = put_whole(w, s, "bytes", bytes, w->c->unit,
                                 "[layers] × [entries] × [bytes of an entry], rounded up",
                                 FACTS(layers, entries, entry));
    }
    grow[n_grow] = all[n_all] = fixed[n_fixed] = -1;
    const char *remark = cache_bends(w->c->model) ? "; while no window is full" : "";
    g_autofree char *per_token = g_strconcat(sum_formula(w, l, GROWING, "layers, a token"), remark, NULL);
    f->per_token = fact_whole(w->facts, "mem.kv_per_token", cache_bytes_per_token(w->c->model, w->c->format),
                              w->c->unit, facts_word(w->facts, per_token), grow);
    f->next = next_fact(w);
    f->sequence = fact_whole(w->facts, "mem.kv_sequence", cache_bytes(w->c->model, w->c->format, w->tokens), w->c->unit,
                             with_remark(w, sum_formula(w, l, GROWING | FIXED, "layers")), all);
    if (n_fixed)
        fact_whole(w->facts, "mem.state", cache_state_bytes(w->c->model, w->c->format), w->c->unit,
                   sum_formula(w, l, FIXED, "layers"), fixed);
}

struct cache_facts cache_facts_at(const struct cache_choice *c, int context, struct facts *facts)
{
    struct layout l = layout_of(c->model);
    struct cache_facts f = { 0 };
    struct writer w = { c, facts, &l, context, facts_at(facts, context)->i };
    leaf_model(facts, c->model, "model.layers", c->model->layers, UNIT_COUNT, "layers");
    if (l.n < 0) {
        const char *why = "the model does not say which of its layers keep what";
        f.per_token = facts_unknown(facts, "mem.kv_per_token", c->unit, why);
        f.next = facts_unknown(facts, "mem.kv_next", c->unit, why);
        f.sequence = facts_unknown(facts, "mem.kv_sequence", c->unit, why);
    } else if (is_plain(&w)) plain_facts(&w, &f);
    else stream_facts(&w, &f);
    return f;
}
