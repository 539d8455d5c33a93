/* How tokens are written on the screen. */
#pragma once
#include <glib.h>

/* Bytes as shown: one leading space dropped, newline ¶, tab →, a token of spaces ·, control bytes and bytes that are no
 * UTF-8 as <1B>, invisible characters as <U+200B>; "" for no bytes. Free it. */
char *tokentext_shown(const char *bytes, size_t length);
/* A token as shown: never empty. A special token in words ("<|endoftext|>" is "end of text"), one without bytes by its
 * number ("<50300>"). Free it. */
char *tokentext_of(int id, const char *bytes, size_t length);
/* Whether a text as shown says something: it has a letter or a digit. */
gboolean tokentext_is_word(const char *text);
