/* kvreel still: one moment as PNG, SVG or PDF. */
#include "cmd/outputs.h"
#include "cmd/picture.h"

#include <stdio.h>
#include <string.h>

/* "decode/step 2" -> "walkthrough-decode-step-2.png", in the current folder. */
static char *default_name(const char *scene, const char *at)
{
    g_autofree char *base = g_path_get_basename(scene);
    char *dot = strrchr(base, '.');
    if (dot) *dot = 0;
    g_autofree char *when = g_strdup(at);
    return g_strdup_printf("%s-%s.png", base, g_strcanon(when, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.", '-'));
}

static bool write_still(const struct take *take, const struct story *story, int64_t us, const char *path, GError **error)
{
    struct fonts *fonts = fonts_open(take->style, error);
    if (!fonts) return false;
    struct framer *framer = framer_new(story, take, fonts_measurer(fonts));
    const struct dl *list = framer_draw_at(framer, us, NULL);
    bool ok = picture_write(fonts, list, path, error);
    framer_free(framer);
    fonts_free(fonts);
    return ok;
}

static int still(const struct args *a, const struct story *story, struct diags *diags)
{
    const char *at = args_get(a, "--at"), *path = args_get(a, "-o");
    g_autofree char **paths = args_all(a, "-o");
    struct outputs keep = { 0 };
    struct take take;
    int64_t us = 0;
    int code = EXIT_MISTAKE;
    g_autofree char *why = NULL, *made = NULL;
    if (!at) at = "0";
    if (!path) path = made = default_name(story->path, at);
    if (!diags_count(diags) && !story_find_time(story, at, &us, &why)) diag(diags, NULL, 0, "--at is \"%s\"; %s.", at, why);
    if (g_strv_length(paths) > 1) diag(diags, NULL, 0, "A still writes one picture; name one -o.");
    if (!picture_can_write(path))
        diag(diags, NULL, 0, "\"%s\": a still is a .png, .svg or .pdf file.", path);
    outputs_take(story, args_get(a, "--size"), NULL, args_get(a, "--style"), false, &keep, &take, (struct place){ 0 }, diags);
    if (args_get(a, "--no-rail")) take.rail = false;
    if (args_get(a, "--reduced-motion")) take.reduced = true;
    if (outputs_ready(a, story, &keep, diags, &code)) {
        g_autoptr(GError) error = NULL;
        bool ok = write_still(&take, story, us, path, &error);
        if (!ok) complain("%s", error->message);
        else if (!args_get(a, "--quiet")) printf("%s  %d×%d, at %.3f s\n", path, take.width, take.height, (double)us / 1e6);
        code = ok ? EXIT_DONE : exit_code_of(error);
    }
    outputs_clear(&keep);
    return code;
}

static int run(const struct verb *verb, int argc, char **argv) { return run_with_scene(verb, argc, argv, still); }

static const struct arg args[] = {
    { "--at", "TIME", "12.4, 1:05, a chapter (its last pose), or a moment: decode/\"step 1 next\", 2/\"step 1 next\" in the second chapter (default: 0)." },
    { "-o", "FILE", "The picture: .png, .svg or .pdf (default: named after the scene and the moment)." },
    { "--size", "SIZE", "Size: 1080p, square, portrait, gif, 1280x720, ..." },
    { "--style", "STYLE", "Style." },
    { "--reduced-motion", NULL, "As the film with reduced motion shows it." },
    { "--no-rail", NULL, "Leave the progress rail away, as a figure wants." },
    { "--quiet", NULL, "Say nothing but mistakes." },
    ARGS_SCENE, { 0 }
};

const struct verb verb_still = {
    "still", "SCENE [--at TIME] [-o FILE]", "Draws one moment of a film as a picture. The text of SVG and PDF stays text.", args, run
};
