/* Planning outputs. A GIF or APNG is small and slow unless told otherwise; everything else takes the video's settings. */
#include "cmd/outputs.h"
#include "cmd/glyphs.h"
#include "conf/conf.h"
#include "scene/styles.h"
#include "view/view.h"

#include <stdlib.h>
#include <string.h>

static const struct style *get_style(const struct story *story, const char *name, struct outputs *keep, struct place where,
                                     struct diags *diags)
{
    for (guint i = 0; i < keep->styles->len; i++) {
        const struct style *s = g_ptr_array_index(keep->styles, i);
        if (!strcmp(s->name, name)) return s;
    }
    struct style *s = style_read(story->home, name, story->folder, where, diags);
    if (!s) return NULL;
    g_free(s->name); /* found again by the name that was asked for */
    s->name = g_strdup(name);
    g_ptr_array_add(keep->styles, s);
    return s;
}

/* Where the video's own value of a key stands. */
static struct place video_place(const struct story *story, const char *key)
{
    const struct conf_node *video = conf_child(conf_root(story->conf), "video"), *node = video ? conf_child(video, key) : NULL;
    return node ? conf_place(node) : (struct place){ 0 };
}

/* Sizes at which the type would be larger than its places are refused. */
static void refuse_unreadable(const char *size, const struct take *take, struct place at, struct diags *diags)
{
    int w, h;
    if (canvas_size_readable(take->width, take->height, &w, &h)) return;
    g_autofree char *least = g_strdup_printf("the smallest of this shape is %dx%d", w, h);
    diag(diags, at.file, at.line, "size is \"%s\", at which nothing could be read; %s.", size,
         MAX(w, h) <= 8192 ? least : "write a shape that is less narrow");
}

bool outputs_take(const struct story *story, const char *size, const char *fps, const char *style, bool small,
                  struct outputs *keep, struct take *take, struct place where, struct diags *diags)
{
    const struct scene_video *v = &story->scene.video;
    guint before = diags_count(diags);
    if (!keep->styles) keep->styles = g_ptr_array_new_with_free_func((GDestroyNotify)style_free);
    const char *size_text = size ? size : small ? "gif" : v->size;
    take->rail = v->rail;
    take->reduced = v->reduced_motion;
    take->fps = small ? (struct rate){ 25, 2 } : v->fps;
    struct place at = size ? where : video_place(story, "size");
    if (size_text && size_parse(size_text, &take->width, &take->height)) {
        refuse_unreadable(size_text, take, at, diags);
    } else if (size_text) {
        g_autofree char *names = g_strjoinv(", ", (char **)size_names);
        diag(diags, at.file, at.line, "size is \"%s\"; write one of %s, or pixels such as 1280x720 (64 to 8192 each).", size_text, names);
    }
    if (fps && !rate_parse(fps, &take->fps))
        diag(diags, where.file, where.line, "fps is \"%s\"; write a number such as 60, 12.5 or 30000/1001.", fps);
    const char *name = style ? style : v->style;
    take->style = name ? get_style(story, name, keep, style ? where : video_place(story, "style"), diags) : NULL;
    return diags_count(diags) == before;
}

/* A scene's output must stay below the output folder. */
static bool is_safe_name(const char *file)
{
    g_auto(GStrv) parts = g_strsplit(file, "/", -1);
    for (char **p = parts; *p; p++)
        if (!**p || !strcmp(*p, "..") || !strcmp(*p, ".")) return false;
    return true;
}

/* The folder's real path and the name: what two spellings of one file share. */
static char *canonical(const char *path)
{
    g_autofree char *folder = g_path_get_dirname(path), *name = g_path_get_basename(path);
    char *real = realpath(folder, NULL);
    char *out = real ? g_strconcat(real, "/", name, NULL) : g_canonicalize_filename(path, NULL);
    free(real);
    return out;
}

static bool is_twin(const struct outputs *o, const char *path)
{
    g_autofree char *mine = canonical(path);
    for (int i = 0; i < o->n; i++) {
        g_autofree char *other = canonical(o->items[i].path);
        if (!strcmp(mine, other)) return true;
    }
    return false;
}

