/* cli/client/from_server.c - export and import by the admin API.
 *
 * What a larder sends is JSON lines. They are kept in a file that has no name while they come, and become the format
 * that is wanted once they are whole. Threads and ownership: from_server.h.
 */
#include "from_server.h"

#include "terminal/progress.h"

#include "config/config.h"
#include "store/parcels.h"
#include "util/alloc.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BATCH_BYTES ((size_t)4 << 20)
#define MOST_BATCH  ((size_t)1 << 30)
#define PIECE       ((size_t)64 * 1024)

/* What is wrong with a configuration is told where it is used. */
bool from_server_is_disk(const char *const *values, const char *disk)
{
	struct config_faults faults;
	struct config *config;
	bool has_disk = true;

	if (values[API_ADMIN] != NULL || disk != NULL || values[API_CONFIG] == NULL)
		return disk != NULL;
	if (config_load(values[API_CONFIG], &config, &faults) == RC_OK) {
		has_disk = config->cache.disk.path[0] != '\0';
		config_free(config);
	}
	config_faults_done(&faults);
	return has_disk;
}

/* ---- export ---- */

struct arriving {
	FILE *to;
	uint64_t bytes;
	bool failed;
	struct progress progress;
};

static bool take_piece(void *arg, const char *data, size_t size)
{
	struct arriving *a = arg;

	a->failed = a->failed || fwrite(data, 1, size, a->to) != size;
	a->bytes += size;
	progress_show(&a->progress, "MiB", a->bytes >> 20, 0);
	return !a->failed;
}

static int finish(const struct parcels *from, struct sink *sink)
{
	struct parcel_end end = parcels_end(from);
	int code = sink_finish(sink, &end);

	if (code == EXIT_DONE)
		fprintf(stderr, "larder export: %" PRIu64 " entries, %" PRIu64 " left out\n",
			end.entries, end.left_out);
	return code;
}

static int copy_all(struct client *client, struct parcels *from, struct sink *sink)
{
	for (;;) {
		struct parcel parcel;
		const char *why = "";
		enum rc rc = parcels_next(from, &parcel, &why);
		int code;

		if (rc == RC_ABSENT)
			return finish(from, sink);
		if (rc != RC_OK) {
			client_tell(client, "%s: %s", client_place(client),
				rc == RC_INVALID     ? why
				: rc == RC_TRUNCATED ? "it broke off"
						     : rc_text(rc));
			return EXIT_FAILED;
		}
		code = sink_add(sink, &parcel);
		parcel_done(&parcel);
		if (code != EXIT_DONE)
			return code;
	}
}

static int convert(struct client *client, const char *path, struct sink_options *to)
{
	SCOPED(parcels) from = NULL;
	SCOPED(sink) sink = NULL;
	enum rc rc = parcels_open(path, &from);
	int code;

	if (rc != RC_OK) {
		client_tell(client, "%s: what came is no export: %s", client_place(client),
			rc_text(rc));
		return EXIT_FAILED;
	}
	to->manifest = parcels_manifest(from);
	code = sink_open(to, &sink);
	return code == EXIT_DONE ? copy_all(client, from, sink) : code;
}

static int fetch(struct client *client, const char *query, FILE *to)
{
	struct arriving arriving = { .to = to };
	struct client_answer answer;
	struct bytes path;
	int code;

	bytes_init(&path, PIECE);
	if (bytes_format(&path, "/export%s", query) != RC_OK)
		abort();
	code = client_call(client,
		&(struct client_call){
			.method = "POST", .path = path.data, .take = take_piece, .arg = &arriving },
		&answer);
	progress_clear(&arriving.progress);
	if (code == EXIT_DONE)
		code = client_judge(client, &answer);
	client_answer_done(&answer);
	bytes_done(&path);
	if (code == EXIT_DONE && (fflush(to) != 0 || arriving.failed)) {
		client_tell(client, "the temporary file can't be written");
		code = EXIT_FAILED;
	}
	return code;
}

int from_server_export(struct client *client, const char *query, struct sink_options *to)
{
	FILE *file = tmpfile();
	char path[64];
	int code;

	if (file == NULL) {
		client_tell(client, "no temporary file can be had");
		return EXIT_FAILED;
	}
	code = fetch(client, query, file);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fileno(file));
	if (code == EXIT_DONE)
		code = convert(client, path, to);
	fclose(file);
	return code;
}

