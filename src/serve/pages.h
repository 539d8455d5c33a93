/* Paged allocation of a KV cache (PagedAttention, Kwon et al. 2023, arXiv:2309.06180, section 4): memory is a pool of
 * blocks of `block_size` token slots; a sequence has a table of blocks; forks share blocks until one writes.
 *
 *     struct pages *p = pages_new(1024, 16);
 *     int a = pages_open(p);
 *     pages_append(p, a, 213);            14 blocks, 11 slots of the last one empty
 *     int b = pages_fork(p, a);           still 14 blocks
 *     pages_append(p, b, 1);              copies the shared last block first: 15
 */
#pragma once
#include "sim/fact.h"

struct pages;

struct pages *pages_new(int32_t blocks, int32_t block_size); /* at least 1 each */
void pages_free(struct pages *p); /* accepts NULL */

/* Sequences are small numbers; a closed one's number is used again. */
int pages_open(struct pages *p);
/* False, and nothing changes, when the pool has too few free blocks or the length would be beyond 64 bits. */
bool pages_append(struct pages *p, int sequence, int64_t tokens);
int pages_fork(struct pages *p, int sequence);
void pages_close(struct pages *p, int sequence);
bool pages_is_open(const struct pages *p, int sequence);
int64_t pages_length(const struct pages *p, int sequence); /* tokens */
int32_t pages_blocks(const struct pages *p, int sequence, const int32_t **table); /* how many; table may be NULL */
int64_t pages_slot(const struct pages *p, int sequence, int64_t token); /* block x size + offset; -1: no such token */

/* For caches that keep blocks on their own: each hold counts as one user. A block is lent only to a sequence that ends
 * with a full block, and is full itself. */
void pages_hold(struct pages *p, int32_t block);
void pages_release(struct pages *p, int32_t block);
void pages_lend(struct pages *p, int sequence, int32_t block);
/* Puts a full block of equal content into the table in place of the one that is there. */
void pages_replace(struct pages *p, int sequence, int32_t index, int32_t block);

/* Blocks one by one, for drawing: users is 0 and fill 0 in a free one. */
struct pages_block { int32_t users, fill; };
struct pages_block pages_block_at(const struct pages *p, int32_t block);
/* The sequences that use a block, at most `size` of them, ascending; returns how many there are. Walks all tables. */
int pages_owners(const struct pages *p, int32_t block, int *sequences, int size);

/* stored: tokens in used blocks, a shared one once; waste = used x block_size - stored; tables: tokens as the sequences
 * see them; copies: blocks copied on write. */
struct pages_counts {
    int64_t blocks, block_size, used, free, peak, stored, waste, tables, copies, refused, sequences;
};
struct pages_counts pages_count(const struct pages *p);
/* Blocks that a sequence of so many tokens needs: tokens / block_size rounded up. */
int64_t pages_needed(int64_t tokens, int64_t block_size);
/* NULL, or what is wrong: users against tables and holds, fills, the free list, the counters. */
const char *pages_fault(const struct pages *p);
/* pages.blocks, .block_size, .used, .free, .peak, .stored, .slots, .waste, .waste_share, .copies, .refused */
void pages_facts(const struct pages *p, struct facts *facts);
