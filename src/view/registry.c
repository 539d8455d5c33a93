/* All views, alphabetical. */
#include "view/attention.h"
#include "view/compare.h"
#include "view/heads.h"
#include "view/memory.h"
#include "view/view.h"

#include <string.h>

const struct view *const views[] = { &view_compare, &view_decode, &view_heads, &view_memory, &view_prefill, NULL };

const struct view *view_find(const char *name)
{
    for (const struct view *const *v = views; *v; v++)
        if (!strcmp((*v)->name, name)) return *v;
    return NULL;
}
