/* Arrays with their lengths. Items belong to the list. */
#pragma once
#include <stddef.h>

struct texts { char **items; size_t n; };
struct list { void *items; size_t n; };
#define list_at(list, type, i) (&((type *)(list).items)[i])
