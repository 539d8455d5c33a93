/* Easing: how a value moves from 0 to 1. Curves are cubic Béziers through (0,0) and (1,1), as in CSS. */
#pragma once

enum ease { EASE_LINEAR, EASE_OUT, EASE_IN, EASE_IN_OUT };

/* t is clamped to [0, 1]; the ends are exact. */
double ease(enum ease curve, double t);

/* Progress of an event that starts at `start` and lasts `length` seconds, eased; 0 before it, 1 after it. */
double ease_span(enum ease curve, double now, double start, double length);

static inline double mix(double a, double b, double t) { return a + (b - a) * t; }
