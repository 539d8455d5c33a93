/* Whole files or none. A reader never sees a torn file because rename() within a folder is atomic, and a failed run
 * leaves no trace because the hidden file is removed. Nothing is synced to the disk: a crash of the machine may lose a
 * film, which can be rendered again. */
#include "sink/atomic.h"

#include "sink/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct atomic {
    char *path, *beside;
    FILE *file;      /* NULL once committed */
};

/* The nearest thing above `path` that exists, when it is no folder; otherwise NULL. Caller frees. */
static char *file_in_the_way(const char *path)
{
    char *at = g_path_get_dirname(path);
    while (!g_file_test(at, G_FILE_TEST_EXISTS) && strcmp(at, ".") && strcmp(at, "/")) {
        char *above = g_path_get_dirname(at);
        g_free(at);
        at = above;
    }
    if (g_file_test(at, G_FILE_TEST_EXISTS) && !g_file_test(at, G_FILE_TEST_IS_DIR)) return at;
    g_free(at);
    return NULL;
}

/* What no file can be made below: ENOENT comes from folders that do not exist, but also from such as /proc, that do and
 * take no new files. */
static void fail_without_folder(GError **error, const char *path, const char *folder)
{
    char *file = file_in_the_way(path);
    if (file)
        g_set_error(error, SINK_ERROR, SINK_ERROR_FILE,
                    "%s cannot be written, because %s is a file, not a folder; choose another name.", path, file);
    else if (g_file_test(folder, G_FILE_TEST_IS_DIR))
        g_set_error(error, SINK_ERROR, SINK_ERROR_FILE,
                    "%s cannot be written, because the folder %s takes no new files; choose another folder.", path,
                    folder);
    else
        g_set_error(error, SINK_ERROR, SINK_ERROR_FILE,
                    "%s cannot be written, because there is no folder %s; make it first or choose another name.", path,
                    folder);
    g_free(file);
}

void atomic_fail(GError **error, const char *path, int code)
{
    char *folder = g_path_get_dirname(path);
    if (code == ENOENT || code == ENOTDIR) fail_without_folder(error, path, folder);
    else if (code == EROFS)
        g_set_error(error, SINK_ERROR, SINK_ERROR_FILE,
                    "%s cannot be written, because the folder %s lies on a disk that is read-only; choose another "
                    "folder.", path, folder);
    else if (code == EACCES || code == EPERM)
        g_set_error(error, SINK_ERROR, SINK_ERROR_FILE,
                    "%s cannot be written, because the folder %s may not be written to; choose another folder.", path,
                    folder);
    else if (code == ENOSPC || code == EDQUOT)
        g_set_error(error, SINK_ERROR, SINK_ERROR_FILE,
                    "%s cannot be written, because the disk is full; nothing was left behind.", path);
    else if (code == EISDIR)
        g_set_error(error, SINK_ERROR, SINK_ERROR_FILE,
                    "%s cannot be written, because it is a folder; choose another name.", path);
    else
        g_set_error(error, SINK_ERROR, SINK_ERROR_FILE, "%s cannot be written: %s.", path, g_strerror(code));
    g_free(folder);
}

char *atomic_name(const char *folder, const char *path, int attempt)
{
    char *base = g_path_get_basename(path);
    char *name = attempt ? g_strdup_printf("%s/.%s.part-%ld-%d", folder, base, (long)getpid(), attempt)
                         : g_strdup_printf("%s/.%s.part-%ld", folder, base, (long)getpid());
    g_free(base);
    return name;
}

struct atomic *atomic_open(const char *path, GError **error)
{
    if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
        atomic_fail(error, path, EISDIR);
        return NULL;
    }
    char *folder = g_path_get_dirname(path), *beside = NULL;
    int fd = -1;
    for (int attempt = 0; fd < 0 && attempt < 100; attempt++) {
        g_free(beside);
        beside = atomic_name(folder, path, attempt);
        fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd < 0 && errno != EEXIST) break;
    }
    int code = errno;
    g_free(folder);
    if (fd < 0) {
        atomic_fail(error, path, code);
        g_free(beside);
        return NULL;
    }
    struct atomic *a = g_new0(struct atomic, 1);
    *a = (struct atomic){ g_strdup(path), beside, fdopen(fd, "wb") };
    return a;
}

const char *atomic_beside(const struct atomic *a) { return a->beside; }

bool atomic_write(struct atomic *a, const void *data, size_t n, GError **error)
{
    errno = 0;
    if (fwrite(data, 1, n, a->file) == n) return true;
    atomic_fail(error, a->path, errno ? errno : EIO);
    return false;
}

bool atomic_patch(struct atomic *a, int64_t offset, const void *data, size_t n, GError **error)
{
    errno = 0;
    bool ok = !fseeko(a->file, offset, SEEK_SET) && fwrite(data, 1, n, a->file) == n && !fseeko(a->file, 0, SEEK_END);
    if (ok) return true;
    atomic_fail(error, a->path, errno ? errno : EIO);
    return false;
}

static bool same_bytes(FILE *x, FILE *y)
{
    static const size_t step = 1 << 16;
    char *a = g_malloc(step), *b = g_malloc(step);
    size_t n, m;
    bool same;
    do {
        n = fread(a, 1, step, x);
        m = fread(b, 1, step, y);
        same = n == m && !memcmp(a, b, n);
    } while (same && n == step);
    same = same && !ferror(x) && !ferror(y);
    g_free(a);
    g_free(b);
    return same;
}

static bool same_files(const char *a, const char *b)
{
    struct stat at, bt;
    if (lstat(a, &at) || lstat(b, &bt) || !S_ISREG(bt.st_mode) || at.st_size != bt.st_size) return false;
    FILE *x = fopen(a, "rbe"), *y = fopen(b, "rbe");
    bool same = x && y && same_bytes(x, y);
    if (x) fclose(x);
    if (y) fclose(y);
    return same;
}

bool atomic_settle(const char *beside, const char *path, GError **error)
{
    if (same_files(beside, path)) {
        unlink(beside);
        return true;
    }
    if (!rename(beside, path)) return true;
    atomic_fail(error, path, errno);
    return false;
}

bool atomic_commit(struct atomic *a, GError **error)
{
    FILE *file = g_steal_pointer(&a->file);
    errno = 0;
    if (fclose(file)) atomic_fail(error, a->path, errno ? errno : EIO);
    else if (atomic_settle(a->beside, a->path, error)) return true;
    unlink(a->beside);
    return false;
}

void atomic_close(struct atomic *a)
{
    if (!a) return;
    if (a->file) {
        fclose(a->file);
        unlink(a->beside);
    }
    g_free(a->path);
    g_free(a->beside);
    g_free(a);
}

/* Whole files are in memory, so writing them is short enough for a signal to wait: an interrupt leaves no hidden file. */
bool atomic_write_files(const struct atomic_whole *files, size_t n_files, GError **error)
{
    struct atomic **open = g_new0(struct atomic *, n_files);
    sigset_t all, before;
    bool ok = true;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    for (size_t i = 0; ok && i < n_files; i++) {
        open[i] = atomic_open(files[i].path, error);
        ok = open[i] && atomic_write(open[i], files[i].data, files[i].n, error);
    }
    for (size_t i = 0; ok && i < n_files; i++) ok = atomic_commit(open[i], error);
    for (size_t i = 0; i < n_files; i++) atomic_close(open[i]);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    g_free(open);
    return ok;
}

bool atomic_write_file(const char *path, const void *data, size_t n, GError **error)
{
    return atomic_write_files(&(struct atomic_whole){ path, data, n }, 1, error);
}
