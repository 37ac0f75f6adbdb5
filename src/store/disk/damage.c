/* store/disk/damage.c - whether a row is damaged: looked at once more before it is removed.
 *
 * Who finds damage is a reader, and by the time the writer hears of it the row may be another.
 * Writer thread.
 */
#include "inside.h"

#include "codec.h"

#include <string.h>

struct look {
	struct disk *disk;
	int64_t id;
	bool damaged;
};

/* The file's bytes are not read: who finds these altered discards the response, not the row. */
static bool has_file(
	struct disk *disk, const struct record_row *row, const struct codec_record *record)
{
	struct artifact artifact;
	bool there;
	enum rc rc = records_artifact_read(disk->database, row->artifact, &artifact);

	if (rc != RC_OK) /* in doubt not: it can't be told now */
		return rc != RC_ABSENT && rc != RC_CORRUPT;
	there = memcmp(artifact.digest, record->body.digest, DIGEST_SIZE) == 0 &&
		artifact.size == record->body.size &&
		artifacts_has(atomic_load(&disk->artifacts), &artifact);
	artifact_done(&artifact);
	return there;
}

static bool look_at(void *arg, const struct record_row *row)
{
	struct look *look = arg;
	struct codec_record record;
	struct arena arena;

	if (row->id != look->id)
		return true;
	arena_init(&arena);
	if (codec_decode(row->record, &arena, &record) != RC_OK)
		look->damaged = true;
	else if (record.body.in_file)
		look->damaged = !has_file(look->disk, row, &record);
	else
		look->damaged = row->body.size != record.body.size ||
				codec_checksum(row->body) != record.body.checksum;
	arena_done(&arena);
	return false;
}

enum rc damage_look(struct disk *disk, int64_t id, bool *ret)
{
	struct look look = { .disk = disk, .id = id };

	TRY(records_visit(disk->database, record_first(id), look_at, &look));
	*ret = look.damaged;
	return RC_OK;
}
