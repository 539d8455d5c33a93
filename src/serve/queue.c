/* A ring of a power of two places: places wrap by a mask, and both ends move in constant time. */
#include "serve/queue.h"

#include <glib.h>

static int64_t place(const struct queue *q, int64_t i) { return (q->first + i) & (q->size - 1); }

static void make_room(struct queue *q)
{
    if (q->count < q->size) return;
    int64_t size = q->size ? 2 * q->size : 16;
    int32_t *ids = g_new(int32_t, size);
    for (int64_t i = 0; i < q->count; i++) ids[i] = q->ids[place(q, i)];
    g_free(q->ids);
    *q = (struct queue){ ids, 0, q->count, size };
}

void queue_push_back(struct queue *q, int32_t id)
{
    make_room(q);
    q->ids[place(q, q->count++)] = id;
}

void queue_push_front(struct queue *q, int32_t id)
{
    make_room(q);
    q->first = place(q, -1);
    q->ids[q->first] = id;
    q->count++;
}

int32_t queue_first(const struct queue *q)
{
    g_assert(q->count > 0);
    return q->ids[q->first];
}

int32_t queue_pop(struct queue *q)
{
    int32_t id = queue_first(q);
    q->first = place(q, 1);
    q->count--;
    return id;
}

void queue_finish(struct queue *q) { g_free(q->ids); }
