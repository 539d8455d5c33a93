/* All topics, made from the registries. */
#include "cmd/topics.h"
#include "scene/catalog.h"
#include "scene/scene.h"
#include "sink/sink.h"
#include "style/rows.h"
#include "view/view.h"

static void add(GArray *out, const char *key, const char *summary, const struct row *rows, const struct view *view)
{
    struct topic t = { g_strdup(key), summary, rows, view };
    g_array_append_val(out, t);
}

GArray *topics_all(void)
{
    GArray *out = g_array_new(FALSE, FALSE, sizeof(struct topic));
    add(out, "scene", "The keys of a scene file beside video, run and chapters; `let` names values: let = { gpu = \"h100-sxm\"; } and device = \"$gpu\". @include \"other.cfg\" puts another file of the same folder in its place.", scene_rows, NULL);
    add(out, "video", "How the film is drawn and written.", video_rows, NULL);
    add(out, "video.outputs", "One output of the film.", output_rows, NULL);
    for (const struct sink_class *const *s = sinks; *s; s++) {
        g_autofree char *key = g_strconcat("video.", (*s)->name, NULL);
        add(out, key, (*s)->summary, (*s)->rows, NULL);
    }
    add(out, "run", "The run of the model that the chapters share.", run_rows, NULL);
    add(out, "chapters", "One chapter; the options of its view stand beside these keys.", chapter_rows, NULL);
    add(out, "chapters.cues", "One cue: a caption, a title or a hold at a moment.", cue_rows, NULL);
    for (const struct view *const *v = views; *v; v++) add(out, (*v)->name, (*v)->summary, (*v)->rows, *v);
    add(out, "style", "The keys of a style file; styles/midnight.cfg is an example.", style_rows, NULL);
    add(out, "model", "The keys of a model in data/models.cfg.", model_rows, NULL);
    add(out, "device", "The keys of a device in data/devices.cfg.", device_rows, NULL);
    return out;
}

void topics_free(GArray *topics)
{
    for (guint i = 0; i < topics->len; i++) g_free(g_array_index(topics, struct topic, i).key);
    g_array_free(topics, TRUE);
}
