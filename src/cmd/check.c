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

static int check(const struct args *a, const struct story *story, struct diags *diags)
{
    struct outputs outputs = { 0 };
    struct output_wishes wishes = { .folder = "out" };
    outputs_plan(story, &wishes, &outputs, diags);
    int code = EXIT_DONE;
    bool fine = outputs_ready(a, story, &outputs, diags, &code);
    if (fine && args_get(a, "--json")) tell_mistakes(a, diags); /* an empty list */
    else if (fine) tell_fine(story, &outputs);
    outputs_clear(&outputs);
    return code;
}

static int run(const struct verb *verb, int argc, char **argv) { return run_with_scene(verb, argc, argv, check); }

static const struct arg args[] = {
    { "--json", NULL, "Print the mistakes as a JSON list." },
    ARGS_SCENE, { 0 }
};

const struct verb verb_check = {
    "check", "SCENE", "Reads a scene, reports every mistake in it with file and line, and draws nothing.", args, run
};
