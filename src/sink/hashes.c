/* A film as text: one line per distinct picture, its frame number and a 64-bit hash of its pixels. Two films look the
 * same exactly when these texts are equal, whatever the encoder did. Used by the tests. */
#include "sink/sink.h"

#include "dl/hash.h"
#include "sink/atomic.h"

struct hashes {
    const struct film *film;
    struct atomic *out;
    GString *text;
};

static void hashes_close(void *sink)
{
    struct hashes *h = sink;
    if (!h) return;
    atomic_close(h->out);
    g_string_free(h->text, TRUE);
    g_free(h);
}

static void *hashes_open(const struct film *film, const void *options, const char *path, GError **error)
{
    (void)options;
    struct atomic *out = atomic_open(path, error);
    if (!out) return NULL;
    struct hashes *h = g_new0(struct hashes, 1);
    *h = (struct hashes){ film, out, g_string_new(NULL) };
    g_string_append_printf(h->text, "%dx%d at %" G_GINT64_FORMAT "/%" G_GINT64_FORMAT ", %" G_GINT64_FORMAT " frames\n",
                           film->width, film->height, film->fps.num, film->fps.den, film->frames);
    return h;
}

static bool hashes_frame(void *sink, const struct frame *frame, GError **error)
{
    (void)error;
    struct hashes *h = sink;
    size_t bytes = (size_t)h->film->width * (size_t)h->film->height * sizeof *frame->pixels;
    g_string_append_printf(h->text, "%" G_GINT64_FORMAT " %016" G_GINT64_MODIFIER "x\n", frame->number,
                           hash_bytes(0, frame->pixels, bytes));
    return true;
}

static bool hashes_finish(void *sink, GError **error)
{
    struct hashes *h = sink;
    return atomic_write(h->out, h->text->str, h->text->len, error) && atomic_commit(h->out, error);
}

static const char *const suffixes[] = { ".hashes", NULL };

const struct sink_class sink_hashes = {
    .name = "hashes",
    .suffixes = suffixes,
    .summary = "A text with one hash per distinct picture, to compare films by what they show.",
    .open = hashes_open,
    .frame = hashes_frame,
    .finish = hashes_finish,
    .close = hashes_close,
};
