/* Opening a story: the file is read, each chapter's simulation is opened, times are worked out, captions are checked.
 * All mistakes are collected; only what cannot go on without (no file, no chapters) stops early.
 */
#include "scene/story.h"
#include "base/suggest.h"
#include "scene/catalog.h"
#include "scene/run.h"
#include "scene/styles.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CHAPTERS = 64 };
#define LONGEST_US ((int64_t)4 * 3600 * 1000000)

struct opening {
    struct story *story;
    const struct story_options *options;
    struct diags *diags;
};

/* --- chapters ------------------------------------------------------------------------------------------------------- */

static void report_unknown_view(struct opening *o, const struct conf_node *node, const char *name)
{
    GPtrArray *names = g_ptr_array_new();
    for (const struct view *const *v = views; *v; v++) g_ptr_array_add(names, (gpointer)(*v)->name);
    g_ptr_array_add(names, NULL);
    const char *near = suggest(name, (const char *const *)names->pdata);
    g_autofree char *all = g_strjoinv(", ", (char **)names->pdata), *path = conf_path(node);
    struct place at = conf_place_of(node, "view");
    diag(o->diags, at.file, at.line, "%s.view is \"%s\"%s%s%s; views are: %s.", path, name, near ? "; did you mean \"" : "",
         near ? near : "", near ? "\"" : "", all);
    g_ptr_array_free(names, TRUE);
}

static bool read_chapter(struct opening *o, const struct conf_node *node, struct chapter *c)
{
    const struct conf_node *view = conf_child(node, "view");
    const char *name = view ? conf_text(view) : NULL;
    c->place = conf_place(node);
    c->title_place = conf_place_of(node, "title");
    if (name && !(c->view = view_find(name))) {
        report_unknown_view(o, node, name);
        return false;
    }
    struct conf_target targets[3] = { { chapter_rows, &c->said } };
    if (c->view) {
        c->options = g_malloc0(c->view->options_size);
        targets[1] = (struct conf_target){ c->view->rows, c->options };
    }
    conf_fill(node, targets, o->diags);
    if (!c->view) return false;
    c->name = c->said.name ? c->said.name : c->view->rail;
    return true;
}

static void read_chapters(struct opening *o)
{
    struct story *s = o->story;
    const struct conf_node *list = conf_child(conf_root(s->conf), "chapters");
    int n = list ? conf_length(list) : 0;
    if (n < 1 || n > MOST_CHAPTERS) {
        struct place at = list ? conf_place(list) : (struct place){ s->path, 0 };
        diag(o->diags, at.file, at.line, "A scene needs 1 to %d chapters: chapters = ( { view = \"prefill\"; }, ... ); see `kvreel new`.", MOST_CHAPTERS);
        return;
    }
    s->chapters = g_new0(struct chapter, n);
    s->rail = g_new0(const char *, n + 1);
    s->n_chapters = n;
    for (int i = 0; i < n; i++)
        if (read_chapter(o, conf_item(list, i), &s->chapters[i])) s->rail[i] = s->chapters[i].name;
}

/* --- cues ------------------------------------------------------------------------------------------------------------ */

static const struct moment *find_moment(const struct chapter *c, const char *name)
{
    int n;
    const struct moment *m = c->view->moments(c->sim, &n);
    for (int i = 0; i < n; i++)
        if (!g_ascii_strcasecmp(m[i].name, name)) return &m[i];
    return NULL;
}

static void report_unknown_moment(struct opening *o, const struct chapter *c, struct place at, const char *name)
{
    struct chapter without_cues = *c;
    without_cues.n_cues = 0; /* `on` knows the view's moments alone */
    g_autofree const char **names = chapter_moment_names(&without_cues);
    const char *near = suggest(name, names);
    g_autofree char *all = g_strjoinv(", ", (char **)names);
    diag(o->diags, at.file, at.line, "\"%s\" is no moment of the view \"%s\"%s%s%s; its moments are: %s.", name, c->view->name,
         near ? "; did you mean \"" : "", near ? near : "", near ? "\"" : "", all);
}

