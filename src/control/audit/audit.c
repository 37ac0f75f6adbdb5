/* control/audit/audit.c - the audit log: opened, written, rotated. Threads, ownership: audit.h; audit_list.c reads it.
 *
 * The file is only ever appended to, so that it may be marked so (chattr +a). A line that was broken off stays, and
 * the next one says so.
 */
#include "audit.h"

#include "audit_file.h"

#include "observe/log.h"
#include "observe/metrics.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/moment.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define WAIT_SECONDS 5
#define FAULT_MOST   4096

/* ---- the file ---- */

static enum rc fail(enum rc rc, const char *path, const char *what, struct bytes *fault)
{
	(void)!bytes_format(fault, "admin.audit: %s: %s", path, what);
	return rc;
}

/* So that a new file's name outlives a loss of power, too. A failure is none of the log's: ext4 and XFS write the name
 * with the first line. */
static void sync_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *name = slash == NULL ? xcopy(".", 1) : xcopy(path, (size_t)(slash - path) + 1);
	int fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	free(name);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

static enum rc open_file(const char *path, struct audit_file *ret, struct bytes *fault)
{
	struct stat found;
	enum rc rc;

	/* not blocking: on a pipe it would */
	ret->fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0640);
	if (ret->fd < 0)
		return fail(rc_of_errno(), path, strerror(errno), fault);
	if (fstat(ret->fd, &found) != 0 || !S_ISREG(found.st_mode))
		rc = fail(RC_INVALID, path, "a regular file is expected", fault);
	else if (flock(ret->fd, LOCK_EX | LOCK_NB) != 0)
		rc = fail(RC_LOCKED, path, "another process has it", fault);
	else
		rc = audit_file_end(ret);
	if (rc != RC_OK)
		close(ret->fd);
	else if (found.st_size == 0)
		sync_directory(path);
	return rc;
}

static void tell_end(const struct audit_file *file, const char *path)
{
	if (file->is_damaged)
		log_event(LOG_LEVEL_WARN, "audit-damaged",
			"%s: no line of larder's at its end, a new chain begins; larder audit "
			"verify tells more",
			path);
	if (file->torn > 0)
		log_event(LOG_LEVEL_WARN, "audit-torn",
			"%s: %" PRIu64 " bytes at its end that are no whole line", path,
			file->torn);
}

enum rc audit_open(const char *path, struct audit **ret, struct bytes *fault)
{
	struct audit_file file = { .fd = -1 };
	struct audit *audit;

	chain_init(&file.chain);
	if (path[0] != '\0')
		TRY(open_file(path, &file, fault));
	tell_end(&file, path);
	audit = xalloc(sizeof(*audit));
	pthread_mutex_init(&audit->lock, NULL);
	audit->path = xcopy(path, strlen(path));
	audit->file = file;
	audit->outside = OUTSIDE_BURST;
	*ret = audit;
	return RC_OK;
}

void audit_close(struct audit *audit)
{
	if (audit->file.fd >= 0)
		close(audit->file.fd);
	pthread_mutex_destroy(&audit->lock);
	free(audit->path);
	free(audit);
}

enum rc audit_lock(struct audit *audit)
{
	struct timespec until;

	/* by wall time: a clock that is set makes the wait shorter or longer, once */
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WAIT_SECONDS;
	return pthread_mutex_timedlock(&audit->lock, &until) == 0 ? RC_OK : RC_BUSY;
}

/* The chain that was written last goes on, unless the new file has one of its own. */
static void adopt(struct audit *audit, const char *path, struct audit_file file)
{
	char *copy = xcopy(path, strlen(path));

	if (file.chain.seq == 0)
		file.chain = audit->file.chain;
	if (audit->file.fd >= 0)
		close(audit->file.fd);
	free(audit->path);
	audit->path = copy;
	audit->file = file;
	tell_end(&file, copy);
}

/* Somebody removed it: nobody would ever read what is written there. */
static enum rc renew(struct audit *audit)
{
	struct audit_file file = { .fd = -1 };
	struct bytes fault;
	struct stat found;
	enum rc rc;

