/* Prefix cache by a chain of block hashes, as vLLM's automatic prefix caching: the hash of a full block covers its
 * tokens and its parent's hash, so equal ones stand for equal prefixes. A hash only finds candidates: parent and tokens
 * are compared as well, and a collision is a miss.
 *
 * Only full blocks are kept, and the last token of a prompt is always computed (its logits are needed), so a hit is at
 * most (tokens - 1) / block_size whole blocks. A full block that was computed twice is kept once.
 *
 * When blocks run out, those without a user go, least recently used first, of equally old ones the deepest first.
 */
#pragma once
#include "serve/pages.h"

struct prefix;

struct prefix *prefix_new(int32_t blocks, int32_t block_size);
void prefix_free(struct prefix *c); /* accepts NULL */
const struct pages *prefix_pages(const struct prefix *c);

/* Tokens of the longest cached chain; changes nothing. */
int64_t prefix_match(const struct prefix *c, const int32_t *tokens, int64_t n);
/* Stores a prompt and returns its sequence in the pages; hit, may be NULL, is how many of its tokens were cached. -1
 * when even evicting leaves too few blocks; what is stored does not change then, but the found chain counts as used. */
int prefix_admit(struct prefix *c, const int32_t *tokens, int64_t n, int64_t *hit);
void prefix_close(struct prefix *c, int sequence); /* its full blocks stay cached */

/* hits and misses are tokens of admitted prompts; queries counts these prompts. cached: blocks; idle: those of them
 * without a user. */
struct prefix_counts { int64_t queries, hits, misses, evictions, cached, idle, refused; };
struct prefix_counts prefix_count(const struct prefix *c);
const char *prefix_fault(const struct prefix *c); /* NULL, or what is wrong */
/* prefix.queries, .hits, .misses, .asked, .hit_share, .evictions, .cached */
void prefix_facts(const struct prefix *c, struct facts *facts);
