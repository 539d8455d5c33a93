/* Fonts: one closed font map per family, one wide map for texts that need fallbacks, and the measurer over them.
 *
 * Everything that could vary is fixed: no hinting, no rounding of metrics or glyph positions, English, left to right,
 * figures of one width, and no ligatures in mono. The same strings are asked for again and again, so their sizes and
 * glyphs are kept.
 */
#include "paint/fonts.h"

#include "dl/hash.h"
#include "style/style.h"

#include <pango/pangofc-fontmap.h>
#include <string.h>

/* When the kept lines reach this many bytes all are forgotten; a film's strings are far fewer, counters aside. */
enum { LINES_LIMIT_BYTES = 8 << 20 };

/* One closed world of fonts. */
struct face_set {
    FcConfig *config;
    PangoFontMap *map;
    PangoContext *context;
    PangoLayout *layout;
};

/* What is known of a text, in the table under itself: one block with its glyphs and its characters behind it. */
struct known_line {
    struct font font;
    size_t len, n_glyphs; /* no glyphs: it needs fallbacks, or it is empty */
    const char *text;
    const struct glyph *glyphs;
    struct text_size size;
};

struct fonts {
    struct measurer measurer;
    struct font_files files;
    char *names[FONT_FAMILY_COUNT];      /* "Inter" */
    char *wide_names[FONT_FAMILY_COUNT]; /* "Inter,Noto Sans,..." */
    struct face_set sets[FONT_FAMILY_COUNT];
    FcCharSet *covers[FONT_FAMILY_COUNT]; /* what all faces of the family have */
    struct face_set wide;                /* made when the first text needs it */
    FcCharSet *wide_covers;              /* what any of its faces has */
    PangoAttrList *attributes[FONT_FAMILY_COUNT];
    GHashTable *lines; /* struct known_line -> itself */
    size_t lines_bytes;
    GArray *glyphs;    /* struct glyph: scratch */
};

/* --- the closed worlds --- */

static void add_files(FcConfig *config, const GPtrArray *paths)
{
    for (guint i = 0; i < paths->len; i++) FcConfigAppFontAddFile(config, g_ptr_array_index(paths, i));
}

/* Takes the config. */
static void face_set_init(struct face_set *set, FcConfig *config)
{
    set->config = config;
    set->map = pango_cairo_font_map_new_for_font_type(CAIRO_FONT_TYPE_FT);
    pango_fc_font_map_set_config(PANGO_FC_FONT_MAP(set->map), config);
    set->context = pango_font_map_create_context(set->map);
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    pango_cairo_context_set_font_options(set->context, options);
    cairo_font_options_destroy(options);
    pango_context_set_round_glyph_positions(set->context, FALSE);
    pango_context_set_language(set->context, pango_language_from_string("en"));
    pango_context_set_base_dir(set->context, PANGO_DIRECTION_LTR);
    set->layout = pango_layout_new(set->context);
    pango_layout_set_auto_dir(set->layout, FALSE);
    pango_layout_set_single_paragraph_mode(set->layout, TRUE);
}

static void face_set_finish(struct face_set *set)
{
    g_clear_object(&set->layout);
    g_clear_object(&set->context);
    /* Pango 1.50 never lets go of the configuration by itself. */
    if (set->map) pango_fc_font_map_set_config(PANGO_FC_FONT_MAP(set->map), NULL);
    g_clear_object(&set->map);
    g_clear_pointer(&set->config, FcConfigDestroy);
}

static bool has_family(FcPattern *face, const char *family)
{
    FcChar8 *name;
    for (int i = 0; FcPatternGetString(face, FC_FAMILY, i, &name) == FcResultMatch; i++)
        if (g_str_equal((const char *)name, family)) return true;
    return false;
}