/* When a cue falls, in seconds of action; false after a diag. */
static bool time_cue(struct opening *o, const struct chapter *c, const struct scene_cue *said, const struct conf_node *node,
                     int index, struct cue *cue)
{
    bool has_at = conf_child(node, "at");
    struct place at = conf_place_of(node, said->on ? "on" : has_at ? "at" : NULL);
    if (said->on && has_at) {
        diag(o->diags, at.file, at.line, "This cue has both `on` and `at`; keep one of them.");
    } else if (said->on) {
        const struct moment *m = find_moment(c, said->on);
        if (m) {
            cue->at = m->at;
            cue->moment = m->name;
            return true;
        }
        report_unknown_moment(o, c, at, said->on);
    } else if (has_at) {
        if (said->at_us <= (int64_t)(c->action * 1e6 + 0.5)) {
            cue->at = (double)said->at_us / 1e6;
            return true;
        }
        diag(o->diags, at.file, at.line, "at is %.6g seconds; it must be from 0 to %.6g, the length of this chapter's action.", (double)said->at_us / 1e6, c->action);
    } else if (index == 0) {
        return true; /* the first cue may leave its time out: it is there from the start */
    } else {
        diag(o->diags, at.file, at.line, "This cue does not say when; give `on = \"moment\"` or `at = 2.5`.");
    }
    return false;
}

static int by_time(const void *a, const void *b, void *unused)
{
    const struct cue *x = a, *y = b;
    (void)unused;
    return x->at < y->at ? -1 : x->at > y->at;
}

static void read_cues(struct opening *o, struct chapter *c, const struct conf_node *node)
{
    const struct conf_node *list = conf_child(node, "cues");
    c->cues = g_new0(struct cue, c->said.cues.n);
    for (size_t i = 0; i < c->said.cues.n; i++) {
        const struct scene_cue *said = list_at(c->said.cues, struct scene_cue, i);
        const struct conf_node *item = conf_item(list, (int)i);
        struct cue cue = { said->text, said->title, said->name ? said->name : said->on, .hold_us = said->hold_us,
                           .text_place = conf_place_of(item, "text"), .title_place = conf_place_of(item, "title") };
        if (time_cue(o, c, said, item, (int)i, &cue)) c->cues[c->n_cues++] = cue;
    }
    /* g_qsort_with_data is stable: cues of one moment stay in the order of the file. */
    g_qsort_with_data(c->cues, c->n_cues, sizeof *c->cues, by_time, NULL);
}

/* --- times ------------------------------------------------------------------------------------------------------------ */

static void time_chapter(struct opening *o, struct chapter *c, const struct conf_node *node)
{
    int64_t held = 0;
    for (int i = 0; i < c->n_cues; i++) held += c->cues[i].hold_us;
    int64_t least = c->lead_us + llround(c->action * 1e6 / c->said.pace) + held;
    c->length_us = least + c->said.hold_us;
    if (c->said.seconds_us) {
        struct place at = conf_place_of(node, "seconds");
        c->length_us = c->said.seconds_us;
        if (c->length_us < least)
            diag(o->diags, at.file, at.line, "The chapter \"%s\" needs %.2f seconds (%.2f of action, %.2f of holds, %.2f of transition), but seconds is %.6g; give it more, shorten its holds, or raise its pace.",
                 c->name, (double)least / 1e6, c->action / c->said.pace, (double)held / 1e6, (double)c->lead_us / 1e6, (double)c->length_us / 1e6);
    }
    for (int i = 0; i < c->n_cues; i++) /* a cue at the very start is there during the transition already */
        c->cues[i].start_us = c->cues[i].at > 0 ? chapter_time_of(c, c->cues[i].at) : 0;
}

static void check_template(struct opening *o, const struct chapter *c, const char *key, const char *text, struct place at,
                           const struct facts *facts)
{
    g_autofree char *mistake = text ? template_mistake(text, facts) : NULL;
    if (!mistake) return;
    GPtrArray *ids = g_ptr_array_new();
    for (int i = 0; i < facts_count(facts); i++) g_ptr_array_add(ids, (gpointer)facts_at(facts, i)->id);
    g_ptr_array_add(ids, NULL);
    const char *open = strchr(text, '{');
    g_autofree char *word = open ? g_strndup(open + 1, strcspn(open + 1, ":}")) : g_strdup("");
    const char *near = strstr(mistake, "no fact") ? suggest(word, (const char *const *)ids->pdata) : NULL;
    diag(o->diags, at.file, at.line, "In %s: %s%s%s%s; `kvreel help %s` lists the facts of this chapter.", key, mistake,
         near ? "; did you mean {" : "", near ? near : "", near ? "}" : "", c->view->name);
    g_ptr_array_free(ids, TRUE);
}

