/* Few colours for many: counts the colours of a film and chooses a palette for them.
 *
 *     uint32_t id = palette_count(p, 0xFF0A0F1E);     // for every pixel painted; ids are 0, 1, 2 ... as colours appear
 *     palette_choose(p, 64);
 *     uint8_t index = palette_index(p, id);
 */
#pragma once
#include <stdint.h>

struct palette;

struct palette *palette_new(void);
void palette_free(struct palette *p); /* accepts NULL */
uint32_t palette_count(struct palette *p, uint32_t color);
/* Chooses at most `size` colours, 1 to 256; returns how many. A film with no more than that keeps all exactly. */
int palette_choose(struct palette *p, int size);
uint32_t palette_color(const struct palette *p, int index);
uint8_t palette_index(const struct palette *p, uint32_t id);
