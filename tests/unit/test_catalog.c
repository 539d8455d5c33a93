/* The catalogs that ship: every entry says where it comes from, and none contradicts itself. */
#include "base/diag.h"
#include "scene/catalog.h"
#include "sim/cache.h"

#include <glib.h>

#include <string.h>

static const struct format bf16 = { .type = DTYPE_BF16 };

/* Prints all that is wrong before it fails, not only the first entry. */
static int wrong;

#define CHECK(id, condition) \
    do { \
        if (!(condition)) { \
            wrong++; \
            g_test_message("%s: not so: %s", id, #condition); \
        } \
    } while (0)

static struct catalog *read_catalog(void)
{
    struct diags *diags = diags_new();
    g_autofree char *folder = g_test_build_filename(G_TEST_DIST, "data", NULL);
    struct catalog *c = catalog_read(folder, diags);
    GString *said = g_string_new(NULL);
    diags_print(diags, said);
    g_assert_cmpstr(said->str, ==, "");
    g_string_free(said, TRUE);
    diags_free(diags);
    wrong = 0;
    return c;
}

static bool is_one_of(const char *word, const char *const *words)
{
    return word && g_strv_contains(words, word);
}

/* "2026-09", "2026-09-05" */
static bool is_date(const char *text, bool month_suffices)
{
    return text && (g_regex_match_simple("^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$", text, 0, 0) ||
                    (month_suffices && g_regex_match_simple("^20[0-9]{2}-(0[1-9]|1[0-2])$", text, 0, 0)));
}

/* --- where entries come from --- */

static void check_origin(const char *id, const char *source, const char *read, const char *confidence, const char *note)
{
    static const char *const levels[] = { "high", "medium", "low", NULL };
    CHECK(id, source && *source);
    CHECK(id, is_date(read, true));
    CHECK(id, is_one_of(confidence, levels));
    CHECK(id, !g_strcmp0(confidence, "high") || (note && *note)); /* what is in doubt says why */
}

static void test_origins(void)
{
    struct catalog *c = read_catalog();
    g_assert_cmpuint(c->n_models, ==, 165);
    g_assert_cmpuint(c->n_devices, ==, 83);
    g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);
    for (size_t i = 0; i < c->n_models; i++) {
        const struct model *m = &c->models[i];
        check_origin(m->id, m->source, m->read, m->confidence, m->note);
        CHECK(m->id, g_hash_table_add(ids, m->id));
        CHECK(m->id, !m->released || is_date(m->released, true));
    }
    g_hash_table_remove_all(ids);
    for (size_t i = 0; i < c->n_devices; i++) {
        const struct device *d = &c->devices[i];
        check_origin(d->id, d->source, d->read, d->confidence, d->note);
        CHECK(d->id, g_hash_table_add(ids, d->id));
    }
    g_assert_cmpint(wrong, ==, 0);
    catalog_free(c);
}

/* --- heads --- */

static void check_heads(const struct model *m)
{
    CHECK(m->id, m->head_dim > 0);
    CHECK(m->id, m->heads > 0);
    switch ((enum attention_kind)m->attention) {
    case ATTENTION_MHA: CHECK(m->id, m->kv_heads == m->heads); break;
    case ATTENTION_GQA: CHECK(m->id, m->kv_heads > 1 && m->kv_heads < m->heads && m->heads % m->kv_heads == 0); break;
    case ATTENTION_MQA: CHECK(m->id, m->kv_heads == 1); break;
    case ATTENTION_MLA: CHECK(m->id, m->kv_lora_rank > 0 && m->qk_rope_head_dim > 0 && !m->kv_heads); break;
    }
    CHECK(m->id, m->attention == ATTENTION_MLA || (!m->kv_lora_rank && !m->qk_nope_head_dim && !m->qk_rope_head_dim));
}