	if (fstat(audit->file.fd, &found) != 0)
		return rc_of_errno();
	if (found.st_nlink > 0)
		return RC_OK;
	bytes_init(&fault, FAULT_MOST);
	rc = open_file(audit->path, &file, &fault);
	bytes_done(&fault);
	if (rc != RC_OK)
		return rc;
	log_event(LOG_LEVEL_WARN, "audit-removed",
		"%s: somebody removed it; the chain goes on in a new file", audit->path);
	adopt(audit, audit->path, file);
	return RC_OK;
}

/* ---- room ---- */

/* One event for each change, not for each line. */
static enum rc tell_state(struct audit *audit, enum rc rc)
{
	bool fails = rc != RC_OK;

	if (fails)
		metrics_add(METRIC_AUDIT_ERRORS, NO_LABELS, 1);
	if (fails != audit->fails)
		log_event(fails ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO,
			fails ? "audit-failing" : "audit-works", "%s%s%s", audit->path,
			fails ? ": " : "", fails ? rc_text(rc) : "");
	audit->fails = fails;
	return rc;
}

/* No file of this process may grow so far; fallocate() doesn't mind that, as long as the size stays. */
static bool is_beyond_limit(uint64_t size)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
	       size > limit.rlim_cur;
}

/* Blocks behind the file's end that nobody else can take; where the file system can't, it has to have them now. */
static enum rc have_room(int fd, uint64_t bytes)
{
	struct statvfs found;
	struct stat is;

	if (fstat(fd, &is) != 0)
		return RC_IO;
	if (is_beyond_limit((uint64_t)is.st_size + bytes))
		return RC_FULL;
	if (fallocate(fd, FALLOC_FL_KEEP_SIZE, is.st_size, (off_t)bytes) == 0)
		return RC_OK;
	if (errno != EOPNOTSUPP && errno != ENOSYS && errno != EPERM)
		return rc_of_errno();
	if (fstatvfs(fd, &found) != 0)
		return RC_IO;
	return (uint64_t)found.f_bavail * found.f_frsize >= bytes ? RC_OK : RC_FULL;
}

enum rc audit_reserve(struct audit *audit)
{
	enum rc rc = RC_OK;

	TRY(audit_lock(audit));
	if (audit->file.fd >= 0) {
		rc = renew(audit);
		if (rc == RC_OK)
			rc = have_room(audit->file.fd,
				(atomic_load(&audit->reserved) + 1) * (uint64_t)AUDIT_LINE_MOST);
		rc = tell_state(audit, rc);
	}
	if (rc == RC_OK)
		atomic_fetch_add(&audit->reserved, 1);
	pthread_mutex_unlock(&audit->lock);
	return rc;
}

/* ---- lines ---- */

/* Whether this one is written; if not, the next one tells. */
static bool let_outside(struct audit *audit)
{
	int64_t now_ms = clock_monotonic_ms(), passed_ms = now_ms - audit->outside_at_ms;

	if (audit->outside_at_ms == 0 || passed_ms >= OUTSIDE_BURST * OUTSIDE_EVERY_MS) {
		audit->outside = OUTSIDE_BURST;
		audit->outside_at_ms = now_ms;
	} else if (passed_ms >= OUTSIDE_EVERY_MS) {
		int64_t more = passed_ms / OUTSIDE_EVERY_MS;

		audit->outside += more;
		audit->outside_at_ms += more * OUTSIDE_EVERY_MS;
	}
	if (audit->outside > OUTSIDE_BURST)
		audit->outside = OUTSIDE_BURST;
	if (audit->outside == 0) {
		audit->left_out++;
		return false;
	}
	audit->outside--;
	return true;
}

/* `{"at":...,"seq":N,` and the members of rest, a JSON object as text. */
static enum rc compose(const struct audit *audit, struct slice rest, struct bytes *to)
{
	char moment[MOMENT_TEXT];

	TRY(bytes_format(to, "{\"at\":\"%s\",\"seq\":%" PRIu64 ",",
		moment_write(clock_wall_ms(), moment), audit->file.chain.seq + 1));
	TRY(bytes_append(to, rest.data + 1, rest.size - 2));
	if (audit->left_out > 0)
		TRY(bytes_format(to, ",\"left_out\":%" PRIu64, audit->left_out));
	return RC_OK;
}

