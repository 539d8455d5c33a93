/* The run of the model that the chapters share: which folder or file, which head, and what its heads do. A mistake is a
 * diag at the key that made it.
 */
#include "scene/run.h"
#include "lm/measure.h"
#include "lm/tracefile.h"

#include <stdlib.h>
#include <string.h>

struct opening {
    struct story *story;
    const struct story_options *options;
    struct diags *diags;
};

/* --- what it may read --------------------------------------------------------------------------------------------- */

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
    diag(o->diags, where.file, where.line,
         "%s is \"%s\", which lies outside the scene's folder; move it there or allow its folder with --allow DIR.",
         key, name);
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
    diag(o->diags, where.file, where.line,
         "run.model is \"%s\", but there is no such folder in data/models or beside the scene; \"tale\" is the model "
         "that comes with kvreel.", name);
    g_free(path);
    return NULL;
}

/* --- what heads do ------------------------------------------------------------------------------------------------ */

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
    *where = conf_place_of(conf_child(root, "run"), "head");
    if (s->scene.run.head.word) return true;
    for (int i = 0; i < s->n_chapters; i++) {
        const struct chapter *c = &s->chapters[i];
        for (const struct row *row = c->view ? c->view->rows : NULL; row && row->kind != ROW_KIND_END; row++) {
            if (!option_names_role(row, (const char *)c->options + row->offset)) continue;
            *where = conf_place_of(conf_item(list, i), row->key);
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
        diag(o->diags, where.file, where.line,
             "run.head is \"%s\", but the stories in data/heads show no case of this role to this model; name another "
             "role or a number.", head_role_names[role]);
    else heads_best(h, role, layer, head);
    return h->cases[role];
}

/* --- the run ------------------------------------------------------------------------------------------------------ */

static void run_model(struct opening *o)
{
    struct story *s = o->story;
    const struct scene_run *r = &s->scene.run;
    const struct conf_node *group = conf_child(conf_root(s->conf), "run");
    struct place model_place = conf_place_of(group, "model"), prompt_place = conf_place_of(group, "prompt");
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
        struct place at = conf_place_of(group, keys[i]);
        diag(o->diags, at.file, at.line,
             "run.%s and run.trace both stand here; a trace has its own %s: remove one of the two keys.",
             keys[i], keys[i]);
        alone = false;
    }
    return alone;
}

/* The roles that the trace's file holds, if any; false after a diag. */
static bool take_roles(struct opening *o, struct place where)
{
    struct story *s = o->story;
    const char *text = s->trace->roles;
    struct lm_shape shape = s->trace->shape;
    g_autoptr(GError) error = NULL;
    if (!text) diag(o->diags, where.file, where.line,
                    "The scene names heads by their role, but run.trace does not say what its heads do; write it again "
                    "with `kvreel trace --heads`, or name heads by number.");
    else if (!(s->heads = heads_from_json(text, strlen(text), shape.layers, shape.heads, s->trace->file, &error)))
        diag(o->diags, where.file, where.line, "The roles of heads cannot be read: %s", error->message);
    return s->heads;
}

/* A run that was kept, instead of one of the model. */
static void play_trace(struct opening *o)
{
    struct story *s = o->story;
    const struct scene_run *r = &s->scene.run;
    const struct conf_node *group = conf_child(conf_root(s->conf), "run");
    struct place place = conf_place_of(group, "trace"), role_place;
    bool alone = is_trace_alone(o, group);
    g_autofree char *path = find_allowed(o, "run.trace", r->trace, place);
    g_autoptr(GError) error = NULL;
    if (!path || !alone) return;
    struct trace *t = s->trace = tracefile_read(path, (int)r->layer, (int)r->head.number, NULL, &error);
    if (!t) diag(o->diags, place.file, place.line, "The trace cannot be played: %s", error->message);
    if (!t || !find_role_asked(s, &role_place)) return;
    bool good = take_roles(o, role_place);
    if (good && r->head.word && (good = pick_head(o, role_place, &t->options.layer, &t->options.head))) {
        t->layer = t->options.layer;
        t->head = t->options.head;
    }
    if (good) return;
    trace_free(t);
    s->trace = NULL;
}

bool story_wants_run(const struct story *s, const struct chapter *c)
{
    if (!c->view) return false;
    return c->view->needs_trace || (c->view->uses_trace && conf_child(conf_root(s->conf), "run"));
}

void story_open_run(struct story *s, const struct story_options *options, struct diags *diags)
{
    struct opening o = { s, options, diags };
    bool wanted = false;
    for (int i = 0; i < s->n_chapters; i++) wanted |= story_wants_run(s, &s->chapters[i]);
    if (wanted && s->scene.run.trace) play_trace(&o);
    else if (wanted && s->scene.run.prompt) run_model(&o);
}
