/* Reading a display list: signatures, comparison, and the dump that goldens and people read. */
#include "dl/dl.h"
#include "dl/hash.h"

#include <math.h>
#include <string.h>

static uint64_t hash_color(uint64_t h, struct rgba c)
{
    return hash_u64(h, (uint64_t)c.r | (uint64_t)c.g << 8 | (uint64_t)c.b << 16 | (uint64_t)c.a << 24);
}

static uint64_t hash_box(uint64_t h, struct box b)
{
    return hash_double(hash_double(hash_double(hash_double(h, b.x), b.y), b.w), b.h);
}

static uint64_t hash_path(const struct dl *dl, const struct dl_path *p, uint64_t h)
{
    h = hash_bytes(h, &g_array_index(dl->verbs, char, p->verb), p->n_verbs);
    for (uint32_t i = 0; i < p->n_points; i++) {
        const struct dl_point *q = &g_array_index(dl->points, struct dl_point, p->point + i);
        h = hash_double(hash_double(h, q->x), q->y);
    }
    h = hash_color(hash_color(h, p->fill), p->stroke);
    return hash_double(hash_double(hash_double(h, p->width), p->dash_on), p->dash_off);
}

uint64_t dl_op_hash(const struct dl *dl, const struct dl_op *op, uint64_t seed)
{
    uint64_t h = hash_u64(seed, (uint64_t)op->kind);
    switch (op->kind) {
    case DL_RECT:
        h = hash_color(hash_color(hash_box(h, op->rect.box), op->rect.fill), op->rect.stroke);
        h = hash_double(hash_double(h, op->rect.radius), op->rect.width);
        return hash_double(hash_double(h, op->rect.dash_on), op->rect.dash_off);
    case DL_TEXT:
        h = hash_double(hash_double(hash_double(h, op->text.x), op->text.y), op->text.turn);
        h = hash_u64(h, (uint64_t)op->text.font.family << 32 | (uint64_t)op->text.font.weight << 16 | op->text.font.size);
        return hash_bytes(hash_color(h, op->text.color), dl_string(dl, op->text.text), op->text.len);
    case DL_PATH: return hash_path(dl, &op->path, h);
    case DL_HEAT:
        h = hash_double(hash_double(hash_double(h, op->heat.x), op->heat.y), op->heat.radius);
        h = hash_u64(h, (uint64_t)op->heat.cols << 48 | (uint64_t)op->heat.rows << 32 | (uint64_t)op->heat.cell_w << 16 | op->heat.cell_h);
        return hash_u64(h, (uint64_t)op->heat.pitch_x << 16 | op->heat.pitch_y);
    case DL_BEAM: return hash_color(hash_color(hash_box(h, op->beam.box), op->beam.top), op->beam.bottom);
    case DL_CLIP: return hash_box(h, op->clip.box);
    case DL_UNCLIP:
    case DL_KIND_COUNT: break;
    }
    return h;
}

uint64_t dl_hash(const struct dl *dl)
{
    uint64_t h = hash_u64((uint64_t)dl->width << 32 | (uint64_t)dl->height, dl->ops->len);
    h = hash_color(h, dl->background);
    for (guint i = 0; i < dl->ops->len; i++) {
        const struct dl_op *op = dl_op_at(dl, i);
        h = dl_op_hash(dl, op, h);
        if (op->kind == DL_HEAT)
            h = hash_bytes(h, &g_array_index(dl->colors, struct rgba, op->heat.color),
                           sizeof(struct rgba) * op->heat.cols * op->heat.rows);
    }
    return h;
}

/* Two lists are equal when they look the same; the hash has 64 bits, and a frame wrongly held would need a collision
 * between neighbours. */
bool dl_equal(const struct dl *a, const struct dl *b)
{
    return a->width == b->width && a->height == b->height && a->ops->len == b->ops->len && dl_hash(a) == dl_hash(b);
}

/* --- dump --- */

