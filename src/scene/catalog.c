/* The catalogs' keys. An entry that leaves a key out says "not known": the field stays 0 or NULL and shows as n/a. */
#include "scene/catalog.h"
#include "conf/conf.h"
#include "sim/layout.h"

#include <string.h>

struct catalog_list { struct list items; };

static const char *const attention_names[] = { "mha", "gqa", "mqa", "mla", NULL };
static const char *const memory_names[] = { "hbm", "gddr", "lpddr", "unified", "sram", "dram", NULL };
static const char *const yes_no_names[] = { "unknown", "no", "yes", NULL };
static const char *const keep_names[] = { "all", "window", "chunk", "every", "state", NULL };
/* The cache's own type, then those of enum dtype. */
static const char *const stored_names[] = { "cache", "fp32", "bf16", "fp16", "fp8", "int8", "int4", NULL };
G_STATIC_ASSERT(G_N_ELEMENTS(stored_names) == DTYPE_COUNT + 2);

#define COUNT_OF(T, field, text) ROW_INT(struct T, field, #field, .def = "0", .min = 0, .max = 9e15, .help = text)
#define WORDS_OF(T, field, text) ROW_TEXT(struct T, field, #field, .optional = true, .help = text)
#define RATE_OF(T, field, text) ROW_REAL(struct T, field, #field, .def = "0.0", .min = 0, .max = 1e9, .help = text)

const struct row stream_rows[] = {
    ROW_TEXT(struct stream, name, "name", .help = "What the layers are: a word, unique in its model.",
             .example = "\"window\""),
    COUNT_OF(stream, layers, "Layers that keep it."),
    ROW_CHOICE(struct stream, keep, "keep", .def = "all", .choices = keep_names,
               .help = "What is kept: an entry for all tokens; for the last span tokens (window); for those "
                       "since the last multiple of span (chunk); one for every span tokens; or one state, whatever "
                       "the length."),
    COUNT_OF(stream, span, "Tokens of a window or a chunk, or to one entry."),
    COUNT_OF(stream, sinks, "First tokens that never leave the window."),
    COUNT_OF(stream, kv_heads, "Heads with an entry of their own."),
    COUNT_OF(stream, k_width, "Numbers in one key."),
    COUNT_OF(stream, v_width, "Numbers in one value; 0: keys alone, or one vector that is both."),
    ROW_BOOL(struct stream, shared, "shared", .def = "false", .help = "The key is the value, too."),
    COUNT_OF(stream, reads, "Entries that a query reads at most, where it chooses them; 0: all that are kept."),
    COUNT_OF(stream, index_heads, "Of an indexer's keys: heads whose queries score them; 0: not known."),
    COUNT_OF(stream, latent, "Numbers in a latent that all heads share."),
    COUNT_OF(stream, rope, "Numbers in the rotary key beside it."),
    COUNT_OF(stream, state_heads, "Matrices in a state."),
    COUNT_OF(stream, state_rows, "Their rows."),
    COUNT_OF(stream, state_columns, "Their columns."),
    ROW_CHOICE(struct stream, stored, "stored", .def = "cache", .choices = stored_names,
               .help = "Number format: the cache's, or one that it always has."),
    COUNT_OF(stream, group, "Numbers that share a scale, in a format of its own; 0: no scales."),
    COUNT_OF(stream, scale_bits, "Bits of such a scale."),
    ROW_END
};

