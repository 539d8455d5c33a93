/* The scene language key by key. */
#include "scene/scene.h"
#include "lm/heads.h"

#include <glib.h>
#include <string.h>

static const struct { const char *name; int w, h; } sizes[] = {
    { "2160p", 3840, 2160 }, { "1440p", 2560, 1440 }, { "1080p", 1920, 1080 }, { "720p", 1280, 720 }, { "square", 1080, 1080 },
    { "portrait", 1080, 1920 }, { "gif", 640, 360 },
};
const char *const size_names[] = { "2160p", "1440p", "1080p", "720p", "square", "portrait", "gif", NULL };
G_STATIC_ASSERT(G_N_ELEMENTS(sizes) + 1 == G_N_ELEMENTS(size_names));

bool size_parse(const char *text, int *width, int *height)
{
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++)
        if (!strcmp(text, sizes[i].name)) {
            *width = sizes[i].w;
            *height = sizes[i].h;
            return true;
        }
    char *end;
    if (!g_ascii_isdigit(text[0])) return false;
    guint64 w = g_ascii_strtoull(text, &end, 10);
    if (*end != 'x' || !g_ascii_isdigit(end[1])) return false;
    guint64 h = g_ascii_strtoull(end + 1, &end, 10);
    if (*end || w < 64 || h < 64 || w > 8192 || h > 8192) return false;
    *width = (int)w;
    *height = (int)h;
    return true;
}

#define SIZE_HELP "Size of the picture: 2160p, 1440p, 1080p, 720p, square, portrait, gif, or WIDTHxHEIGHT in pixels."

const struct row output_rows[] = {
    ROW_TEXT(struct scene_output, file, "file", .help = "File to write, below the output folder; its suffix says what it becomes.", .example = "\"walkthrough.mp4\""),
    ROW_TEXT(struct scene_output, size, "size", .optional = true, .help = SIZE_HELP " Left out: the video's size, or gif for a GIF or APNG.", .example = "\"gif\""),
    ROW_TEXT(struct scene_output, fps, "fps", .optional = true, .help = "Frames per second of this output. Left out: the video's, or 12.5 for a GIF or APNG.", .example = "\"12.5\""),
    ROW_TEXT(struct scene_output, style, "style", .optional = true, .help = "Style of this output. Left out: the video's.", .example = "\"paper\""),
    ROW_BOOL(struct scene_output, reduced_motion, "reduced_motion", .optional = true, .help = "Reduced motion in this output, or not. Left out: the video's.", .example = "true"),
    ROW_END
};

const struct row video_rows[] = {
    ROW_TEXT(struct scene_video, size, "size", .def = "1080p", .help = SIZE_HELP, .example = "\"720p\""),
    ROW_RATE(struct scene_video, fps, "fps", .def = "60", .help = "Frames per second.", .example = "\"30000/1001\""),
    ROW_TEXT(struct scene_video, style, "style", .def = "midnight", .help = "Style of the film; see `kvreel list styles`.", .example = "\"paper\""),
    ROW_BOOL(struct scene_video, rail, "rail", .def = "true", .help = "Show the progress rail."),
    ROW_BOOL(struct scene_video, reduced_motion, "reduced_motion", .def = "false", .help = "Nothing moves or runs: each picture stands until the next, to which it cuts or fades within 0.2 seconds. Captions, holds and lengths keep their times."),
    ROW_LIST(struct scene_video, outputs, "outputs", struct scene_output, output_rows, .help = "What `kvreel render` writes when no -o is given."),
    ROW_END
};

