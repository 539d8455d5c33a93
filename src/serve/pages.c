/* Paged allocation. A sequence of S tokens takes S / block_size blocks, rounded up, so at most block_size - 1 slots are
 * empty, all in its last block: 213, 97, 330 and 150 tokens in blocks of 16 take 14 + 7 + 21 + 10 = 52 blocks or
 * 832 slots, of which 42 are empty.
 *
 * Only the last block of a table may be part full, and it is written only while it has one user; so all that share a
 * block agree on its fill.
 */
#include "serve/pages.h"

struct sequence {
    int64_t length;
    int32_t *table, n, room;
    bool open;
};

struct pages {
    int32_t blocks, size, n_free, *free; /* a stack: the block freed last is used first */
    int32_t *users, *held, *fill;
    GArray *sequences; /* struct sequence */
    GArray *closed;    /* int */
    int64_t peak, stored, tables, copies, refused;
};

static struct sequence *sequence_at(const struct pages *p, int sequence)
{
    return &g_array_index(p->sequences, struct sequence, sequence);
}

struct pages *pages_new(int32_t blocks, int32_t block_size)
{
    g_assert(blocks > 0 && block_size > 0);
    struct pages *p = g_new0(struct pages, 1);
    p->blocks = p->n_free = blocks;
    p->size = block_size;
    p->free = g_new(int32_t, blocks);
    for (int32_t i = 0; i < blocks; i++) p->free[i] = blocks - 1 - i;
    p->users = g_new0(int32_t, blocks);
    p->held = g_new0(int32_t, blocks);
    p->fill = g_new0(int32_t, blocks);
    p->sequences = g_array_new(FALSE, TRUE, sizeof(struct sequence));
    p->closed = g_array_new(FALSE, FALSE, sizeof(int));
    return p;
}

void pages_free(struct pages *p)
{
    if (!p) return;
    for (guint i = 0; i < p->sequences->len; i++) g_free(sequence_at(p, (int)i)->table);
    g_array_free(p->sequences, TRUE);
    g_array_free(p->closed, TRUE);
    g_free(p->free);
    g_free(p->users);
    g_free(p->held);
    g_free(p->fill);
    g_free(p);
}

int64_t pages_needed(int64_t tokens, int64_t block_size)
{
    return tokens / block_size + (tokens % block_size != 0);
}

int pages_open(struct pages *p)
{
    int id = (int)p->sequences->len;
    if (p->closed->len) {
        id = g_array_index(p->closed, int, p->closed->len - 1);
        g_array_set_size(p->closed, p->closed->len - 1);
    } else {
        g_array_set_size(p->sequences, p->sequences->len + 1);
    }
    *sequence_at(p, id) = (struct sequence){ .open = true };
    return id;
}

static void drop(struct pages *p, int32_t block)
{
    g_assert(p->users[block] > 0);
    if (--p->users[block]) return;
    p->stored -= p->fill[block];
    p->fill[block] = 0;
    p->free[p->n_free++] = block;
}

static int32_t take(struct pages *p)
{
    int32_t block = p->free[--p->n_free];
    p->users[block] = 1;
    p->peak = MAX(p->peak, p->blocks - p->n_free);
    return block;
}

static void push(struct sequence *s, int32_t block)
{
    if (s->n == s->room) {
        s->room = (int32_t)MIN((int64_t)s->room * 2 + 4, G_MAXINT32);
        s->table = g_renew(int32_t, s->table, s->room);
    }
    s->table[s->n++] = block;
}

static void copy_last(struct pages *p, struct sequence *s)
{
    int32_t old = s->table[s->n - 1], block = take(p);
    p->fill[block] = p->fill[old];
    p->stored += p->fill[block];
    drop(p, old);
    s->table[s->n - 1] = block;
    p->copies++;
}

bool pages_append(struct pages *p, int sequence, int64_t tokens)
{
    struct sequence *s = sequence_at(p, sequence);
    int64_t length;
    g_assert(s->open && tokens >= 0);
    bool copy = tokens && s->length % p->size && p->users[s->table[s->n - 1]] > 1;
    if (__builtin_add_overflow(s->length, tokens, &length) ||
        pages_needed(length, p->size) - s->n + copy > p->n_free) {
        p->refused++;
        return false;
    }
    if (copy) copy_last(p, s);
    p->stored += tokens;
    p->tables += tokens;
    while (tokens) {
        if (s->length == (int64_t)s->n * p->size) push(s, take(p));
        int64_t part = MIN(tokens, (int64_t)s->n * p->size - s->length);
        p->fill[s->table[s->n - 1]] += (int32_t)part;
        s->length += part;
        tokens -= part;
    }
    return true;
}

int pages_fork(struct pages *p, int sequence)
{
    int id = pages_open(p);
    struct sequence *s = sequence_at(p, sequence), *child = sequence_at(p, id);
    *child = *s;
    child->room = s->n;
    child->table = g_memdup2(s->table, (gsize)s->n * sizeof *s->table);
    for (int32_t i = 0; i < s->n; i++) p->users[s->table[i]]++;
    p->tables += s->length;
    return id;
}

void pages_close(struct pages *p, int sequence)
{
    struct sequence *s = sequence_at(p, sequence);
    g_assert(s->open);
    for (int32_t i = s->n; i-- > 0;) drop(p, s->table[i]);
    p->tables -= s->length;
    g_free(s->table);
    *s = (struct sequence){ 0 };
    g_array_append_val(p->closed, sequence);
}

bool pages_is_open(const struct pages *p, int sequence)
{
    return sequence >= 0 && sequence < (int)p->sequences->len && sequence_at(p, sequence)->open;
}

int64_t pages_length(const struct pages *p, int sequence) { return sequence_at(p, sequence)->length; }

