/* A free list of blocks, tables that grow by doubling, and counters that are kept, never recounted.
 *
 * n tokens take n / b blocks, rounded up, so at most b - 1 slots a sequence are empty: 213, 97, 330 and 150 tokens in
 * blocks of 16 take 14 + 7 + 21 + 10 = 52 blocks, 832 slots, of which 42 are empty. Blocks that were never used have no
 * record: a pool costs what its peak costs.
 */
#include "serve/pages.h"

#include <glib.h>
#include <string.h>

struct record { struct pages_block block; int32_t next_free; };
/* open: closed ones have tokens = -1 and are linked through next_free */
struct sequence { int32_t *table; int64_t n, size, tokens; int32_t next_free; };

struct pages {
    int64_t blocks, block_tokens;
    struct record *records;
    int64_t touched, records_size;
    struct sequence *sequences;
    int64_t ids, sequences_size;
    int32_t free_block, free_sequence; /* the last that came free; -1 */
    struct pages_counters count;
};

struct pages *pages_new(int64_t blocks, int64_t block_tokens)
{
    int64_t slots;
    if (blocks < 1 || blocks > INT32_MAX || block_tokens < 1) return NULL;
    if (__builtin_mul_overflow(blocks, block_tokens, &slots)) return NULL;
    struct pages *p = g_new0(struct pages, 1);
    p->blocks = blocks;
    p->block_tokens = block_tokens;
    p->free_block = p->free_sequence = -1;
    return p;
}

void pages_free(struct pages *p)
{
    if (!p) return;
    for (int64_t i = 0; i < p->ids; i++) g_free(p->sequences[i].table);
    g_free(p->sequences);
    g_free(p->records);
    g_free(p);
}

/* --- blocks --- */

static struct pages_block *block_at(const struct pages *p, int32_t block)
{
    g_assert(block >= 0 && block < p->touched);
    return &p->records[block].block;
}

static bool in_use(const struct pages_block *b) { return b->users > 0 || b->held; }

static int32_t fresh_block(struct pages *p)
{
    if (p->touched == p->records_size) {
        p->records_size = MIN(p->blocks, p->records_size ? 2 * p->records_size : 64);
        p->records = g_renew(struct record, p->records, p->records_size);
    }
    return (int32_t)p->touched++;
}

static int32_t take_block(struct pages *p, int64_t fill)
{
    int32_t block = p->free_block;
    if (block >= 0) p->free_block = p->records[block].next_free;
    else block = fresh_block(p);
    p->records[block] = (struct record){ .block = { .fill = fill }, .next_free = -1 };
    p->count.stored += fill;
    p->count.used++;
    p->count.peak = MAX(p->count.peak, p->count.used);
    return block;
}

static void free_unused(struct pages *p, int32_t block)
{
    struct record *r = &p->records[block];
    if (in_use(&r->block)) return;
    p->count.stored -= r->block.fill;
    p->count.used--;
    r->block.fill = 0;
    r->next_free = p->free_block;
    p->free_block = block;
}

static void add_user(struct pages *p, int32_t block)
{
    if (block_at(p, block)->users++ > 0) p->count.shared_saved++;
    p->count.table_entries++;
}

static void drop_user(struct pages *p, int32_t block)
{
    if (--block_at(p, block)->users > 0) p->count.shared_saved--;
    p->count.table_entries--;
    free_unused(p, block);
}

void pages_hold(struct pages *p, int32_t block)
{
    struct pages_block *b = block_at(p, block);
    g_assert(in_use(b) && !b->held && b->fill == p->block_tokens);
    b->held = true;
}

void pages_release(struct pages *p, int32_t block)
{
    struct pages_block *b = block_at(p, block);
    g_assert(b->held);
    b->held = false;
    free_unused(p, block);
}

/* --- sequences --- */

bool pages_is_open(const struct pages *p, int32_t sequence)
{
    return sequence >= 0 && sequence < p->ids && p->sequences[sequence].tokens >= 0;
}

static struct sequence *sequence_at(const struct pages *p, int32_t sequence)
{
    g_assert(pages_is_open(p, sequence));
    return &p->sequences[sequence];
}

static void make_room(struct sequence *s, int64_t n)
{
    if (n <= s->size) return;
    s->size = MAX(n, 2 * s->size);
    s->table = g_renew(int32_t, s->table, s->size);
}