static void check_experts(const struct model *m)
{
    CHECK(m->id, m->params_active <= m->params_total || !m->params_total);
    CHECK(m->id, !m->experts == !m->experts_per_token && m->experts_per_token <= m->experts);
    CHECK(m->id, m->dense_layers < m->layers);
    CHECK(m->id, !m->dense_layers || (m->experts && m->dense_intermediate));
    CHECK(m->id, !m->shared_experts || m->experts);
    CHECK(m->id, m->experts || !m->params_total || m->params_active == m->params_total);
}

static void test_shapes(void)
{
    struct catalog *c = read_catalog();
    for (size_t i = 0; i < c->n_models; i++) {
        check_heads(&c->models[i]);
        check_experts(&c->models[i]);
    }
    g_assert_cmpint(wrong, ==, 0);
    catalog_free(c);
}

/* --- layers --- */

/* A stream beside another of the same layers: keys that choose tokens, compressed entries, taps of a convolution. */
static bool is_beside(const struct stream *s)
{
    return s->keep == KEEP_EVERY || !strcmp(s->name, "indexer") || !strcmp(s->name, "conv");
}

static int64_t layers_with_memory(const struct layout *l)
{
    int64_t sum = 0;
    for (int i = 0; i < l->n; i++)
        if (!is_beside(&l->streams[i])) sum += l->streams[i].layers;
    return sum;
}

static int64_t most_layers(const struct layout *l)
{
    int64_t most = 0;
    for (int i = 0; i < l->n; i++) most = MAX(most, l->streams[i].layers);
    return most;
}

static bool has_indexer(const struct layout *l)
{
    for (int i = 0; i < l->n; i++)
        if (!strcmp(l->streams[i].name, "indexer")) return true;
    return false;
}

static void check_streams(const struct model *m)
{
    struct layout l = layout_of(m);
    CHECK(m->id, l.n > 0);
    int64_t kept = layers_with_memory(&l), said = m->full_layers + m->windowed_layers + m->linear_layers;
    CHECK(m->id, kept == said || (!said && kept == m->layers));
    CHECK(m->id, most_layers(&l) <= 2 * m->layers);
    for (int i = 0; i < l.n; i++) {
        const struct stream *s = &l.streams[i];
        CHECK(m->id, s->layers > 0 && s->layers <= MAX(kept, m->layers));
        CHECK(m->id, s->keep == KEEP_STATE || stream_numbers(s) > 0);
        CHECK(m->id, stream_entries(s, 1000) >= 0);
        CHECK(m->id, !s->shared || (!s->v_width && s->k_width));
        CHECK(m->id, s->v_width || !s->k_width || s->shared || is_beside(s)); /* else it is never attended to */
        CHECK(m->id, !s->index_heads || (!s->v_width && !s->shared && !s->latent));
        CHECK(m->id, !s->reads || has_indexer(&l)); /* who would choose? */
        for (int k = 0; k < i; k++) CHECK(m->id, strcmp(s->name, l.streams[k].name));
    }
    /* Fewer than the blocks: some keep nothing, or borrow. More: a block has two attentions. The note says so. */
    CHECK(m->id, kept == m->layers || m->note);
}

static void test_layers(void)
{
    struct catalog *c = read_catalog();
    for (size_t i = 0; i < c->n_models; i++) check_streams(&c->models[i]);
    g_assert_cmpint(wrong, ==, 0);
    catalog_free(c);
}

/* --- caches --- */

static void test_caches(void)
{
    struct catalog *c = read_catalog();
    for (size_t i = 0; i < c->n_models; i++) {
        const struct model *m = &c->models[i];
        int64_t few = cache_bytes(m, bf16, 300), more = cache_bytes(m, bf16, 131072);
        CHECK(m->id, few > 0 && few < more);
        CHECK(m->id, few == cache_bytes_counted(m, bf16, 300));
        CHECK(m->id, cache_bytes_per_token(m, bf16) > 0);
        CHECK(m->id, cache_state_bytes(m, bf16) != 0 || !m->linear_layers);
        CHECK(m->id, cache_state_bytes(m, bf16) >= 0 || !m->caches.n);
    }
    g_assert_cmpint(wrong, ==, 0);
    catalog_free(c);
}

