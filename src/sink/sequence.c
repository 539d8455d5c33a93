/* A film as numbered PNG files: one for every frame, so that any tool that counts finds them all; a held picture is
 * written again. The path is a pattern such as "frames/%05d.png", filled with the frame number, from 0.
 *
 * All files are made in a hidden folder first. Where the folder of the pattern does not exist yet, the hidden one takes
 * its name in one step. Otherwise, or when another output was first to make that folder, the files move into it one by
 * one, equal ones staying untouched, and the files of an earlier, longer film that would follow the last frame are
 * removed: the sequence is the output, and it would be wrong with a tail of another film. */
#include "sink/sink.h"

#include "sink/atomic.h"
#include "sink/png.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <unistd.h>

struct sequence {
    const struct film *film;
    char *pattern, *folder, *hidden;
    bool into;             /* the folder existed already */
    struct png_coder *coder;
    GByteArray *last;      /* the picture that is being held, as a file */
    int64_t written;       /* files 0 .. written - 1 exist */
};

/* The pattern holds one %d of at most two digits (png_is_pattern()), so this is its whole meaning. */
static char *file_name(const struct sequence *s, const char *folder, int64_t number)
{
    GString *name = g_string_new(folder);
    char *base = g_path_get_basename(s->pattern);
    g_string_append_c(name, '/');
    for (const char *p = base; *p; p++) {
        if (*p != '%') g_string_append_c(name, *p);
        else if (p[1] == '%') g_string_append_c(name, *p++);
        else {
            bool zeros = *++p == '0';
            int width = (int)g_ascii_strtoull(p, (char **)&p, 10);
            g_string_append_printf(name, zeros ? "%0*" G_GINT64_FORMAT : "%*" G_GINT64_FORMAT, width, number);
        }
    }
    g_free(base);
    return g_string_free(name, FALSE);
}

static void sequence_close(void *sink)
{
    struct sequence *s = sink;
    if (!s) return;
    for (int64_t i = 0; s->hidden && i < s->written; i++) {
        char *name = file_name(s, s->hidden, i);
        unlink(name); /* gone already where it was moved */
        g_free(name);
    }
    if (s->hidden) rmdir(s->hidden);
    if (s->last) g_byte_array_unref(s->last);
    png_coder_free(s->coder);
    g_free(s->pattern);
    g_free(s->folder);
    g_free(s->hidden);
    g_free(s);
}

/* The hidden folder stands where moving out of it stays within one file system. NULL with errno. */
static char *make_hidden(const char *pattern, const char *folder, bool into)
{
    char *parent = into ? g_strdup(folder) : g_path_get_dirname(folder), *name = NULL;
    int code = EEXIST;
    for (int attempt = 0; code == EEXIST && attempt < 100; attempt++) {
        g_free(name);
        name = atomic_name(parent, into ? pattern : folder, attempt);
        code = g_mkdir(name, 0777) ? errno : 0;
    }
    g_free(parent);
    if (!code) return name;
    g_free(name);
    errno = code;
    return NULL;
}

static void *sequence_open(const struct film *film, const void *options, const char *path, GError **error)
{
    (void)options;
    char *folder = g_path_get_dirname(path);
    bool into = g_file_test(folder, G_FILE_TEST_IS_DIR);
    char *hidden = NULL;
    errno = ENOTDIR;
    if (into || !g_file_test(folder, G_FILE_TEST_EXISTS)) hidden = make_hidden(path, folder, into);
    if (!hidden) {
        int code = errno; /* ENOTDIR is about what the folder's name leads to, so the whole path is told */
        atomic_fail(error, into || code == ENOTDIR ? path : folder, code);
        g_free(folder);
        return NULL;
    }
    struct sequence *s = g_new0(struct sequence, 1);
    *s = (struct sequence){ film, g_strdup(path), folder, hidden, into, png_coder_new(), NULL, 0 };
    return s;
}

/* Writes the held picture as file `number`; a message names the place where it would have ended up. */
static bool write_hidden(const struct sequence *s, int64_t number, GError **error)
{
    char *name = file_name(s, s->hidden, number);
    errno = 0;
    FILE *file = fopen(name, "wbe");
    bool ok = file && fwrite(s->last->data, 1, s->last->len, file) == s->last->len;
    int code = errno;
    if (file && fclose(file) && ok) {
        code = errno;
        ok = false;
    }
    g_free(name);
    if (ok) return true;
    char *final = file_name(s, s->folder, number);
    atomic_fail(error, final, code ? code : EIO);
    g_free(final);
    return false;
}

/* Repeats the held picture up to the file before `end`. */
static bool hold_until(struct sequence *s, int64_t end, GError **error)
{
    while (s->written < end)
        if (!write_hidden(s, s->written++, error)) return false;
    return true;
}

static bool sequence_frame(void *sink, const struct frame *frame, GError **error)
{
    struct sequence *s = sink;
    if (!hold_until(s, frame->number, error)) return false;
    if (s->last) g_byte_array_unref(s->last);
    s->last = png_coder_encode(s->coder, frame->pixels, s->film->width, s->film->height);
    return true;
}

/* A folder in the place of a frame stops the move before it begins; nothing else should stop it in the middle. */
static bool places_are_free(const struct sequence *s, GError **error)
{
    bool ok = true;
    for (int64_t i = 0; ok && i < s->written; i++) {
        char *name = file_name(s, s->folder, i);
        ok = !g_file_test(name, G_FILE_TEST_IS_DIR) || g_file_test(name, G_FILE_TEST_IS_SYMLINK);
        if (!ok) atomic_fail(error, name, EISDIR);
        g_free(name);
    }
    return ok;
}

static bool move_files(struct sequence *s, GError **error)
{
    bool ok = places_are_free(s, error);
    for (int64_t i = 0; ok && i < s->written; i++) {
        char *from = file_name(s, s->hidden, i), *to = file_name(s, s->folder, i);
        ok = atomic_settle(from, to, error);
        g_free(from);
        g_free(to);
    }
    bool tail = ok;
    for (int64_t i = s->written; tail; i++) {
        char *name = file_name(s, s->folder, i);
        tail = !unlink(name);
        g_free(name);
    }
    return ok;
}

static bool sequence_finish(void *sink, GError **error)
{
    struct sequence *s = sink;
    if (!hold_until(s, s->film->frames, error)) return false;
    if (s->into) return move_files(s, error);
    if (!g_rename(s->hidden, s->folder)) {
        g_clear_pointer(&s->hidden, g_free);
        return true;
    }
    int code = errno;
    if (code == EEXIST || code == ENOTEMPTY) return move_files(s, error);
    atomic_fail(error, s->folder, code);
    return false;
}

static const char *const suffixes[] = { ".png", NULL };

const struct sink_class sink_png = {
    .name = "png",
    .suffixes = suffixes,
    .summary = "Numbered PNG pictures, one per frame; the name holds a pattern such as frames/%05d.png.",
    .open = sequence_open,
    .frame = sequence_frame,
    .finish = sequence_finish,
    .close = sequence_close,
};
