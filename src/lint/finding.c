/* The names of the rules, and lists of findings. */
#include "lint/finding.h"

const char *const lint_rule_names[LINT_RULE_COUNT] = {
#define X(id, name, help) [LINT_##id] = name,
    LINT_RULES(X)
#undef X
};

const char *const lint_rule_help[LINT_RULE_COUNT] = {
#define X(id, name, help) [LINT_##id] = help,
    LINT_RULES(X)
#undef X
};

static void clear_finding(gpointer p)
{
    struct finding *f = p;
    char *all[] = { f->a.name, f->a.text, f->b.name, f->b.text, f->file, f->text };
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) g_free(all[i]);
    if (f->others) g_array_unref(f->others);
}

GArray *findings_new(void)
{
    GArray *out = g_array_new(FALSE, FALSE, sizeof(struct finding));
    g_array_set_clear_func(out, clear_finding);
    return out;
}

void findings_add(GArray *findings, struct finding f) { g_array_append_val(findings, f); }
