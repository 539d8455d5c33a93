/* Asking the fonts about every text that a film will show. */
#include "cmd/glyphs.h"
#include "conf/conf.h"
#include "paint/paint.h"

struct asking { struct fonts *fonts; struct diags *diags; };

static const char *package_for(gunichar c)
{
    if ((c >= 0x2E80 && c <= 0x9FFF) || (c >= 0xAC00 && c <= 0xD7FF) || (c >= 0x20000 && c <= 0x3FFFF))
        return "install the Debian package fonts-noto-cjk";
    if (c >= 0x1F000 && c <= 0x1FAFF) return "write it in letters, for colour emoji are not drawn";
    return "install the Debian package fonts-noto-core";
}

static void ask(struct asking *a, enum font_family family, const char *text, const char *what, struct place at)
{
    gunichar c = text ? fonts_missing_glyph(a->fonts, family, text) : 0;
    if (!c) return;
    char letter[8] = { 0 };
    g_unichar_to_utf8(c, letter);
    diag(a->diags, at.file, at.line, "%s has the character \"%s\" (U+%04X), which no installed font that kvreel uses can show; %s.",
         what, g_unichar_isprint(c) ? letter : "?", c, package_for(c));
}

static struct place place_in(const struct conf_node *group, const char *key)
{
    const struct conf_node *node = group ? conf_child(group, key) : NULL;
    return node ? conf_place(node) : group ? conf_place(group) : (struct place){ 0 };
}

static void ask_chapter(struct asking *a, const struct chapter *c, const struct conf_node *node)
{
    const struct conf_node *cues = conf_child(node, "cues");
    ask(a, FONT_DISPLAY, c->said.title, "title", place_in(node, "title"));
    ask(a, FONT_WORDS, c->said.name, "name", place_in(node, "name"));
    for (size_t i = 0; i < c->said.cues.n; i++) {
        const struct scene_cue *cue = list_at(c->said.cues, struct scene_cue, i);
        const struct conf_node *item = conf_item(cues, (int)i);
        ask(a, FONT_WORDS, cue->text, "text", place_in(item, "text"));
        ask(a, FONT_DISPLAY, cue->title, "title", place_in(item, "title"));
    }
}

static void ask_tokens(struct asking *a, const struct story *s)
{
    const struct trace *t = s->trace;
    struct place at = place_in(conf_child(conf_root(s->conf), "run"), "prompt");
    guint before = diags_count(a->diags);
    for (int i = 0; i <= t->n_tokens && diags_count(a->diags) == before; i++) ask(a, FONT_MONO, t->tokens[i].text, "The run", at);
    for (int p = 0; p < t->n_passes && diags_count(a->diags) == before; p++)
        for (int k = 0; k < t->passes[p].n_candidates; k++) ask(a, FONT_MONO, t->passes[p].candidates[k].text, "The run", at);
}

bool glyphs_check(const struct story *story, const struct style *style, struct diags *diags, GError **error)
{
    struct asking a = { fonts_open(style, error), diags };
    const struct conf_node *chapters = conf_child(conf_root(story->conf), "chapters");
    if (!a.fonts) return false;
    for (int i = 0; i < story->n_chapters; i++) ask_chapter(&a, &story->chapters[i], conf_item(chapters, i));
    if (story->trace) ask_tokens(&a, story);
    fonts_free(a.fonts);
    return true;
}
