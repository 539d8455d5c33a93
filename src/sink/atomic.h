/* Files that appear whole or not at all: written beside their place under a hidden name and renamed into it.
 *
 *     struct atomic *a = atomic_open("out/film.gif", &error);
 *     if (!a || !atomic_write(a, bytes, n, &error) || !atomic_commit(a, &error)) ...;
 *     atomic_close(a);            // without a commit, the half-made file is removed
 *
 * An existing file with the same bytes is left alone: its time stamp and everything that watches it stay as they are.
 * Every message is a full sentence that names the path; the errors are SINK_ERROR_FILE.
 */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct atomic;

struct atomic *atomic_open(const char *path, GError **error);
/* The hidden name, for libraries that write the file themselves; lives until close. */
const char *atomic_beside(const struct atomic *a);
bool atomic_write(struct atomic *a, const void *data, size_t n, GError **error);
/* Writes over bytes that were written before; later atomic_write() calls go on at the end. */
bool atomic_patch(struct atomic *a, int64_t offset, const void *data, size_t n, GError **error);
bool atomic_commit(struct atomic *a, GError **error);
void atomic_close(struct atomic *a); /* accepts NULL */

/* open, write, commit and close in one. */
bool atomic_write_file(const char *path, const void *data, size_t n, GError **error);
/* The same for several files: all are written beside their places before the first one takes its name. */
struct atomic_whole { const char *path; const void *data; size_t n; };
bool atomic_write_files(const struct atomic_whole *files, size_t n_files, GError **error);
/* Moves a finished file to its final name, or removes it when the file there has the same bytes. */
bool atomic_settle(const char *beside, const char *path, GError **error);
/* A hidden name for `path`'s file in the folder `folder`, unique to this process; caller frees. */
char *atomic_name(const char *folder, const char *path, int attempt);
/* Sets the error for a system call on `path` that failed with `code`, an errno value. */
void atomic_fail(GError **error, const char *path, int code);