int32_t pages_open(struct pages *p)
{
    int32_t id = p->free_sequence;
    if (id < 0 && p->ids == INT32_MAX) return -1;
    if (id >= 0) {
        p->free_sequence = p->sequences[id].next_free;
    } else {
        if (p->ids == p->sequences_size) {
            p->sequences_size = p->sequences_size ? 2 * p->sequences_size : 16;
            p->sequences = g_renew(struct sequence, p->sequences, p->sequences_size);
        }
        id = (int32_t)p->ids++;
    }
    p->sequences[id] = (struct sequence){ .next_free = -1 };
    p->count.sequences++;
    return id;
}

int32_t pages_fork(struct pages *p, int32_t sequence)
{
    int64_t tokens, n = sequence_at(p, sequence)->n;
    if (__builtin_add_overflow(p->count.tokens, pages_tokens(p, sequence), &tokens)) return -1;
    int32_t id = pages_open(p);
    if (id < 0) return -1;
    struct sequence *from = sequence_at(p, sequence), *to = sequence_at(p, id);
    make_room(to, n);
    for (int64_t i = 0; i < n; i++) {
        to->table[i] = from->table[i];
        add_user(p, to->table[i]);
    }
    to->n = n;
    to->tokens = from->tokens;
    p->count.tokens = tokens;
    return id;
}

void pages_close(struct pages *p, int32_t sequence)
{
    struct sequence *s = sequence_at(p, sequence);
    for (int64_t i = s->n - 1; i >= 0; i--) drop_user(p, s->table[i]);
    p->count.tokens -= s->tokens;
    p->count.sequences--;
    g_free(s->table);
    *s = (struct sequence){ .tokens = -1, .next_free = p->free_sequence };
    p->free_sequence = sequence;
}

/* Whether the next token goes into a block that others use, too. */
static bool must_copy(const struct pages *p, const struct sequence *s)
{
    return s->tokens % p->block_tokens && block_at(p, s->table[s->n - 1])->users > 1;
}

int64_t pages_needs(const struct pages *p, int32_t sequence, int64_t tokens)
{
    const struct sequence *s = sequence_at(p, sequence);
    int64_t after, all;
    if (tokens < 0 || __builtin_add_overflow(s->tokens, tokens, &after)) return -1;
    if (__builtin_add_overflow(p->count.tokens, tokens, &all)) return -1;
    if (tokens == 0) return 0;
    return (after - 1) / p->block_tokens + 1 - s->n + must_copy(p, s);
}

/* The others keep the block; nobody but this sequence writes into the copy. */
static void copy_last(struct pages *p, struct sequence *s)
{
    int32_t *last = &s->table[s->n - 1], shared = *last;
    int64_t fill = block_at(p, shared)->fill;
    *last = take_block(p, fill);
    add_user(p, *last);
    drop_user(p, shared);
    p->count.copies++;
    p->count.copied_tokens += fill;
}

static int64_t fill_last(struct pages *p, struct sequence *s, int64_t tokens)
{
    struct pages_block *b = block_at(p, s->table[s->n - 1]);
    int64_t written = MIN(tokens, p->block_tokens - b->fill);
    b->fill += written;
    p->count.stored += written;
    return written;
}

bool pages_append(struct pages *p, int32_t sequence, int64_t tokens)
{
    struct sequence *s = sequence_at(p, sequence);
    int64_t needs = pages_needs(p, sequence, tokens);
    if (needs < 0 || needs > pages_free_blocks(p)) {
        p->count.refusals++;
        return false;
    }
    if (tokens == 0) return true;
    if (must_copy(p, s)) copy_last(p, s);
    int64_t rest = tokens;
    if (s->tokens % p->block_tokens) rest -= fill_last(p, s, rest);
    while (rest > 0) {
        make_room(s, s->n + 1);
        s->table[s->n] = take_block(p, 0);
        add_user(p, s->table[s->n++]);
        rest -= fill_last(p, s, rest);
    }
    s->tokens += tokens;
    p->count.tokens += tokens;
    return true;
}

bool pages_adopt(struct pages *p, int32_t sequence, int32_t block)
{
    struct sequence *s = sequence_at(p, sequence);
    const struct pages_block *b = block_at(p, block);
    g_assert(in_use(b) && b->fill == p->block_tokens && s->tokens % p->block_tokens == 0);
    int64_t after, all;
    if (__builtin_add_overflow(s->tokens, b->fill, &after)) return false;
    if (__builtin_add_overflow(p->count.tokens, b->fill, &all)) return false;
    make_room(s, s->n + 1);
    s->table[s->n++] = block;
    add_user(p, block);
    s->tokens = after;
    p->count.tokens = all;
    return true;
}

