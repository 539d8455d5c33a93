/* Facts: the only way a number reaches the screen.
 *
 * A fact is a value with a unit, the formula it came from, the facts it was computed from, and, where it was not
 * computed, the place it was read or counted. A book holds the facts of one moment of one chapter.
 *
 *     int layers = facts_leaf(book, "model.layers", 32, UNIT_COUNT, "Llama-3.1-8B: model config.json");
 *     int heads  = facts_leaf(book, "model.kv_heads", 8, UNIT_COUNT, "Llama-3.1-8B: model config.json");
 *     int bytes  = facts_int(book, "kv.bytes_per_token", 131072, UNIT_BYTES,
 *                            "2 × [layers] × [KV heads] × 256", FACTS(layers, heads));
 *
 * A formula's words in square brackets stand for its deps, in order; a dep that is used twice is passed twice. Where
 * the text outside of the brackets is arithmetic, the formula can be computed again:
 *
 *     formula   sum, then any of ", rounded up"  ", rounded down"  ", at least VALUE"  ", at most VALUE"
 *     sum       products with + and − between;  products: values with × and ÷ between
 *     value     a number, a bracket, or a sum in ( ); a ² behind it squares it, a ^ with a VALUE that is a whole
 *               number from 0 on raises it to that power, and a √ before it takes its square root
 *
 * and from a ";" on it is a remark. Any other formula is prose: it says in words what was counted.
 *
 * Ids are dotted lower-case words, unique in a book. All strings must outlive the book: literals, or strings that the
 * chapter's simulation owns; use facts_word() for anything made on the spot.
 */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum unit {
    UNIT_COUNT,    /* things: tokens, layers, devices, scores, multiply-adds */
    UNIT_TOKENS,   /* a context length: shown as 64K where round */
    UNIT_BYTES,    /* written in powers of two: KiB, MiB, GiB */
    UNIT_BYTES_DECIMAL, /* written in powers of ten: kB, MB, GB */
    UNIT_SHARE,    /* 0 to 1, shown in percent */
    UNIT_RATIO,    /* how many times, shown as 8.5x */
    UNIT_NUMBER,   /* a plain real number */
    UNIT_SECONDS,
    UNIT_OPERATIONS,   /* additions and multiplications: 15.01 GFLOP */
    UNIT_OPERATIONS_PER_S, /* 989 TFLOPS */
    UNIT_BYTES_PER_S,  /* 3.35 TB/s, in powers of ten */
    UNIT_WATTS,
    UNIT_JOULES,       /* J, mJ or µJ */
    UNIT_USD,          /* US dollars: 2.69 USD, three decimals below 1 */
};

/* Bytes, whichever way they are written. */
bool unit_is_bytes(enum unit unit);

enum fact_kind { FACT_UNKNOWN, FACT_INT, FACT_REAL, FACT_WORD };

struct fact {
    const char *id;
    enum fact_kind kind;
    enum unit unit;
    int64_t i;           /* FACT_INT */
    double r;            /* FACT_REAL; for FACT_INT the same value as a double */
    const char *word;    /* FACT_WORD: a token, a name */
    const char *formula; /* see above; NULL at a leaf */
    const char *source;  /* catalog field and source, or the counter; NULL where computed */
    int first_dep, n_deps;
    bool unseen;         /* no picture draws it; words may say it */
};

struct facts;

struct facts *facts_new(void);
void facts_free(struct facts *f); /* accepts NULL */
void facts_reset(struct facts *f); /* forgets all facts, keeps the memory */

#define FACTS(...) (const int[]){ __VA_ARGS__, -1 }

/* Each returns the fact's index in the book. deps is a FACTS(...) list or NULL. Any unknown dep makes the result
 * unknown, and so does a real value that is no finite number. A repeated id replaces the value and keeps its index;
 * facts that were computed from the old value are not touched. */
