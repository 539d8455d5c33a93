/* The scene language: what a scene file may say. The structs, and the rows that fill them. */
#pragma once
#include "conf/row.h"

struct scene_output { char *file, *size, *fps, *style; bool reduced_motion; };

struct scene_video {
    char *size;
    struct rate fps;
    char *style;
    bool rail, reduced_motion;
    struct list outputs; /* struct scene_output */
};

struct scene_run {
    char *model, *trace; /* trace: a run that was kept, instead of one of the model */
    char *prompt;
    struct pick head;    /* or the role that it is best at: 1 + enum head_role */
    int64_t steps, layer, top_k, seed;
    double temperature, top_p;
};

struct scene_cue {
    int64_t at_us;       /* a time into the action, where `at` stands */
    char *on;            /* or a moment's name */
    char *text, *title;  /* caption; a new title from here on */
    int64_t hold_us;     /* the action rests here for so long */
    char *name;          /* for still --at and lists */
};

struct scene_chapter {
    char *view, *name, *title;
    double pace;
    int64_t hold_us;     /* rest at the end of the action */
    int64_t transition_us; /* flow from the chapter before */
    int64_t seconds_us;  /* length of the whole chapter; 0: what it takes */
    struct list cues;    /* struct scene_cue */
};

struct scene {
    char *title;
    struct scene_video video;
    struct scene_run run;
};

extern const struct row scene_rows[];     /* struct scene without its video; `let`, `video` and `chapters` are read apart */
extern const struct row chapter_rows[];   /* struct scene_chapter; the view's own rows stand beside them */
extern const struct row video_rows[], output_rows[], run_rows[], cue_rows[];
/* Named sizes, NULL-ended: "1080p", ... */
extern const char *const size_names[];
/* "1080p", "gif", "1080x1920"; false when it is neither a name nor pixels from 64 to 8192. */
bool size_parse(const char *text, int *width, int *height);