static void check_texts(struct opening *o, const struct chapter *c, const struct conf_node *node)
{
    struct facts *facts = facts_new();
    const struct conf_node *list = conf_child(node, "cues");
    c->view->facts(c->sim, 0, facts);
    check_template(o, c, "title", c->said.title, conf_place_of(node, "title"), facts);
    for (size_t i = 0; i < c->said.cues.n; i++) {
        const struct scene_cue *said = list_at(c->said.cues, struct scene_cue, i);
        const struct conf_node *item = conf_item(list, (int)i);
        check_template(o, c, "text", said->text, conf_place_of(item, "text"), facts);
        check_template(o, c, "title", said->title, conf_place_of(item, "title"), facts);
    }
    facts_free(facts);
}

static void open_chapters(struct opening *o)
{
    struct story *s = o->story;
    const struct conf_node *list = conf_child(conf_root(s->conf), "chapters");
    int64_t start = 0;
    for (int i = 0; i < s->n_chapters; i++) {
        struct chapter *c = &s->chapters[i];
        struct chapter *before = i ? c - 1 : NULL;
        if (!c->view || (!s->trace && story_wants_run(s, c))) continue;
        struct view_env env = { s->trace, s->heads, s->catalog, o->diags, c->place.file, c->place.line,
                                before ? before->view : NULL, before && before->sim, (int)s->scene.run.head.word };
        if (!(c->sim = c->view->open(c->options, &env, &c->action))) continue;
        const struct conf_node *node = conf_item(list, i);
        c->start_us = start;
        c->lead_us = i == 0 ? 0 : c->said.transition_us;
        read_cues(o, c, node);
        time_chapter(o, c, node);
        check_texts(o, c, node);
        words_place(c);
        start += c->length_us;
    }
    s->length_us = start;
    story_place_stills(s);
    if (start > LONGEST_US) diag(o->diags, s->path, 0, "The film would last %.0f seconds; four hours are the most.", (double)start / 1e6);
}

/* --- the story --------------------------------------------------------------------------------------------------------- */

static void read_scene(struct opening *o)
{
    static const char *const elsewhere[] = { "let", "video", "chapters", NULL };
    struct story *s = o->story;
    const struct conf_node *root = conf_root(s->conf), *video = conf_child(root, "video");
    conf_fill_except(root, (struct conf_target[]){ { scene_rows, &s->scene }, { 0 } }, elsewhere, o->diags);
    conf_fill_except(video, (struct conf_target[]){ { video_rows, &s->scene.video }, { 0 } }, o->options->sink_keys, o->diags);
}

struct story *story_open(const char *path, const struct story_options *options, struct diags *diags)
{
    struct conf *conf = options->text ? conf_read_text(path, options->text, diags) : conf_read_file(path, NULL, diags);
    if (!conf) return NULL;
    struct story *s = g_new0(struct story, 1);
    struct opening o = { s, options, diags };
    s->conf = conf;
    s->path = g_strdup(path);
    s->folder = g_path_get_dirname(path);
    s->home = g_strdup(options->home);
    for (const char *const *p = options->overrides; p && p[0]; p += 2) conf_override(conf, p[0], p[1], diags);
    read_scene(&o);
    read_chapters(&o);
    g_autofree char *data = g_build_filename(s->home, "data", NULL);
    s->catalog = options->catalog ? options->catalog : (s->own_catalog = catalog_read(data, diags));
    story_open_run(s, options, diags);
    open_chapters(&o);
    if (s->n_chapters) return s;
    story_free(s);
    return NULL;
}

void story_free(struct story *s)
{
    if (!s) return;
    for (int i = 0; i < s->n_chapters; i++) {
        struct chapter *c = &s->chapters[i];
        if (c->sim) c->view->close(c->sim);
        if (c->options) conf_clear(c->view->rows, c->options);
        conf_clear(chapter_rows, &c->said);
        g_free(c->options);
        g_free(c->cues);
        g_free(c->stills);
        g_free(c->captions);
        g_free(c->titles);
    }
    g_free(s->chapters);
    g_free(s->rail);
    trace_free(s->trace);
    heads_free(s->heads);
    lm_free(s->lm);
    catalog_free(s->own_catalog);
    conf_clear(scene_rows, &s->scene);
    conf_clear(video_rows, &s->scene.video);
    conf_free(s->conf);
    g_free(s->path);
    g_free(s->folder);
    g_free(s->home);
    g_free(s);
}