static void put_number(GString *out, double v)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    g_string_append(out, g_ascii_formatd(text, sizeof text, v == floor(v) ? "%.0f" : "%.4g", v));
}

static void put_numbers(GString *out, const char *label, int n, const double *v)
{
    g_string_append_printf(out, " %s", label);
    for (int i = 0; i < n; i++) {
        if (i) g_string_append_c(out, ',');
        put_number(out, v[i]);
    }
}

static void put_box(GString *out, struct box b) { put_numbers(out, "at ", 4, (double[]){ b.x, b.y, b.w, b.h }); }

static void put_color(GString *out, const char *label, struct rgba c)
{
    if (!c.a) return;
    g_string_append_printf(out, " %s#%02X%02X%02X", label, c.r, c.g, c.b);
    if (c.a != 255) g_string_append_printf(out, "/%d", c.a);
}

static void dump_op(const struct dl *dl, const struct dl_op *op, GString *out)
{
    static const char *const kinds[] = { "rect", "text", "path", "heat", "beam", "clip", "unclip" };
    static const char families[] = { 'w', 'd', 'm' };
    G_STATIC_ASSERT(G_N_ELEMENTS(kinds) == DL_KIND_COUNT);
    g_string_append_printf(out, "%-5s [%s]", kinds[op->kind], dl_string(dl, op->name));
    switch (op->kind) {
    case DL_RECT:
        put_box(out, op->rect.box);
        if (op->rect.radius) put_numbers(out, "r", 1, &op->rect.radius);
        put_color(out, "fill ", op->rect.fill);
        put_color(out, "line ", op->rect.stroke);
        if (op->rect.stroke.a) put_numbers(out, "w", 1, &op->rect.width);
        if (op->rect.dash_on) put_numbers(out, "dash ", 2, (double[]){ op->rect.dash_on, op->rect.dash_off });
        break;
    case DL_TEXT:
        put_numbers(out, "at ", 2, (double[]){ op->text.x, op->text.y });
        if (op->text.turn) put_numbers(out, "turn ", 1, &op->text.turn);
        g_string_append_printf(out, " %c%d/%d", families[op->text.font.family], op->text.font.size, op->text.font.weight);
        put_color(out, "", op->text.color);
        g_string_append_printf(out, " \"%s\"%s", dl_string(dl, op->text.text),
                               op->text.fact >= 0 ? " (fact)" : op->text.fact == DL_QUOTED ? " (quoted)" : op->text.fact == DL_CUT ? " (cut)" : "");
        break;
    case DL_PATH:
        put_box(out, op->box);
        g_string_append_printf(out, " %u points", op->path.n_points);
        put_color(out, "fill ", op->path.fill);
        put_color(out, "line ", op->path.stroke);
        if (op->path.stroke.a) put_numbers(out, "w", 1, &op->path.width);
        break;
    case DL_HEAT: {
        put_numbers(out, "at ", 2, (double[]){ op->heat.x, op->heat.y });
        g_string_append_printf(out, " %dx%d cells of %dx%d", op->heat.cols, op->heat.rows, op->heat.cell_w, op->heat.cell_h);
        put_color(out, "first ", dl_heat_cell(dl, &op->heat, 0, 0));
        put_color(out, "last ", dl_heat_cell(dl, &op->heat, op->heat.cols - 1, op->heat.rows - 1));
        break;
    }
    case DL_BEAM:
        put_box(out, op->beam.box);
        put_color(out, "top ", op->beam.top);
        put_color(out, "bottom ", op->beam.bottom);
        break;
    case DL_CLIP: put_box(out, op->clip.box); break;
    case DL_UNCLIP:
    case DL_KIND_COUNT: break;
    }
    g_string_append_c(out, '\n');
}

void dl_dump(const struct dl *dl, GString *out)
{
    g_string_append_printf(out, "frame %dx%d", dl->width, dl->height);
    put_color(out, "", dl->background);
    g_string_append_c(out, '\n');
    for (guint i = 0; i < dl->ops->len; i++) dump_op(dl, dl_op_at(dl, i), out);
}