/* ---- import ---- */

struct batch {
	struct client *client;
	struct bytes text; /* the manifest's line, and others */
	size_t manifest;   /* bytes of it */
	uint64_t total;    /* entries; 0: not known */
	struct to_server *told;
	struct progress progress;
};

static uint64_t number_in(const json_t *answer, const char *name)
{
	return (uint64_t)json_integer_value(json_object_get(answer, name));
}

static int send_batch(struct batch *b)
{
	const struct client_call call = { .method = "POST",
		.path = "/import",
		.member = "stored",
		.body = bytes_slice(&b->text),
		.type = "application/jsonl" };
	json_t *answer = NULL, *fault;
	size_t i;
	int code;

	if (b->text.size == b->manifest)
		return EXIT_DONE;
	code = client_json(b->client, &call, &answer);
	if (code != EXIT_DONE)
		return code;
	b->told->stored += number_in(answer, "stored");
	b->told->kept += number_in(answer, "kept");
	b->told->refused += number_in(answer, "refused");
	b->told->passed += number_in(answer, "passed");
	progress_clear(&b->progress);
	json_array_foreach(json_object_get(answer, "faults"), i, fault)
		client_tell_fault(b->client, fault);
	progress_show(&b->progress, "entries",
		b->told->stored + b->told->kept + b->told->refused + b->told->passed, b->total);
	json_decref(answer);
	b->text.size = b->manifest;
	b->text.data[b->text.size] = '\0';
	return EXIT_DONE;
}

static enum rc append_line(struct batch *b, const struct parcel *parcel)
{
	struct parcel_line line;
	char *piece = xalloc(PIECE);
	ssize_t count = 0;
	enum rc rc = parcel_line_begin(parcel, &line);

	while (rc == RC_OK && (count = parcel_line_read(&line, piece, PIECE)) > 0)
		rc = bytes_append(&b->text, piece, (size_t)count);
	if (rc == RC_OK && count < 0)
		rc = RC_IO;
	parcel_line_end(&line);
	free(piece);
	return rc;
}

static int take_parcel(struct batch *b, const struct parcel *parcel)
{
	size_t size = parcel->object->body->size;
	enum rc rc;

	if (b->text.size + size > BATCH_BYTES) {
		int code = send_batch(b);

		if (code != EXIT_DONE)
			return code;
	}
	rc = append_line(b, parcel);
	if (rc != RC_OK)
		client_tell(b->client, "%s", rc_text(rc));
	return rc == RC_OK ? EXIT_DONE : EXIT_FAILED;
}

/* What was whole is sent. */
static int tell_end(const struct batch *b, enum rc rc, const char *why)
{
	if (rc == RC_ABSENT)
		return EXIT_DONE;
	if (why[0] == '\0')
		why = rc == RC_TRUNCATED ? "it ends before its end" : rc_text(rc);
	client_tell(b->client, "%s", why);
	return EXIT_FAILED;
}

static int send_all(struct batch *b, struct parcels *from)
{
	for (;;) {
		struct parcel parcel;
		const char *why = "";
		enum rc rc = parcels_next(from, &parcel, &why);
		int code = EXIT_DONE;

		if (rc == RC_OK) {
			code = take_parcel(b, &parcel);
			parcel_done(&parcel);
		} else if (rc == RC_INVALID) {
			b->told->refused++;
			client_tell(b->client, "entry %" PRIu64 ": %s", parcels_place(from), why);
		} else {
			code = send_batch(b);
			return code == EXIT_DONE ? tell_end(b, rc, why) : code;
		}
		if (code != EXIT_DONE)
			return code;
	}
}

int to_server_import(struct client *client, struct parcels *from, struct to_server *ret)
{
	struct batch batch = { .client = client, .told = ret, .total = parcels_total(from) };
	int code = EXIT_FAILED;

	*ret = (struct to_server){ 0 };
	bytes_init(&batch.text, MOST_BATCH);
	if (manifest_write(parcels_manifest(from), &batch.text) == RC_OK) {
		batch.manifest = batch.text.size;
		code = send_all(&batch, from);
		progress_clear(&batch.progress);
	}
	bytes_done(&batch.text);
	return code;
}
