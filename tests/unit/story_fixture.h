/* A story from a text, opened with the project's own data and styles; mistakes fail the test. */
#pragma once
#include "scene/story.h"
#include "scene/styles.h"

#include <glib.h>

static inline struct story *open_text(const char *text)
{
    static const char *const none[] = { NULL };
    struct story_options options = { text, ".", NULL, NULL, none };
    struct diags *diags = diags_new();
    struct story *s = story_open("(test)", &options, diags);
    g_autoptr(GString) said = g_string_new(NULL);
    diags_print(diags, said);
    g_assert_cmpstr(said->str, ==, "");
    diags_free(diags);
    return s;
}

static inline struct style *open_style(const char *name)
{
    struct diags *diags = diags_new();
    struct style *s = style_read(".", name, ".", (struct place){ 0 }, diags);
    g_assert_cmpuint(diags_count(diags), ==, 0);
    diags_free(diags);
    return s;
}
