/* The one way in which the model's files report what is wrong: a sentence in the domain LM_ERROR. */
#pragma once
#include "lm/lm.h"

/* Sets the error, one line of UTF-8 whatever the arguments hold, and returns FALSE. */
gboolean fail_with(GError **error, enum lm_error code, const char *format, ...) G_GNUC_PRINTF(3, 4);
