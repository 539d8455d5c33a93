/* What was measured, in 80 columns. A small model's heads are rows with a column for each role; of a large one, the best
 * few of each role are told. */
#include "cmd/heads.h"
#include "cmd/cmd.h"

#include <stdlib.h>

enum { MOST_ROWS = 64, FEW = 5, MOST_OF_ROLE = 20, BAR = 40 };

static const int widths[] = { 10, 7, 7, 10, 10, 7, 8 }; /* of the columns, the mark's place included */
G_STATIC_ASSERT(G_N_ELEMENTS(widths) == HEAD_ROLES);

static void put_head_line(GString *out, const char *model, const struct heads *h)
{
    g_string_append_printf(out, "%s: %d layer%s of %d head%s, measured on %d of %d stories\n\n", model, h->layers,
                           h->layers == 1 ? "" : "s", h->heads, h->heads == 1 ? "" : "s", h->stories, h->held);
}

/* Spaces at the end of a line go. */
static void end_line(GString *out)
{
    while (out->len && out->str[out->len - 1] == ' ') g_string_truncate(out, out->len - 1);
    g_string_append_c(out, '\n');
}

/* --- every head --- */

/* A cell of a role's column, with room for a mark behind it. */
static void put_cell(GString *out, int role, const char *text, const char *mark)
{
    for (int pad = widths[role] - 1 - (int)g_utf8_strlen(text, -1); pad > 0; pad--) g_string_append_c(out, ' ');
    g_string_append_printf(out, "%s%s", text, mark);
}

static void put_percent(GString *out, const struct heads *h, int role, double share, bool best)
{
    g_autofree char *text = h->cases[role] ? g_strdup_printf("%.1f", 100 * share) : g_strdup("–");
    put_cell(out, role, text, best ? "*" : " ");
}

static void put_row(GString *out, const struct heads *h, int layer, int head)
{
    enum head_role called = heads_call(h, layer, head);
    g_string_append_printf(out, "%5d %4d", layer, head);
    for (int role = 0; role < HEAD_ROLES; role++) {
        int best_layer = 0, best_head = 0;
        heads_best(h, (enum head_role)role, &best_layer, &best_head);
        put_percent(out, h, role, heads_score(h, layer, head, (enum head_role)role),
                    h->cases[role] && layer == best_layer && head == best_head);
    }
    if (called < HEAD_ROLES) g_string_append_printf(out, "%s", head_role_names[called]);
    end_line(out);
}

static void put_rows(GString *out, const struct heads *h)
{
    g_string_append(out, "layer head");
    for (int role = 0; role < HEAD_ROLES; role++) put_cell(out, role, head_role_names[role], " ");
    end_line(out);
    for (int layer = 1; layer <= h->layers; layer++)
        for (int head = 1; head <= h->heads; head++) put_row(out, h, layer, head);
    g_string_append(out, "chance    ");
    for (int role = 0; role < HEAD_ROLES; role++) put_percent(out, h, role, h->chance[role], false);
    end_line(out);
    g_string_append(out, "cases     ");
    for (int role = 0; role < HEAD_ROLES; role++) {
        g_autofree char *text = text_count(h->cases[role]);
        put_cell(out, role, text, " ");
    }
    end_line(out);
    g_string_append(out, "\nPercent of a head's attention; * is the best of a column. A name on the right\n"
                         "is what the head is best called by, where one role stands out.\n");
}

/* --- the best --- */

static void put_best(GString *out, const struct heads *h)
{
    g_string_append(out, "\nBest at    layer head  share  chance\n");
    for (int role = 0; role < HEAD_ROLES; role++) {
        int layer = 0, head = 0;
        heads_best(h, (enum head_role)role, &layer, &head);
        if (!h->cases[role])
            g_string_append_printf(out, "%-9s  no case in these stories\n", head_role_names[role]);
        else
            g_string_append_printf(out, "%-9s  %5d %4d  %5.1f  %6.1f  %s\n", head_role_names[role], layer, head,
                                   100 * heads_score(h, layer, head, (enum head_role)role), 100 * h->chance[role],
                                   heads_claim(h, layer, head, (enum head_role)role));
    }
}

