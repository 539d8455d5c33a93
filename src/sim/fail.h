/* The one way in which the model's files report what is wrong: a sentence in the domain GPT_ERROR. */
#pragma once
#include "sim/model.h"

/* Sets the error and returns FALSE. */
gboolean fail_with(GError **error, enum gpt_error code, const char *format, ...) G_GNUC_PRINTF(3, 4);
