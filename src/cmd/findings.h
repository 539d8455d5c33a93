/* What a viewer would stumble over in the outputs of a film, and telling it. */
#pragma once
#include "cmd/outputs.h"
#include "lint/finding.h"

/* The findings of one output; what an earlier output has already is left out. */
struct output_findings { const struct render_output *output; GArray *findings; };

/* Looks at each distinct take, on several threads. NULL on error (fonts). Caller frees with findings_all_free(). */
GArray *findings_all(const struct story *story, const struct outputs *outputs, GError **error); /* struct output_findings */
void findings_all_free(GArray *all); /* accepts NULL */
guint findings_all_count(const GArray *all);

/* One line each, then a line for each output that counts them. */
void findings_tell(const struct story *story, const GArray *all, GString *out);
/* A JSON list. */
void findings_tell_json(const struct story *story, const GArray *all, GString *out);
/* Pictures with the findings' boxes drawn: `path`, and with more than one moment path-2, path-3, ... Prints their names. */
bool findings_draw(const struct story *story, const GArray *all, const char *path, GError **error);
