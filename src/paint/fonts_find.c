/* Finding font files without asking the user's font configuration: only names that are wanted, in Debian's font
 * folders.
 *
 * A family "Inter Display" lives in files such as InterDisplay-SemiBold.otf. The walk reads folders, never files,
 * and stops at a depth and a count, so it takes about a millisecond whatever is installed. Where a name occurs
 * twice, /usr/share wins over /usr/local/share, then the first path by byte order.
 */
#include "paint/fonts.h"

#include <dirent.h>
#include <string.h>

enum { WALK_DEPTH = 5, WALK_ENTRIES = 50000 };

/* Families for characters that the style's own lack, in the order in which they are asked, and the scripts that they are
 * there for. Chinese comes first among the CJK forms because one order must be chosen: shared ideographs are drawn in their
 * simplified Chinese form. Colour emoji are left out: a mask has no colours. */
#define CORE "fonts-noto-core"
#define CJK "fonts-noto-cjk"
#define SCRIPT(name) G_UNICODE_SCRIPT_##name
static const struct fallback { const char *family, *file, *package; GUnicodeScript scripts[5]; } fallbacks[] = {
    { "Noto Sans", "NotoSans", CORE, { SCRIPT(LATIN), SCRIPT(GREEK), SCRIPT(CYRILLIC) } },
    { "Noto Sans Symbols", "NotoSansSymbols", CORE, { 0 } },
    { "Noto Sans Symbols2", "NotoSansSymbols2", CORE, { SCRIPT(BRAILLE) } },
    { "Noto Sans Math", "NotoSansMath", CORE, { 0 } },
    { "Noto Sans Arabic", "NotoSansArabic", CORE, { SCRIPT(ARABIC) } },
    { "Noto Sans Hebrew", "NotoSansHebrew", CORE, { SCRIPT(HEBREW) } },
    { "Noto Sans Syriac", "NotoSansSyriac", CORE, { SCRIPT(SYRIAC) } },
    { "Noto Sans Thaana", "NotoSansThaana", CORE, { SCRIPT(THAANA) } },
    { "Noto Sans Devanagari", "NotoSansDevanagari", CORE, { SCRIPT(DEVANAGARI) } },
    { "Noto Sans Bengali", "NotoSansBengali", CORE, { SCRIPT(BENGALI) } },
    { "Noto Sans Gurmukhi", "NotoSansGurmukhi", CORE, { SCRIPT(GURMUKHI) } },
    { "Noto Sans Gujarati", "NotoSansGujarati", CORE, { SCRIPT(GUJARATI) } },
    { "Noto Sans Oriya", "NotoSansOriya", CORE, { SCRIPT(ORIYA) } },
    { "Noto Sans Tamil", "NotoSansTamil", CORE, { SCRIPT(TAMIL) } },
    { "Noto Sans Telugu", "NotoSansTelugu", CORE, { SCRIPT(TELUGU) } },
    { "Noto Sans Kannada", "NotoSansKannada", CORE, { SCRIPT(KANNADA) } },
    { "Noto Sans Malayalam", "NotoSansMalayalam", CORE, { SCRIPT(MALAYALAM) } },
    { "Noto Sans Sinhala", "NotoSansSinhala", CORE, { SCRIPT(SINHALA) } },
    { "Noto Sans Thai", "NotoSansThai", CORE, { SCRIPT(THAI) } },
    { "Noto Sans Lao", "NotoSansLao", CORE, { SCRIPT(LAO) } },
    { "Noto Sans Khmer", "NotoSansKhmer", CORE, { SCRIPT(KHMER) } },
    { "Noto Sans Myanmar", "NotoSansMyanmar", CORE, { SCRIPT(MYANMAR) } },
    { "Noto Sans Georgian", "NotoSansGeorgian", CORE, { SCRIPT(GEORGIAN) } },
    { "Noto Sans Armenian", "NotoSansArmenian", CORE, { SCRIPT(ARMENIAN) } },
    { "Noto Sans Ethiopic", "NotoSansEthiopic", CORE, { SCRIPT(ETHIOPIC) } },
    { "Noto Sans CJK SC", "NotoSansCJK", CJK,
      { SCRIPT(HAN), SCRIPT(HIRAGANA), SCRIPT(KATAKANA), SCRIPT(HANGUL), SCRIPT(BOPOMOFO) } },
    { "Noto Emoji", "NotoEmoji", NULL, { 0 } }, /* one colour; no Debian package has it */
};

static const char *const weights[] = { "", "-Regular", "-Medium", "-SemiBold", "-Bold" };
static const char *const suffixes[] = { ".otf", ".ttf", ".ttc" };
static const char *const roots[] = { "/usr/share/fonts", "/usr/local/share/fonts" };

struct finder {
    GHashTable *wanted; /* file name -> its path, NULL until found; keys and values owned */
    int entries;
};

