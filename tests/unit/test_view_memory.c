/* The memory view: numbers against the arithmetic that is written beside them, bytes against cells, time, and mistakes.
 */
#include "base/diag.h"
#include "sim/memory.h"
#include "view/memory.h"
#include "view/package.h"

#include <math.h>
#include <string.h>

static struct style style;

/* A style in which every role and sequence has a colour of its own, so that cells can be counted by colour. */
static void make_style(void)
{
    uint8_t n = 1;
#define X(role) style.role = (struct rgba){ n, (uint8_t)(255 - n), 7, 255 }, n++;
    STYLE_ROLES(X)
#undef X
    for (int i = 0; i < STYLE_SEQUENCES; i++) style.sequences[i] = (struct rgba){ 200, (uint8_t)(i * 20), 90, 255 };
    style.text = (struct rgba){ 255, 255, 255, 255 };
    style.bg = (struct rgba){ 0, 0, 0, 255 };
}

/* The round one: 16 GiB of weights at FP16, 128 KiB a token, 80 GiB in five stacks. */
static struct model models[] = {
    { .id = "llama-3.1-8b",
      .name = "Llama-3.1-8B",
      .params_total = 8030261248,
      .layers = 32,
      .kv_heads = 8,
      .head_dim = 128,
      .full_layers = 32,
      .max_context = 131072,
      .attention = ATTENTION_GQA,
      .source = "config.json" },
    { .id = "round",
      .name = "Round",
      .params_total = 8589934592,
      .layers = 32,
      .kv_heads = 8,
      .head_dim = 128,
      .full_layers = 32,
      .max_context = 131072,
      .attention = ATTENTION_GQA,
      .source = "made up" },
    { .id = "windowed",
      .name = "Windowed",
      .params_total = 1000000000,
      .layers = 2,
      .kv_heads = 1,
      .head_dim = 64,
      .windowed_layers = 2,
      .sliding_window = 4096,
      .max_context = 32768,
      .attention = ATTENTION_GQA,
      .source = "made up" },
    { .id = "unknown", .name = "Unknown", .layers = 2, .kv_heads = 1, .head_dim = 64, .source = "made up" },
};

static struct device devices[] = {
    { .id = "flat-80",
      .name = "Flat 80 GB",
      .short_name = "Flat",
      .vendor = "NVIDIA",
      .capacity_bytes = 80000000000,
      .memory = MEMORY_HBM,
      .memory_type = "HBM3",
      .stacks = 5,
      .sites = 6,
      .cores = 132,
      .core_word = "SMs",
      .source = "label" },
    { .id = "round-80",
      .name = "Round 80 GiB",
      .short_name = "Round",
      .vendor = "NVIDIA",
      .capacity_bytes = 85899345920,
      .memory = MEMORY_HBM,
      .memory_type = "HBM3",
      .stacks = 5,
      .sites = 6,
      .cores = 132,
      .core_word = "SMs",
      .source = "label" },
    { .id = "odd-stacks",
      .name = "Odd",
      .vendor = "AMD",
      .capacity_bytes = 100000000000,
      .memory = MEMORY_HBM,
      .stacks = 3,
      .source = "made up" },
    { .id = "chips",
      .name = "Chips",
      .short_name = "Chips",
      .vendor = "NVIDIA",
      .capacity_bytes = INT64_C(24) << 30,
      .memory = MEMORY_GDDR,
      .memory_type = "GDDR6X",
      .channels = 12,
      .cores = 128,
      .core_word = "SMs",
      .source = "label" },
    { .id = "wafer",
      .name = "Wafer",
      .vendor = "Cerebras",
      .capacity_bytes = 40000000000,
      .memory = MEMORY_SRAM,
      .source = "label" },
    { .id = "small-chip",
      .name = "Small chip",
      .vendor = "Groq",
      .capacity_bytes = 230000000,
      .memory = MEMORY_SRAM,
      .memory_type = "SRAM",
      .source = "label" },
    { .id = "plain",
      .name = "Plain",
      .vendor = "Apple",
      .capacity_bytes = INT64_C(128) << 30,
      .memory = MEMORY_UNIFIED,
      .memory_type = "LPDDR5",
      .source = "label" },
    { .id = "tiny",
      .name = "Tiny",
      .vendor = "NVIDIA",
      .capacity_bytes = INT64_C(8) << 30,
      .memory = MEMORY_GDDR,
      .channels = 16,
      .source = "label" },
    { .id = "empty", .name = "Empty", .vendor = "NVIDIA", .memory = MEMORY_HBM, .source = "label" },
};
static const struct catalog catalog = { models, G_N_ELEMENTS(models), devices, G_N_ELEMENTS(devices) };

