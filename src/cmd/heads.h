/* Tables of what heads do, for kvreel heads. */
#pragma once
#include "lm/heads.h"

/* Every head with all roles, and the best of each role; all: also where there are more than a screen holds. */
void heads_tell(const char *model, const struct heads *h, bool all, GString *out);
/* Heads by one role, the best first. */
void heads_tell_role(const char *model, const struct heads *h, enum head_role role, bool all, GString *out);
/* A row for each head, with all digits; a role without a case is an empty cell. */
void heads_tell_csv(const struct heads *h, GString *out);