/* What publishers print, or what follows from what they print; in BF16. */
static void test_published(void)
{
    static const struct { const char *id; int64_t tokens, bytes; } rows[] = {
        { "llama-3.1-70b", 131072, 42949672960 },      /* 40 GiB */
        { "deepseek-v3", 1, 70272 },                   /* arXiv:2505.09343, table 1 */
        { "jamba-1.5-large", 262144, 9663676416 },     /* arXiv:2408.12570, table 1: 9 GiB, attention alone */
        { "deepseek-v4-pro", 1048576, 10334371840 },   /* vLLM: 9.62 GiB */
        { "command-r-35b", 2048, 2684354560 },         /* llama.cpp: 2560 MiB */
        { "qwen3.6-27b", 262144, 17179869184 + 153944064 },
        { "deepseek-v2-lite", 1, 31104 },              /* arXiv:2405.04434: 15.6K numbers */
    };
    struct catalog *c = read_catalog();
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const struct model *m = catalog_model(c, rows[i].id);
        g_assert_nonnull(m);
        g_assert_cmpint(cache_bytes(m, bf16, rows[i].tokens), ==, rows[i].bytes);
    }
    catalog_free(c);
}

/* --- parameters --- */

/* Attention of one layer; MLA (arXiv:2405.04434, appendix C) has five matrices and two norms, or four and one where the
 * query has no latent. */
static int64_t count_attention(const struct model *m)
{
    int64_t d = m->hidden, h = m->heads;
    if (m->attention != ATTENTION_MLA) return 2 * d * h * m->head_dim + 2 * d * m->kv_heads * m->head_dim;
    int64_t key = m->qk_nope_head_dim + m->qk_rope_head_dim, q = m->q_lora_rank, kv = m->kv_lora_rank;
    int64_t query = q ? d * q + q + q * h * key : d * h * key;
    return query + d * (kv + m->qk_rope_head_dim) + kv + kv * h * (m->qk_nope_head_dim + m->v_head_dim) +
           h * m->v_head_dim * d;
}

/* Matrices and norms of a transformer whose feed-forward layers are gated, as Llama has them (arXiv:2302.13971), sparse
 * ones with a router and shared experts: Llama-3.1-8B 2 x 128,256 x 4096 + 32 x (2 x 4096^2 + 2 x 4096 x 1024 +
 * 3 x 4096 x 14,336 + 2 x 4096) + 4096 = 8,030,261,248. -1 when the shape does not determine them. */
static int64_t count_params(const struct model *m)
{
    bool known = m->hidden && m->head_dim && m->intermediate && m->vocab && m->tied_embeddings;
    bool mla = m->attention == ATTENTION_MLA, whole = mla ? m->qk_nope_head_dim && m->v_head_dim : !m->v_head_dim;
    if (!known || !whole || m->linear_layers || m->caches.n || m->full_layers > m->layers) return -1;
    int64_t d = m->hidden, mlp = 3 * d * m->intermediate, dense = m->experts ? m->dense_layers : m->layers;
    int64_t sparse = (m->experts + m->shared_experts) * mlp + m->experts * d;
    int64_t own = m->experts ? 3 * d * m->dense_intermediate : mlp;
    return (m->tied_embeddings == SAID_YES ? 1 : 2) * m->vocab * d + m->layers * (count_attention(m) + 2 * d) +
           dense * own + (m->layers - dense) * sparse + d;
}

/* Families whose feed-forward layers are not gated, so that the count above is not theirs. */
static bool has_plain_mlp(const struct model *m)
{
    static const char *const families[] = { "gpt2", "gpt3", "opt", "gptj", "gpt_neox", "phi", "bloom", "starcoder",
                                            "starcoder2", "nemotron-4", NULL };
    return is_one_of(m->family, families) || (!strcmp(m->family, "falcon") && !g_str_has_prefix(m->id, "falcon3"));
}