static struct memory_options plain_options(void)
{
    return (struct memory_options){ .model = "llama-3.1-8b",
                                    .device = "flat-80",
                                    .sequences = 6,
                                    .weights = DTYPE_FP16,
                                    .cache = DTYPE_FP16,
                                    .from = 4096,
                                    .to = 1048576,
                                    .rest = 1.5,
                                    .seconds_per_doubling = 1.6 };
}

struct play { void *sim; double length; struct facts *book; struct dl *dl; struct diags *diags; };

static struct play play_open(struct memory_options o, const char *stops)
{
    g_auto(GStrv) items = stops ? g_strsplit(stops, " ", -1) : NULL;
    struct play p = { .book = facts_new(), .dl = dl_new(), .diags = diags_new() };
    struct view_env env = { .catalog = &catalog, .diags = p.diags, .file = "walk.cfg", .line = 12 };
    if (items) o.stops = (struct texts){ items, g_strv_length(items) };
    p.sim = view_memory.open(&o, &env, &p.length);
    return p;
}

static void play_close(struct play *p)
{
    view_memory.close(p->sim);
    facts_free(p->book);
    dl_free(p->dl);
    diags_free(p->diags);
}

static double moment_at(const struct play *p, const char *name)
{
    int n;
    const struct moment *m = view_memory.moments(p->sim, &n);
    for (int i = 0; i < n; i++)
        if (!strcmp(m[i].name, name)) return m[i].at;
    g_error("no moment \"%s\"", name);
}

static const struct fact *fact_at(struct play *p, double now, const char *id)
{
    facts_reset(p->book);
    view_memory.facts(p->sim, now, p->book);
    int i = facts_find(p->book, id);
    g_assert_cmpint(i, >=, 0);
    return facts_at(p->book, i);
}

static void draw(struct play *p, struct dl *dl, double now, int width, int height, bool reduced)
{
    struct canvas c = { .dl = dl, .style = &style, .facts = p->book, .reduced = reduced };
    canvas_set_size(&c, width, height);
    facts_reset(p->book);
    view_memory.facts(p->sim, now, p->book);
    dl_begin(dl, width, height, style.bg, p->book, &measurer_fake);
    view_memory.draw(p->sim, now, &c);
}

/* Cells of a colour in all banks of the list: heat cells, and the parts laid over them by width. */
static double cells_of(const struct dl *dl, struct rgba color)
{
    double cells = 0, cell_w = 1;
    for (guint i = 0; i < dl->ops->len; i++) {
        const struct dl_op *op = dl_op_at(dl, i);
        if (strncmp(dl_string(dl, op->name), "bank", 4)) continue;
        if (op->kind == DL_HEAT) {
            cell_w = op->heat.cell_w;
            for (int r = 0; r < op->heat.rows; r++)
                for (int c = 0; c < op->heat.cols; c++) cells += color_equal(dl_heat_cell(dl, &op->heat, c, r), color);
        } else if (op->kind == DL_RECT && color_equal(op->rect.fill, color)) {
            cells += op->rect.box.w / cell_w;
        }
    }
    return cells;
}

static void test_numbers(void)
{
    struct play p = play_open(plain_options(), "64K 128K");
    g_assert_nonnull(p.sim);
    g_assert_cmpint(diags_count(p.diags), ==, 0);
    double at = moment_at(&p, "64K");
    g_assert_cmpint(fact_at(&p, at, "mem.context")->i, ==, 65536);
    g_assert_cmpint(fact_at(&p, at, "mem.total")->i, ==, 67600130048);
    g_assert_cmpfloat_with_epsilon(fact_at(&p, at, "mem.share")->r, 0.845, 0.0005);
    g_assert_cmpint(fact_at(&p, at, "mem.full_at")->i, ==, 81303);
    g_assert_cmpint(fact_at(&p, at, "mem.cell")->i, ==, 250000000);
    g_assert_cmpint(fact_at(&p, at, "mem.bank")->i, ==, 16000000000);
    at = moment_at(&p, "128K");
    g_assert_cmpint(fact_at(&p, at, "mem.total")->i, ==, 119139737600);
    g_assert_cmpint(fact_at(&p, at, "mem.devices")->i, ==, 2);
    g_assert_cmpint(fact_at(&p, at, "mem.over")->i, ==, 39139737600);
    g_assert_cmpint(fact_at(&p, at, "mem.more_devices")->i, ==, 0);
    play_close(&p);
}