/* What all faces of `family` have; NULL when there is no such face. */
static FcCharSet *common_charset(FcConfig *config, const char *family)
{
    FcFontSet *faces = FcConfigGetFonts(config, FcSetApplication);
    FcCharSet *common = NULL, *one;
    for (int i = 0; faces && i < faces->nfont; i++) {
        if (!has_family(faces->fonts[i], family)) continue;
        if (FcPatternGetCharSet(faces->fonts[i], FC_CHARSET, 0, &one) != FcResultMatch) continue;
        FcCharSet *both = common ? FcCharSetIntersect(common, one) : FcCharSetCopy(one);
        if (common) FcCharSetDestroy(common);
        common = both;
    }
    return common;
}

/* The wide world holds all families and all fallbacks that are installed. All are loaded at once, so that what a text
 * looks like does not depend on which texts came before it. */
static void need_wide(struct fonts *f)
{
    if (f->wide.config) return;
    FcConfig *config = FcConfigCreate();
    for (int i = 0; i < FONT_FAMILY_COUNT; i++) add_files(config, f->files.base[i]);
    add_files(config, f->files.fallback);
    f->wide_covers = FcCharSetCreate();
    FcFontSet *faces = FcConfigGetFonts(config, FcSetApplication);
    for (int i = 0; faces && i < faces->nfont; i++) {
        FcCharSet *one;
        FcBool changed;
        if (FcPatternGetCharSet(faces->fonts[i], FC_CHARSET, 0, &one) == FcResultMatch)
            FcCharSetMerge(f->wide_covers, one, &changed);
    }
    face_set_init(&f->wide, config);
}

/* --- what can be shown --- */

/* Characters that are never drawn: joiners, direction marks, variation selectors. */
static bool draws_nothing(gunichar c)
{
    return (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x2069) ||
           (c >= 0xFE00 && c <= 0xFE0F) || (c >= 0xE0100 && c <= 0xE01EF) || c == 0xFEFF || c == 0x061C || c == 0x00AD;
}

static bool family_has(const struct fonts *f, enum font_family family, const char *text, size_t len)
{
    for (const char *p = text, *end = text + len; p < end; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (!draws_nothing(c) && !FcCharSetHasChar(f->covers[family], c)) return false;
    }
    return true;
}

gunichar fonts_missing_glyph(struct fonts *f, enum font_family family, const char *text)
{
    if (!g_utf8_validate(text, -1, NULL)) return 0xFFFD;
    for (const char *p = text; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (g_unichar_iscntrl(c)) return c;
        if (draws_nothing(c) || FcCharSetHasChar(f->covers[family], c)) continue;
        need_wide(f);
        if (!FcCharSetHasChar(f->wide_covers, c)) return c;
    }
    return 0;
}

/* --- layout --- */

const char *fonts_family_name(const struct fonts *f, enum font_family family) { return f->names[family]; }

static PangoFontDescription *describe(const char *families, struct font font)
{
    PangoFontDescription *d = pango_font_description_new();
    pango_font_description_set_family_static(d, families);
    pango_font_description_set_weight(d, (PangoWeight)font.weight);
    pango_font_description_set_absolute_size(d, (double)font.size * PANGO_SCALE);
    return d;
}

PangoLayoutLine *fonts_line(struct fonts *f, struct font font, const char *text, size_t len)
{
    g_assert(font.family < FONT_FAMILY_COUNT);
    char *valid = NULL;
    if (!g_utf8_validate_len(text, len, NULL)) {
        text = valid = g_utf8_make_valid(text, (gssize)len);
        len = strlen(valid);
    }
    bool narrow = family_has(f, font.family, text, len);
    if (!narrow) need_wide(f);
    struct face_set *set = narrow ? &f->sets[font.family] : &f->wide;
    PangoFontDescription *d = describe(narrow ? f->names[font.family] : f->wide_names[font.family], font);
    pango_layout_set_font_description(set->layout, d);
    pango_font_description_free(d);
    pango_layout_set_attributes(set->layout, f->attributes[font.family]);
    pango_layout_set_text(set->layout, text, (int)len);
    g_free(valid);
    return pango_layout_get_line_readonly(set->layout, 0);
}

