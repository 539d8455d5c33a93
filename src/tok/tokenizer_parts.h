/* The inside of a tokenizer, for the files that fill it. The order is: kind and mark, then the entries, then the
 * merges; tokenizer.c then reads it only.
 *
 * The byte-level alphabet: 188 bytes that print (! to ~, ¡ to ¬, ® to ÿ) stand for themselves as characters U+0021 to
 * U+00FF; the other 68 become U+0100, U+0101, ... in order, so the space, the 33rd of them, is U+0120 "Ġ". Source:
 * encoder.py of github.com/openai/gpt-2, bytes_to_unicode().
 */
#pragma once
#include "tok/added.h"
#include "tok/bpe.h"
#include "tok/normalizer.h"
#include "tok/pretoken.h"
#include "tok/tokenizer.h"

enum { BYTES = 256 };

struct piece {
    char *bytes; /* NULL: no token has this id */
    size_t length;
};

struct tokenizer {
    int vocab;
    gboolean byte_level;    /* words are bytes in the alphabet above; otherwise characters */
    gboolean byte_fallback; /* a character without an entry is written as "<0xE2>", "<0x96>", ... */
    gboolean fuse_unk;      /* several unknown characters in a row are one unknown token */
    gboolean whole_words;   /* a word that is an entry is that token, whatever the merges say ("ignore_merges") */
    int unk;                /* -1: none */
    char *mark;             /* what stands for a space in entries ("▁"); NULL: the space itself */
    struct normalizer *normalizer;
    struct pretoken *pretoken;
    struct added *raw, *normal; /* tokens looked for in the text as typed, and in the normalized one */
    struct bpe *bpe;
    GHashTable *ids;      /* entry -> id + 1 */
    struct piece *pieces; /* [vocab] */
    int byte_ids[BYTES];  /* the token of a byte, byte-level or fallback; -1: none */
    GArray *before, *after; /* of int: ids that stand around every text */
};

/* Without steps, entries, merges; takes the two. */
struct tokenizer *tokenizer_new(int vocab, struct normalizer *normalizer, struct pretoken *pretoken);
/* One entry of the vocabulary. `path`: the file, for the message. FALSE and error: an id that is taken or too high. */
gboolean tokenizer_add(struct tokenizer *t, const char *path, const char *entry, JsonNode *id, GError **error);
/* A token that stands for its own text. */
gboolean tokenizer_add_plain(struct tokenizer *t, const char *path, const char *text, JsonNode *id, GError **error);
int tokenizer_id(const struct tokenizer *t, const char *entry); /* -1: no entry */
/* FALSE: one of left, right and their joint is no entry; *lacking is it, freed with g_free. */
gboolean tokenizer_add_merge(struct tokenizer *t, const char *left, const char *right, int *joint, char **lacking);
/* vocab.json and merges.txt of a folder. */
struct tokenizer *tokenizer_load_pair(const char *folder, int vocab, GError **error);
