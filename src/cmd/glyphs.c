/* Asking the fonts about every text that a film will show. */
#include "cmd/glyphs.h"
#include "conf/conf.h"
#include "paint/paint.h"

struct asking { struct fonts *fonts; struct diags *diags; };

/* What is wrong with a character that cannot be shown, and what to do. Caller frees. */
static char *why_not(gunichar c)
{
    char letter[8] = { 0 };
    const char *package = fonts_package_for(c);
    if (c == '\n' || c == '\t' || c == '\r')
        return g_strdup_printf("has a %s; write a space, for lines break by themselves.", c == '\t' ? "tab" : "line break");
    if (g_unichar_iscntrl(c)) return g_strdup_printf("has the control character U+%04X, which cannot be shown; leave it out.", c);
    if (c == 0xFFFD) return g_strdup("has bytes that are not UTF-8, or U+FFFD, which stands for such; write the file in UTF-8.");
    g_unichar_to_utf8(c, letter);
    const char *shown = g_unichar_isprint(c) ? letter : "?";
    if (package)
        return g_strdup_printf("has the character \"%s\" (U+%04X), which no installed font that kvreel uses can show; install the "
                               "Debian package %s.", shown, c, package);
    if (c >= 0x1F000 && c <= 0x1FAFF)
        return g_strdup_printf("has the character \"%s\" (U+%04X); write it in letters, for colour emoji are not drawn.", shown, c);
    return g_strdup_printf("has the character \"%s\" (U+%04X), and kvreel looks for no font of its script; write it in another.",
                           shown, c);
}

static void ask(struct asking *a, enum font_family family, const char *text, const char *what, struct place at)
{
    gunichar c = text ? fonts_missing_glyph(a->fonts, family, text) : 0;
    if (!c) return;
    g_autofree char *why = why_not(c);
    diag(a->diags, at.file, at.line, "%s %s", what, why);
}

static void ask_chapter(struct asking *a, const struct chapter *c, const struct conf_node *node)
{
    const struct conf_node *cues = conf_child(node, "cues");
    ask(a, FONT_DISPLAY, c->said.title, "title", conf_place_of(node, "title"));
    ask(a, FONT_WORDS, c->said.name, "name", conf_place_of(node, "name"));
    for (size_t i = 0; i < c->said.cues.n; i++) {
        const struct scene_cue *cue = list_at(c->said.cues, struct scene_cue, i);
        const struct conf_node *item = conf_item(cues, (int)i);
        ask(a, FONT_WORDS, cue->text, "text", conf_place_of(item, "text"));
        ask(a, FONT_DISPLAY, cue->title, "title", conf_place_of(item, "title"));
    }
}

static void ask_tokens(struct asking *a, const struct story *s)
{
    const struct trace *t = s->trace;
    struct place at = conf_place_of(conf_child(conf_root(s->conf), "run"), "prompt");
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
