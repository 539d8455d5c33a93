/* Pictures are compared as display lists: what is equal there is equal in every pixel. */
#include "cmd/impact_pictures.h"
#include "cmd/outputs.h"

/* "memory/64K", ..., "memory" for the last pose, of one chapter. */
static void add_moments(const struct story *s, int chapter, GPtrArray *out)
{
    g_autofree char *word = story_chapter_word(s, chapter);
    g_autofree const char **names = chapter_moment_names(&s->chapters[chapter]);
    for (const char **n = names; *n; n++) g_ptr_array_add(out, g_strdup_printf("%s/%s", word, *n));
    g_ptr_array_add(out, g_strdup(word));
}

static bool differs(struct framer *const framers[2], const struct story *const stories[2], const char *moment)
{
    const struct dl *lists[2];
    for (int i = 0; i < 2; i++) {
        int64_t us = 0;
        g_autofree char *why = NULL;
        if (!story_find_time(stories[i], moment, &us, &why)) return true;
        lists[i] = framer_draw_at(framers[i], us, NULL);
    }
    return !dl_equal(lists[0], lists[1]);
}

static GPtrArray *compare(const struct story *const stories[2], const struct take *take, struct fonts *fonts)
{
    GPtrArray *all = g_ptr_array_new_with_free_func(g_free), *out = g_ptr_array_new_with_free_func(g_free);
    struct framer *framers[2];
    for (int i = 0; i < 2; i++) framers[i] = framer_new(stories[i], take, fonts_measurer(fonts));
    for (int i = 0; i < stories[1]->n_chapters; i++) add_moments(stories[1], i, all);
    for (guint i = 0; i < all->len; i++) {
        const char *moment = g_ptr_array_index(all, i);
        if (differs(framers, stories, moment)) g_ptr_array_add(out, g_strdup(moment));
    }
    for (int i = 0; i < 2; i++) framer_free(framers[i]);
    g_ptr_array_free(all, TRUE);
    return out;
}

GPtrArray *impact_pictures(const struct story *old, const struct story *now, struct diags *diags, GError **error)
{
    struct outputs keep = { 0 };
    struct take take;
    GPtrArray *out = NULL;
    if (outputs_take(now, NULL, NULL, NULL, false, &keep, &take, (struct place){ 0 }, diags)) {
        struct fonts *fonts = fonts_open(take.style, error);
        if (fonts) out = compare((const struct story *const[]){ old, now }, &take, fonts);
        fonts_free(fonts);
    } else {
        out = g_ptr_array_new_with_free_func(g_free);
    }
    outputs_clear(&keep);
    return out;
}
