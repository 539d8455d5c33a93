/* Whether pictures of a scene differ under two catalogs although none of its written numbers does: what a view draws of
 * an entry without writing it, such as the kind of memory or a bar's length.
 */
#pragma once
#include "cmd/cmd.h"

/* Lays out every moment and every chapter's last pose of both stories, which are one scene without mistakes and without
 * a written change, and compares the display lists. Returns the moments that differ, as `kvreel still --at` takes them
 * (free with g_ptr_array_free); NULL with an error (fonts). A style that cannot be read adds to diags. */
GPtrArray *impact_pictures(const struct story *old, const struct story *now, struct diags *diags, GError **error);
