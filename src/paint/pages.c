/* Pages in pixels: each inset is painted at its own size, as the film shows it, then made smaller. Workers take insets
 * in turn; they write to boxes that do not overlap, and a painted frame does not depend on the one before, so any number
 * of them gives the same bytes.
 */
#include "paint/paint.h"
#include "paint/reduce.h"

#include <string.h>

struct desk { struct fonts *fonts; struct painter *painter; int width, height; };

struct pager {
    struct desk *desks;
    int n_desks;
    struct reducer *reducer;
    uint32_t *pixels;
    const struct dl_page *page;
    gint next; /* inset that no worker has taken */
};

struct worker { struct pager *pager; struct desk *desk; };

struct pager *pager_new(const struct style *style, int threads, GError **error)
{
    struct pager *p = g_new0(struct pager, 1);
    p->n_desks = threads > 0 ? threads : (int)g_get_num_processors();
    p->desks = g_new0(struct desk, p->n_desks);
    p->reducer = reducer_new();
    for (int i = 0; i < p->n_desks; i++)
        if (!(p->desks[i].fonts = fonts_open(style, error))) {
            pager_free(p);
            return NULL;
        }
    return p;
}

void pager_free(struct pager *p)
{
    if (!p) return;
    for (int i = 0; i < p->n_desks; i++) {
        painter_free(p->desks[i].painter);
        fonts_free(p->desks[i].fonts);
    }
    g_free(p->desks);
    reducer_free(p->reducer);
    g_free(p->pixels);
    g_free(p);
}

static const uint32_t *desk_paint(struct desk *d, const struct dl *list)
{
    if (d->width != list->width || d->height != list->height) {
        painter_free(d->painter);
        *d = (struct desk){ d->fonts, painter_new(d->fonts, list->width, list->height), list->width, list->height };
    }
    painter_paint(d->painter, list);
    return painter_pixels(d->painter);
}

static gpointer work(gpointer data)
{
    struct worker *w = data;
    struct pager *p = w->pager;
    const GArray *insets = p->page->insets;
    int stride = p->page->list->width;
    for (guint i; (i = (guint)g_atomic_int_add(&p->next, 1)) < insets->len;) {
        const struct dl_inset *in = &g_array_index(insets, struct dl_inset, i);
        const uint32_t *frame = desk_paint(w->desk, in->list);
        uint32_t *corner = p->pixels + (size_t)in->box.y * (size_t)stride + (size_t)in->box.x;
        reducer_run(p->reducer, frame, in->list->width, in->list->height, corner, (int)in->box.w, (int)in->box.h, stride);
    }
    return NULL;
}

const uint32_t *pager_paint(struct pager *p, const struct dl_page *page)
{
    size_t n = (size_t)page->list->width * (size_t)page->list->height;
    p->pixels = g_renew(uint32_t, p->pixels, n);
    memcpy(p->pixels, desk_paint(&p->desks[0], page->list), n * sizeof *p->pixels);
    p->page = page;
    p->next = 0;
    GThread **threads = g_new(GThread *, p->n_desks);
    struct worker *workers = g_new(struct worker, p->n_desks);
    for (int i = 0; i < p->n_desks; i++) {
        workers[i] = (struct worker){ p, &p->desks[i] };
        threads[i] = g_thread_new("draw", work, &workers[i]);
    }
    for (int i = 0; i < p->n_desks; i++) g_thread_join(threads[i]);
    g_free(workers);
    g_free(threads);
    return p->pixels;
}
