/* safetensors: eight bytes that say how long the header is (little-endian), a JSON header, then the tensors' bytes.
 *
 *     {"__metadata__":{...},"wte.weight":{"dtype":"F16","shape":[601,128],"data_offsets":[0,153856]},...}
 *
 * Offsets count from the end of the header, which is filled up with spaces to a multiple of eight. The names have no
 * "transformer." before them, as in the published gpt2 file. The reader is for files of this writer: it looks the
 * names up that the configuration asks for and checks type, shape and place.
 */
#include "store.h"

#include <stdio.h>
#include <string.h>

G_STATIC_ASSERT(G_BYTE_ORDER == G_LITTLE_ENDIAN);

static char *config_text(const struct model_config *c)
{
	return g_strdup_printf("{\n"
			       "  \"architectures\": [\"GPT2LMHeadModel\"],\n"
			       "  \"model_type\": \"gpt2\",\n"
			       "  \"n_layer\": %d,\n"
			       "  \"n_head\": %d,\n"
			       "  \"n_embd\": %d,\n"
			       "  \"n_positions\": %d,\n"
			       "  \"n_ctx\": %d,\n"
			       "  \"vocab_size\": %d,\n"
			       "  \"bos_token_id\": %d,\n"
			       "  \"eos_token_id\": %d,\n"
			       "  \"activation_function\": \"gelu_new\",\n"
			       "  \"layer_norm_epsilon\": 1e-05,\n"
			       "  \"initializer_range\": 0.02,\n"
			       "  \"attn_pdrop\": 0.0,\n"
			       "  \"embd_pdrop\": 0.0,\n"
			       "  \"resid_pdrop\": 0.0,\n"
			       "  \"tie_word_embeddings\": true,\n"
			       "  \"torch_dtype\": \"float16\",\n"
			       "  \"kvreel_origin\": \"trained\"\n"
			       "}\n",
			       c->layers, c->heads, c->width, c->context, c->context, c->vocab, c->vocab - 1, c->vocab - 1);
}

/* One tensor's entry in the header. Written and looked for with the same words. */
static char *tensor_entry(const struct model_tensor *t)
{
	char *shape = t->rows ? g_strdup_printf("%d,%d", t->rows, t->cols) : g_strdup_printf("%d", t->cols);
	char *entry = g_strdup_printf("\"%s\":{\"dtype\":\"F16\",\"shape\":[%s],\"data_offsets\":[%zu,%zu]}", t->name, shape,
				      2 * t->offset, 2 * (t->offset + t->count));

	g_free(shape);
	return entry;
}

bool store_write(const char *folder, const struct model_config *c, const real *params, const char *const *notes,
		 GError **error)
{
	size_t count = model_parameter_count(c);
	GString *file = g_string_new("01234567{\"__metadata__\":{\"format\":\"pt\"");
	char *config_path = g_build_filename(folder, "config.json", NULL);
	char *weights_path = g_build_filename(folder, "model.safetensors", NULL);
	char *config = config_text(c);

	for (; notes && *notes; notes += 2)
		g_string_append_printf(file, ",\"%s\":\"%s\"", notes[0], notes[1]);
	g_string_append_c(file, '}');
	for (int i = 0; i < model_tensor_count(c); i++) {
		struct model_tensor t = model_tensor_at(c, i);
		char *entry = tensor_entry(&t);

		g_string_append_printf(file, ",%s", entry);
		g_free(entry);
	}
	g_string_append_c(file, '}');
	while (file->len % 8)
		g_string_append_c(file, ' ');

	guint64 header = file->len - 8;

	memcpy(file->str, &header, 8);
	for (size_t i = 0; i < count; i++) {
		_Float16 half = (_Float16)params[i];

		g_string_append_len(file, (const char *)&half, sizeof half);
	}

	bool fine = g_file_set_contents(config_path, config, -1, error) &&
		    g_file_set_contents(weights_path, file->str, file->len, error);

	g_free(config_path);
	g_free(weights_path);
	g_free(config);
	g_string_free(file, TRUE);
	return fine;
}

static bool read_config(const char *path, struct model_config *c, GError **error)
{
	struct {
		const char *key;
		int *value;
	} fields[] = {
		{ "\"n_layer\":", &c->layers },	     { "\"n_head\":", &c->heads },	{ "\"n_embd\":", &c->width },
		{ "\"n_positions\":", &c->context }, { "\"vocab_size\":", &c->vocab },
	};
	char *text;
	bool fine = true;

	if (!g_file_get_contents(path, &text, NULL, error))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(fields) && fine; i++) {
		const char *at = strstr(text, fields[i].key);

		fine = at && sscanf(at + strlen(fields[i].key), "%d", fields[i].value) == 1 && *fields[i].value > 0;
		if (!fine)
			g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: %s must be a positive number", path,
				    fields[i].key);
	}
	g_free(text);
	return fine;
}

/* {"__metadata__":{"key":"value",...},... with no escapes in it. */
static GHashTable *read_notes(const char *header)
{
	GHashTable *notes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	const char *open = strstr(header, "\"__metadata__\":{"), *close = open ? strchr(open, '}') : NULL;

	if (!close)
		return notes;

	char *inside = g_strndup(strchr(open, '{') + 1, close - strchr(open, '{') - 1);
	char **part = g_strsplit(inside, "\"", -1);

	/* Split at the quotes: "", key, ":", value, ",", key, ... */
	for (guint i = 1; i + 2 < g_strv_length(part); i += 4)
		g_hash_table_insert(notes, g_strdup(part[i]), g_strdup(part[i + 2]));
	g_strfreev(part);
	g_free(inside);
	return notes;
}

real *store_read(const char *folder, struct model_config *c, GHashTable **notes, GError **error)
{
	char *config_path = g_build_filename(folder, "config.json", NULL);
	char *weights_path = g_build_filename(folder, "model.safetensors", NULL);
	char *bytes = NULL, *header = NULL;
	gsize length = 0;
	guint64 header_length = 0;
	real *params = NULL;

	if (!read_config(config_path, c, error) || !g_file_get_contents(weights_path, &bytes, &length, error))
		goto out;

	size_t count = model_parameter_count(c);

	if (length >= 8)
		memcpy(&header_length, bytes, 8);
	if (header_length > length || length != 8 + header_length + 2 * count) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: %zu parameters do not fill this file", weights_path,
			    count);
		goto out;
	}
	header = g_strndup(bytes + 8, header_length);
	for (int i = 0; i < model_tensor_count(c); i++) {
		struct model_tensor t = model_tensor_at(c, i);
		char *entry = tensor_entry(&t);
		bool there = strstr(header, entry);

		if (!there)
			g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: the header must hold %s", weights_path, entry);
		g_free(entry);
		if (!there)
			goto out;
	}
	params = g_new(real, count);
	for (size_t i = 0; i < count; i++) {
		_Float16 half;

		memcpy(&half, bytes + 8 + header_length + 2 * i, sizeof half);
		params[i] = (real)half;
	}
	*notes = read_notes(header);
out:
	g_free(config_path);
	g_free(weights_path);
	g_free(bytes);
	g_free(header);
	return params;
}