static enum rc compose_and_append(struct audit *audit, struct slice rest, bool durable)
{
	struct bytes line;
	enum rc rc;

	bytes_init(&line, AUDIT_LINE_MOST);
	rc = compose(audit, rest, &line);
	if (rc == RC_OK)
		rc = audit_file_append(&audit->file, &line, durable);
	bytes_done(&line);
	if (rc == RC_OK)
		audit->left_out = 0;
	return rc;
}

static char *text_of(json_t *line)
{
	char *text = json_dumps(line, JSON_COMPACT | JSON_PRESERVE_ORDER);

	if (text != NULL && strlen(text) < AUDIT_LINE_MOST - AUDIT_MEMBERS_MOST)
		return text;
	free(text);
	json_object_set_new(line, "told", json_pack("{s:b}", "cut", 1));
	return json_dumps(line, JSON_COMPACT | JSON_PRESERVE_ORDER);
}

static enum rc write_locked(struct audit *audit, struct slice text, enum audit_kind kind)
{
	enum rc rc;

	if (audit->file.fd < 0 || (kind == AUDIT_OUTSIDE && !let_outside(audit)))
		return RC_OK;
	rc = renew(audit);
	if (rc == RC_OK)
		rc = compose_and_append(audit, text, kind == AUDIT_RESERVED);
	/* a short line of a refusal may have a place where the next change has none */
	return rc == RC_OK && kind != AUDIT_RESERVED ? RC_OK : tell_state(audit, rc);
}

enum rc audit_write(struct audit *audit, json_t *line, enum audit_kind kind)
{
	char *text = text_of(line);
	enum rc rc = text != NULL ? audit_lock(audit) : RC_IO;

	if (kind == AUDIT_RESERVED)
		atomic_fetch_sub(&audit->reserved, 1);
	if (rc == RC_OK) {
		rc = write_locked(audit, slice_of(text), kind);
		pthread_mutex_unlock(&audit->lock);
	}
	free(text);
	return rc;
}

/* ---- another file ---- */

/* Whoever reads the old one learns where it goes on, or that it doesn't. Where that can't be written, the log says so:
 * a full disk may be why there is another. */
static void write_last(struct audit *audit, const char *path)
{
	const char *where = path[0] != '\0' ? path : "off";
	json_t *line = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:{s:s}}", "who", "", "role",
		"", "tenant", "", "from", "", "method", "", "path", "", "status", 200, "told",
		"audit", where);
	char *text = text_of(line);

	if (text != NULL)
		(void)!write_locked(audit, slice_of(text), AUDIT_RESERVED);
	log_event(LOG_LEVEL_WARN, path[0] != '\0' ? "audit-moved" : "audit-off", "%s: %s%s",
		audit->path, path[0] != '\0' ? "it goes on in " : "no log is kept any more", path);
	free(text);
	json_decref(line);
}

/* Where nobody has moved it aside, it is the same file, whose lock is ours already. */
static bool is_same(const struct audit *audit, const char *path)
{
	struct stat ours, found;

	return audit->file.fd >= 0 && strcmp(path, audit->path) == 0 &&
	       fstat(audit->file.fd, &ours) == 0 && stat(path, &found) == 0 &&
	       ours.st_dev == found.st_dev && ours.st_ino == found.st_ino;
}

static enum rc replace(struct audit *audit, const char *path, struct bytes *fault)
{
	struct audit_file file = { .fd = -1 };

	chain_init(&file.chain);
	if (is_same(audit, path))
		return RC_OK;
	if (path[0] != '\0')
		TRY(open_file(path, &file, fault));
	if (audit->file.fd >= 0 && strcmp(path, audit->path) != 0)
		write_last(audit, path);
	adopt(audit, path, file);
	return RC_OK;
}

enum rc audit_reopen(struct audit *audit, const char *path, struct bytes *fault)
{
	enum rc rc = audit_lock(audit);

	if (rc != RC_OK)
		return fail(rc, path, "the old file doesn't answer", fault);
	rc = replace(audit, path, fault);
	pthread_mutex_unlock(&audit->lock);
	return rc;
}
