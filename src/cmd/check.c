/* kvreel check: reads and checks a scene, with all its outputs, and draws nothing. */
#include "cmd/outputs.h"

#include <stdio.h>

static void tell_fine(const struct story *s, const struct outputs *o)
{
    printf("%s: %d chapter%s, %.1f seconds", s->path, s->n_chapters, s->n_chapters == 1 ? "" : "s", (double)s->length_us / 1e6);
    for (int i = 0; i < o->n; i++) printf("%s%s", i ? ", " : "; writes ", o->items[i].path);
    printf("\n");
    for (int i = 0; i < s->n_chapters; i++) {
        const struct chapter *c = &s->chapters[i];
        g_autofree char *from = text_seconds((double)c->start_us / 1e6);
        printf("  %s  %-10s %5.1f s  %s\n", from, c->name, (double)c->length_us / 1e6, c->said.title);
    }
}

static void tell_json(const struct diags *d)
{
    printf("[");
    for (guint i = 0; i < diags_count(d); i++) {
        const struct diag_item *it = diags_item(d, i);
        g_autofree char *text = g_strescape(it->text, NULL), *file = g_strescape(it->file ? it->file : "", NULL);
        printf("%s{\"file\":\"%s\",\"line\":%d,\"text\":\"%s\"}", i ? "," : "", file, it->line, text);
    }
    printf("]\n");
}

static int run(const struct verb *verb, int argc, char **argv)
{
    struct args a;
    int code;
    if (!args_read(verb, argc, argv, &a, &code)) return code;
    g_autofree char *home = find_home(&a);
    code = EXIT_WORLD;
    if (home) {
        struct diags *diags = diags_new();
        struct story *story = open_scene_into(&a, home, diags);
        struct outputs outputs = { 0 };
        struct output_wishes wishes = { .folder = "out" };
        if (story) outputs_plan(story, &wishes, &outputs, diags);
        code = diags_count(diags) || !story ? EXIT_MISTAKE : EXIT_DONE;
        if (args_get(&a, "--json")) tell_json(diags);
        else if (code == EXIT_DONE) tell_fine(story, &outputs);
        else print_diags(diags);
        outputs_clear(&outputs);
        story_free(story);
        diags_free(diags);
    }
    args_clear(&a);
    return code;
}

static const struct arg args[] = {
    { "--json", NULL, "Print the mistakes as a JSON list." },
    ARGS_SCENE, { 0 }
};

const struct verb verb_check = {
    "check", "SCENE", "Reads a scene, reports every mistake in it with file and line, and draws nothing.", args, run
};