static void test_cell_is_round(void)
{
    g_assert_cmpint(package_cell(&devices[0]), ==, 250000000);
    g_assert_cmpint(package_cell(&devices[1]), ==, INT64_C(256) << 20);
    g_assert_cmpint(package_banks(&devices[1]), ==, 5);
    g_assert_cmpint(package_banks(&devices[3]), ==, 12);
    g_assert_cmpint(package_banks(&devices[4]), ==, 1);
    for (size_t i = 0; i + 1 < G_N_ELEMENTS(devices); i++) {
        int64_t cell = package_cell(&devices[i]), cells = devices[i].capacity_bytes / package_banks(&devices[i]) / cell;
        g_assert_cmpint(cells, >=, 12);
        g_assert_cmpint(cells, <=, 640);
        while (cell % 10 == 0) cell /= 10;
        g_assert_true(cell == 1 || cell == 2 || cell == 5 || cell == 25 || (cell & (cell - 1)) == 0);
    }
}

static void test_time(void)
{
    struct play p = play_open(plain_options(), "64K full 128K");
    int64_t before = 4096, full = fact_at(&p, 0, "mem.full_at")->i;
    g_assert_cmpint(fact_at(&p, 0, "mem.context")->i, ==, 4096);
    for (double t = 0; t <= p.length; t += 0.01) {
        int64_t now = fact_at(&p, t, "mem.context")->i;
        g_assert_cmpint(now, >=, before);
        before = now;
    }
    g_assert_cmpint(fact_at(&p, p.length, "mem.context")->i, ==, 131072);
    g_assert_cmpint(fact_at(&p, moment_at(&p, "full"), "mem.context")->i, ==, full);
    g_assert_cmpint(fact_at(&p, moment_at(&p, "full"), "mem.over")->i, ==, 0);
    g_assert_cmpint(fact_at(&p, moment_at(&p, "warn"), "mem.context")->i, >, fact_at(&p, 0, "mem.warn_at")->i);
    play_close(&p);
}

/* The moment "full" of a film that does not stop there is the instant at which the first token spills. */
static void test_spill_moment(void)
{
    struct play p = play_open(plain_options(), "128K");
    double at = moment_at(&p, "full");
    g_assert_cmpint(fact_at(&p, at - 0.002, "mem.context")->i, <=, 81303);
    g_assert_cmpint(fact_at(&p, at + 0.002, "mem.context")->i, >, 81303);
    play_close(&p);
}

/* On 80 GiB in cells of 256 MiB: 64 cells of weights, and 32 for each sequence of 65,536 tokens (8 GiB). */
static void test_cells_are_bytes(void)
{
    struct memory_options o = plain_options();
    o.model = "round", o.device = "round-80";
    struct play p = play_open(o, "64K 128K");
    draw(&p, p.dl, moment_at(&p, "64K"), 1920, 1080, false);
    g_assert_cmpfloat(cells_of(p.dl, style.weights), ==, 64);
    for (int i = 0; i < 6; i++) g_assert_cmpfloat(cells_of(p.dl, style.sequences[i]), ==, 32);
    draw(&p, p.dl, moment_at(&p, "128K") + 1, 1920, 1080, false); /* 16 + 96 GiB: both packages, whole */
    g_assert_cmpfloat(cells_of(p.dl, style.weights), ==, 64);
    for (int i = 0; i < 6; i++) g_assert_cmpfloat(cells_of(p.dl, style.sequences[i]), ==, 64);
    play_close(&p);
}

/* Cells that are filled in part add up too, to within a pixel at each end of a run. */
static void test_parts_of_cells(void)
{
    struct memory_options o = plain_options();
    o.sequences = 3, o.device = "odd-stacks";
    struct play p = play_open(o, "63000");
    draw(&p, p.dl, p.length, 1920, 1080, false);
    double cell = (double)package_cell(&devices[2]);
    g_assert_cmpfloat_with_epsilon(cells_of(p.dl, style.weights), 16060522496 / cell, 0.1);
    /* Sequence C's last stretch is the last of all; A and B lie under their neighbours' right ends. */
    double sum = 0;
    for (int i = 0; i < 3; i++) sum += cells_of(p.dl, style.sequences[i]);
    g_assert_cmpfloat(sum, >=, 3 * 63000 * 131072.0 / cell - 0.5);
    g_assert_cmpfloat(sum, <=, 3 * 63000 * 131072.0 / cell + 3.5);
    play_close(&p);
}

