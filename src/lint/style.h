/* What a style promises, checked without a film: roles that all eyes can tell apart, and text that stands out.
 *
 * Floors, as CIEDE2000 distances after simulation (base/vision.h). About 10 is told apart at a glance when the two lie
 * side by side, and 15 also when they lie some way apart.
 *
 *   Q, K and V, pairwise     15 with deuteranopia and protanopia: their hue is what names them all over the picture;
 *                            13 with tritanopia, which is a hundred times as rare, and place and letter help
 *                            10 in grey, where the style says grey_safe: letters then stand beside them
 *   new_line against key     10: the outline of a new column lies on the column, and its shape helps
 *   recomputed, new_fill     10: cells of the two touch, and their number is told in words
 *   weights against red      10: recomputed and critical; weights have a slash as well
 *   new_fill against bg      10: its outline and place help
 *   ends of the attention ramp  as Q, K and V: a share is read from the tone
 *   kept against new         10, for K and V: the two touch, and new has an outline
 *   neighbouring sequences   15, A-B to G-H: in a bank their cells touch, and small cells have no letter
 *
 * Marks that carry meaning must have 3:1 against bg (WCAG 2.1, 1.4.11).
 *
 * What is not said about an eye holds for all but grey. Text roles must have the contrast text_contrast (WCAG 2) against
 * bg and surface and against what else the views put them on; so must numbers on the attention ramp and letters on the
 * colours of sequences, which are black or white, whichever reads better.
 */
#pragma once
#include "lint/finding.h"
#include "style/style.h"

/* Adds a finding for each pair that is too close, with the eye that sees the least difference, and for each text role with
 * the ground on which it stands out the least. file: the style's, for the findings; may be NULL. */
void lint_style(const struct style *s, const char *file, GArray *findings);