/* Nine zeros: rounded to billions, which of ERNIE's 21 is more than 1 %. */
static int64_t allowed(int64_t params) { return params % 1000000000 ? params / 100 : params / 25; }

static void test_parameters(void)
{
    struct catalog *c = read_catalog();
    int counted = 0;
    for (size_t i = 0; i < c->n_models; i++) {
        const struct model *m = &c->models[i];
        int64_t n = count_params(m);
        if (n < 0 || !m->params_total || has_plain_mlp(m)) continue;
        int64_t off = n > m->params_total ? n - m->params_total : m->params_total - n;
        CHECK(m->id, off <= allowed(m->params_total));
        counted++;
    }
    g_assert_cmpint(wrong, ==, 0);
    g_assert_cmpint(counted, >=, 85);
    catalog_free(c);
}

static void test_llama_count(void)
{
    struct catalog *c = read_catalog();
    static const struct { const char *id; int64_t params; } exact[] = {
        { "llama-3.1-8b", 8030261248 }, { "mixtral-8x7b", 46702792704 }, { "llama-4-scout", 107769861120 },
        { "command-r-35b", 34980831232 + 40 * 8192 }, /* one norm to a layer, not two */
    };
    for (size_t i = 0; i < G_N_ELEMENTS(exact); i++) {
        struct model m = *catalog_model(c, exact[i].id);
        m.caches = (struct list){ 0 }; /* what is kept has no part in it */
        g_assert_cmpint(count_params(&m), ==, exact[i].params);
    }
    catalog_free(c);
}

/* --- devices --- */

static void check_price(const struct device *d)
{
    bool priced = d->usd_per_hour > 0;
    CHECK(d->id, priced == is_date(d->price_date, true));
    CHECK(d->id, priced == (d->price_source != NULL));
    CHECK(d->id, d->usd_per_hour >= 0 && d->usd_per_hour < 100);
}

static void check_rates(const struct device *d)
{
    CHECK(d->id, !d->fp8_tflops || !d->bf16_tflops || d->fp8_tflops >= d->bf16_tflops);
    CHECK(d->id, d->fp16_tflops >= 0 && d->tdp_w >= 0 && d->tdp_w < 30000);
    CHECK(d->id, !d->link_bandwidth || d->interconnect);
    CHECK(d->id, !d->cores || d->core_word);
}

static void test_devices(void)
{
    struct catalog *c = read_catalog();
    for (size_t i = 0; i < c->n_devices; i++) {
        const struct device *d = &c->devices[i];
        CHECK(d->id, d->capacity_bytes > 0 && d->cache_bytes < d->capacity_bytes);
        CHECK(d->id, d->bandwidth > 0 || d->note); /* unknown of four; the note says so */
        CHECK(d->id, !d->stacks || d->memory == MEMORY_HBM);
        CHECK(d->id, !d->sites || d->sites >= d->stacks);
        CHECK(d->id, !d->channels || d->memory == MEMORY_GDDR || d->memory == MEMORY_LPDDR);
        CHECK(d->id, d->vendor && d->short_name && d->year > 2000);
        check_price(d);
        check_rates(d);
    }
    g_assert_cmpint(wrong, ==, 0);
    catalog_free(c);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/catalog/origins", test_origins);
    g_test_add_func("/catalog/shapes", test_shapes);
    g_test_add_func("/catalog/layers", test_layers);
    g_test_add_func("/catalog/caches", test_caches);
    g_test_add_func("/catalog/published", test_published);
    g_test_add_func("/catalog/parameters", test_parameters);
    g_test_add_func("/catalog/llama-count", test_llama_count);
    g_test_add_func("/catalog/devices", test_devices);
    return g_test_run();
}