static void test_weights_alone_do_not_fit(void)
{
    struct memory_options o = plain_options();
    o.device = "tiny"; /* 15.0 GiB of weights on 8 GiB */
    struct play p = play_open(o, "8K");
    g_assert_nonnull(p.sim);
    draw(&p, p.dl, 0, 1920, 1080, false);
    g_assert_cmpint(fact_at(&p, 0, "mem.full_at")->i, ==, 0);
    bool spare = false, batch = false;
    for (guint i = 0; i < p.dl->ops->len; i++) {
        spare |= !strcmp(dl_string(p.dl, dl_op_at(p.dl, i)->name), "package 2");
        batch |= !strcmp(dl_string(p.dl, dl_op_at(p.dl, i)->name), "batch");
    }
    g_assert_true(spare);
    g_assert_false(batch);
    g_assert_cmpfloat_with_epsilon(cells_of(p.dl, style.weights), 16060522496.0 / (double)package_cell(&devices[7]),
                                   0.6);
    play_close(&p);
}

/* Every device in every plan: something is drawn, inside the frame, and the same whatever was drawn before. */
static void test_plans(void)
{
    static const int sizes[][2] = { { 1920, 1080 }, { 1280, 720 },  { 3840, 2160 },
                                    { 1080, 1080 }, { 1080, 1920 }, { 640, 360 } };
    static const int counts[] = { 1, 6, 12, 32 };
    for (size_t d = 0; d + 1 < G_N_ELEMENTS(devices); d++)
        for (size_t s = 0; s < G_N_ELEMENTS(sizes); s++) {
            struct memory_options o = plain_options();
            o.device = devices[d].id, o.sequences = counts[(d + s) % 4];
            struct play p = play_open(o, NULL);
            struct dl *cold = dl_new();
            for (double t = 0; t <= p.length; t += p.length / 5) {
                draw(&p, p.dl, t, sizes[s][0], sizes[s][1], false);
                draw(&p, cold, t, sizes[s][0], sizes[s][1], false);
                g_assert_true(dl_equal(p.dl, cold));
                g_assert_cmpint(p.dl->ops->len, >, 30);
                draw(&p, cold, p.length - t, sizes[s][0], sizes[s][1], false);
                for (guint i = 0; i < p.dl->ops->len; i++) {
                    const struct dl_op *op = dl_op_at(p.dl, i);
                    g_assert_cmpfloat(op->box.x, >=, 0);
                    g_assert_cmpfloat(box_right(op->box), <=, sizes[s][0]);
                    g_assert_true(op->kind != DL_RECT || (isfinite(op->rect.box.x) && isfinite(op->rect.box.w)));
                }
            }
            dl_free(cold);
            play_close(&p);
        }
}

/* The package stands still: its parts have the same boxes at every moment. */
static void test_package_never_moves(void)
{
    static const int sizes[][2] = { { 1920, 1080 }, { 1080, 1080 }, { 1080, 1920 }, { 640, 360 } };
    for (size_t s = 0; s < G_N_ELEMENTS(sizes); s++) {
        struct play p = play_open(plain_options(), "128K");
        struct box die = { 0 };
        for (double t = 0; t <= p.length; t += 0.25) {
            draw(&p, p.dl, t, sizes[s][0], sizes[s][1], false);
            for (guint i = 0; i < p.dl->ops->len; i++) {
                const struct dl_op *op = dl_op_at(p.dl, i);
                if (strcmp(dl_string(p.dl, op->name), "die") || op->kind != DL_RECT) continue;
                if (!die.w) die = op->box;
                g_assert_cmpmem(&die, sizeof die, &op->box, sizeof op->box);
                break;
            }
        }
        g_assert_cmpfloat(die.w, >, 0);
        play_close(&p);
    }
}

