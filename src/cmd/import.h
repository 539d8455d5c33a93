/* A model that is no entry of the catalog: its config.json, or the folder that has one. */
#pragma once
#include "hf/hfconfig.h"

/* Reads it, gives it an id, a name and a source after its path, and tells what could not be understood. NULL after
 * printing why. Freed with hfconfig_free(). */
struct hfconfig *import_read(const char *word);
