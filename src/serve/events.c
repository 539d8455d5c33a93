#include "serve/events.h"

#include <inttypes.h>

static const struct { const char *name, *format; enum event_level level; } kinds[] = {
    [EVENT_ARRIVED] = { "arrived", "prompt %" PRId64 ", output %" PRId64, EVENTS_REQUESTS },
    [EVENT_REFUSED_BLOCKS] = { "refused", "needs %" PRId64 " blocks of %" PRId64, EVENTS_REQUESTS },
    [EVENT_REFUSED_TOKENS] = { "refused", "may need %" PRId64 " tokens in a step of %" PRId64, EVENTS_REQUESTS },
    [EVENT_ADMITTED] = { "admitted", "waited %" PRId64 " ns", EVENTS_REQUESTS },
    [EVENT_HIT] = { "hit", "%" PRId64 " tokens of %" PRId64, EVENTS_REQUESTS },
    [EVENT_CHUNK] = { "chunk", "%" PRId64 " tokens behind %" PRId64, EVENTS_ALL },
    [EVENT_FIRST_TOKEN] = { "first token", "after %" PRId64 " ns, cache %" PRId64, EVENTS_REQUESTS },
    [EVENT_TOKENS] = { "tokens", "%" PRId64 ", in all %" PRId64, EVENTS_ALL },
    [EVENT_SPECULATED] = { "speculated", "%" PRId64 " accepted, %" PRId64 " rejected", EVENTS_ALL },
    [EVENT_PREEMPTED] = { "preempted", "%" PRId64 " blocks, %" PRId64 " tokens", EVENTS_REQUESTS },
    [EVENT_SWAPPED_OUT] = { "swapped out", "%" PRId64 " blocks, %" PRId64 " B", EVENTS_REQUESTS },
    [EVENT_SWAPPED_IN] = { "swapped in", "%" PRId64 " blocks, %" PRId64 " B", EVENTS_REQUESTS },
    [EVENT_RESUMED] = { "resumed", "cache %" PRId64 ", again %" PRId64, EVENTS_REQUESTS },
    [EVENT_TRANSFER_BEGUN] = { "transfer begun", "%" PRId64 " blocks, %" PRId64 " B", EVENTS_REQUESTS },
    [EVENT_TRANSFER_ENDED] = { "transfer ended", "after %" PRId64 " ns, %" PRId64 " B", EVENTS_REQUESTS },
    [EVENT_FINISHED] = { "finished", "after %" PRId64 " ns, output %" PRId64, EVENTS_REQUESTS },
};
G_STATIC_ASSERT(G_N_ELEMENTS(kinds) == EVENT_KINDS);

enum event_level event_level_of(enum event_kind kind) { return kinds[kind].level; }

const char *event_name(enum event_kind kind) { return kinds[kind].name; }

char *events_text(const GArray *events)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < events->len; i++) {
        const struct event *e = &g_array_index(events, struct event, i);
        const char *name = kinds[e->kind].name;
        g_string_append_printf(out, "%" PRId64 " pool %d #%d %s: ", e->time_ns, e->pool, e->request, name);
        g_string_append_printf(out, kinds[e->kind].format, e->a, e->b);
        g_string_append_c(out, '\n');
    }
    return g_string_free(out, FALSE);
}
