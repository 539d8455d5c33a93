/* What can be asked of a style: ramps, dimming and sequence colours. */
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

struct rgba style_dim(const struct style *s, struct rgba c) { return color_mix(s->bg, c, 0.34); }

struct rgba style_sequence(const struct style *s, int index) { return s->sequences[index % STYLE_SEQUENCES]; }
