/* What happened in a server, in order: a growing array of plain structs that views can draw. */
#pragma once
#include <glib.h>
#include <stdint.h>

enum event_kind {           /*                            a                             b */
    EVENT_ARRIVED,          /* tokens of                  the prompt                    the output */
    EVENT_REFUSED_BLOCKS,   /* for ever: blocks           that it would need            that there are */
    EVENT_REFUSED_TOKENS,   /* for ever: tokens           of one step that it may need  of the budget */
    EVENT_HIT,              /* before it comes: tokens    that the prefix cache has     of the prompt */
    EVENT_ADMITTED,         /* first time                 ns waited                     0 */
    EVENT_CHUNK,            /* prefill tokens             in this step                  before them in the cache */
    EVENT_FIRST_TOKEN,      /*                            ns since arrival              tokens in the cache */
    EVENT_TOKENS,           /* further tokens of output   made in this step             made in all */
    EVENT_SPECULATED,       /* drafted tokens             accepted                      rejected and rolled back */
    EVENT_PREEMPTED,        /* its own and shared         blocks given back             tokens that were in them */
    EVENT_SWAPPED_OUT,      /*                            blocks                        bytes */
    EVENT_SWAPPED_IN,       /*                            blocks                        bytes */
    EVENT_RESUMED,          /* after a preemption         tokens still in the cache     tokens to compute again */
    EVENT_TRANSFER_BEGUN,   /* prefill to decode pool     blocks                        bytes */
    EVENT_TRANSFER_ENDED,   /*                            ns since the first token      bytes */
    EVENT_FINISHED,         /*                            ns since arrival              tokens of output */
    EVENT_KINDS
};

enum event_level { EVENTS_NONE, EVENTS_REQUESTS, EVENTS_ALL }; /* REQUESTS leaves out what comes with each step */

struct event { int64_t time_ns, a, b; int32_t request; uint8_t kind, pool; };

enum event_level event_level_of(enum event_kind kind); /* the lowest level that keeps it */

const char *event_name(enum event_kind kind); /* "first token" */
/* One line an event, times in ns: "1200 pool 0 #3 chunk: 512 tokens behind 0\n". Caller frees. */
char *events_text(const GArray *events);