struct place_of_head { int layer, head; double score; };

static int by_score(const void *a, const void *b)
{
    const struct place_of_head *x = a, *y = b;
    if (x->score != y->score) return x->score > y->score ? -1 : 1;
    return x->layer != y->layer ? x->layer - y->layer : x->head - y->head;
}

static void put_bar(GString *out, double share, double chance)
{
    int filled = (int)(share * BAR + 0.5), mark = MIN((int)(chance * BAR + 0.5), BAR - 1);
    for (int i = 0; i < BAR; i++) g_string_append(out, i == mark ? "│" : i < filled ? "█" : "·");
}

/* The best `most` heads of a role, a line each. */
static void put_ranking(GString *out, const struct heads *h, enum head_role role, int most)
{
    int n = h->layers * h->heads;
    g_autofree struct place_of_head *all = g_new(struct place_of_head, n);
    for (int i = 0; i < n; i++)
        all[i] = (struct place_of_head){ i / h->heads + 1, i % h->heads + 1, h->scores[i * HEAD_ROLES + (int)role] };
    qsort(all, (size_t)n, sizeof *all, by_score);
    g_autofree char *cases = text_count(h->cases[role]);
    g_string_append_printf(out, "%s: %s (%s cases)\n", head_role_names[role], head_role_lines[role], cases);
    for (int i = 0; i < MIN(n, most) && h->cases[role]; i++) {
        g_string_append_printf(out, "  layer %3d, head %3d  %5.1f%%  ", all[i].layer, all[i].head, 100 * all[i].score);
        put_bar(out, all[i].score, h->chance[role]);
        g_string_append_c(out, '\n');
    }
    if (n > most && h->cases[role]) g_string_append_printf(out, "  and %d more\n", n - most);
    if (h->cases[role]) g_string_append_printf(out, "  %-18s  %5.1f%%  (│)\n", "chance", 100 * h->chance[role]);
}

void heads_tell_role(const char *model, const struct heads *h, enum head_role role, bool all, GString *out)
{
    put_head_line(out, model, h);
    put_ranking(out, h, role, all ? G_MAXINT : MOST_OF_ROLE);
}

void heads_tell(const char *model, const struct heads *h, bool all, GString *out)
{
    put_head_line(out, model, h);
    if (all || h->layers * h->heads <= MOST_ROWS) {
        put_rows(out, h);
        put_best(out, h);
        return;
    }
    for (int role = 0; role < HEAD_ROLES; role++) {
        put_ranking(out, h, (enum head_role)role, FEW);
        g_string_append(out, role + 1 < HEAD_ROLES ? "\n" : "");
    }
    g_string_append(out, "\n--all shows every head with all roles, --role all heads of one.\n");
}

/* --- for programs --- */

void heads_tell_csv(const struct heads *h, GString *out)
{
    g_string_append(out, "layer,head");
    for (int role = 0; role < HEAD_ROLES; role++) g_string_append_printf(out, ",%s", head_role_names[role]);
    g_string_append(out, ",called\n");
    for (int i = 0; i < h->layers * h->heads; i++) {
        int layer = i / h->heads + 1, head = i % h->heads + 1;
        enum head_role called = heads_call(h, layer, head);
        g_string_append_printf(out, "%d,%d", layer, head);
        for (int role = 0; role < HEAD_ROLES; role++) {
            g_autofree char *number = text_number(heads_score(h, layer, head, (enum head_role)role));
            g_string_append_printf(out, ",%s", h->cases[role] ? number : "");
        }
        g_string_append_printf(out, ",%s\n", called < HEAD_ROLES ? head_role_names[called] : "");
    }
}
