/* Reading data/models.cfg and data/devices.cfg into the structs of sim/catalog.h. */
#pragma once
#include "base/diag.h"
#include "conf/row.h"
#include "sim/catalog.h"

extern const struct row model_rows[], stream_rows[], device_rows[];

/* Reads both files of a data folder; mistakes go to diags. Freed with catalog_free(). */
struct catalog *catalog_read(const char *data_folder, struct diags *diags);
struct catalog *catalog_read_files(const char *models_path, const char *devices_path, struct diags *diags);
void catalog_free(struct catalog *c); /* accepts NULL */