int32_t pages_blocks(const struct pages *p, int sequence, const int32_t **table)
{
    if (table) *table = sequence_at(p, sequence)->table;
    return sequence_at(p, sequence)->n;
}

int64_t pages_slot(const struct pages *p, int sequence, int64_t token)
{
    const struct sequence *s = sequence_at(p, sequence);
    return token < 0 || token >= s->length ? -1 : (int64_t)s->table[token / p->size] * p->size + token % p->size;
}

void pages_hold(struct pages *p, int32_t block)
{
    g_assert(p->users[block] > 0);
    p->users[block]++;
    p->held[block]++;
}

void pages_release(struct pages *p, int32_t block)
{
    g_assert(p->held[block] > 0);
    p->held[block]--;
    drop(p, block);
}

void pages_lend(struct pages *p, int sequence, int32_t block)
{
    struct sequence *s = sequence_at(p, sequence);
    g_assert(s->open && s->length % p->size == 0 && p->fill[block] == p->size);
    p->users[block]++;
    push(s, block);
    s->length += p->size;
    p->tables += p->size;
}

void pages_replace(struct pages *p, int sequence, int32_t index, int32_t block)
{
    struct sequence *s = sequence_at(p, sequence);
    g_assert(index < s->n && p->fill[s->table[index]] == p->size && p->fill[block] == p->size);
    p->users[block]++;
    drop(p, s->table[index]);
    s->table[index] = block;
}

struct pages_block pages_block_at(const struct pages *p, int32_t block)
{
    return (struct pages_block){ p->users[block], p->fill[block] };
}

int pages_owners(const struct pages *p, int32_t block, int *sequences, int size)
{
    int n = 0;
    for (int id = 0; id < (int)p->sequences->len; id++) {
        const struct sequence *s = sequence_at(p, id);
        for (int32_t i = 0; i < s->n; i++) {
            if (s->table[i] != block) continue;
            if (n < size) sequences[n] = id;
            n++;
            break;
        }
    }
    return n;
}

struct pages_counts pages_count(const struct pages *p)
{
    int64_t used = p->blocks - p->n_free;
    return (struct pages_counts){ p->blocks, p->size, used, p->n_free, p->peak, p->stored, used * p->size - p->stored,
                                  p->tables, p->copies, p->refused, (int64_t)p->sequences->len - p->closed->len };
}

/* Users and fill of each block, counted anew from the tables and holds. */
static const char *tables_fault(const struct pages *p, int32_t *users)
{
    int64_t tables = 0;
    for (guint id = 0; id < p->sequences->len; id++) {
        const struct sequence *s = sequence_at(p, (int)id);
        if (s->n != pages_needed(s->length, p->size)) return "a table is not as long as its sequence needs";
        for (int32_t i = 0; i < s->n; i++) {
            int64_t fill = MIN(p->size, s->length - (int64_t)i * p->size);
            if (p->fill[s->table[i]] != fill) return "a block's fill is not what its sequence wrote";
            users[s->table[i]]++;
        }
        tables += s->length;
    }
    return tables == p->tables ? NULL : "the tokens of the tables are miscounted";
}

static const char *blocks_fault(const struct pages *p, const int32_t *users)
{
    int64_t stored = 0, unused = 0;
    for (int32_t b = 0; b < p->blocks; b++) {
        if (p->users[b] != users[b] + p->held[b]) return "a block's users are miscounted";
        if (!p->users[b] && p->fill[b]) return "a free block is not empty";
        stored += p->fill[b];
        unused += !p->users[b];
    }
    for (int32_t i = 0; i < p->n_free; i++)
        if (p->users[p->free[i]]) return "a used block is on the free list";
    if (unused != p->n_free) return "the free list is not all free blocks";
    return stored == p->stored ? NULL : "the stored tokens are miscounted";
}

const char *pages_fault(const struct pages *p)
{
    int32_t *users = g_new0(int32_t, p->blocks);
    const char *fault = tables_fault(p, users);
    if (!fault) fault = blocks_fault(p, users);
    g_free(users);
    return fault;
}

void pages_facts(const struct pages *p, struct facts *f)
{
    struct pages_counts c = pages_count(p);
    int blocks = facts_leaf(f, "pages.blocks", c.blocks, UNIT_COUNT, "counted: blocks of the pool");
    int size = facts_leaf(f, "pages.block_size", c.block_size, UNIT_TOKENS, "chosen: tokens a block");
    int used = facts_leaf(f, "pages.used", c.used, UNIT_COUNT, "counted: blocks in use");
    int stored = facts_leaf(f, "pages.stored", c.stored, UNIT_TOKENS, "counted: tokens in used blocks");
    facts_int(f, "pages.free", c.free, UNIT_COUNT, "[blocks] − [used blocks]", FACTS(blocks, used));
    int slots = facts_int(f, "pages.slots", c.used * c.block_size, UNIT_TOKENS, "[used blocks] × [block size]",
                          FACTS(used, size));
    int waste = facts_int(f, "pages.waste", c.waste, UNIT_TOKENS, "[slots] − [tokens stored]", FACTS(slots, stored));
    if (c.used)
        facts_real(f, "pages.waste_share", (double)c.waste / (double)(c.used * c.block_size), UNIT_SHARE,
                   "[empty slots] ÷ [slots]", FACTS(waste, slots));
    facts_leaf(f, "pages.peak", c.peak, UNIT_COUNT, "counted: most blocks in use at once");
    facts_leaf(f, "pages.copies", c.copies, UNIT_COUNT, "counted: blocks copied on write");
    facts_leaf(f, "pages.refused", c.refused, UNIT_COUNT, "counted: writes for which no block was free");
}
