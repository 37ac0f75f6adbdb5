/* proxy/facts.c - small values by name, in the disk tier's table of facts. */
#include "proxy/facts.h"

#include "state.h"

#include "store/disk.h"

static enum rc state_of(const struct proxy *proxy)
{
	struct disk_usage usage = { .state = DISK_REFUSED };

	if (proxy->disk != NULL)
		disk_usage(proxy->disk, &usage);
	switch (usage.state) {
	case DISK_OPENING:
		return RC_BUSY;
	case DISK_WORKS:
		return RC_OK;
	case DISK_FAILS:
		return RC_IO;
	case DISK_REFUSED:
	case DISK_STATE_COUNT:
		break;
	}
	return RC_UNSUPPORTED;
}

enum rc facts_recall(struct proxy *proxy, struct slice name, struct bytes *ret)
{
	TRY(state_of(proxy));
	return disk_recall(proxy->disk, name, ret);
}

/* Read back: what waits to be written may be lost with a disk that fails meanwhile. */
enum rc facts_remember(struct proxy *proxy, struct slice name, struct slice value)
{
	struct bytes found;
	enum rc rc;

	TRY(state_of(proxy));
	disk_remember(proxy->disk, name, value);
	disk_flush_facts(proxy->disk);
	bytes_init(&found, value.size + 1);
	rc = disk_recall(proxy->disk, name, &found);
	if (rc == RC_ABSENT || rc == RC_TOO_LARGE ||
		(rc == RC_OK && !slice_equal(bytes_slice(&found), value)))
		rc = RC_IO;
	bytes_done(&found);
	return rc;
}