const struct row run_rows[] = {
    ROW_TEXT(struct scene_run, model, "model", .def = "tale", .help = "The model that runs: a folder of data/models, or a folder in Hugging Face layout beside the scene.", .example = "\"tale\""),
    ROW_TEXT(struct scene_run, trace, "trace", .optional = true, .help = "Or a run that `kvreel trace` kept, a file in the scene's folder: model, prompt, steps and sampling are then the file's and must not stand here.", .example = "\"gpt2.trace.safetensors\""),
    ROW_TEXT(struct scene_run, prompt, "prompt", .def = "Ana gave the green book to Leo. Now Leo has the", .help = "What the model reads first.", .example = "\"Mia has a red kite.\""),
    ROW_INT(struct scene_run, steps, "steps", .def = "5", .min = 1, .max = 256, .help = "Decode steps after the prompt."),
    ROW_INT(struct scene_run, layer, "layer", .def = "0", .min = 0, .max = 1000, .help = "Layer to show, from 1; 0 picks the head that looks back most clearly."),
    ROW_PICK(struct scene_run, head, "head", .def = "0", .min = 0, .max = 1000, .choices = head_role_names, .help = "Head to show, from 1, or the role that the best one is shown for, measured on held-out stories (see `kvreel heads`); 0 picks the one that looks back most clearly.", .example = "\"reference\""),
    ROW_REAL(struct scene_run, temperature, "temperature", .def = "0.0", .min = 0, .max = 10, .help = "Sampling temperature; 0 takes the likeliest token, whatever top_k and top_p are."),
    ROW_INT(struct scene_run, top_k, "top_k", .def = "0", .min = 0, .max = 1000000, .help = "Sample among the likeliest so many tokens; 0: all."),
    ROW_REAL(struct scene_run, top_p, "top_p", .def = "0.0", .min = 0, .max = 1, .help = "Then sample among the fewest likeliest tokens that hold this share of what top_k left; 0 or 1: all."),
    ROW_INT(struct scene_run, seed, "seed", .def = "7", .min = 0, .max = 9e15, .help = "Seed of the sampling."),
    ROW_END
};

const struct row cue_rows[] = {
    ROW_TEXT(struct scene_cue, on, "on", .optional = true, .help = "Moment of the chapter's action at which the cue falls; see `kvreel help VIEW`.", .example = "\"scores\""),
    ROW_TIME(struct scene_cue, at_us, "at", .optional = true, .min = 0, .max = 14400, .unit = "seconds", .help = "Or a time into the action.", .example = "2.5"),
    ROW_TEXT(struct scene_cue, text, "text", .optional = true, .help = "Caption from here on; {fact} and {fact:form} stand for what is true at the cue's moment. It leaves when that has been read and is true no longer.", .example = "\"{prompt.tokens} tokens in one pass.\""),
    ROW_TEXT(struct scene_cue, title, "title", .optional = true, .help = "Title from here on, as long as it is true; then the chapter's own comes back.", .example = "\"Prefill reads the whole prompt in one pass\""),
    ROW_TIME(struct scene_cue, hold_us, "hold", .def = "0", .min = 0, .max = 600, .unit = "seconds", .help = "The action rests here for so long.", .example = "2.0"),
    ROW_TEXT(struct scene_cue, name, "name", .optional = true, .help = "Name of the cue, for `kvreel still --at CHAPTER/NAME`.", .example = "\"scores\""),
    ROW_END
};

const struct row chapter_rows[] = {
    ROW_TEXT(struct scene_chapter, view, "view", .help = "What the chapter shows; see `kvreel list views`.", .example = "\"prefill\""),
    ROW_TEXT(struct scene_chapter, name, "name", .optional = true, .help = "Short name, on the rail. Left out: the view's.", .example = "\"Prefill\""),
    ROW_TEXT(struct scene_chapter, title, "title", .def = "", .help = "The chapter's claim: a sentence with a verb, best of no more than 50 characters.", .example = "\"Decode computes only the new token\""),
    ROW_REAL(struct scene_chapter, pace, "pace", .def = "1.0", .min = 0.1, .max = 10, .help = "Speed of the action: 2 is twice as fast."),
    ROW_TIME(struct scene_chapter, hold_us, "hold", .def = "1.5", .min = 0, .max = 600, .unit = "seconds", .help = "Rest after the action."),
    ROW_TIME(struct scene_chapter, transition_us, "transition", .def = "0.7", .min = 0, .max = 3, .unit = "seconds", .help = "How long the picture takes to flow from the chapter before into this one; what both share stays or moves. 0 is a cut."),
    ROW_TIME(struct scene_chapter, seconds_us, "seconds", .optional = true, .min = 0.1, .max = 14400, .help = "Length of the whole chapter; the rest after the action grows or shrinks to fit. Left out: what the action, its holds and the rest take.", .example = "12.5"),
    ROW_LIST(struct scene_chapter, cues, "cues", struct scene_cue, cue_rows, .help = "Captions, titles and holds, each at a moment."),
    ROW_END
};

const struct row scene_rows[] = {
    ROW_TEXT(struct scene, title, "title", .def = "", .help = "Title of the film, written into the file.", .example = "\"How a language model remembers\""),
    ROW_GROUP(struct scene, run, "run", run_rows, .help = "The run of the model that the chapters share."),
    ROW_END
};
