/* kvreel storyboard: a film on paper. Sheets of PNG files, or the pages of one PDF. */
#include "cmd/outputs.h"
#include "paint/paint.h"
#include "sheet/moves.h"
#include "sheet/sheet.h"
#include "sink/atomic.h"
#include "sink/png.h"

#include <stdio.h>
#include <string.h>

/* A PNG sheet is at most so tall, in pixels; a PDF page is an A4 sheet lying down, 297 mm x 210 mm. */
enum { PNG_TALLEST = 4096, PDF_WIDTH_MM = 297, PDF_HEIGHT_MM = 210 };

/* What is asked for; chapter -1: the whole film; at: as of moves_find(). */
struct wish { const char *path; int columns, chapter; double at; };

/* "walkthrough-storyboard.png", "walkthrough-motion-decode-step-2.png", in the current folder. */
static char *default_name(const char *scene, const char *motion)
{
    g_autofree char *base = g_path_get_basename(scene);
    char *dot = strrchr(base, '.');
    if (dot) *dot = 0;
    g_autofree char *of = g_strdup(motion ? motion : "");
    g_strcanon(of, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.", '-');
    return motion ? g_strdup_printf("%s-motion-%s.png", base, of) : g_strdup_printf("%s-storyboard.png", base);
}

/* The first sheet has the name as given; of board.png the second is board-2.png. */
static char *sheet_path(const char *path, guint index)
{
    int stem = (int)(strrchr(path, '.') - path);
    return index ? g_strdup_printf("%.*s-%u%s", stem, path, index + 1, path + stem) : g_strdup(path);
}

static bool write_files(const char *path, GPtrArray *files, GError **error)
{
    GArray *whole = g_array_new(FALSE, FALSE, sizeof(struct atomic_whole));
    for (guint i = 0; i < files->len; i++) {
        const GByteArray *bytes = g_ptr_array_index(files, i);
        struct atomic_whole w = { sheet_path(path, i), bytes->data, bytes->len };
        g_array_append_val(whole, w);
    }
    bool ok = atomic_write_files((const struct atomic_whole *)whole->data, whole->len, error);
    for (guint i = 0; i < whole->len; i++) g_free((char *)g_array_index(whole, struct atomic_whole, i).path);
    g_array_free(whole, TRUE);
    return ok;
}

static bool paint_png(const struct style *style, const GArray *pages, GPtrArray *files, GError **error)
{
    struct pager *pager = pager_new(style, 0, error);
    for (guint i = 0; pager && i < pages->len; i++) {
        const struct dl_page *page = &g_array_index(pages, struct dl_page, i);
        g_ptr_array_add(files, png_encode(pager_paint(pager, page), page->list->width, page->list->height));
    }
    pager_free(pager);
    return pager != NULL;
}

static bool paint_document(struct fonts *fonts, const GArray *pages, GPtrArray *files, GError **error)
{
    GByteArray *bytes = paint_pdf_pages(fonts, (const struct dl_page *)pages->data, (int)pages->len, PDF_WIDTH_MM, error);
    if (bytes) g_ptr_array_add(files, bytes);
    return bytes != NULL;
}

/* One line a file. Sheets are counted, so that one which a longer film left there is not taken for one of them. */
static void tell(const char *path, const GPtrArray *files, const GArray *pages)
{
    for (guint i = 0; i < files->len; i++) {
        g_autofree char *name = sheet_path(path, i);
        const struct dl *list = g_array_index(pages, struct dl_page, i).list;
        if (g_str_has_suffix(path, ".pdf")) printf("%s  %u page%s\n", name, pages->len, pages->len == 1 ? "" : "s");
        else {
            guint frames = g_array_index(pages, struct dl_page, i).insets->len;
            printf("%s  %d×%d, %u frame%s, sheet %u of %u\n", name, list->width, list->height, frames, frames == 1 ? "" : "s",
                   i + 1, files->len);
        }
    }
}

static bool draw(const struct story *story, const struct take *take, const struct wish *w, bool quiet, GError **error)
{
    struct fonts *fonts = fonts_open(take->style, error);
    if (!fonts) return false;
    bool pdf = g_str_has_suffix(w->path, ".pdf");
    struct sheet_form form = { pdf ? SHEET_WIDTH * PDF_HEIGHT_MM / PDF_WIDTH_MM : PNG_TALLEST, pdf };
    const struct measurer *measurer = fonts_measurer(fonts);
    struct sheet *sheet = w->chapter < 0 ? board_new(story, take, w->columns, measurer)
                                         : motion_sheet_new(story, take, w->chapter, w->at, w->columns, measurer);
    GArray *pages = sheet_pages(sheet, &form, measurer);
    GPtrArray *files = g_ptr_array_new_with_free_func((GDestroyNotify)g_byte_array_unref);
    bool ok = pdf ? paint_document(fonts, pages, files, error) : paint_png(take->style, pages, files, error);
    ok = ok && write_files(w->path, files, error);
    if (ok && !quiet) tell(w->path, files, pages);
    g_ptr_array_unref(files);
    g_array_unref(pages);
    sheet_free(sheet);
    fonts_free(fonts);
    return ok;
}

static void read_wish(const struct args *a, const struct story *story, struct wish *w, struct diags *diags)
{
    const char *motion = args_get(a, "--motion"), *columns = args_get(a, "--columns");
    g_autofree char **paths = args_all(a, "-o"), *why = NULL;
    if (g_strv_length(paths) > 1) diag(diags, NULL, 0, "A storyboard has one name; keep one -o.");
    if (!g_str_has_suffix(w->path, ".png") && !g_str_has_suffix(w->path, ".pdf"))
        diag(diags, NULL, 0, "\"%s\": a storyboard is a .png or .pdf file.", w->path);
    if (columns) {
        char *end;
        gint64 n = g_ascii_strtoll(columns, &end, 10);
        if (*end || n < 1 || n > SHEET_MOST_COLUMNS) diag(diags, NULL, 0, "--columns is \"%s\"; write a whole number from 1 to %d.", columns, SHEET_MOST_COLUMNS);
        else w->columns = (int)n;
    }
    if (motion && !diags_count(diags) && !moves_find(story, motion, &w->chapter, &w->at, &why))
        diag(diags, NULL, 0, "--motion is \"%s\"; %s.", motion, why);
}

static int storyboard(const struct args *a, const struct story *story, struct diags *diags)
{
    g_autofree char *made = default_name(story->path, args_get(a, "--motion"));
    struct wish w = { args_get(a, "-o") ? args_get(a, "-o") : made, 0, -1, 0 };
    struct outputs keep = { 0 };
    struct take take;
    int code = EXIT_MISTAKE;
    outputs_take(story, args_get(a, "--size"), NULL, args_get(a, "--style"), false, &keep, &take, (struct place){ 0 }, diags);
    read_wish(a, story, &w, diags);
    if (args_get(a, "--reduced-motion")) take.reduced = true;
    if (outputs_ready(a, story, &keep, diags, &code)) {
        g_autoptr(GError) error = NULL;
        bool ok = draw(story, &take, &w, args_get(a, "--quiet"), &error);
        if (!ok) complain("%s", error->message);
        code = ok ? EXIT_DONE : exit_code_of(error);
    }
    outputs_clear(&keep);
    return code;
}

static int run(const struct verb *verb, int argc, char **argv) { return run_with_scene(verb, argc, argv, storyboard); }

static const struct arg args[] = {
    { "--motion", "CHAPTER", "Consecutive frames of each move of a chapter, or of the one that reaches a moment: decode/\"step 1 next\". A chapter has a name and a number; of two with one name the name means the first, and 3 or 3/full the third chapter." },
    { "-o", "FILE", "A .png (a second sheet is FILE-2.png, and so on) or a .pdf with A4 pages (default: named after the scene)." },
    { "--size", "SIZE", "Size of the film's picture: 1080p, square, portrait, gif, 1280x720, ..." },
    { "--style", "STYLE", "Style." },
    { "--reduced-motion", NULL, "As the film with reduced motion shows it." },
    { "--columns", "N", "Frames in a row, 1 to 12 (default: as their proportions want)." },
    { "--quiet", NULL, "Say nothing but mistakes." },
    ARGS_SCENE, { 0 }
};

const struct verb verb_storyboard = {
    "storyboard", "SCENE [--motion CHAPTER] [-o FILE]",
    "Draws a contact sheet of a film: a frame for each cue with its time and words, or the frames of each move.", args, run
};