void pages_replace_last(struct pages *p, int32_t sequence, int32_t block)
{
    struct sequence *s = sequence_at(p, sequence);
    const struct pages_block *b = block_at(p, block);
    g_assert(s->n > 0 && s->tokens % p->block_tokens == 0 && in_use(b) && b->fill == p->block_tokens);
    add_user(p, block);
    drop_user(p, s->table[s->n - 1]);
    s->table[s->n - 1] = block;
}

/* --- reading --- */

const struct pages_counters *pages_counters(const struct pages *p) { return &p->count; }
int64_t pages_blocks(const struct pages *p) { return p->blocks; }
int64_t pages_block_tokens(const struct pages *p) { return p->block_tokens; }
int64_t pages_free_blocks(const struct pages *p) { return p->blocks - p->count.used; }
int64_t pages_waste(const struct pages *p) { return p->count.used * p->block_tokens - p->count.stored; }
int64_t pages_touched(const struct pages *p) { return p->touched; }
int32_t pages_ids(const struct pages *p) { return (int32_t)p->ids; }
int64_t pages_tokens(const struct pages *p, int32_t sequence) { return sequence_at(p, sequence)->tokens; }

struct pages_block pages_block(const struct pages *p, int64_t block)
{
    g_assert(block >= 0 && block < p->blocks);
    return block < p->touched ? p->records[block].block : (struct pages_block){ 0 };
}

const int32_t *pages_table(const struct pages *p, int32_t sequence, int64_t *n)
{
    const struct sequence *s = sequence_at(p, sequence);
    *n = s->n;
    return s->table;
}

int64_t pages_slot(const struct pages *p, int32_t sequence, int64_t token)
{
    const struct sequence *s = sequence_at(p, sequence);
    if (token < 0 || token >= s->tokens) return -1;
    return s->table[token / p->block_tokens] * p->block_tokens + token % p->block_tokens;
}

/* --- counting anew --- */

static const char *sequence_fault(const struct pages *p, const struct sequence *s, int32_t *users, int64_t *tokens)
{
    if (s->n != s->tokens / p->block_tokens + (s->tokens % p->block_tokens > 0)) return "a table has a wrong length";
    for (int64_t i = 0; i < s->n; i++) {
        int64_t fill = MIN(p->block_tokens, s->tokens - i * p->block_tokens);
        if (s->table[i] < 0 || s->table[i] >= p->touched) return "a table names a block that was never used";
        if (p->records[s->table[i]].block.fill != fill) return "a block's fill is not what its sequence has in it";
        users[s->table[i]]++;
    }
    *tokens += s->tokens;
    return NULL;
}

static const char *block_fault(const struct pages *p, const int32_t *users)
{
    int64_t used = 0, stored = 0, entries = 0, unused = 0;
    for (int64_t i = 0; i < p->touched; i++) {
        const struct pages_block *b = &p->records[i].block;
        if (b->users != users[i]) return "a block's users are not the tables that name it";
        if (b->held && b->fill != p->block_tokens) return "a held block is not full";
        if (!in_use(b) && b->fill) return "a free block has tokens in it";
        used += in_use(b);
        stored += b->fill;
        entries += b->users;
        unused += b->users ? b->users - 1 : 0;
    }
    if (used != p->count.used || stored != p->count.stored) return "used blocks or their tokens are miscounted";
    if (entries != p->count.table_entries || unused != p->count.shared_saved) return "shared blocks are miscounted";
    return NULL;
}

static const char *free_list_fault(const struct pages *p)
{
    int64_t n = 0;
    for (int32_t i = p->free_block; i >= 0; i = p->records[i].next_free, n++)
        if (n >= p->touched || in_use(&p->records[i].block)) return "the free list is no list of free blocks";
    return n == p->touched - p->count.used ? NULL : "the free list misses a block";
}

const char *pages_fault(const struct pages *p)
{
    g_autofree int32_t *users = g_new0(int32_t, MAX(p->touched, 1));
    int64_t tokens = 0, sequences = 0;
    const char *fault = NULL;
    for (int64_t i = 0; i < p->ids && !fault; i++) {
        if (p->sequences[i].tokens < 0) continue;
        sequences++;
        fault = sequence_fault(p, &p->sequences[i], users, &tokens);
    }
    if (!fault && (tokens != p->count.tokens || sequences != p->count.sequences)) fault = "sequences are miscounted";
    if (!fault) fault = block_fault(p, users);
    if (!fault && (p->count.peak < p->count.used || p->count.peak > p->blocks)) fault = "the peak is no peak";
    return fault ? fault : free_list_fault(p);
}
