/* kvreel check: reads a scene, lays out the whole film and all its outputs, and says what is wrong, without painting. */
#include "cmd/findings.h"

#include <stdio.h>
#include <string.h>

static void tell_film(const struct story *s)
{
    printf("%s: %d chapter%s, %.1f seconds\n", s->path, s->n_chapters, s->n_chapters == 1 ? "" : "s", (double)s->length_us / 1e6);
    for (int i = 0; i < s->n_chapters; i++) {
        const struct chapter *c = &s->chapters[i];
        g_autofree char *from = text_seconds((double)c->start_us / 1e6);
        printf("  %s  %-10s %5.1f s  %s\n", from, c->name, (double)c->length_us / 1e6, c->said.title);
    }
}

static int look(const struct args *a, const struct story *story, const struct outputs *outputs)
{
    g_autoptr(GError) error = NULL;
    GArray *all = findings_all(story, outputs, &error);
    const char *picture = args_get(a, "--picture");
    bool json = args_get(a, "--json"), ok = all != NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    if (ok && json) findings_tell_json(story, all, text);
    else if (ok) findings_tell(story, all, text);
    if (ok && !json && !args_get(a, "--quiet")) tell_film(story);
    fputs(text->str, stdout);
    if (ok && picture) ok = findings_draw(story, all, picture, &error);
    if (ok && picture && !findings_all_count(all)) printf("No picture was drawn: there is nothing to mark.\n");
    int code = !ok ? exit_code_of(error) : args_get(a, "--strict") && findings_all_count(all) ? EXIT_MISTAKE : EXIT_DONE;
    if (!ok) complain("%s", error->message);
    findings_all_free(all);
    return code;
}

static int check(const struct args *a, const struct story *story, struct diags *diags)
{
    struct outputs outputs = { 0 };
    g_autofree char **files = args_all(a, "-o");
    struct output_wishes wishes = { files, args_get(a, "--size"), NULL, args_get(a, "--style"), "out", args_get(a, "--reduced-motion") };
    const char *picture = args_get(a, "--picture");
    if (picture && !g_str_has_suffix(picture, ".png")) diag(diags, NULL, 0, "--picture is \"%s\"; it must be a .png file.", picture);
    if (picture && args_get(a, "--json")) diag(diags, NULL, 0, "--picture and --json: take one of them at a time.");
    outputs_plan(story, &wishes, &outputs, diags);
    int code = EXIT_DONE;
    if (outputs_ready(a, story, &outputs, diags, &code)) code = look(a, story, &outputs);
    outputs_clear(&outputs);
    return code;
}

static int run(const struct verb *verb, int argc, char **argv) { return run_with_scene(verb, argc, argv, check); }

static const struct arg args[] = {
    { "-o", "FILE", "Check the film as this output would show it, instead of the scene's own outputs; may be repeated." },
    { "--size", "SIZE", "Size of every output: 1080p, square, portrait, gif, 1280x720, ..." },
    { "--style", "STYLE", "Style of every output." },
    { "--reduced-motion", NULL, "As the film with reduced motion shows it." },
    { "--picture", "FILE", "Draw the boxes of the findings into stills: FILE.png, FILE-2.png, ..." },
    { "--strict", NULL, "Findings are errors: exit with 2." },
    { "--json", NULL, "Print the mistakes, or the findings, as a JSON list." },
    { "--quiet", NULL, "Leave the list of chapters away." },
    ARGS_SCENE, { 0 }
};

const struct verb verb_check = {
    .name = "check", .usage = "SCENE", .args = args, .run = run,
    .summary = "Tells every mistake of a scene, and everything in its film that a viewer would stumble over.",
    .details = "Mistakes come with file and line. Then the whole film is laid out: texts that overlap or are cut, too small, too faint,\n"
               "too brief; captions that change during moves; flashes; dead time; typed numbers. Nothing is painted.",
};
