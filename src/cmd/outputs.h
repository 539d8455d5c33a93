/* From what a scene and a command line say to what the renderer is told: sinks, their options, and takes. */
#pragma once
#include "cmd/cmd.h"
#include "run/render.h"

struct outputs {
    struct render_output *items;
    int n;
    GPtrArray *styles; /* struct style, shared by the takes */
};

/* What is asked for beyond the scene: NULL fields are not. */
struct output_wishes { char **files; const char *size, *fps, *style, *folder; bool reduced; };

/* False after adding to diags. Scene outputs go below wishes->folder. */
bool outputs_plan(const struct story *story, const struct output_wishes *wishes, struct outputs *out, struct diags *diags);
void outputs_clear(struct outputs *o);
/* The last look before drawing: can the fonts of all styles show all texts? What they cannot joins diags. Returns false
 * after telling everything that is wrong; *exit_code then says which kind it was. */
bool outputs_ready(const struct args *a, const struct story *story, const struct outputs *o, struct diags *diags, int *exit_code);
/* A take from texts (NULL: the scene's), written at `where`; for stills. */
bool outputs_take(const struct story *story, const char *size, const char *fps, const char *style, bool small,
                  struct outputs *keep, struct take *take, struct place where, struct diags *diags);
