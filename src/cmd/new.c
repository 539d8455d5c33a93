/* kvreel new: a starter scene, commented, that renders as it is. */
#include "cmd/cmd.h"
#include "conf/conf.h"
#include "scene/scene.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What every starter has; the rest of the language follows as comments, from the rows. */
static const char head[] =
    "# A kvreel scene. Render it:   kvreel render %s\n"
    "# Look at one moment:          kvreel still %s --at decode\n"
    "# Check it without drawing:    kvreel check %s\n"
    "# Every key is explained by:   kvreel help video, kvreel help chapters.cues, ...\n"
    "\n"
    "title = \"My film\";\n"
    "\n"
    "# Names for values that you want to change in one place; used as \"$name\".\n"
    "let = { gpu = \"h100-sxm\"; llm = \"llama-3.1-8b\"; };\n"
    "\n";

static const char chapters[] =
    "# One chapter shows one idea. A cue puts a caption at a moment of the chapter's action, and may let it rest there.\n"
    "# {fact} in a text is a number from the simulation; `kvreel help prefill` lists the moments and facts of a view.\n"
    "chapters = (\n"
    "    {\n"
    "        view = \"prefill\";\n"
    "        title = \"Prefill reads the whole prompt in one pass\";\n"
    "        cues = ( { on = \"scores\"; text = \"{prompt.tokens} tokens in one pass: {pass.scores} scores at once.\"; hold = 2.0; } );\n"
    "    },\n"
    "    {\n"
    "        view = \"decode\";\n"
    "        title = \"Decode computes only the new token\";\n"
    "        cues = ( { on = \"step 1 scores\"; text = \"{step.scores} scores instead of {step.scores_without}.\"; hold = 2.0; } );\n"
    "    },\n"
    "    {\n"
    "        view = \"memory\";\n"
    "        title = \"Every chat fills the same memory\";\n"
    "        model = \"$llm\";\n"
    "        device = \"$gpu\";\n"
    "        stops = [\"64K\", \"full\", \"128K\"];\n"
    "        cues = (\n"
    "            { on = \"64K\"; text = \"At {mem.context}, {mem.total} of {mem.capacity} are taken.\"; hold = 2.0; },\n"
    "            { on = \"full\"; text = \"One GPU {mem.fullness}.\"; hold = 2.0; }\n"
    "        );\n"
    "    }\n"
    ");\n";

static char *starter(const char *name)
{
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, head, name, name, name);
    g_string_append(out, "# How the film is drawn and written. Each line shows a default, or an example where there is none; take the # away to set it.\nvideo = {\n");
    conf_starter_rows(video_rows, 4, out);
    g_string_append(out, "};\n\n# The model that really runs, and what it reads.\nrun = {\n");
    conf_starter_rows(run_rows, 4, out);
    g_string_append(out, "};\n\n");
    g_string_append(out, chapters);
    return g_string_free(out, FALSE);
}

static int run(const struct verb *verb, int argc, char **argv)
{
    struct args a;
    int code;
    if (!args_read(verb, argc, argv, &a, &code)) return code;
    const char *path = g_ptr_array_index(a.words, 0);
    g_autofree char *text = starter(path ? path : "my.cfg");
    FILE *file = path ? fopen(path, "wx") : stdout;
    code = EXIT_DONE;
    if (!file) {
        complain(errno == EEXIST ? "%s is there already; it was left alone." : "%s cannot be made: %s.", path, g_strerror(errno));
        code = EXIT_WORLD;
    } else {
        bool ok = fputs(text, file) >= 0;
        if (path) ok = !fclose(file) && ok;
        if (ok && path) printf("%s is there; now: kvreel render %s\n", path, path);
        if (!ok) {
            complain("%s could not be written whole: %s.", path ? path : "Standard output", g_strerror(errno));
            code = EXIT_WORLD;
        }
    }
    args_clear(&a);
    return code;
}

static const struct arg args[] = { { 0 } };

const struct verb verb_new = { "new", "[FILE]", "Writes a commented starter scene that renders as it is.", args, run };
