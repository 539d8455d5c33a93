/* Opening a story: the file is read, each chapter's simulation is opened, times are worked out, captions are checked.
 * All mistakes are collected; only what cannot go on without (no file, no chapters) stops early.
 */
#include "scene/story.h"
#include "lm/measure.h"
#include "lm/tracefile.h"
#include "base/suggest.h"
#include "scene/catalog.h"
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

static struct place place_of(const struct conf_node *group, const char *key)
{
    const struct conf_node *child = group && key ? conf_child(group, key) : NULL;
    return child ? conf_place(child) : group ? conf_place(group) : (struct place){ 0 };
}

/* --- the run of the model ------------------------------------------------------------------------------------------- */

/* Links are followed; a path that does not exist is judged by its words, so that a refusal never tells what exists. */
static bool is_inside(const char *path, const char *folder)
{
    g_autofree char *real_folder = realpath(folder, NULL), *real_path = realpath(path, NULL);
    if (!real_folder) return false;
    if (!real_path) {
        real_path = g_canonicalize_filename(path, NULL);
        g_free(real_folder);
        real_folder = g_canonicalize_filename(folder, NULL);
    }
    size_t n = strlen(real_folder);
    return !strncmp(real_path, real_folder, n) && (real_path[n] == '/' || !real_path[n]);
}

/* Where a path in the scene leads, if the scene may read there; NULL after a diag that names the key. */
static char *find_allowed(struct opening *o, const char *key, const char *name, struct place where)
{
    char *path = g_path_is_absolute(name) ? g_strdup(name) : g_build_filename(o->story->folder, name, NULL);
    bool allowed = is_inside(path, o->story->folder);
    for (const char *const *a = o->options->allow; a && *a && !allowed; a++) allowed = is_inside(path, *a);
    if (allowed) return path;
    diag(o->diags, where.file, where.line, "%s is \"%s\", which lies outside the scene's folder; move it there or allow its folder with --allow DIR.", key, name);
    g_free(path);
    return NULL;
}

/* The folder of a model: by name in home/data/models, else a path that must lie where the scene may read. */
static char *find_model(struct opening *o, const char *name, struct place where)
{
    const struct story *s = o->story;
    if (!strchr(name, '/')) {
        char *path = g_build_filename(s->home, "data", "models", name, NULL);
        if (g_file_test(path, G_FILE_TEST_IS_DIR)) return path;
        g_free(path);
    }
    char *path = find_allowed(o, "run.model", name, where);
    if (!path || g_file_test(path, G_FILE_TEST_IS_DIR)) return path;
    diag(o->diags, where.file, where.line, "run.model is \"%s\", but there is no such folder in data/models or beside the scene; \"tale\" is the model that comes with kvreel.", name);
    g_free(path);
    return NULL;
}

/* --- what heads do -------------------------------------------------------------------------------------------------- */

static bool names_role(const char *text) { return text && head_role_find(text) < HEAD_ROLES; }

/* Whether an option that is about heads has a role's name. */
static bool option_names_role(const struct row *row, const void *field)
{
    if (strcmp(row->key, "head") && strcmp(row->key, "roles")) return false;
    if (row->kind == ROW_KIND_PICK) return ((const struct pick *)field)->word;
    if (row->kind == ROW_KIND_TEXT) return names_role(*(char *const *)field);
    if (row->kind != ROW_KIND_TEXTS) return false;
    const struct texts *texts = field;
    for (size_t i = 0; i < texts->n; i++)
        if (names_role(texts->items[i])) return true;
    return false;
}

/* Whether the run or a chapter names a role, and where the first one does. */
static bool find_role_asked(const struct story *s, struct place *where)
{
    const struct conf_node *root = conf_root(s->conf), *list = conf_child(root, "chapters");
    *where = place_of(conf_child(root, "run"), "head");
    if (s->scene.run.head.word) return true;
    for (int i = 0; i < s->n_chapters; i++) {
        const struct chapter *c = &s->chapters[i];
        for (const struct row *row = c->view ? c->view->rows : NULL; row && row->kind != ROW_KIND_END; row++) {
            if (!option_names_role(row, (const char *)c->options + row->offset)) continue;
            *where = place_of(conf_item(list, i), row->key);
            return true;
        }
    }
    return false;
}

/* Measures once for all chapters; false after a diag. */
static bool measure_heads(struct opening *o, struct place where)
{
    struct story *s = o->story;
    g_autofree char *path = g_build_filename(s->home, "data", "heads", "stories.json", NULL);
    g_autoptr(GError) error = NULL;
    struct marks *marks = marks_read(path, &error);
    if (marks) s->heads = heads_measure(s->lm, marks, &(struct measure_options){ 0 }, &error);
    marks_free(marks);
    if (!s->heads) diag(o->diags, where.file, where.line, "The roles of heads cannot be measured: %s", error->message);
    return s->heads;
}

/* The head that run.head names by its role, in run.layer if that is given; false after a diag. */
static bool pick_head(struct opening *o, struct place where, int *layer, int *head)
{
    const struct scene_run *r = &o->story->scene.run;
    const struct heads *h = o->story->heads;
    enum head_role role = (enum head_role)(r->head.word - 1);
    if (*layer > h->layers) return true; /* the run says that there is no such layer */
    if (!h->cases[role])
        diag(o->diags, where.file, where.line, "run.head is \"%s\", but the stories in data/heads show no case of this role to this model; name another role or a number.", head_role_names[role]);
    else heads_best(h, role, layer, head);
    return h->cases[role];
}