static PangoFont *load_font(struct fonts *f, struct font font)
{
    PangoFontDescription *d = describe(f->names[font.family], font);
    PangoFont *own = pango_context_load_font(f->sets[font.family].context, d);
    pango_font_description_free(d);
    return own;
}

cairo_scaled_font_t *fonts_scaled(struct fonts *f, struct font font)
{
    PangoFont *own = load_font(f, font);
    cairo_scaled_font_t *scaled = cairo_scaled_font_reference(pango_cairo_font_get_scaled_font(PANGO_CAIRO_FONT(own)));
    g_object_unref(own);
    return scaled;
}

/* --- what is known of a line --- */

static guint line_hash(gconstpointer p)
{
    const struct known_line *l = p;
    uint64_t h = (uint64_t)l->font.family << 32 | (uint64_t)l->font.weight << 16 | l->font.size;
    return (guint)hash_bytes(h, l->text, l->len);
}

static gboolean line_equal(gconstpointer p, gconstpointer q)
{
    const struct known_line *a = p, *b = q;
    return a->len == b->len && a->font.family == b->font.family && a->font.weight == b->font.weight &&
           a->font.size == b->font.size && !memcmp(a->text, b->text, a->len);
}

/* Leaves no glyphs where Pango would draw one that the font lacks. */
static void collect_glyphs(GArray *into, const PangoLayoutLine *line)
{
    int x = 0;
    for (const GSList *run = line->runs; run; run = run->next) {
        const PangoGlyphString *s = ((const PangoGlyphItem *)run->data)->glyphs;
        for (int i = 0; i < s->num_glyphs; i++) {
            const PangoGlyphInfo *g = &s->glyphs[i];
            struct glyph one = { g->glyph, x + g->geometry.x_offset, g->geometry.y_offset };
            x += g->geometry.width;
            if (g->glyph == PANGO_GLYPH_EMPTY) continue;
            if (g->glyph & PANGO_GLYPH_UNKNOWN_FLAG) {
                g_array_set_size(into, 0);
                return;
            }
            g_array_append_val(into, one);
        }
    }
}

/* Ascent and descent come from the family's own font, so that a text with fallback characters keeps its line. */
static struct text_size size_of(struct fonts *f, struct font font, PangoLayoutLine *line)
{
    PangoRectangle ink, logical;
    pango_layout_line_get_extents(line, &ink, &logical);
    PangoFont *own = load_font(f, font);
    PangoFontMetrics *m = pango_font_get_metrics(own, pango_context_get_language(f->sets[font.family].context));
    double unit = 1.0 / PANGO_SCALE;
    struct text_size size = {
        .width = logical.width * unit,
        .ascent = pango_font_metrics_get_ascent(m) * unit, .descent = pango_font_metrics_get_descent(m) * unit,
        .ink_left = ink.x * unit, .ink_right = (ink.x + ink.width) * unit,
        .ink_top = ink.y * unit, .ink_bottom = (ink.y + ink.height) * unit,
    };
    pango_font_metrics_unref(m);
    g_object_unref(own);
    return size;
}

static const struct known_line *learn_line(struct fonts *f, struct font font, const char *text, size_t len)
{
    PangoLayoutLine *line = fonts_line(f, font, text, len);
    g_array_set_size(f->glyphs, 0);
    if (line->layout == f->sets[font.family].layout) collect_glyphs(f->glyphs, line);
    size_t n = f->glyphs->len, bytes = sizeof(struct known_line) + n * sizeof(struct glyph) + len + 1;
    if (f->lines_bytes + bytes > LINES_LIMIT_BYTES) {
        g_hash_table_remove_all(f->lines);
        f->lines_bytes = 0;
    }
    f->lines_bytes += bytes;
    struct known_line *l = g_malloc(bytes);
    struct glyph *glyphs = (struct glyph *)(l + 1);
    if (n) memcpy(glyphs, f->glyphs->data, n * sizeof *glyphs);
    *l = (struct known_line){ font, len, n, memcpy(glyphs + n, text, len), glyphs, size_of(f, font, line) };
    g_hash_table_add(f->lines, l);
    return l;
}

