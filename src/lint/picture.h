/* What is wrong in one picture: the rules that need nothing but a display list. */
#pragma once
#include "dl/dl.h"
#include "lint/finding.h"
#include "sim/fact.h"
#include "style/style.h"
#include "view/canvas.h"

/* How a rule was broken; several ways share one rule. */
enum fault_kind {
    FAULT_TEXTS, FAULT_LINE, FAULT_COVER,          /* overlap */
    FAULT_EDGE, FAULT_CLIP, FAULT_ELLIPSIS,        /* cut */
    FAULT_MARGIN, FAULT_SIZE, FAULT_CONTRAST, FAULT_TYPED, FAULT_UNKNOWN,
    FAULT_KIND_COUNT
};

/* a, b: ops of the list, b < 0: none. key: the same for the same fault of the same things in another picture.
 * measure: how bad (pixels, ratio, share), as its sentence says; floor: what would do. under: what a text stands on. */
struct fault { enum fault_kind kind; uint64_t key; int a, b; double measure, floor; struct rgba under; };

/* What looking needs; one thread each. */
struct looker {
    const struct measurer *measurer;
    struct canvas canvas;              /* plan, safe area and fonts of this size */
    const struct facts *(*book)(const void *self, int book); /* may be NULL: unknown values are then not looked for */
    const void *self;
    double luminance[256];             /* linear light of an 8-bit value */
    GArray *texts, *scratch, *lines, *ratios;
};

void looker_init(struct looker *l, const struct style *style, int width, int height, const struct measurer *measurer);
void looker_finish(struct looker *l);

/* Appends struct fault. */
void picture_faults(struct looker *l, const struct dl *dl, GArray *out);
/* Does `a` tell more than `b`, the same fault in another picture? */
bool fault_tells_more(const struct fault *a, const struct fault *b);
enum lint_rule fault_rule(enum fault_kind kind);
/* The finding that a fault makes, without its times and place. */
struct finding fault_finding(const struct looker *l, const struct dl *dl, const struct fault *f);
/* A word that starts with a digit of any script is a number, and so are "three" to "billion" in English ("one" and "two" are
 * as often no counts). A word that starts with a letter is a name: GPT-2, H100, x². */
bool text_has_number(const char *text);
