/* Files and their includes become one text.
 *
 * libconfig 1.5 would open included files itself: anywhere on the disk, without a memory of the includer's line. So
 * @include is worked out here, before libconfig sees the text: the name is resolved, must lie inside the allowed
 * folder, and the file's text takes the directive's place. A list of segments maps the lines of the whole to files.
 */
#include "conf/node.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file on the way from the first one to the one being read. */
struct opened { const char *name; const char *real; const struct opened *by; int depth; };

/* Where includes may reach: the folder as people know it, and with its links resolved. NULL: nowhere. */
struct reach { const char *folder; char *real; };

static const char *keep_name(struct conf *c, const char *name)
{
    for (guint i = 0; i < c->names->len; i++)
        if (!strcmp(c->names->pdata[i], name)) return c->names->pdata[i];
    char *copy = g_strdup(name);
    g_ptr_array_add(c->names, copy);
    return copy;
}

static void refuse(struct source *s, const char *file, int line, const char *format, ...) G_GNUC_PRINTF(4, 5);
static void refuse(struct source *s, const char *file, int line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    conf_report(s->conf, s->diags, (struct place){ file, line }, "%s", text);
    s->failed = true;
}

/* At most CONF_MAX_BYTES + 1 bytes, so that endless files end. NULL with errno set. */
static GString *slurp(int fd)
{
    GString *text = g_string_new(NULL);
    char part[16384];
    for (;;) {
        ssize_t n = read(fd, part, sizeof part);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) { g_string_free(text, TRUE); return NULL; }
        if (n == 0) return text;
        g_string_append_len(text, part, n);
        if (text->len > CONF_MAX_BYTES) return text;
    }
}

/* An included file must be a plain one: a pipe could block, a device could act. */
static GString *read_whole(const char *path, bool plain)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (plain ? O_NONBLOCK : 0));
    if (fd < 0) return NULL;
    struct stat st;
    GString *text = NULL;
    if (plain && fstat(fd, &st) == 0 && !S_ISREG(st.st_mode)) errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
    else text = slurp(fd);
    int kept = errno;
    close(fd);
    errno = kept;
    return text;
}

static int line_at(const GString *text, const char *at)
{
    int line = 1;
    for (const char *c = text->str; c < at; c++) line += *c == '\n';
    return line;
}

/* UTF-8 without zeros, lines that end with \n alone, no byte order mark. */
static bool tidy(struct source *s, const char *name, GString *text)
{
    const char *bad;
    if (text->len > CONF_MAX_BYTES) {
        refuse(s, name, 0, "The file is larger than 4 MiB, the most that is read.");
        return false;
    }
    if (!g_utf8_validate_len(text->str, text->len, &bad)) {
        refuse(s, name, line_at(text, bad), *bad ? "This line is no UTF-8 text; save the file as UTF-8."
                                                 : "This line holds a zero byte; the file is no text.");
        return false;
    }
    if (g_str_has_prefix(text->str, "\xEF\xBB\xBF")) g_string_erase(text, 0, 3);
    char *to = text->str;
    for (const char *from = text->str; *from; from++)
        if (from[0] != '\r' || from[1] != '\n') *to++ = *from;
    g_string_truncate(text, (gsize)(to - text->str));
    return true;
}

/* Copies text up to `to`; the next character is then of the given line of the file. */
static void append(struct source *s, const char *from, const char *to)
{
    for (const char *c = from; c < to; c++) s->lines += *c == '\n';
    g_string_append_len(s->text, from, to - from);
}

static void append_line_end(struct source *s)
{
    g_string_append_c(s->text, '\n');
    s->lines++;
}

static void begin_segment(struct source *s, const char *name, int line)
{
    struct segment seg = { s->lines, { name, line } };
    g_array_append_val(s->segments, seg);
}

/* The end of the comment or text that begins at c; c itself when neither does. NULL: it is never closed. */
static const char *skip_passive(const char *c)
{
    if (c[0] == '#' || (c[0] == '/' && c[1] == '/')) return c + strcspn(c, "\n");
    if (c[0] == '/' && c[1] == '*') {
        const char *end = strstr(c + 2, "*/");
        return end ? end + 2 : NULL;
    }
    if (c[0] != '"') return c;
    for (c++; *c != '"'; c++)
        if (*c == '\0' || (*c == '\\' && *++c == '\0')) return NULL;
    return c + 1;
}

/* Whether the text that begins at c runs over the end of its line. libconfig would allow that; but then a forgotten
 * quote turns all texts below inside out and is noticed only at the last of them. */
static bool runs_over(const char *c)
{
    for (c++; *c && *c != '"'; c++) {
        if (*c == '\\' && c[1] && c[1] != '\n') c++;
        if (*c == '\n') return true;
    }
    return false;
}

/* After `@include "`: the name, and the place behind the closing quote. NULL when the line ends first. */
static char *include_name(const char *c, const char **end)
{
    g_autoptr(GString) name = g_string_new(NULL);
    for (; *c != '"'; c++) {
        if (*c == '\\' && (c[1] == '\\' || c[1] == '"')) c++;
        if (*c == '\0' || *c == '\n') return NULL;
        g_string_append_c(name, *c);
    }
    *end = c + 1;
    return g_string_free(g_steal_pointer(&name), FALSE);
}

static bool lies_inside(const char *real, const char *folder)
{
    size_t n = strlen(folder);
    return !strncmp(real, folder, n) && (real[n] == '/' || !strcmp(folder, "/"));
}

static bool is_open(const struct opened *file, const char *real)
{
    for (; file; file = file->by)
        if (!strcmp(file->real, real)) return true;
    return false;
}

static void expand(struct source *s, const struct reach *reach, const struct opened *file, const char *text);

