/* What is said about a file is one line, whatever the file holds. */
#include "read/fail.h"

static void test_one_line(void)
{
    g_autoptr(GError) error = NULL;
    g_assert_false(fail_with(&error, LM_ERROR_CONFIG, "%s: \"%s\" is no name.", "config.json", "a\n\033[31mb\177"));
    g_assert_error(error, LM_ERROR, LM_ERROR_CONFIG);
    g_assert_cmpstr(error->message, ==, "config.json: \"a  [31mb \" is no name.");
}

static void test_utf8(void)
{
    g_autoptr(GError) error = NULL;
    fail_with(&error, LM_ERROR_VOCAB, "“%s” is no merge.", "caf\xc3\xa9 \xc3");
    g_assert_cmpstr(error->message, ==, "“café \xef\xbf\xbd” is no merge.");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/fail/one-line", test_one_line);
    g_test_add_func("/fail/utf8", test_utf8);
    return g_test_run();
}