/* Returns the output, which may be changed until the next call, or NULL after a diagnostic. */
static struct render_output *add_output(const struct story *story, const char *path, const char *size, const char *fps,
                                        const char *style, struct outputs *out, struct place where, struct diags *diags)
{
    const struct sink_class *sink = sink_for_path(path);
    if (!sink) {
        g_autoptr(GString) known = g_string_new(NULL);
        for (const struct sink_class *const *s = sinks; *s; s++) g_string_append_printf(known, "%s%s", known->len ? ", " : "", (*s)->suffixes[0]);
        diag(diags, where.file, where.line, "\"%s\": no output has this suffix; outputs are %s (a PNG sequence is written frames/%%05d.png; one picture is `kvreel still`).", path, known->str);
        return NULL;
    }
    if (is_twin(out, path)) {
        diag(diags, where.file, where.line, "\"%s\" is written twice; each output needs a name of its own.", path);
        return NULL;
    }
    struct render_output o = { .sink = sink, .path = g_strdup(path) };
    if (sink->rows) {
        const struct conf_node *video = conf_child(conf_root(story->conf), "video");
        void *options = g_malloc0(sink->options_size);
        conf_fill(video ? conf_child(video, sink->name) : NULL, (struct conf_target[]){ { sink->rows, options }, { 0 } }, diags);
        o.options = options;
    }
    outputs_take(story, size, fps, style, sink->loops, out, &o.take, where, diags);
    out->items = g_renew(struct render_output, out->items, out->n + 1);
    out->items[out->n++] = o;
    return &out->items[out->n - 1];
}

/* What the command line asks of every output is checked once and not blamed on the scene; what is wrong is let go, so that
 * the scene's own mistakes are told as well. */
static struct output_wishes wishes_fine(const struct story *story, const struct output_wishes *w, struct outputs *out, struct diags *diags)
{
    struct output_wishes fine = *w;
    struct place none = { NULL, 0 };
    struct take unused;
    if (w->size && !outputs_take(story, w->size, NULL, "midnight", false, out, &unused, none, diags)) fine.size = NULL;
    if (w->fps && !outputs_take(story, "1080p", w->fps, "midnight", false, out, &unused, none, diags)) fine.fps = NULL;
    if (w->style && !outputs_take(story, "1080p", NULL, w->style, false, out, &unused, none, diags)) fine.style = NULL;
    return fine;
}

bool outputs_plan(const struct story *story, const struct output_wishes *wishes, struct outputs *out, struct diags *diags)
{
    const struct list *said = &story->scene.video.outputs;
    guint before = diags_count(diags);
    *out = (struct outputs){ .styles = g_ptr_array_new_with_free_func((GDestroyNotify)style_free) };
    struct place line = { NULL, 0 };
    const struct output_wishes fine = wishes_fine(story, wishes, out, diags), *w = &fine;
    for (char **f = w->files; f && *f; f++) add_output(story, *f, w->size, w->fps, w->style, out, line, diags);
    const struct conf_node *video = conf_child(conf_root(story->conf), "video"), *list = video ? conf_child(video, "outputs") : NULL;
    for (size_t i = 0; i < said->n && !(w->files && *w->files); i++) {
        const struct scene_output *o = list_at(*said, struct scene_output, i);
        const struct conf_node *item = list ? conf_item(list, (int)i) : NULL;
        struct place where = item ? conf_place(item) : line;
        if (!o->file) continue;
        g_autofree char *path = g_build_filename(w->folder, o->file, NULL);
        if (!is_safe_name(o->file)) diag(diags, where.file, where.line, "The output \"%s\" must be a plain path below the output folder, without \"..\" and not absolute.", o->file);
        else {
            struct render_output *added = add_output(story, path, w->size ? w->size : o->size, w->fps ? w->fps : o->fps, w->style ? w->style : o->style, out, where, diags);
            if (added && item && conf_child(item, "reduced_motion")) added->take.reduced = o->reduced_motion;
        }
    }
    if (!out->n && diags_count(diags) == before) {
        g_autofree char *base = g_path_get_basename(story->path), *dot = strrchr(base, '.') ? g_strndup(base, (gsize)(strrchr(base, '.') - base)) : g_strdup(base);
        g_autofree char *file = g_strconcat(dot, ".mp4", NULL), *path = g_build_filename(w->folder, file, NULL);
        add_output(story, path, w->size, w->fps, w->style, out, line, diags);
    }
    for (int i = 0; i < out->n && w->reduced; i++) out->items[i].take.reduced = true;
    return diags_count(diags) == before;
}

bool outputs_ready(const struct args *a, const struct story *story, const struct outputs *o, struct diags *diags, int *exit_code)
{
    g_autoptr(GError) error = NULL;
    bool clean = !diags_count(diags);
    for (guint i = 0; clean && !error && o->styles && i < o->styles->len; i++)
        glyphs_check(story, g_ptr_array_index(o->styles, i), diags, &error);
    if (error) {
        complain("%s", error->message);
        *exit_code = EXIT_FONT;
    } else if (diags_count(diags)) {
        tell_mistakes(a, diags);
        *exit_code = EXIT_MISTAKE;
    }
    return !error && !diags_count(diags);
}

void outputs_clear(struct outputs *o)
{
    for (int i = 0; i < o->n; i++) {
        if (o->items[i].options) conf_clear(o->items[i].sink->rows, (void *)o->items[i].options);
        g_free((void *)o->items[i].options);
        g_free((void *)o->items[i].path);
    }
    g_free(o->items);
    if (o->styles) g_ptr_array_free(o->styles, TRUE);
}
