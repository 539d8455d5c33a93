/* A line of requests with two ends: who arrives goes to its back, who was sent back to its front. Grows by doubling. */
#pragma once
#include <stdint.h>

struct queue { int32_t *ids; int64_t first, count, size; /* size: a power of two, or 0 */ };

void queue_push_back(struct queue *q, int32_t id);
void queue_push_front(struct queue *q, int32_t id);
int32_t queue_first(const struct queue *q); /* aborts when it is empty, as does queue_pop */
int32_t queue_pop(struct queue *q);
void queue_finish(struct queue *q);
