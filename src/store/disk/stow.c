/* store/disk/stow.c - one response on its way to the disk: compressed, as a file, as a record.
 *
 * Writer thread.
 */
#include "inside.h"

#include "store/stored.h"
#include "codec.h"
#include "http/gzip.h"
#include "http/tags.h"
#include "observe/metrics.h"
#include "util/clock.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_RECORD ((size_t)4 * 1024 * 1024)
#define LEAST_GAIN  10 /* a tenth, or it stays plain */

static void count_compression(uint64_t before, uint64_t after, int64_t us)
{
	metrics_add(METRIC_CACHE_COMPRESSION_INPUT, NO_LABELS, before);
	metrics_add(METRIC_CACHE_COMPRESSION_OUTPUT, NO_LABELS, after);
	metrics_observe_us(METRIC_CACHE_COMPRESSION_DURATION, NO_LABELS, us);
}

/* Beside the body in memory, or as a file that has no name yet. */
static enum rc make_gzip(const struct disk *disk, struct body *body, struct body **ret)
{
	int level = disk->options.compress_level;
	uint64_t size;
	int fd;
	enum rc rc;

	if (body_in_memory(body))
		return gzip_whole((struct slice){ body->data, body->size }, level,
			body->size - body->size / LEAST_GAIN, ret);
	fd = open(artifacts_temporary(disk->artifacts), O_TMPFILE | O_RDWR | O_CLOEXEC, 0640);
	if (fd < 0)
		return rc_of_errno();
	rc = gzip_to_fd(body, level, fd, &size);
	if (rc != RC_OK || size > body->size - body->size / LEAST_GAIN) {
		close(fd);
		return rc != RC_OK ? rc : RC_TOO_LARGE;
	}
	*ret = artifact_spooled(fd, size);
	return RC_OK;
}

/* The gzip of a body, where that is worth it; NULL: it stays as it is. What fails stays plain, too. */
static struct body *compressed(const struct disk *disk, const struct object *object)
{
	const struct disk_options *o = &disk->options;
	uint64_t size = object->body->size;
	int64_t began_us = clock_monotonic_us();
	struct body *body = NULL;

	if (o->compress_level == 0 || size < o->compress_bytes || object->gzipped ||
		object->part.is_part || object->status == 206 || !gzip_is_worth(&object->headers))
		return NULL;
	if (make_gzip(disk, object->body, &body) != RC_OK)
		return NULL;
	count_compression(size, body->size, clock_monotonic_us() - began_us);
	return body;
}

/* The response with its body as it is stored. */
static struct object *as_stored(const struct disk *disk, struct object *object)
{
	SCOPED(body) body = compressed(disk, object);
	struct object_parts parts = object_parts_of(object);

	if (body == NULL)
		return object_ref(object);
	parts.gzipped = true;
	parts.plain_size = object->body->size;
	parts.body = body;
	return object_new(&parts);
}

static enum rc describe(struct disk *disk, struct stowed *s)
{
	s->in_file = s->body->size > disk->options.inline_limit_bytes;
	s->described = (struct codec_body){ .size = s->body->size, .in_file = s->in_file };
	if (!s->in_file) {
		struct body *loaded;

		TRY(body_load(s->body, &loaded));
		body_unref(s->body);
		s->body = loaded;
		s->described.checksum =
			codec_checksum((struct slice){ loaded->data, loaded->size });
		return RC_OK;
	}
	TRY(artifact_describe(s->body, &s->artifact));
	memcpy(s->described.digest, s->artifact.digest, DIGEST_SIZE);
	return artifacts_put(disk->artifacts, &s->artifact, s->body);
}

/* Whether it is the body that is missing or damaged, and not the device that fails: to the last byte, or it
 * would be tried for ever. */
static bool is_readable(struct body *body)
{
	char piece[16384];
	ssize_t count = 1;

	for (uint64_t at = 0; at < body->size && count > 0; at += (uint64_t)count)
		count = body_read(body, at, piece, sizeof(piece));
	return count > 0;
}

enum rc stow_prepare(struct disk *disk, struct job *job, struct stowed *ret)
{
	SCOPED(object) object = NULL;
	enum rc rc;

	*ret = (struct stowed){ .job = job };
	bytes_init(&ret->record, MOST_RECORD);
	if (!stored_useful(job->object, clock_wall_ms()))
		return RC_TOO_LARGE;
	object = as_stored(disk, job->object);
	ret->body = body_ref(object->body);
	rc = describe(disk, ret);
	if (rc == RC_IO && !is_readable(ret->body))
		return RC_ABSENT;
	TRY(rc);
	return codec_encode(job->key.bytes, object, &ret->described, &ret->record);
}

void stow_done(struct stowed *s)
{
	if (s->body != NULL)
		body_unref(s->body);
	if (s->in_file)
		artifact_done(&s->artifact);
	bytes_done(&s->record);
}