const struct row model_rows[] = {
    ROW_TEXT(struct model, id, "id", .help = "Name used in scene files.", .example = "\"llama-3.1-8b\""),
    ROW_TEXT(struct model, name, "name", .help = "Name on the screen.", .example = "\"Llama-3.1-8B\""),
    WORDS_OF(model, family, "Architecture family."),
    WORDS_OF(model, released, "Year and month of release."),
    COUNT_OF(model, params_total, "Parameters; all of a sparse model's, because all of them occupy memory."),
    COUNT_OF(model, params_active, "Parameters that one token uses."),
    COUNT_OF(model, layers, "Decoder layers."),
    COUNT_OF(model, hidden, "Width of the residual stream."),
    COUNT_OF(model, heads, "Query heads."),
    COUNT_OF(model, kv_heads, "KV heads."),
    COUNT_OF(model, head_dim, "Numbers in one key or value vector; often not hidden / heads."),
    COUNT_OF(model, v_head_dim, "Numbers in one value vector, where keys have another width."),
    COUNT_OF(model, intermediate, "Width of the feed-forward layer (of one expert in sparse models)."),
    COUNT_OF(model, vocab, "Tokens in the vocabulary."),
    COUNT_OF(model, max_context, "Positions that the configuration allows."),
    ROW_CHOICE(struct model, tied_embeddings, "tied_embeddings", .def = "unknown", .choices = yes_no_names,
               .help = "Whether the last matrix is the table of embeddings."),
    ROW_CHOICE(struct model, attention, "attention", .choices = attention_names, .help = "Kind of attention."),
    COUNT_OF(model, q_lora_rank, "MLA: width of the query's latent, which is not cached."),
    COUNT_OF(model, kv_lora_rank, "MLA: width of the cached latent."),
    COUNT_OF(model, qk_nope_head_dim, "MLA: width of a key without its rotary part."),
    COUNT_OF(model, qk_rope_head_dim, "MLA: width of the cached rotary part."),
    COUNT_OF(model, sliding_window, "Tokens that a windowed layer keeps."),
    COUNT_OF(model, full_layers, "Layers that keep every token."),
    COUNT_OF(model, windowed_layers, "Layers that keep a window."),
    COUNT_OF(model, linear_layers, "Layers with a fixed state instead of a cache."),
    ROW_LIST(struct model, caches, "caches", struct stream, stream_rows, .max = CACHE_MOST_STREAMS,
             .help = "What layers keep, kind by kind, where the keys above cannot say it."),
    COUNT_OF(model, experts, "Experts in each sparse layer."),
    COUNT_OF(model, experts_per_token, "Experts that one token is routed to."),
    COUNT_OF(model, shared_experts, "Experts that every token passes through."),
    COUNT_OF(model, dense_layers, "Layers of a sparse model that have no experts."),
    COUNT_OF(model, dense_intermediate, "Width of the feed-forward layer in those."),
    WORDS_OF(model, native_dtype, "Type of the published weights."),
    WORDS_OF(model, source, "Where the entry was read."),
    WORDS_OF(model, read, "Month in which the source was read."),
    WORDS_OF(model, confidence, "high, medium or low."),
    WORDS_OF(model, note, "What publishers disagree on, and why this entry says what it says."),
    ROW_END
};

