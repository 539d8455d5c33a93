/* The one way in which the model's files report what is wrong: a sentence in the domain LM_ERROR. */
#pragma once
#include <glib.h>

/* What can be wrong with a folder or a text, for tests and for choosing an exit code; the message says it in a
 * sentence. */
#define LM_ERROR (g_quark_from_static_string("lm"))
enum lm_error {
    LM_ERROR_FILE,           /* missing or unreadable */
    LM_ERROR_CONFIG,         /* config.json */
    LM_ERROR_VOCAB,          /* tokenizer.json, or vocab.json and merges.txt */
    LM_ERROR_TENSOR_SHORT,   /* the safetensors file ends inside its header */
    LM_ERROR_TENSOR_LENGTH,  /* its header's length is impossible */
    LM_ERROR_TENSOR_HEADER,  /* its header is no JSON of the right form */
    LM_ERROR_TENSOR_TYPE,    /* a dtype that is unknown or cannot be read */
    LM_ERROR_TENSOR_RANGE,   /* offsets beyond the file */
    LM_ERROR_TENSOR_SIZE,    /* shape and bytes disagree */
    LM_ERROR_TENSOR_OVERLAP,
    LM_ERROR_TENSOR_GAP,     /* bytes that belong to no tensor */
    LM_ERROR_TENSOR_MISSING,
    LM_ERROR_TENSOR_SHAPE,   /* not the shape that config.json asks for */
    LM_ERROR_TENSOR_VALUE,   /* infinite or not a number */
    LM_ERROR_TEXT,           /* a text that the vocabulary cannot write */
    LM_ERROR_RUN,            /* a run that this model cannot do */
    LM_ERROR_INDEX,          /* model.safetensors.index.json, or its shards against each other */
    LM_ERROR_TRACE,          /* what a trace file says, or its parts against each other */
    LM_ERROR_MARKS,          /* the stories by which heads are measured */
};

/* Sets the error, one line of UTF-8 whatever the arguments hold, and returns FALSE. */
gboolean fail_with(GError **error, enum lm_error code, const char *format, ...) G_GNUC_PRINTF(3, 4);
