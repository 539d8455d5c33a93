/* What can be asked of a style: ramps, quiet inks and sequence colours. */
#include "style/style.h"

#include <glib.h>

static struct rgba between(const struct rgba *stops, int n, double t)
{
    double at = CLAMP(t, 0.0, 1.0) * (n - 1);
    int i = at >= n - 1 ? n - 2 : (int)at;
    return color_mix(stops[i], stops[i + 1], at - i);
}

struct rgba style_ramp(const struct style *s, enum style_ramp which, double t)
{
    const struct ramp *r = &s->ramps[which];
    if (which == RAMP_ATTENTION && s->ramp_jump && r->n == 4)
        return t < 0.5 ? between(r->stops, 2, t * 2) : between(r->stops + 2, 2, t * 2 - 1);
    return between(r->stops, r->n, t);
}

struct rgba style_quiet(const struct style *s, struct rgba ink, struct rgba under, double t)
{
    struct rgba quiet = color_mix(under, ink, t);
    for (; t < 1 && color_contrast(quiet, under) < s->text_contrast; t += 1 / 64.0) quiet = color_mix(under, ink, t);
    return t < 1 ? quiet : ink;
}

struct rgba style_slash(const struct style *s, struct rgba cell)
{
    struct rgba slash = color_mix(cell, s->bg, 0.42);
    /* On a cell that hardly stands out from the background, what is mixed with it cannot be seen either. */
    return color_contrast(slash, cell) < 1.4 ? color_mix(cell, s->text, 0.42) : slash;
}

struct rgba style_sequence(const struct style *s, int index) { return s->sequences[index % STYLE_SEQUENCES]; }