int facts_leaf(struct facts *f, const char *id, int64_t value, enum unit unit, const char *source);
int facts_leaf_real(struct facts *f, const char *id, double value, enum unit unit, const char *source);
int facts_int(struct facts *f, const char *id, int64_t value, enum unit unit, const char *formula, const int *deps);
int facts_real(struct facts *f, const char *id, double value, enum unit unit, const char *formula, const int *deps);
int facts_unknown(struct facts *f, const char *id, enum unit unit, const char *source);
/* A word that was read or sampled, written as it is in every form. */
int facts_leaf_word(struct facts *f, const char *id, const char *word, const char *source);
/* Words made from other facts: "six chats". */
int facts_in_words(struct facts *f, const char *id, const char *words, const char *formula, const int *deps);

/* Facts that come new from here on are put for words alone: no picture draws them. Until it is called with false. */
void facts_put_unseen(struct facts *f, bool unseen);

int facts_count(const struct facts *f);
const struct fact *facts_at(const struct facts *f, int index); /* aborts when out of range */
int facts_find(const struct facts *f, const char *id);         /* -1 when there is none */
const int *facts_deps(const struct facts *f, const struct fact *fact);
/* A string kept by the book until it is freed (not reset): equal strings are stored once. */
const char *facts_word(struct facts *f, const char *text);

/* How a fact is written: digits grouped by commas, a real minus sign, one plain space before a unit of letters.
 *
 * AUTO picks by unit: counts whole, tokens as FORM_K, bytes as FORM_GIB (from 1 GiB on; MiB, KiB or B below; no
 * decimals from 1,000 of any on; "158.2 TiB" from 10,000 GiB on) or, decimal ones, by the same rules in GB, shares as
 * whole percent, ratios with one decimal and a multiplication sign, other reals with two, times as s, ms or µs; rates
 * and operations in powers of 1,000, with two decimals unless whole. */
enum fact_form {
    FORM_AUTO,
    FORM_PLAIN,       /* "81,303": every digit, no unit */
    FORM_GIB,         /* "63.0 GiB": always one decimal */
    FORM_MIB, FORM_KIB, FORM_GB, FORM_MB, FORM_TIB, FORM_TB, FORM_BYTES, /* "320 KiB": whole when that is exact, else
                                                                            one decimal; GB none from 1,000 on */
    FORM_PERCENT, FORM_PERCENT1,
    FORM_SI,          /* "12.18 G" */
    FORM_K,           /* "64K", K = 1,024; "1M" from 1,048,576 on, "1G" from 1,073,741,824 on; rounded down, below 10K
                         and from 1M on to tenths */
    FORM_D1, FORM_D2, FORM_D3, /* decimals */
    FORM_NUMBER_ONLY, /* AUTO without its unit */
    FORM_UNIT_ONLY,   /* the unit that AUTO would write */
    FORM_WORD,        /* "six" instead of 6, up to twelve, PLAIN beyond; with a capital: FORM_WORD_CAP */
    FORM_WORD_CAP,
};

/* Writes at most size bytes with the terminator and returns buf. An unknown fact is "n/a", its unit "". */
char *facts_text(const struct facts *f, int index, enum fact_form form, char *buf, size_t size);
/* "GiB", "percent", "word", "Word", ... as used in captions after a colon: {kv.bytes:GiB}; -1 when unknown. */
int fact_form_parse(const char *name);
/* The names that fact_form_parse takes, ending with NULL. */
const char *const *fact_form_names(void);

/* --- where a fact comes from --- */

/* How many deps a formula stands for. */
int formula_brackets(const char *formula);
/* The formula in words, "sequences × tokens", and with its values, "6 × 131,072". Caller frees; NULL at a leaf. */
char *facts_formula(const struct facts *f, int index);
char *facts_formula_with_values(const struct facts *f, int index);
/* Computes the formula again from the values of the deps. False: a leaf, prose, words, or unknown. */
bool facts_evaluate(const struct facts *f, int index, double *value);
/* Whether that result is the fact's value: the same whole number, or a real within 1e-9 of it. */
bool facts_agree(const struct facts *f, int index, double value);
/* Every digit of the value, with B behind bytes; words in quotation marks. Returns buf. */
enum { FACT_EXACT_SIZE = 512 };
char *facts_exact(const struct facts *f, int index, char *buf, size_t size);
