/* Paged allocation (PagedAttention: Kwon et al. 2023, arXiv:2309.06180, section 4): a pool of equal blocks, and
 * sequences whose tokens lie in any blocks, found through the sequence's block table.
 *
 *     struct pages *p = pages_new(1000, 16);
 *     int32_t seq = pages_open(p);
 *     if (!pages_append(p, seq, 213)) ...          14 blocks, 224 slots, 11 of them empty
 *     int32_t twin = pages_fork(p, seq);           no block more: both tables name the same 14
 *     pages_append(p, twin, 1);                    copies the last block, which is shared, and writes into the copy
 *     pages_close(p, seq);
 *
 * All blocks of a sequence but the last are full, so empty slots lie in last blocks only. Blocks can also be held
 * without any sequence (serve/prefix.h). An append costs constant time per block; memory is linear in the blocks
 * touched and the lengths of the tables. The same calls give the same blocks.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct pages_block { /* free when it has no user and is not held */
    int64_t fill;   /* tokens in it */
    int32_t users;  /* sequences whose tables name it */
    bool held;
};

struct pages_counters {
    int64_t used, peak;     /* blocks with a user, or held; the most there ever were */
    int64_t table_entries;  /* of all tables: blocks that would be used without sharing and without holds */
    int64_t shared_saved;   /* table entries beyond the first of each block */
    int64_t tokens, stored; /* of the sequences, shared ones counted for each; in the blocks, each once */
    int64_t sequences;      /* open */
    int64_t copies, copied_tokens, refusals; /* so far */
};

struct pages;

/* NULL unless both are positive, blocks fit 31 bits and all slots 64. Frees with pages_free(), which accepts NULL. */
struct pages *pages_new(int64_t blocks, int64_t block_tokens);
void pages_free(struct pages *p);

/* A sequence of no tokens; ids of closed sequences come again. -1 when there are as many as 31 bits can name. */
int32_t pages_open(struct pages *p);
/* A second sequence with the same tokens in the same blocks; -1 as above, or when the tokens would exceed 64 bits. */
int32_t pages_fork(struct pages *p, int32_t sequence);
void pages_close(struct pages *p, int32_t sequence);
/* False, with nothing changed, when the pool has too few free blocks. */
bool pages_append(struct pages *p, int32_t sequence, int64_t tokens);
/* Free blocks that such an append takes; a copy of a shared last block is one. -1: beyond 64 bits. */
int64_t pages_needs(const struct pages *p, int32_t sequence, int64_t tokens);

/* For caches of full blocks. Adopting appends a full block in use to a sequence without a begun block; false, with
 * nothing changed: beyond 64 bits. Replacing puts it in the place of the sequence's last block, which is full, too. */
bool pages_adopt(struct pages *p, int32_t sequence, int32_t block);
void pages_replace_last(struct pages *p, int32_t sequence, int32_t block);
void pages_hold(struct pages *p, int32_t block);
void pages_release(struct pages *p, int32_t block);

/* --- reading --- */

const struct pages_counters *pages_counters(const struct pages *p);
int64_t pages_blocks(const struct pages *p);
int64_t pages_block_tokens(const struct pages *p);
int64_t pages_free_blocks(const struct pages *p);
int64_t pages_waste(const struct pages *p);   /* empty slots of used blocks: internal fragmentation */
/* Blocks from pages_touched() on were never used. */
int64_t pages_touched(const struct pages *p);
struct pages_block pages_block(const struct pages *p, int64_t block);
/* Ids lie below pages_ids(). */
int32_t pages_ids(const struct pages *p);
bool pages_is_open(const struct pages *p, int32_t sequence);
int64_t pages_tokens(const struct pages *p, int32_t sequence);
/* The sequence's blocks, n of them; valid until the sequence changes. */
const int32_t *pages_table(const struct pages *p, int32_t sequence, int64_t *n);
/* Where a token lies: block × block tokens + offset. -1 when the sequence has no such token. */
int64_t pages_slot(const struct pages *p, int32_t sequence, int64_t token);
/* NULL, or which rule above is broken; counts everything anew. */
const char *pages_fault(const struct pages *p);
