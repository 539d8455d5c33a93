/* LZW grows a table of strings: each code is a known string, and every code sent adds that string with the pixel after
 * it. Code widths grow with the table; at 4096 strings the table starts again. The strings are found through a small
 * hash table from (code of the string, pixel) to the code of the longer string. GIF89a specification, appendix F. */
#include "sink/lzw.h"

#include <stdbool.h>
#include <string.h>

enum { MAX_CODE = 4096, SLOTS = 16384 };

struct coder {
    GByteArray *out;
    uint32_t bits;           /* not yet in a byte */
    int n_bits, width;
    uint8_t block[255];
    int in_block;
    int clear, next;         /* the clear code; the code that the next string will get */
    uint32_t keys[SLOTS];    /* string << 8 | pixel, plus 1; 0: empty */
    uint16_t codes[SLOTS];
};

static void put_byte(struct coder *c, uint8_t byte)
{
    c->block[c->in_block++] = byte;
    if (c->in_block < 255) return;
    g_byte_array_append(c->out, (uint8_t[]){ 255 }, 1);
    g_byte_array_append(c->out, c->block, 255);
    c->in_block = 0;
}

static void put_code(struct coder *c, int code)
{
    c->bits |= (uint32_t)code << c->n_bits;
    for (c->n_bits += c->width; c->n_bits >= 8; c->n_bits -= 8, c->bits >>= 8) put_byte(c, (uint8_t)c->bits);
}

static void finish(struct coder *c)
{
    if (c->n_bits) put_byte(c, (uint8_t)c->bits);
    if (c->in_block) {
        g_byte_array_append(c->out, (uint8_t[]){ (uint8_t)c->in_block }, 1);
        g_byte_array_append(c->out, c->block, (guint)c->in_block);
    }
    g_byte_array_append(c->out, (uint8_t[]){ 0 }, 1);
}

static void restart(struct coder *c, int bits)
{
    memset(c->keys, 0, sizeof c->keys);
    c->width = bits + 1;
    c->next = c->clear + 2;
}

/* The slot of a string, or the free one where it belongs. */
static uint32_t slot_of(const struct coder *c, uint32_t key)
{
    uint32_t slot = key * 2654435761u >> 18;
    while (c->keys[slot] && c->keys[slot] != key) slot = (slot + 1) % SLOTS;
    return slot;
}

static uint32_t key_of(int string, uint8_t pixel) { return ((uint32_t)string << 8 | pixel) + 1; }

static void add_string(struct coder *c, int bits, uint32_t key)
{
    if (c->next == MAX_CODE) {
        put_code(c, c->clear);
        restart(c, bits);
        return;
    }
    uint32_t slot = slot_of(c, key);
    c->keys[slot] = key;
    c->codes[slot] = (uint16_t)c->next;
    /* The decoder learns a string one code later, so the width grows when the code just given needs it. */
    if (c->next++ == 1 << c->width) c->width++;
}

void lzw_encode(GByteArray *out, int bits, const uint8_t *first, const uint8_t *second, size_t n)
{
    struct coder *c = g_new0(struct coder, 1);
    c->out = out;
    c->clear = 1 << bits;
    restart(c, bits);
    g_byte_array_append(out, (uint8_t[]){ (uint8_t)bits }, 1);
    put_code(c, c->clear);
    int string = first[0];
    for (size_t i = 1; i < n; i++) {
        uint32_t key = key_of(string, first[i]), other = key_of(string, second[i]);
        uint32_t slot = slot_of(c, key);
        if (!c->keys[slot] && other != key) slot = slot_of(c, other);
        if (c->keys[slot]) {
            string = c->codes[slot];
            continue;
        }
        put_code(c, string);
        add_string(c, bits, key);
        string = first[i];
    }
    put_code(c, string);
    /* That code gives the decoder one more string, which may widen the last code. */
    if (c->next < MAX_CODE && c->next == 1 << c->width) c->width++;
    put_code(c, c->clear + 1);
    finish(c);
    g_free(c);
}