static const struct known_line *line_of(struct fonts *f, struct font font, const char *text, size_t len)
{
    struct known_line probe = { .font = font, .len = len, .text = text };
    const struct known_line *l = g_hash_table_lookup(f->lines, &probe);
    return l ? l : learn_line(f, font, text, len);
}

const struct glyph *fonts_glyphs(struct fonts *f, struct font font, const char *text, size_t len, size_t *n)
{
    const struct known_line *l = line_of(f, font, text, len);
    *n = l->n_glyphs;
    return *n ? l->glyphs : NULL;
}

static void measure(void *self, struct font font, const char *text, size_t len, struct text_size *out)
{
    *out = line_of(self, font, text, len)->size;
}

const struct measurer *fonts_measurer(struct fonts *f) { return &f->measurer; }

/* --- open and free --- */

static bool open_family(struct fonts *f, int i, GError **error)
{
    FcConfig *config = FcConfigCreate();
    add_files(config, f->files.base[i]);
    f->covers[i] = common_charset(config, f->names[i]);
    if (!f->covers[i]) {
        FcConfigDestroy(config);
        const char *package = font_package(f->names[i]);
        const char *advice = "install it there or name another font in the style";
        if (package) advice = "install the Debian package ";
        g_set_error(error, PAINT_ERROR, PAINT_ERROR_FONT,
                    "The font \"%s\", which the style asks for, is not in /usr/share/fonts or /usr/local/share/fonts; "
                    "%s%s.", f->names[i], advice, package ? package : "");
        return false;
    }
    face_set_init(&f->sets[i], config);
    return true;
}

static PangoAttrList *attributes_of(enum font_family family)
{
    PangoAttrList *list = pango_attr_list_new();
    pango_attr_list_insert(list, pango_attr_font_features_new(family == FONT_MONO ? "calt=0,liga=0,tnum=1" : "tnum=1"));
    pango_attr_list_insert(list, pango_attr_language_new(pango_language_from_string("en")));
    return list;
}

struct fonts *fonts_open(const struct style *style, GError **error)
{
    struct fonts *f = g_new0(struct fonts, 1);
    f->measurer = (struct measurer){ f, measure };
    f->lines = g_hash_table_new_full(line_hash, line_equal, g_free, NULL);
    f->glyphs = g_array_new(FALSE, FALSE, sizeof(struct glyph));
    font_files_find(&f->files, (const char *const *)style->families);
    char *fallbacks = font_fallback_families();
    for (int i = 0; i < FONT_FAMILY_COUNT; i++) {
        f->names[i] = g_strdup(style->families[i]);
        /* The style's other families come before any fallback, so that what is installed beside them matters least. */
        f->wide_names[i] = g_strconcat(style->families[i], ",", style->families[FONT_WORDS], ",", style->families[FONT_MONO], fallbacks, NULL);
        f->attributes[i] = attributes_of((enum font_family)i);
    }
    g_free(fallbacks);
    for (int i = 0; i < FONT_FAMILY_COUNT; i++) {
        if (open_family(f, i, error)) continue;
        fonts_free(f);
        return NULL;
    }
    return f;
}

void fonts_free(struct fonts *f)
{
    if (!f) return;
    for (int i = 0; i < FONT_FAMILY_COUNT; i++) {
        face_set_finish(&f->sets[i]);
        g_clear_pointer(&f->covers[i], FcCharSetDestroy);
        pango_attr_list_unref(f->attributes[i]);
        g_free(f->names[i]);
        g_free(f->wide_names[i]);
    }
    face_set_finish(&f->wide);
    g_clear_pointer(&f->wide_covers, FcCharSetDestroy);
    font_files_clear(&f->files);
    g_hash_table_destroy(f->lines);
    g_array_free(f->glyphs, TRUE);
    g_free(f);
}
