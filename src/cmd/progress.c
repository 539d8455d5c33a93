/* The bar: a share, a bar, frames, frames a second, time left. Redrawn ten times a second at most. */
#include "cmd/progress.h"
#include "cmd/cmd.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct progress progress_for(bool quiet, bool json)
{
    struct progress p = { PROGRESS_LINES, 0, 80, "frames", "fps" };
    struct winsize size;
    if (quiet) p.kind = PROGRESS_NONE;
    else if (json) p.kind = PROGRESS_JSON;
    else if (isatty(STDERR_FILENO)) p.kind = PROGRESS_BAR;
    if (p.kind == PROGRESS_BAR && !ioctl(STDERR_FILENO, TIOCGWINSZ, &size) && size.ws_col) p.columns = size.ws_col;
    return p;
}

static void show_bar(const struct progress *p, int64_t done, int64_t total, double rate, const char *left)
{
    char tail[96], bar[256] = "";
    int n = g_snprintf(tail, sizeof tail, " %" G_GINT64_FORMAT "/%" G_GINT64_FORMAT " %s  %.0f %s  %s left", done, total, p->what, rate,
                       p->rate, left);
    int width = CLAMP(p->columns - n - 9, 0, 40);
    if (p->columns < n + 8) { /* too narrow for it all: the share and the time left */
        fprintf(stderr, "\r\033[K%4d%%  %s", (int)(total ? done * 100 / total : 0), left);
        fflush(stderr);
        return;
    }
    double filled = total ? (double)done * width / (double)total : 0;
    size_t at = 0;
    for (int i = 0; i < width; i++) at += (size_t)g_snprintf(bar + at, sizeof bar - at, "%s", i < (int)filled ? "━" : i < filled ? "╸" : "─");
    fprintf(stderr, "\r\033[K%4d%% %s%s", (int)(total ? done * 100 / total : 0), bar, tail);
    fflush(stderr);
}

void progress_show(struct progress *p, int64_t done, int64_t total, double seconds)
{
    static const double pause[] = { [PROGRESS_NONE] = 1e9, [PROGRESS_BAR] = 0.1, [PROGRESS_LINES] = 10, [PROGRESS_JSON] = 1 };
    if (p->kind == PROGRESS_NONE || seconds - p->last < pause[p->kind]) return;
    p->last = seconds;
    double rate = seconds > 0 ? (double)done / seconds : 0;
    g_autofree char *left = rate > 0 ? text_seconds((double)(total - done) / rate) : g_strdup("?");
    if (p->kind == PROGRESS_BAR) show_bar(p, done, total, rate, left);
    else if (p->kind == PROGRESS_LINES)
        fprintf(stderr, "%3d%%  %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " %s, %.0f a second, %s left\n",
                (int)(total ? done * 100 / total : 0), done, total, p->what, rate, left);
    else
        printf("{\"event\":\"progress\",\"done\":%" G_GINT64_FORMAT ",\"total\":%" G_GINT64_FORMAT ",\"seconds\":%.3f}\n", done, total, seconds), fflush(stdout);
}

void progress_end(struct progress *p)
{
    if (p->kind == PROGRESS_BAR && p->last > 0) fprintf(stderr, "\r\033[K");
}