static void open_run(struct opening *o)
{
    struct story *s = o->story;
    const struct scene_run *r = &s->scene.run;
    const struct conf_node *group = conf_child(conf_root(s->conf), "run");
    struct place model_place = place_of(group, "model"), prompt_place = place_of(group, "prompt");
    g_autofree char *folder = find_model(o, r->model, model_place);
    g_autoptr(GError) error = NULL;
    if (!folder) return;
    if (!(s->lm = lm_load(folder, &error))) {
        diag(o->diags, model_place.file, model_place.line, "The model cannot be used: %s", error->message);
        return;
    }
    int layer = (int)r->layer, head = (int)r->head.number;
    struct place role_place;
    if (find_role_asked(s, &role_place) && !measure_heads(o, role_place)) return;
    if (r->head.word && !pick_head(o, role_place, &layer, &head)) return;
    struct trace_options t = { .prompt = r->prompt, .steps = (int)r->steps, .layer = layer, .head = head,
                               .temperature = r->temperature, .top_k = (int)r->top_k, .top_p = r->top_p,
                               .seed = (uint64_t)r->seed };
    if (!(s->trace = trace_run(s->lm, &t, &error)))
        diag(o->diags, prompt_place.file, prompt_place.line, "The model cannot run: %s", error->message);
}

/* What a trace says itself stands in the scene, too: false after a diag for each. */
static bool is_trace_alone(struct opening *o, const struct conf_node *group)
{
    static const char *const keys[] = { "model", "prompt", "steps", "temperature", "top_k", "top_p", "seed" };
    bool alone = true;
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        if (!conf_child(group, keys[i])) continue;
        struct place at = place_of(group, keys[i]);
        diag(o->diags, at.file, at.line, "run.%s and run.trace both stand here; a trace has its own %s: remove one of the two keys.", keys[i], keys[i]);
        alone = false;
    }
    return alone;
}

/* The roles that the trace's file holds, if any; false after a diag. */
static bool take_roles(struct opening *o, struct place where)
{
    struct story *s = o->story;
    const char *text = s->trace->roles;
    g_autoptr(GError) error = NULL;
    if (!text) diag(o->diags, where.file, where.line, "The scene names heads by their role, but run.trace does not say what its heads do; write it again with `kvreel trace --heads`, or name heads by number.");
    else if (!(s->heads = heads_from_json(text, strlen(text), s->trace->shape.layers, s->trace->shape.heads, s->trace->file, &error)))
        diag(o->diags, where.file, where.line, "The roles of heads cannot be read: %s", error->message);
    return s->heads;
}

/* A run that was kept, instead of one of the model. */
static void open_trace(struct opening *o)
{
    struct story *s = o->story;
    const struct scene_run *r = &s->scene.run;
    const struct conf_node *group = conf_child(conf_root(s->conf), "run");
    struct place place = place_of(group, "trace"), head_place = place_of(group, "head");
    bool alone = is_trace_alone(o, group);
    g_autofree char *path = find_allowed(o, "run.trace", r->trace, place);
    g_autoptr(GError) error = NULL;
    if (!path || !alone) return;
    struct trace *t = s->trace = tracefile_read(path, (int)r->layer, (int)r->head.number, NULL, &error);
    if (!t) diag(o->diags, place.file, place.line, "The trace cannot be played: %s", error->message);
    if (!t || !find_role_asked(s, &head_place)) return;
    bool good = take_roles(o, head_place);
    if (good && r->head.word && (good = pick_head(o, head_place, &t->options.layer, &t->options.head))) {
        t->layer = t->options.layer;
        t->head = t->options.head;
    }
    if (good) return;
    trace_free(t);
    s->trace = NULL;
}

/* --- chapters ------------------------------------------------------------------------------------------------------- */

static void report_unknown_view(struct opening *o, const struct conf_node *node, const char *name)
{
    GPtrArray *names = g_ptr_array_new();
    for (const struct view *const *v = views; *v; v++) g_ptr_array_add(names, (gpointer)(*v)->name);
    g_ptr_array_add(names, NULL);
    const char *near = suggest(name, (const char *const *)names->pdata);
    g_autofree char *all = g_strjoinv(", ", (char **)names->pdata), *path = conf_path(node);
    struct place at = place_of(node, "view");
    diag(o->diags, at.file, at.line, "%s.view is \"%s\"%s%s%s; views are: %s.", path, name, near ? "; did you mean \"" : "",
         near ? near : "", near ? "\"" : "", all);
    g_ptr_array_free(names, TRUE);
}

static bool read_chapter(struct opening *o, const struct conf_node *node, struct chapter *c)
{
    const struct conf_node *view = conf_child(node, "view");
    const char *name = view ? conf_text(view) : NULL;
    c->place = conf_place(node);
    c->title_place = place_of(node, "title");
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
    struct place at = place_of(node, said->on ? "on" : has_at ? "at" : NULL);
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
                           .text_place = place_of(item, "text"), .title_place = place_of(item, "title") };
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
        struct place at = place_of(node, "seconds");
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
    check_template(o, c, "title", c->said.title, place_of(node, "title"), facts);
    for (size_t i = 0; i < c->said.cues.n; i++) {
        const struct scene_cue *said = list_at(c->said.cues, struct scene_cue, i);
        const struct conf_node *item = conf_item(list, (int)i);
        check_template(o, c, "text", said->text, place_of(item, "text"), facts);
        check_template(o, c, "title", said->title, place_of(item, "title"), facts);
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
        if (!c->view || (c->view->needs_trace && !s->trace)) continue;
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
    bool needs_trace = false;
    for (int i = 0; i < s->n_chapters; i++) needs_trace |= s->chapters[i].view && s->chapters[i].view->needs_trace;
    if (needs_trace && s->scene.run.trace) open_trace(&o);
    else if (needs_trace && s->scene.run.prompt) open_run(&o);
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