struct search {
	const struct job *job;
	struct arena arena;
	uint32_t taken; /* a bit an id of the range */
	int64_t same;   /* has the variant; -1: none */
	int64_t oldest;
	int64_t oldest_ms;
	int64_t ids[RECORD_VARIANTS]; /* of the key */
	size_t count;
};

static bool look(void *arg, const struct record_row *row)
{
	struct search *s = arg;
	struct codec_record record;
	const struct object *wanted = s->job->object;
	struct object found = { 0 };

	s->taken |= UINT32_C(1) << (row->id & (RECORD_VARIANTS - 1));
	if (codec_decode(row->record, &s->arena, &record) != RC_OK) {
		s->oldest = row->id; /* damaged: the first to go */
		s->oldest_ms = INT64_MIN;
		return true;
	}
	if (record.parts.freshness.responded_ms < s->oldest_ms) {
		s->oldest = row->id;
		s->oldest_ms = record.parts.freshness.responded_ms;
	}
	if (!slice_equal(record.key, s->job->key.bytes))
		return true;
	s->ids[s->count++] = row->id;
	if (wanted == NULL)
		return true;
	found.variant = record.variant;
	found.epoch = record.parts.epoch;
	found.status = record.parts.status;
	found.part = record.parts.part;
	found.freshness = record.parts.freshness;
	if (s->job->kind == JOB_DISCARD ? stored_same(wanted, &found)
					: stored_same_variant(wanted, &found))
		s->same = row->id;
	return true;
}

static enum rc search(struct disk *disk, const struct job *job, struct search *s)
{
	enum rc rc;

	*s = (struct search){ .job = job, .same = -1, .oldest_ms = INT64_MAX };
	arena_init(&s->arena);
	rc = records_visit(disk->database, record_id(job->key.hash), look, s);
	arena_done(&s->arena);
	return rc;
}

enum rc stow_find(struct disk *disk, const struct job *job, int64_t *ret)
{
	struct search s;

	TRY(search(disk, job, &s));
	if (s.same >= 0) {
		*ret = s.same;
		return RC_OK;
	}
	*ret = s.oldest;
	for (int64_t i = RECORD_VARIANTS - 1; i >= 0; i--) {
		if (!(s.taken & UINT32_C(1) << i))
			*ret = record_id(job->key.hash) + i;
	}
	return RC_ABSENT;
}

enum rc stow_find_all(struct disk *disk, const struct job *job, int64_t ids[static RECORD_VARIANTS],
	size_t *ret_count)
{
	struct search s;

	TRY(search(disk, job, &s));
	memcpy(ids, s.ids, s.count * sizeof(*ids));
	*ret_count = s.count;
	return RC_OK;
}

static enum rc write_rows(
	struct disk *disk, const struct stowed *s, int64_t id, struct arena *arena)
{
	const struct object *object = s->job->object;
	struct record_write write = { .record = bytes_slice(&s->record) };
	struct key_parts parts;
	struct slice *tags;
	bool too_many; /* such a response isn't stored at all (proxy/purge/grouping.c) */
	int64_t artifact = 0;

	TRY(key_split(s->job->key, &parts));
	if (s->in_file) {
		TRY(artifacts_put(disk->artifacts, &s->artifact, s->body)); /* still there? */
		TRY(records_artifact(disk->database, &s->artifact, &artifact));
	} else {
		write.body = (struct slice){ s->body->data, s->body->size };
	}
	write.tenant = parts.tenant;
	write.tag_count =
		tags_of_stored(&object->headers, object->own_tags, arena, &tags, &too_many);
	write.tags = tags;
	write.entry = (struct record_entry){
		.id = id,
		.key = s->job->key.bytes,
		.route = parts.route,
		.namespace_version = parts.namespace_version,
		.target = parts.target,
		.slot = object->group_count > 0 ? object->groups[0] : 0,
		.epoch = object->epoch,
		.status = object->status,
		.stored_ms = object->freshness.responded_ms,
		.expires_ms = stored_until_ms(object),
		.used_ms = clock_wall_ms(),
		.source_version = object->source_version,
		.bytes = s->record.size + write.body.size,
		.body_bytes = s->body->size,
		.artifact = artifact,
	};
	return records_put(disk->database, &write);
}

enum rc stow_write(struct disk *disk, struct stowed *s, bool *ret_replaces)
{
	struct arena arena;
	int64_t id;
	enum rc rc = stow_find(disk, s->job, &id);
	bool taken = rc == RC_OK;

	if (rc != RC_OK && rc != RC_ABSENT)
		return rc;
	arena_init(&arena);
	if (rc == RC_ABSENT)
		taken = records_remove(disk->database, id) == RC_OK; /* all are taken: the oldest */
	rc = write_rows(disk, s, id, &arena);
	arena_done(&arena);
	if (rc == RC_OK)
		*ret_replaces = taken;
	return rc;
}
