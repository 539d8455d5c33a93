/* Reading libconfig text into plain structs, by rows. The only owner of libconfig.
 *
 *     struct conf *c = conf_read_file("walk.cfg", &limits, diags);
 *     if (c) {
 *         conf_override(c, "video.fps", "24", diags);
 *         conf_fill(conf_root(c), (struct conf_target[]){ { scene_rows, &scene }, { 0 } }, diags);
 *     }
 *     ...
 *     conf_clear(scene_rows, &scene);
 *     conf_free(c);
 *
 * Every mistake is added to the diags with its file and line, and reading goes on with the default in its place, so
 * that all mistakes of a file come at once (a hundred at most). A text value "$name" anywhere stands for the value of
 * `let.name` of the root; "$$name" is the text "$name". The root's key `let` belongs to conf: no row has it.
 */
#pragma once
#include "base/diag.h"
#include "conf/row.h"

struct conf;
struct conf_node; /* a group, a list or a value; lives as long as its conf */

/* What a file may pull in. folder: @include may only name files inside it (after links are resolved); NULL: the folder
 * of the file itself. A relative name is looked up beside the file that includes it. */
struct conf_limits { const char *folder; };

/* NULL after adding to diags: unreadable, above 4 MiB with all it includes, no UTF-8, a syntax error, nesting above 64,
 * a bare integer beyond 32 bits, a key written twice, a text over several lines, ... limits may be NULL.
 * conf_read_text includes nothing. */
struct conf *conf_read_file(const char *path, const struct conf_limits *limits, struct diags *diags);
struct conf *conf_read_text(const char *name, const char *text, struct diags *diags);
void conf_free(struct conf *c); /* accepts NULL */

/* As if `key = value` had been written: "video.fps" "24", "chapters.2.hold" "3" (lists count from 1; an item that has
 * an `id` also goes by it: "chapters.intro.hold"). Values are read as the row's kind asks, so text needs no quotes and
 * arrays are written with commas. The place of an override is "--video.fps", line 0. Called before conf_fill; an
 * unknown key is reported by conf_fill as if it stood in the file, an item that does not exist at once. */
void conf_override(struct conf *c, const char *key, const char *value, struct diags *diags);

/* Lays a file under another: keys of base's root that c lacks are then c's, as they stood in base: with base's place
 * and `let`. own: keys that are not handed down, NULL-ended. c takes base over; once for a conf, before conf_fill. */
void conf_inherit(struct conf *c, struct conf *base, const char *const *own, struct diags *diags);

const struct conf_node *conf_root(const struct conf *c);
const struct conf_node *conf_child(const struct conf_node *group, const char *key); /* NULL when absent; group may be */
int conf_length(const struct conf_node *node);                     /* of a list, array or group; 0 otherwise */
const struct conf_node *conf_item(const struct conf_node *node, int i); /* from 0; NULL beyond the end */
const char *conf_text(const struct conf_node *node);               /* NULL when it is no text; `let` is resolved */
const char *conf_key(const struct conf_node *node);                /* NULL for list items */
struct place conf_place(const struct conf_node *node);             /* file string lives as long as the conf */
/* Of the key in the group; of the group where it lacks the key (or key is NULL); no place where group is NULL. */
struct place conf_place_of(const struct conf_node *group, const char *key);
/* "chapters[2].hold": for messages, items counted from 1. Caller frees. */
char *conf_path(const struct conf_node *node);

/* Several structs may be filled from one group: a key belongs to the first target whose rows have it. A key in none of
 * them is a mistake, with the nearest known one suggested. NULL group: everything gets its default, and required keys
 * are zeroed in silence. The list of targets ends with { 0 }. diags may be NULL: no mistake is then reported. */
struct conf_target { const struct row *rows; void *out; };
void conf_fill(const struct conf_node *group, const struct conf_target *targets, struct diags *diags);
/* except: keys that are passed over although no target has them (the caller reads them itself); NULL-ended. */
void conf_fill_except(const struct conf_node *group, const struct conf_target *targets, const char *const *except,
                      struct diags *diags);
/* Frees the texts and lists in a filled struct and zeroes what its rows filled. */
void conf_clear(const struct row *rows, void *out);
/* The row for a dotted key ("video.mp4.crf"), NULL when there is none; list items take any number or nothing. */
const struct row *conf_find_row(const struct row *rows, const char *dotted);

/* A filled struct as text that reads back as the same struct: "key = value;" a line, keys aligned, those left out that
 * read the same when they do not stand. And one value as it stands in a file: 32, 8030261248L, "80 GiB", "gqa",
 * [ "a" ], nothing for a text that is absent. */
void conf_write_rows(const struct row *rows, const void *in, int indent, GString *out);
void conf_write_value(const struct row *row, const void *field, GString *out);
/* What differs between two structs that the same rows filled: key is "bandwidth", "video.fps", "caches[2].window" or,
 * where a list has another length, "caches"; a and b are the fields of row. */
typedef void (*conf_differs)(const char *key, const struct row *row, const void *a, const void *b, void *data);
void conf_compare(const struct row *rows, const void *a, const void *b, conf_differs tell, void *data);
bool conf_same(const struct row *rows, const void *a, const void *b);

/* Rows to text, all from the same table. prefix: "video" for rows that live in the group video; NULL or "": root. */
void conf_help_rows(const struct row *rows, const char *prefix, GString *out);   /* aligned list: key, default, help */
/* One key in full, with an example and, where it can be set from the command line, its option. path: its topic and key
 * as the help names them: "video.fps", "chapters.cues.on", "title"; another first word is a view: "compare.pace". */
void conf_help_row(const struct row *row, const char *path, GString *out);
void conf_man_rows(const struct row *rows, const char *prefix, GString *out);    /* roff */
/* "# help" and "key = default;", commented out; required keys stand with their example. indent counts spaces. */
void conf_starter_rows(const struct row *rows, int indent, GString *out);
/* For completion: a dotted key a line, without those of list items, which have numbers in between. */
void conf_key_list(const struct row *rows, const char *prefix, GString *out);
/* "a whole number from 0 to 51", "one of midnight, paper": what a row accepts. Caller frees. */
char *conf_accepts(const struct row *row);
