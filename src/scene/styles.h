/* Finding and reading style files. */
#pragma once
#include "base/diag.h"
#include "conf/row.h"
#include "style/style.h"

/* home/styles/NAME.cfg, or, when the name ends in .cfg, that file beside the scene. NULL after diags; where: who asked. */
struct style *style_read(const char *home, const char *name, const char *scene_folder, struct place where, struct diags *diags);
void style_free(struct style *s); /* accepts NULL */
/* Names of all styles of home, sorted, NULL-ended; g_strfreev() them. */
char **style_names(const char *home);