const char *font_package(const char *family)
{
    static const struct { const char *family, *package; } known[] = {
        { "Inter", "fonts-inter" },          { "Inter Display", "fonts-inter" },
        { "JetBrains Mono", "fonts-jetbrains-mono" }, { "DejaVu Sans", "fonts-dejavu-core" },
        { "DejaVu Sans Mono", "fonts-dejavu-core" },  { "Noto Sans", "fonts-noto-core" },
        { "Noto Sans Mono", "fonts-noto-mono" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
        if (g_str_equal(known[i].family, family)) return known[i].package;
    return NULL;
}

const char *fonts_package_for(gunichar c)
{
    GUnicodeScript script = g_unichar_get_script(c);
    for (size_t i = 0; i < G_N_ELEMENTS(fallbacks); i++)
        for (size_t k = 0; k < G_N_ELEMENTS(fallbacks[i].scripts) && fallbacks[i].scripts[k]; k++)
            if (fallbacks[i].scripts[k] == script) return fallbacks[i].package;
    if (c >= 0x1F000 && c <= 0x1FAFF) return NULL;
    if (g_unichar_iswide(c)) return CJK; /* punctuation and full-width forms, which belong to no script */
    return script == SCRIPT(COMMON) || script == SCRIPT(INHERITED) ? CORE : NULL;
}

char *font_fallback_families(void)
{
    GString *out = g_string_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(fallbacks); i++) g_string_append_printf(out, ",%s", fallbacks[i].family);
    return g_string_free(out, FALSE);
}

static char *without_spaces(const char *family)
{
    GString *out = g_string_new(NULL);
    for (; *family; family++)
        if (*family != ' ') g_string_append_c(out, *family);
    return g_string_free(out, FALSE);
}

/* Calls for every file name that a family's stem may have, in a fixed order. */
static void each_name(const char *stem, void (*call)(void *self, char *name), void *self)
{
    for (size_t w = 0; w < G_N_ELEMENTS(weights); w++)
        for (size_t s = 0; s < G_N_ELEMENTS(suffixes); s++)
            call(self, g_strconcat(stem, weights[w], suffixes[s], NULL));
}

static void want(void *self, char *name) { g_hash_table_insert(((struct finder *)self)->wanted, name, NULL); }

static void walk(struct finder *f, const char *folder, int depth)
{
    DIR *dir = depth < WALK_DEPTH ? opendir(folder) : NULL;
    if (!dir) return;
    for (struct dirent *e; f->entries < WALK_ENTRIES && (e = readdir(dir)); f->entries++) {
        if (e->d_name[0] == '.') continue;
        gpointer key, seen;
        bool is_wanted = g_hash_table_lookup_extended(f->wanted, e->d_name, &key, &seen);
        if (!is_wanted && e->d_type != DT_DIR && e->d_type != DT_UNKNOWN && e->d_type != DT_LNK) continue;
        char *path = g_build_filename(folder, e->d_name, NULL);
        if (!is_wanted) walk(f, path, depth + 1);
        else if (!seen || strcmp(path, seen) < 0) g_hash_table_insert(f->wanted, g_strdup(e->d_name), g_strdup(path));
        g_free(path);
    }
    closedir(dir);
}

struct taker { const struct finder *found; GPtrArray *into; };

static void take(void *self, char *name)
{
    struct taker *t = self;
    const char *path = g_hash_table_lookup(t->found->wanted, name);
    if (path) g_ptr_array_add(t->into, g_strdup(path));
    g_free(name);
}

/* Later roots must not replace what an earlier one has, so each root is walked for what is still missing. */
static void walk_roots(struct finder *f)
{
    for (size_t i = 0; i < G_N_ELEMENTS(roots); i++) {
        struct finder part = { g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free), 0 };
        GHashTableIter it;
        gpointer name, path;
        for (g_hash_table_iter_init(&it, f->wanted); g_hash_table_iter_next(&it, &name, &path);)
            if (!path) g_hash_table_insert(part.wanted, g_strdup(name), NULL);
        walk(&part, roots[i], 0);
        for (g_hash_table_iter_init(&it, part.wanted); g_hash_table_iter_next(&it, &name, &path);)
            if (path) g_hash_table_insert(f->wanted, g_strdup(name), g_strdup(path));
        g_hash_table_destroy(part.wanted);
    }
}

void font_files_find(struct font_files *files, const char *const *families)
{
    struct finder f = { g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free), 0 };
    char *stems[FONT_FAMILY_COUNT];
    for (int i = 0; i < FONT_FAMILY_COUNT; i++) each_name(stems[i] = without_spaces(families[i]), want, &f);
    for (size_t i = 0; i < G_N_ELEMENTS(fallbacks); i++) each_name(fallbacks[i].file, want, &f);
    walk_roots(&f);
    for (int i = 0; i < FONT_FAMILY_COUNT; i++) {
        struct taker t = { &f, files->base[i] = g_ptr_array_new_with_free_func(g_free) };
        each_name(stems[i], take, &t);
        g_free(stems[i]);
    }
    struct taker t = { &f, files->fallback = g_ptr_array_new_with_free_func(g_free) };
    for (size_t i = 0; i < G_N_ELEMENTS(fallbacks); i++) each_name(fallbacks[i].file, take, &t);
    g_hash_table_destroy(f.wanted);
}

void font_files_clear(struct font_files *files)
{
    for (int i = 0; i < FONT_FAMILY_COUNT; i++) g_clear_pointer(&files->base[i], g_ptr_array_unref);
    g_clear_pointer(&files->fallback, g_ptr_array_unref);
}
