/* Verbs of the command line: one file each, listed in main.c. Only they print and choose exit codes. */
#pragma once
#include "base/diag.h"
#include "conf/row.h"
#include "scene/story.h"

#include <stdbool.h>

enum {
    EXIT_DONE = 0,
    EXIT_WORLD = 1,    /* disk, encoder, permissions: trying again may help */
    EXIT_MISTAKE = 2,  /* usage, scene or catalog: trying again will not */
    EXIT_FONT = 3,
    EXIT_CHANGED = 4,  /* impact: some scene changes */
    EXIT_STOPPED = 130,
};

struct arg { const char *name, *value_name, *help; }; /* "-o", "FILE", ...; value_name NULL: a switch */

struct verb {
    const char *name, *usage, *summary;
    const struct arg *args; /* ends with { 0 } */
    int (*run)(const struct verb *verb, int argc, char **argv); /* argv[0] is the verb */
    guint more_words; /* that may follow the scene */
    const struct row *rows; /* more options: a key is one, with hyphens (max_sequences: --max-sequences); NULL: none */
    const char *details; /* lines for its own help; NULL: the summary says all */
};

extern const struct verb *const verbs[]; /* alphabetical, NULL-ended; in main.c */

/* A parsed command line. Strings belong to argv. */
struct args {
    GPtrArray *words;     /* what is no option */
    GPtrArray *named;     /* name, value pairs (value "" for switches) */
    GPtrArray *overrides; /* key, value pairs of --a.b VALUE, and of options that are rows; NULL-ended */
};

/* "--max-sequences" for a row; caller frees. */
char *row_option(const struct row *row);

/* False after printing what is wrong, or (for -h, --help) the verb's help; then return *exit_code. */
bool args_read(const struct verb *verb, int argc, char **argv, struct args *out, int *exit_code);
void args_clear(struct args *a);
/* Fills a struct from the options that are the verb's rows, and their defaults. Freed with conf_clear(). */
void args_fill(const struct args *a, const struct row *rows, void *out, struct diags *diags);
const char *args_get(const struct args *a, const char *name);          /* the last one's value, or NULL */
char **args_all(const struct args *a, const char *name);                /* every value; free the array alone */
void verb_help(const struct verb *verb, GString *out);

/* Options that every verb with a scene takes: put them into its args. */
#define ARGS_SCENE \
    { "--home", "DIR", "Folder with data/ and styles/ (default: beside the program)." }, \
    { "--allow", "DIR", "A folder beside the scene's own from which it may read models; may be repeated." }

/* The folder with data/ and styles/: --home, or beside the program (installed or built). NULL after printing. */
char *find_home(const struct args *a);
/* The folder of a model that can run: a name in home/data/models, or any folder. NULL after complaining; caller frees. */
char *find_running_model(const char *home, const char *word);
/* Home's catalogs. NULL after printing what is wrong with them; *code then says how to exit. Freed with
 * catalog_free(). */
struct catalog *open_catalog(const struct args *a, int *code);
/* Opens a scene with the command line's overrides and --allow. catalog: instead of home's; may be NULL. */
struct story *open_story(const struct args *a, const char *path, const char *home, const struct catalog *catalog,
                         struct diags *diags);
/* Reads the command line, opens the scene that its first word names, and calls act, also when the scene has mistakes:
 * they are in diags, act adds its own and prints them all, and does nothing else then. Returns the exit code. */
int run_with_scene(const struct verb *verb, int argc, char **argv,
                   int (*act)(const struct args *a, const struct story *story, struct diags *diags));
/* Prints diags to standard error with a last line that counts them. */
void print_diags(const struct diags *d);
/* The same, or with --json a JSON list on standard output. */
void tell_mistakes(const struct args *a, const struct diags *d);
/* One message on standard error, "kvreel: ...". */
void complain(const char *format, ...) G_GNUC_PRINTF(1, 2);
/* The exit code for an error from below. */
int exit_code_of(const GError *error);
/* A text as a JSON string with its quotes. Caller frees. */
char *text_json(const char *text);
/* A number for JSON: the fewest digits that read back as the same one. Caller frees. */
char *text_number(double number);
/* Mouth-sized numbers for people: "1.9 MB", "1:12". Caller frees. */
char *text_bytes(gint64 bytes);
char *text_seconds(double seconds);
/* Words that begin in a column, where the cursor stands, and go on below themselves, `hang` further in, up to column
 * `end`; ends the line. */
void text_wrap(GString *out, int column, int hang, int end, const char *text);
/* As numbers are written on the screen: "8,030,261,248"; "40.0 GiB", n/a below zero. Caller frees. */
char *text_count(int64_t n);
char *text_memory(int64_t bytes);
