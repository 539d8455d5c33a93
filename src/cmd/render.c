/* kvreel render: a film, or several from one pass. */
#include "cmd/findings.h"
#include "cmd/progress.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

static volatile sig_atomic_t stop; /* set by Ctrl-C; the only thing a signal handler may touch */

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

static void catch_signals(void)
{
    struct sigaction action = { .sa_handler = on_signal };
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

static void show(void *self, int64_t done, int64_t total, double seconds) { progress_show(self, done, total, seconds); }

static gint64 size_of(const char *path)
{
    GStatBuf st;
    return g_stat(path, &st) ? 0 : st.st_size;
}

static void tell_done(const struct story *story, const struct outputs *o, const struct render_report *r, bool json)
{
    for (int i = 0; i < o->n; i++) {
        const struct take *t = &o->items[i].take;
        g_autofree char *size = text_bytes(size_of(o->items[i].path));
        bool sequence = strchr(o->items[i].path, '%') != NULL;
        if (json) {
            g_autofree char *path = text_json(o->items[i].path);
            printf("{\"event\":\"output\",\"file\":%s,\"bytes\":%" G_GINT64_FORMAT ",\"width\":%d,\"height\":%d,\"frames\":%" G_GINT64_FORMAT "}\n",
                   path, sequence ? 0 : size_of(o->items[i].path), t->width, t->height, take_frames(story, t));
        } else {
            printf("%s  %d×%d, %.1f s%s%s\n", o->items[i].path, t->width, t->height, (double)story->length_us / 1e6,
                   sequence ? "" : ", ", sequence ? "" : size);
        }
    }
    if (json)
        printf("{\"event\":\"done\",\"frames\":%" G_GINT64_FORMAT ",\"pictures\":%" G_GINT64_FORMAT ",\"seconds\":%.3f}\n", r->frames, r->pictures, r->seconds);
    else
        printf("%" G_GINT64_FORMAT " frames, %" G_GINT64_FORMAT " of them different, in %.1f s\n", r->frames, r->pictures, r->seconds);
}

static bool make_folders(const struct outputs *o, const char *folder)
{
    for (int i = 0; i < o->n; i++) {
        g_autofree char *dir = g_path_get_dirname(o->items[i].path);
        if (!g_str_has_prefix(o->items[i].path, folder) || !g_mkdir_with_parents(dir, 0777)) continue;
        complain("The folder %s cannot be made: %s.", dir, g_strerror(errno));
        return false;
    }
    return true;
}

/* --- what a viewer would stumble over, looked for beside the rendering ---------------------------------------------- */

struct looking { const struct story *story; const struct outputs *outputs; guint n; GThread *thread; };

static gpointer look(gpointer data)
{
    struct looking *l = data;
    GArray *all = findings_all(l->story, l->outputs, NULL); /* fonts that fail stop the rendering, which says so */
    l->n = all ? findings_all_count(all) : 0;
    findings_all_free(all);
    return NULL;
}

/* tell: of a film that was drawn; one that was given up has nobody who would stumble. */
static void end_looking(struct looking *l, bool tell)
{
    if (l->thread) g_thread_join(l->thread);
    if (tell && l->n) complain("A viewer would stumble over %u thing%s in this film; `kvreel check %s` names %s.", l->n, l->n == 1 ? "" : "s",
                       l->story->path, l->n == 1 ? "it" : "them");
}

/* With --strict: false, after telling, when there is something to stumble over. */
static bool is_clean(const struct story *story, const struct outputs *outputs, bool json, int *code)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    GArray *all = findings_all(story, outputs, &error);
    guint n = all ? findings_all_count(all) : 0;
    if (!all) complain("%s", error->message);
    if (n && json) g_string_append(text, "{\"event\":\"findings\",\"findings\":");
    if (n) (json ? findings_tell_json : findings_tell)(story, all, text);
    if (n && json) g_string_insert_c(text, (gssize)text->len - 1, '}'); /* before the line's end */
    fputs(text->str, json ? stdout : stderr);
    *code = all ? EXIT_MISTAKE : exit_code_of(error);
    findings_all_free(all);
    return all && !n;
}

/* Mistakes of the scene are in diags already; those of its outputs join them, and all are told at once. */
static int render_story(const struct args *a, const struct story *story, struct diags *diags)
{
    g_autofree char **files = args_all(a, "-o");
    const char *folder = args_get(a, "--out-dir") ? args_get(a, "--out-dir") : "out", *threads = args_get(a, "-j");
    struct output_wishes wishes = { files, args_get(a, "--size"), args_get(a, "--fps"), args_get(a, "--style"), folder, args_get(a, "--reduced-motion") };
    struct outputs outputs;
    int code = EXIT_MISTAKE;
    guint64 n_threads = 0;
    if (threads && !g_ascii_string_to_unsigned(threads, 10, 1, 256, &n_threads, NULL)) diag(diags, NULL, 0, "-j is \"%s\"; write a number of threads from 1 to 256.", threads);
    outputs_plan(story, &wishes, &outputs, diags);
    if (outputs.n > 16) diag(diags, story->path, 0, "The scene asks for %d outputs; 16 at a time are the most.", outputs.n);
    if (!outputs_ready(a, story, &outputs, diags, &code)) {
        /* told already */
    } else if (args_get(a, "--strict") && !is_clean(story, &outputs, args_get(a, "--json"), &code)) {
        /* told */
    } else if (!make_folders(&outputs, folder)) {
        code = EXIT_WORLD;
    } else {
        bool json = args_get(a, "--json"), quiet = args_get(a, "--quiet");
        struct progress progress = progress_for(quiet, json);
        struct render_options options = { (int)n_threads, &stop, show, &progress };
        struct render_report report;
        g_autoptr(GError) error = NULL;
        struct looking looking = { story, &outputs, 0, NULL };
        catch_signals();
        if (!quiet && !json && !args_get(a, "--strict")) looking.thread = g_thread_new("lint", look, &looking);
        bool ok = render(story, outputs.items, outputs.n, &options, &report, &error);
        progress_end(&progress);
        if (!ok) complain("%s", error->message);
        else if (!quiet) tell_done(story, &outputs, &report, json);
        end_looking(&looking, ok);
        code = ok ? EXIT_DONE : exit_code_of(error);
    }
    outputs_clear(&outputs);
    return code;
}

static int run(const struct verb *verb, int argc, char **argv) { return run_with_scene(verb, argc, argv, render_story); }

static const struct arg args[] = {
    { "-o", "FILE", "Write this file; the suffix says what (.mp4, .gif, .apng, frames/%05d.png). May be repeated." },
    { "--out-dir", "DIR", "Where the scene's own outputs go (default: out)." },
    { "--size", "SIZE", "Size of every output: 1080p, 720p, square, portrait, gif, 1280x720, ..." },
    { "--fps", "RATE", "Frames per second of every output." },
    { "--style", "STYLE", "Style of every output." },
    { "--reduced-motion", NULL, "Nothing moves in any output; times stay (video.reduced_motion)." },
    { "-j", "N", "Threads (default: one for each processor). The bytes do not depend on it." },
    { "--strict", NULL, "Draw nothing while a viewer would stumble over something (see kvreel check)." },
    { "--quiet", NULL, "Say nothing but mistakes." },
    { "--json", NULL, "Tell progress and results as JSON lines on standard output." },
    ARGS_SCENE, { 0 }
};

const struct verb verb_render = {
    "render", "SCENE [-o FILE]... [--KEY VALUE]...",
    "Renders a scene file to video, GIF, APNG or a PNG sequence. Any key of the scene can be set: --video.fps 30.", args, run
};
