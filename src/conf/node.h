/* The tree behind conf.h and the steps that build it. Private to this folder.
 *
 *   source   files and their includes become one text, with a map from its lines to places
 *   check    the whole syntax is checked, with messages for people; says on which line each node stands
 *   tree     libconfig reads the text; its settings become nodes; overrides and `let`
 *   value    one row from one node
 *   fill     rows from a group
 *   write    rows to text, and what differs between two filled structs
 */
#pragma once
#include "conf/conf.h"

enum {
    CONF_MAX_BYTES = 4 << 20, CONF_MAX_DEPTH = 64, CONF_MAX_MISTAKES = 100,
    CONF_MAX_KEY = 63,        /* letters of one key */
    CONF_MAX_KEYS = 500,      /* in one group: libconfig compares each new key with all before it */
    CONF_MAX_INCLUDES = 10,   /* steps from file to file */
    CONF_MAX_SEGMENTS = 2000, /* an include makes two */
    NUMBER_BYTES = 64,        /* any number as text, with its unit */
};

enum node_kind { NODE_BOOL, NODE_INT, NODE_REAL, NODE_TEXT, NODE_TYPED, NODE_ARRAY, NODE_LIST, NODE_GROUP,
                 NODE_HOLLOW /* an override asked for an item by number where there is none */ };

struct conf_node {
    struct conf *conf;
    struct conf_node *parent; /* NULL: the root */
    char *key;                /* NULL: the root, or an item */
    struct place place;
    enum node_kind kind;      /* NODE_TYPED: text from the command line, read as the row asks */
    union { bool flag; int64_t whole; double real; char *text; } u;
    GPtrArray *items;         /* of arrays, lists and groups */
};

struct conf {
    struct conf_node *root;
    GPtrArray *names;         /* owns the file strings of all places */
    int mistakes;             /* reported so far */
    bool lets_checked;
    struct conf *base;        /* what was laid under it, NULL: nothing; owned, as its names and `let` are still asked */
};

/* One text made of a file and its includes. Lines from segment k's `line` on stand at `place` and below. */
struct segment { int line; struct place place; };
struct source {
    GString *text;
    int lines;                /* of text so far */
    GArray *segments;
    struct conf *conf;
    struct diags *diags;
    bool failed;
};

/* false after reporting. path NULL: text is given and may include nothing. */
bool source_read(struct source *s, const char *name, const char *path, const char *text,
                 const struct conf_limits *limits);
struct place source_place(const struct source *s, int line);
void source_clear(struct source *s);

/* false after reporting. lines gets, for each setting and item in the order of the text, its line (int). */
bool check_syntax(struct source *s, GArray *lines);

/* Adds to diags, until there are too many. diags may be NULL. */
void conf_report(struct conf *c, struct diags *diags, struct place place, const char *format, ...) G_GNUC_PRINTF(4, 5);
void node_report(const struct conf_node *node, struct diags *diags, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* "--chapters.4.stops", the option that sets the node. Caller frees. */
char *node_option(const struct conf_node *node);
/* Reports that a list has no items for an override to change. */
void node_report_empty(const struct conf_node *list, struct place place, struct diags *diags);

/* Follows "$name" to the node that it stands for; via gets the name, NULL when there was none. NULL: no such name. */
const struct conf_node *node_resolve(const struct conf_node *node, const char **via);
/* The text of a NODE_TEXT or NODE_TYPED without the escaping dollar; NULL for other kinds. */
const char *node_text(const struct conf_node *node);
/* Reports every "$name" that leads nowhere; once for a conf. */
void node_check_lets(struct conf *c, struct diags *diags);

/* Writes the field. false: the node does not say what the row accepts, which was reported; the field is untouched. */
bool value_read(const struct row *row, const struct conf_node *node, void *field, struct diags *diags);
/* The row's default, or zero when it has none. */
void value_default(const struct row *row, void *field);
/* Reports a number of items outside of the row's bounds. */
void value_check_length(const struct row *row, const struct conf_node *node, size_t n, struct diags *diags);
/* Reports that a node should have been a group or a list. */
void value_refuse(const struct row *row, const struct conf_node *node, struct diags *diags);
size_t value_size(const struct row *row); /* bytes of the field; 0 for groups */
/* A value as it would stand in a file, quoted where it must be, from the way it is typed on the command line; and the
 * other way round. Both leave alone what has that form already. Caller frees. */
char *value_written(const struct row *row, const char *text);
char *value_typed(const char *text);
/* Quoted and escaped, cut after some forty letters, for messages. Caller frees. */
char *value_quoted(const char *text);
/* Quoted and escaped, cut after so many letters; -1: whole. */
void value_append_quoted(GString *out, const char *text, long letters);
/* The shortest decimal that reads back as the same number, without an exponent unless that would be absurdly long. */
void value_print_real(double v, char *out);
/* Bytes with the largest unit that divides them: "80 GiB", "24 GB". out: NUMBER_BYTES. */
void value_print_bytes(int64_t v, char *out);
/* "fps, size, style": keys of rows, at most so many. */
void value_append_keys(GString *out, const struct row *rows);
