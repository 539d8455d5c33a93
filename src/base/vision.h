/* How far apart two colours look, to different eyes.
 *
 *     double d = vision_distance(style->query, style->key, VISION_PROTANOPIA);   // CIEDE2000
 *
 * Distance: CIEDE2000 with all weights 1, between CIELAB values for the white of sRGB (D65). About 1 can just be seen
 * side by side; 10 and more is told apart at a glance. G. Sharma, W. Wu, E. N. Dalal, "The CIEDE2000 color-difference
 * formula: implementation notes, supplementary test data, and mathematical observations", Color Research and
 * Application 30 (1), 2005, pages 21 to 30.
 *
 * Colour vision: the matrices for full severity of G. M. Machado, M. M. Oliveira, L. A. F. Fernandes, "A
 * physiologically-based model for simulation of color vision deficiency", IEEE Transactions on Visualization and
 * Computer Graphics 15 (6), 2009, pages 1291 to 1298, applied to linear RGB and clipped. Grey keeps the relative
 * luminance alone, as a grey printer does.
 */
#pragma once
#include "base/color.h"

enum vision { VISION_NORMAL, VISION_DEUTERANOPIA, VISION_PROTANOPIA, VISION_TRITANOPIA, VISION_GREY, VISION_COUNT };

/* "normal", "deuteranopia", "protanopia", "tritanopia", "greyscale" */
extern const char *const vision_names[VISION_COUNT];

struct lab { double l, a, b; };

/* The colour as such eyes see it; alpha stays. */
struct rgba vision_see(struct rgba c, enum vision v);
struct lab vision_lab(struct rgba c); /* alpha is ignored */
double vision_ciede2000(struct lab x, struct lab y);
/* Between the two as such eyes see them, each an 8-bit colour again. */
double vision_distance(struct rgba x, struct rgba y, enum vision v);
