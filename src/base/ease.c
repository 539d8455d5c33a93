/* Cubic Bézier easing: x(u) = t is solved for u by bisection (the curves are monotone in x), then y(u) is the answer.
 * A fixed number of halvings keeps it the same on every machine. */
#include "base/ease.h"

#include <glib.h>

static const double curves[][4] = {
    [EASE_LINEAR] = { 0, 0, 1, 1 },
    [EASE_OUT] = { 0.22, 1, 0.36, 1 },
    [EASE_IN] = { 0.64, 0, 0.78, 0 },
    [EASE_IN_OUT] = { 0.65, 0, 0.35, 1 },
};

static double bezier(double p1, double p2, double u)
{
    double v = 1 - u;
    return 3 * v * v * u * p1 + 3 * v * u * u * p2 + u * u * u;
}

double ease(enum ease curve, double t)
{
    if (t <= 0) return 0;
    if (t >= 1) return 1;
    if (curve == EASE_LINEAR) return t;
    const double *c = curves[curve];
    double lo = 0, hi = 1;
    for (int i = 0; i < 30; i++) {
        double u = (lo + hi) / 2;
        if (bezier(c[0], c[2], u) < t) lo = u;
        else hi = u;
    }
    return bezier(c[1], c[3], (lo + hi) / 2);
}

double ease_span(enum ease curve, double now, double start, double length)
{
    if (length <= 0) return now >= start ? 1 : 0;
    return ease(curve, (now - start) / length);
}