const struct row device_rows[] = {
    ROW_TEXT(struct device, id, "id", .help = "Name used in scene files.", .example = "\"h100-sxm\""),
    ROW_TEXT(struct device, name, "name", .help = "Full name.", .example = "\"H100 SXM5 80GB\""),
    ROW_TEXT(struct device, short_name, "short_name", .optional = true, .help = "Name on the die.",
             .example = "\"H100\""),
    WORDS_OF(device, vendor, "Maker."),
    COUNT_OF(device, year, "Year of release."),
    ROW_BYTES(struct device, capacity_bytes, "capacity", .help = "Memory.", .example = "\"80 GiB\""),
    ROW_CHOICE(struct device, memory, "memory", .def = "hbm", .choices = memory_names,
               .help = "How the memory is attached."),
    WORDS_OF(device, memory_type, "Kind of memory chips."),
    ROW_BYTE_RATE(struct device, bandwidth, "bandwidth", .def = "0 GB/s", .help = "Memory bandwidth.",
                  .example = "\"3350 GB/s\""),
    ROW_BYTES(struct device, cache_bytes, "cache", .def = "0 B", .example = "\"50 MiB\"",
              .help = "Level-2 cache, or memory on the chip that software manages."),
    RATE_OF(device, fp16_tflops, "Dense FP16 rate in TFLOPS."),
    RATE_OF(device, bf16_tflops, "Dense BF16 rate in TFLOPS."),
    RATE_OF(device, int8_tops, "Dense INT8 rate in TOPS."),
    RATE_OF(device, fp8_tflops, "Dense FP8 rate in TFLOPS."),
    RATE_OF(device, tdp_w, "Power limit in watts."),
    WORDS_OF(device, interconnect, "Link to other devices."),
    ROW_BYTE_RATE(struct device, link_bandwidth, "link_bandwidth", .def = "0 GB/s", .example = "\"900 GB/s\"",
                  .help = "Its bandwidth for one device, both directions together."),
    RATE_OF(device, usd_per_hour, "A cloud's price in US dollars an hour."),
    WORDS_OF(device, price_date, "The day of that price."),
    WORDS_OF(device, price_source, "Whose price it is."),
    COUNT_OF(device, stacks, "HBM stacks that work."),
    COUNT_OF(device, sites, "Positions for HBM stacks on the package."),
    COUNT_OF(device, channels, "Memory channels of GDDR and LPDDR devices."),
    COUNT_OF(device, cores, "Compute units."),
    WORDS_OF(device, core_word, "What the maker calls them."),
    WORDS_OF(device, source, "Where the entry was read."),
    WORDS_OF(device, read, "Month in which the source was read."),
    WORDS_OF(device, confidence, "high, medium or low."),
    WORDS_OF(device, note, "What publishers disagree on, and why this entry says what it says."),
    ROW_END
};

static const struct row models_file_rows[] = {
    ROW_LIST(struct catalog_list, items, "models", struct model, model_rows, .help = "The models."), ROW_END
};
static const struct row devices_file_rows[] = {
    ROW_LIST(struct catalog_list, items, "devices", struct device, device_rows, .help = "The devices."), ROW_END
};

static void read_one(const char *path, const struct row *rows, struct catalog_list *out, struct diags *diags)
{
    struct conf *conf = conf_read_file(path, NULL, diags);
    if (!conf) return;
    conf_fill(conf_root(conf), (struct conf_target[]){ { rows, out }, { 0 } }, diags);
    conf_free(conf);
}

/* Entries are found by id, so a second entry of one id would never be seen. */
static void refuse_twins(const char *file, const char *what, const struct list *items, size_t size, size_t id_offset,
                         struct diags *diags)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (size_t i = 0; i < items->n; i++) {
        char *id = *(char **)((char *)items->items + i * size + id_offset);
        if (id && !g_hash_table_add(seen, id))
            diag(diags, file, 0, "The %s \"%s\" has two entries; keep one of them.", what, id);
    }
}

struct catalog *catalog_read_files(const char *models_path, const char *devices_path, struct diags *diags)
{
    struct catalog_list models = { { 0 } }, devices = { { 0 } };
    read_one(models_path, models_file_rows, &models, diags);
    read_one(devices_path, devices_file_rows, &devices, diags);
    refuse_twins(models_path, "model", &models.items, sizeof(struct model), offsetof(struct model, id), diags);
    refuse_twins(devices_path, "device", &devices.items, sizeof(struct device), offsetof(struct device, id), diags);
    struct catalog *c = g_new0(struct catalog, 1);
    *c = (struct catalog){ models.items.items, models.items.n, devices.items.items, devices.items.n };
    return c;
}

struct catalog *catalog_read(const char *data_folder, struct diags *diags)
{
    g_autofree char *models = g_build_filename(data_folder, "models.cfg", NULL);
    g_autofree char *devices = g_build_filename(data_folder, "devices.cfg", NULL);
    return catalog_read_files(models, devices, diags);
}

void catalog_free(struct catalog *c)
{
    if (!c) return;
    struct catalog_list models = { { c->models, c->n_models } }, devices = { { c->devices, c->n_devices } };
    conf_clear(models_file_rows, &models);
    conf_clear(devices_file_rows, &devices);
    g_free(c);
}