/* Reduced motion shows eight steps a doubling, every eighth of them a round context; of a fast fill it shows fewer. */
static void test_rests(void)
{
    struct memory_options slow = plain_options();
    slow.seconds_per_doubling = 4;
    struct play p = play_open(slow, "64K 128K");
    struct rests rests = view_memory.rests(p.sim);
    g_assert_true(rests.fill);
    g_assert_cmpint(rests.n, ==, 5 * 8);
    for (int i = 0; i < rests.n; i++) {
        g_assert_true(i == 0 || rests.at[i] > rests.at[i - 1]);
        double context = 4096 * exp2((i + 1) / 8.0);
        g_assert_cmpint(fact_at(&p, rests.at[i] + 1e-9, "mem.context")->i, ==, (int64_t)(context + 1e-6));
    }
    play_close(&p);
    p = play_open(plain_options(), "64K 128K");
    rests = view_memory.rests(p.sim);
    for (int i = 1; i < rests.n; i++) g_assert_cmpfloat(rests.at[i] - rests.at[i - 1], >=, 0.5);
    play_close(&p);
}

static void expect_mistake(struct memory_options o, const char *stops, const char *part)
{
    struct play p = play_open(o, stops);
    g_assert_null(p.sim);
    g_assert_cmpint(diags_count(p.diags), >=, 1);
    const struct diag_item *item = diags_item(p.diags, 0);
    g_assert_cmpstr(item->file, ==, "walk.cfg");
    g_assert_cmpint(item->line, ==, 12);
    if (!strstr(item->text, part)) g_error("\"%s\" lacks \"%s\"", item->text, part);
    play_close(&p);
}

static void test_mistakes(void)
{
    struct memory_options o = plain_options();
    o.model = "lama-3.1-8b";
    expect_mistake(o, NULL, "did you mean \"llama-3.1-8b\"; `kvreel list models`");
    o = plain_options(), o.device = "chip";
    expect_mistake(o, NULL, "did you mean \"chips\"");
    o = plain_options(), o.from = o.to;
    expect_mistake(o, NULL, "write a smaller one");
    o = plain_options(), o.model = "unknown";
    expect_mistake(o, NULL, "this model's parameters");
    o = plain_options(), o.device = "empty";
    expect_mistake(o, NULL, "this device's capacity");
    o = plain_options();
    expect_mistake(o, "64X", "\"64X\"");
    expect_mistake(o, "64K soon", "\"soon\"");
}

/* Stops in any order, twice, and beyond the ruler's ends: each still names a moment, and none is rested at twice. */
static void test_any_stops(void)
{
    struct memory_options o = plain_options();
    struct play p = play_open(o, "128K full 64K 65536 full 2K"), sorted = play_open(o, "4K 64K full 128K");
    g_assert_nonnull(p.sim);
    g_assert_cmpint(diags_count(p.diags), ==, 0);
    g_assert_cmpfloat(p.length, ==, sorted.length);
    g_assert_cmpfloat(moment_at(&p, "65536"), ==, moment_at(&p, "64K"));
    g_assert_cmpint(fact_at(&p, moment_at(&p, "2K"), "mem.context")->i, ==, 4096);
    g_assert_cmpint(fact_at(&p, moment_at(&p, "full"), "mem.context")->i, ==, 81303);
    play_close(&p), play_close(&sorted);
    o.to = 65536; /* the ruler grows */
    p = play_open(o, "2M 8K");
    g_assert_cmpint(fact_at(&p, p.length, "mem.context")->i, ==, 2097152);
    play_close(&p);
}

/* Another model or device moves "full" out of the ruler: to the end, or to the start. */
static void test_full_anywhere(void)
{
    struct memory_options o = plain_options();
    o.model = "windowed";
    struct play p = play_open(o, "64K full 128K");
    g_assert_cmpint(fact_at(&p, moment_at(&p, "full"), "mem.context")->i, ==, 1048576);
    g_assert_cmpfloat(moment_at(&p, "full"), >, moment_at(&p, "128K"));
    play_close(&p);
    o = plain_options(), o.device = "tiny";
    p = play_open(o, "64K full 128K");
    g_assert_cmpint(fact_at(&p, moment_at(&p, "full"), "mem.context")->i, ==, 4096);
    g_assert_cmpint(fact_at(&p, moment_at(&p, "full") + 0.5, "mem.context")->i, >, 4096);
    g_assert_cmpfloat(moment_at(&p, "full"), <, moment_at(&p, "64K"));
    play_close(&p);
    o = plain_options(), o.sequences = 1; /* not a stop, and never reached: still a moment */
    p = play_open(o, "64K");
    g_assert_cmpfloat(moment_at(&p, "full"), ==, p.length);
    g_assert_cmpfloat(moment_at(&p, "limit"), ==, p.length);
    play_close(&p);
}

static bool draws_text(const struct dl *dl, const char *prefix)
{
    for (guint i = 0; i < dl->ops->len; i++) {
        const struct dl_op *op = dl_op_at(dl, i);
        if (op->kind == DL_TEXT && g_str_has_prefix(dl_string(dl, op->text.text), prefix)) return true;
    }
    return false;
}

