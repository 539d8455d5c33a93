/* Looking entries up by id. A catalog has a few hundred of them and is asked while a scene is read, so it is walked. */
#include "sim/catalog.h"

#include <glib.h>
#include <string.h>

const struct model *catalog_model(const struct catalog *c, const char *id)
{
    for (size_t i = 0; i < c->n_models; i++)
        if (c->models[i].id && !strcmp(c->models[i].id, id)) return &c->models[i];
    return NULL;
}

const struct device *catalog_device(const struct catalog *c, const char *id)
{
    for (size_t i = 0; i < c->n_devices; i++)
        if (c->devices[i].id && !strcmp(c->devices[i].id, id)) return &c->devices[i];
    return NULL;
}

const char **catalog_model_ids(const struct catalog *c)
{
    const char **ids = g_new0(const char *, c->n_models + 1);
    for (size_t i = 0; i < c->n_models; i++) ids[i] = c->models[i].id;
    return ids;
}

const char **catalog_device_ids(const struct catalog *c)
{
    const char **ids = g_new0(const char *, c->n_devices + 1);
    for (size_t i = 0; i < c->n_devices; i++) ids[i] = c->devices[i].id;
    return ids;
}