static void include(struct source *s, const struct reach *reach, const struct opened *by, int line, const char *written)
{
    g_autofree char *beside = g_path_get_dirname(by->name);
    g_autofree char *path = g_path_is_absolute(written) || !strcmp(beside, ".") ? g_strdup(written)
                                                                              : g_build_filename(beside, written, NULL);
    char *found = realpath(path, NULL);
    int why = errno;
    if (by->depth == CONF_MAX_INCLUDES)
        refuse(s, by->name, line, "@include \"%s\" goes too deep: files include each other over %d steps at most.",
               written, CONF_MAX_INCLUDES);
    else if (s->segments->len > CONF_MAX_SEGMENTS)
        refuse(s, by->name, line, "@include \"%s\" is one too many: a file has 1,000 at most.", written);
    else if (!found)
        refuse(s, by->name, line, "@include \"%s\" cannot be read: %s (%s).", written, g_strerror(why), path);
    else if (!lies_inside(found, reach->real))
        refuse(s, by->name, line, "@include \"%s\" leads out of the folder \"%s\"; only files inside it can be "
               "included.", written, reach->folder);
    else if (is_open(by, found))
        refuse(s, by->name, line, "@include \"%s\" never ends: that file is being read already.", written);
    else {
        GString *text = read_whole(found, true);
        const struct opened file = { keep_name(s->conf, path), found, by, by->depth + 1 };
        if (!text) refuse(s, by->name, line, "@include \"%s\" cannot be read: %s.", written, g_strerror(errno));
        else if (tidy(s, file.name, text)) expand(s, reach, &file, text->str);
        if (text) g_string_free(text, TRUE);
    }
    free(found);
}

/* Handles the directive at c and returns the place behind it. */
static const char *directive(struct source *s, const struct reach *reach, const struct opened *file, int line,
                             const char *c)
{
    const char *quote = c + strlen("@include"), *end = c + strcspn(c, "\n");
    while (*quote == ' ' || *quote == '\t') quote++;
    g_autofree char *written = *quote == '"' ? include_name(quote + 1, &end) : NULL;
    if (!written || !*written)
        refuse(s, file->name, line, "@include needs the name of a file in quotes: @include \"common.cfg\".");
    else if (!reach->folder)
        refuse(s, file->name, line, "@include works in files alone; this text is none.");
    else {
        append_line_end(s);
        include(s, reach, file, line, written);
        append_line_end(s);
        begin_segment(s, file->name, line);
    }
    return end;
}

static void expand(struct source *s, const struct reach *reach, const struct opened *file, const char *text)
{
    int line = 1;
    bool fresh = true; /* nothing but blanks on this line yet */
    const char *c = text;
    if (s->text->len + strlen(text) > CONF_MAX_BYTES) {
        refuse(s, file->name, 0, "With this file, the text grows beyond 4 MiB, the most that is read.");
        return;
    }
    begin_segment(s, file->name, 1);
    while (*c) {
        const char *from = c, *end = skip_passive(c);
        if (fresh && g_str_has_prefix(c, "@include")) {
            c = directive(s, reach, file, line, c);
            fresh = false;
            continue;
        }
        if (*c == '"' && runs_over(c)) {
            refuse(s, file->name, line, "The text that begins here runs over the end of its line; its closing \" is "
                   "probably missing. Inside a text, a line end is written \\n.");
            return;
        }
        if (!end) {
            refuse(s, file->name, line, "The %s that begins here is never closed: its %s is missing.",
                   *c == '"' ? "text" : "comment", *c == '"' ? "second \"" : "*/");
            return;
        }
        c = end > c ? end : c + 1;
        fresh = *from == '\n' || (fresh && (*from == ' ' || *from == '\t'));
        for (const char *b = from; b < c; b++) line += *b == '\n';
        append(s, from, c);
    }
    append_line_end(s); /* libconfig knows no comment that ends with the file */
}

bool source_read(struct source *s, const char *name, const char *path, const char *text,
                 const struct conf_limits *limits)
{
    s->text = g_string_new(NULL);
    s->lines = 1;
    s->segments = g_array_new(FALSE, FALSE, sizeof(struct segment));
    name = keep_name(s->conf, name);
    GString *whole = path ? read_whole(path, false) : g_string_new(text);
    if (!whole) {
        refuse(s, name, 0, "The file cannot be read: %s.", g_strerror(errno));
        return false;
    }
    g_autofree char *beside = path ? g_path_get_dirname(path) : NULL;
    struct reach reach = { limits && limits->folder && path ? limits->folder : beside, NULL };
    char *real = path ? realpath(path, NULL) : NULL;
    if (reach.folder) reach.real = realpath(reach.folder, NULL);
    struct opened first = { name, real ? real : "", NULL, 0 };
    if (reach.folder && !reach.real)
        refuse(s, name, 0, "The folder \"%s\" cannot be opened: %s.", reach.folder, g_strerror(errno));
    else if (tidy(s, name, whole))
        expand(s, &reach, &first, whole->str);
    g_string_free(whole, TRUE);
    free(real);
    free(reach.real);
    return !s->failed;
}

struct place source_place(const struct source *s, int line)
{
    guint lo = 0, hi = s->segments->len; /* the last segment that begins at or before the line */
    while (hi - lo > 1) {
        guint mid = (lo + hi) / 2;
        if (g_array_index(s->segments, struct segment, mid).line <= line) lo = mid;
        else hi = mid;
    }
    const struct segment *seg = &g_array_index(s->segments, struct segment, lo);
    return (struct place){ seg->place.file, seg->place.line + line - seg->line };
}

void source_clear(struct source *s)
{
    g_string_free(s->text, TRUE);
    g_array_free(s->segments, TRUE);
}