/* Where not one more token fits, nothing speaks of room; also beyond the model's limit. */
static void test_full_words(void)
{
    struct memory_options o = plain_options();
    for (o.sequences = 1; o.sequences <= 6; o.sequences += 5) {
        struct play p = play_open(o, "full 1M");
        draw(&p, p.dl, moment_at(&p, "full"), 1920, 1080, false);
        g_assert_true(draws_text(p.dl, "GPU is full"));
        g_assert_true(draws_text(p.dl, "the next token does not fit"));
        g_assert_false(draws_text(p.dl, "over"));
        g_assert_false(draws_text(p.dl, "past"));
        g_assert_false(draws_text(p.dl, "room"));
        draw(&p, p.dl, p.length, 1920, 1080, false);
        g_assert_false(draws_text(p.dl, "GPU is full"));
        g_assert_true(draws_text(p.dl, "needs"));
        play_close(&p);
    }
}

static void test_words(void)
{
    static const struct { int sequences; const char *chats, *gpus; } cases[] = {
        { 1, "one chat", "two GPUs" }, { 6, "six chats", "11 GPUs" }, { 12, "twelve chats", "21 GPUs" },
        { 32, "32 chats", "56 GPUs" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct memory_options o = plain_options();
        o.sequences = cases[i].sequences;
        struct play p = play_open(o, NULL);
        g_assert_cmpstr(fact_at(&p, 0, "mem.chats")->word, ==, cases[i].chats);
        g_assert_cmpint(fact_at(&p, 0, "mem.Chats")->word[0], ==, g_ascii_toupper(cases[i].chats[0]));
        g_assert_cmpstr(fact_at(&p, 0, "mem.gpus")->word, ==, "one GPU");
        g_assert_cmpstr(fact_at(&p, p.length, "mem.gpus")->word, ==, cases[i].gpus);
        play_close(&p);
    }
}

/* Which units of bytes a text holds: 1 for powers of two, 2 for powers of ten. */
static int families_in(const char *text)
{
    static const char *const units[2][4] = { { "KiB", "MiB", "GiB", "TiB" }, { "kB", "MB", "GB", "TB" } };
    int found = 0;
    for (int i = 0; i < 8; i++)
        if (strstr(text, units[i / 4][i % 4])) found |= 1 << i / 4;
    return found;
}

/* Every number of bytes, on the picture and in the book for its captions, is written as the device's capacity is. */
static void assert_family(struct play *p, int family)
{
    char text[64];
    int shown = 0;
    for (guint i = 0; i < p->dl->ops->len; i++) {
        const struct dl_op *op = dl_op_at(p->dl, i);
        int found = op->kind == DL_TEXT ? families_in(dl_string(p->dl, op->text.text)) : 0;
        g_assert_true(!found || found == family);
        shown += found == family;
    }
    g_assert_cmpint(shown, >=, 2);
    for (int i = 0; i < facts_count(p->book); i++) {
        const struct fact *f = facts_at(p->book, i);
        int found = families_in(facts_text(p->book, i, FORM_AUTO, text, sizeof text));
        g_assert_true(!found || found == family);
        if (f->kind != FACT_UNKNOWN && unit_is_bytes(f->unit) && f->i >= 1024) g_assert_cmpint(found, ==, family);
    }
}

static void test_one_unit(void)
{
    static const int sizes[][2] = { { 1920, 1080 }, { 1080, 1080 }, { 1080, 1920 }, { 640, 360 } };
    for (size_t d = 0; d + 1 < G_N_ELEMENTS(devices); d++)
        for (size_t s = 0; s < G_N_ELEMENTS(sizes); s++) {
            struct memory_options o = plain_options();
            o.device = devices[d].id, o.sequences = d % 2 ? 1 : 6;
            struct play p = play_open(o, NULL);
            int family = memory_unit(&devices[d]) == UNIT_BYTES_DECIMAL ? 2 : 1;
            if (devices[d].memory == MEMORY_SRAM) g_assert_cmpint(family, ==, 2);
            if (!strcmp(devices[d].id, "round-80")) g_assert_cmpint(family, ==, 1);
            for (double t = 0; t <= p.length; t += p.length / 4) {
                draw(&p, p.dl, t, sizes[s][0], sizes[s][1], false);
                assert_family(&p, family);
            }
            play_close(&p);
        }
}

/* A capacity that is round neither way: its cells are powers of two, as its bytes are written. */
static void test_odd_capacity(void)
{
    struct device odd = devices[1];
    odd.capacity_bytes = (INT64_C(79) << 30) + 12345;
    int64_t cell = package_cell(&odd);
    g_assert_cmpint(memory_unit(&odd), ==, UNIT_BYTES);
    g_assert_cmpint(cell & (cell - 1), ==, 0);
}

/* The longest ruler is written, and read again, in the letters of contexts: 1,024M is 1G. */
static void test_longest_ruler(void)
{
    struct memory_options o = plain_options();
    o.to = INT64_C(1) << 30;
    struct play p = play_open(o, "512M 1G");
    g_assert_nonnull(p.sim);
    g_assert_cmpint(fact_at(&p, moment_at(&p, "1G"), "mem.context")->i, ==, INT64_C(1) << 30);
    draw(&p, p.dl, p.length, 1920, 1080, false);
    g_assert_true(draws_text(p.dl, "1G"));
    g_assert_false(draws_text(p.dl, "1024M"));
    play_close(&p);
}

/* No tag comes to rest half transparent. */
static void test_tags_are_whole(void)
{
    for (int context = 9000; context < 60000; context += 1777) {
        g_autofree char *stop = g_strdup_printf("%d", context);
        struct play p = play_open(plain_options(), stop);
        draw(&p, p.dl, p.length, 1920, 1080, false);
        for (guint i = 0; i < p.dl->ops->len; i++) {
            const struct dl_op *op = dl_op_at(p.dl, i);
            if (op->kind == DL_TEXT && g_str_has_prefix(dl_string(p.dl, op->name), "bank"))
                g_assert_cmpint(op->text.color.a, ==, 255);
        }
        play_close(&p);
    }
}

/* A model whose cache stops growing never fills the device, and its ledger says that a token costs so much at first. */
static void test_windowed(void)
{
    struct memory_options o = plain_options();
    o.model = "windowed";
    struct play p = play_open(o, "8K 128K");
    g_assert_nonnull(p.sim);
    g_assert_cmpint(fact_at(&p, moment_at(&p, "8K"), "mem.kv_sequence")->i, ==,
                    fact_at(&p, p.length, "mem.kv_sequence")->i);
    draw(&p, p.dl, p.length, 1920, 1080, false);
    bool first = false;
    for (guint i = 0; i < p.dl->ops->len; i++) {
        const struct dl_op *op = dl_op_at(p.dl, i);
        first |= op->kind == DL_TEXT && g_str_has_suffix(dl_string(p.dl, op->text.text), "token, at first");
    }
    g_assert_true(first);
    play_close(&p);
}

/* The last windowed layer is full: a new token adds nothing, whatever it cost at first. */
static void test_next_token(void)
{
    struct memory_options o = plain_options();
    o.model = "windowed";
    struct play p = play_open(o, "8K 128K");
    g_assert_cmpint(fact_at(&p, p.length, "mem.kv_next")->i, ==, 0);
    g_assert_cmpint(fact_at(&p, p.length, "mem.kv_per_token")->i, ==, 2 * 2 * 64 * 2);
    draw(&p, p.dl, p.length, 1080, 1080, false);
    bool adds = false;
    for (guint i = 0; i < p.dl->ops->len; i++) {
        const struct dl_op *op = dl_op_at(p.dl, i);
        if (op->kind != DL_TEXT || op->text.fact < 0 || strcmp(dl_string(p.dl, op->name), "sum")) continue;
        g_assert_cmpstr(facts_at(p.book, op->text.fact)->id, !=, "mem.kv_per_token");
        adds |= !strcmp(facts_at(p.book, op->text.fact)->id, "mem.kv_next");
    }
    g_assert_true(adds);
    play_close(&p);
}

/* The stretch of the ruler's words in an ink above its line, and the mark in a colour; false: none. */
static bool find_flag(const struct dl *dl, struct rgba ink, struct rgba fill, double *from, double *to, double *mark)
{
    double top = INFINITY;
    *from = INFINITY, *to = -INFINITY;
    for (guint i = 0; i < dl->ops->len; i++) {
        const struct dl_op *op = dl_op_at(dl, i);
        if (strcmp(dl_string(dl, op->name), "ruler")) continue;
        if (op->kind != DL_RECT || !color_equal(op->rect.fill, fill)) continue;
        struct box b = op->rect.box;
        if (b.h > 4 * b.w && b.y < top) top = b.y, *mark = box_mid_x(b);
    }
    for (guint i = 0; i < dl->ops->len; i++) {
        const struct dl_op *op = dl_op_at(dl, i);
        if (op->kind != DL_TEXT || strcmp(dl_string(dl, op->name), "ruler")) continue;
        if (!color_equal(op->text.color, ink)) continue;
        if (op->text.y > top + 3 * op->text.font.size) continue; /* a number below the line */
        *from = MIN(*from, op->text.x);
        *to = MAX(*to, op->text.x + dl_measure(dl, op->text.font, dl_string(dl, op->text.text)).width);
    }
    return *from < *to;
}

/* Wherever the device is full, its words and the limit's are there, and no mark goes through them. */
static void test_flags(void)
{
    static const int sizes[][2] = { { 1920, 1080 }, { 1080, 1080 }, { 1080, 1920 }, { 640, 360 } };
    for (size_t s = 0; s < G_N_ELEMENTS(sizes); s++)
        for (int sequences = 1; sequences <= 32; sequences++) {
            struct memory_options o = plain_options();
            o.sequences = sequences;
            struct play p = play_open(o, "1M");
            double full[3], limit[3];
            draw(&p, p.dl, 0, sizes[s][0], sizes[s][1], false);
            g_assert_true(find_flag(p.dl, style.warning_ink, style.warning, &full[0], &full[1], &full[2]));
            g_assert_true(find_flag(p.dl, style.text2, style.text2, &limit[0], &limit[1], &limit[2]));
            for (int i = 0; i < 2; i++) {
                double mark = i ? full[2] : limit[2];
                g_assert_false(mark > full[0] && mark < full[1]);
                g_assert_false(mark > limit[0] && mark < limit[1]);
            }
            g_assert_true(full[1] <= limit[0] || limit[1] <= full[0]);
            play_close(&p);
        }
}

/* Each number that changes with the context is drawn as a fact, and reads like it. */
static void test_numbers_are_facts(void)
{
    struct play p = play_open(plain_options(), "64K");
    draw(&p, p.dl, p.length, 1920, 1080, false);
    int totals = 0, facts = 0;
    for (guint i = 0; i < p.dl->ops->len; i++) {
        const struct dl_op *op = dl_op_at(p.dl, i);
        if (op->kind != DL_TEXT || op->text.fact < 0) continue;
        const struct fact *f = facts_at(p.book, op->text.fact);
        facts++;
        if (strcmp(f->id, "mem.total")) continue;
        g_assert_nonnull(g_strstr_len("67.6 GB", -1, dl_string(p.dl, op->text.text)));
        totals++;
    }
    g_assert_cmpint(totals, ==, 3); /* the hero, its unit, the ledger's sum */
    g_assert_cmpint(facts, >, 15);
    play_close(&p);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    make_style();
    g_test_add_func("/view/memory/numbers", test_numbers);
    g_test_add_func("/view/memory/cell", test_cell_is_round);
    g_test_add_func("/view/memory/time", test_time);
    g_test_add_func("/view/memory/spill", test_spill_moment);
    g_test_add_func("/view/memory/cells", test_cells_are_bytes);
    g_test_add_func("/view/memory/parts", test_parts_of_cells);
    g_test_add_func("/view/memory/weights", test_weights_alone_do_not_fit);
    g_test_add_func("/view/memory/plans", test_plans);
    g_test_add_func("/view/memory/still", test_package_never_moves);
    g_test_add_func("/view/memory/rests", test_rests);
    g_test_add_func("/view/memory/stops", test_any_stops);
    g_test_add_func("/view/memory/full_anywhere", test_full_anywhere);
    g_test_add_func("/view/memory/full_words", test_full_words);
    g_test_add_func("/view/memory/words", test_words);
    g_test_add_func("/view/memory/one_unit", test_one_unit);
    g_test_add_func("/view/memory/odd_capacity", test_odd_capacity);
    g_test_add_func("/view/memory/longest_ruler", test_longest_ruler);
    g_test_add_func("/view/memory/tags", test_tags_are_whole);
    g_test_add_func("/view/memory/mistakes", test_mistakes);
    g_test_add_func("/view/memory/windowed", test_windowed);
    g_test_add_func("/view/memory/next_token", test_next_token);
    g_test_add_func("/view/memory/flags", test_flags);
    g_test_add_func("/view/memory/facts", test_numbers_are_facts);
    return g_test_run();
}
