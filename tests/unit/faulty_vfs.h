/* faulty_vfs.h - SQLite's files with faults that a test chooses.
 *
 *	faulty_install()		before the first connection: the default from then on
 *	faulty_arm(&fault, n, lasting)	the n-th such operation from now on fails; and all behind it, too
 *	faulty_heal()			none fails any more
 *
 * All calls go on to the system's own VFS. Threads: any; arming and healing while others work is what it is
 * for.
 */
#pragma once

#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

enum faulty_op {
	FAULTY_OPEN = 1,
	FAULTY_READ = 2,
	FAULTY_WRITE = 4,
	FAULTY_SYNC = 8,
	FAULTY_TRUNCATE = 16,
	FAULTY_INDEX = 32, /* the memory that a log's readers and its writer share */
	FAULTY_DELETE = 64,
	FAULTY_LOCK = 128,
	FAULTY_ALL = 255
};

struct faulty {
	const char *what;
	unsigned ops;
	int code;
	bool torn; /* half of what was to be written is */
};

struct faulty_file {
	sqlite3_file base;
	sqlite3_file *real; /* lies behind it */
};

static sqlite3_vfs faulty_vfs;
static sqlite3_vfs *faulty_real;
static struct faulty faulty_now;
static bool faulty_lasts;
static atomic_int faulty_left; /* until the first; 0: none */
static atomic_int faulty_fired;

static inline void faulty_arm(const struct faulty *fault, int n, bool lasts)
{
	faulty_now = *fault;
	faulty_lasts = lasts;
	atomic_store(&faulty_fired, 0);
	atomic_store(&faulty_left, n);
}

static inline void faulty_heal(void)
{
	atomic_store(&faulty_left, 0);
}

static inline bool faulty_hits(enum faulty_op op)
{
	int left = atomic_load(&faulty_left);

	if (left == 0 || !(faulty_now.ops & op))
		return false;
	while (left > 1) {
		if (atomic_compare_exchange_weak(&faulty_left, &left, left - 1))
			return false;
	}
	if (left == 0 || (!faulty_lasts && !atomic_compare_exchange_strong(&faulty_left, &left, 0)))
		return false;
	atomic_fetch_add(&faulty_fired, 1);
	return true;
}

static inline sqlite3_file *faulty_of(sqlite3_file *file)
{
	return ((struct faulty_file *)file)->real;
}

static inline int faulty_close(sqlite3_file *file)
{
	return faulty_of(file)->pMethods->xClose(faulty_of(file));
}

static inline int faulty_read(sqlite3_file *file, void *to, int size, sqlite3_int64 at)
{
	return faulty_hits(FAULTY_READ)
		       ? faulty_now.code
		       : faulty_of(file)->pMethods->xRead(faulty_of(file), to, size, at);
}

static inline int faulty_write(sqlite3_file *file, const void *from, int size, sqlite3_int64 at)
{
	const sqlite3_io_methods *real = faulty_of(file)->pMethods;

	if (!faulty_hits(FAULTY_WRITE))
		return real->xWrite(faulty_of(file), from, size, at);
	if (faulty_now.torn)
		(void)!real->xWrite(faulty_of(file), from, size / 2, at);
	return faulty_now.code;
}

static inline int faulty_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	return faulty_hits(FAULTY_TRUNCATE)
		       ? faulty_now.code
		       : faulty_of(file)->pMethods->xTruncate(faulty_of(file), size);
}

static inline int faulty_sync(sqlite3_file *file, int flags)
{
	return faulty_hits(FAULTY_SYNC) ? faulty_now.code
					: faulty_of(file)->pMethods->xSync(faulty_of(file), flags);
}

static inline int faulty_size(sqlite3_file *file, sqlite3_int64 *ret)
{
	return faulty_of(file)->pMethods->xFileSize(faulty_of(file), ret);
}

static inline int faulty_lock(sqlite3_file *file, int level)
{
	return faulty_of(file)->pMethods->xLock(faulty_of(file), level);
}

static inline int faulty_unlock(sqlite3_file *file, int level)
{
	return faulty_of(file)->pMethods->xUnlock(faulty_of(file), level);
}

static inline int faulty_reserved(sqlite3_file *file, int *ret)
{
	return faulty_of(file)->pMethods->xCheckReservedLock(faulty_of(file), ret);
}

static inline int faulty_control(sqlite3_file *file, int op, void *arg)
{
	return faulty_of(file)->pMethods->xFileControl(faulty_of(file), op, arg);
}

static inline int faulty_sector(sqlite3_file *file)
{
	return faulty_of(file)->pMethods->xSectorSize(faulty_of(file));
}

static inline int faulty_characteristics(sqlite3_file *file)
{
	return faulty_of(file)->pMethods->xDeviceCharacteristics(faulty_of(file));
}

static inline int faulty_map(
	sqlite3_file *file, int region, int size, int extend, void volatile **ret)
{
	return faulty_hits(FAULTY_INDEX) ? faulty_now.code
					 : faulty_of(file)->pMethods->xShmMap(
						   faulty_of(file), region, size, extend, ret);
}

static inline int faulty_index_lock(sqlite3_file *file, int first, int count, int flags)
{
	if ((flags & SQLITE_SHM_LOCK) != 0 && faulty_hits(FAULTY_LOCK))
		return faulty_now.code;
	return faulty_of(file)->pMethods->xShmLock(faulty_of(file), first, count, flags);
}

static inline void faulty_barrier(sqlite3_file *file)
{
	faulty_of(file)->pMethods->xShmBarrier(faulty_of(file));
}

static inline int faulty_unmap(sqlite3_file *file, int remove)
{
	return faulty_of(file)->pMethods->xShmUnmap(faulty_of(file), remove);
}

static inline int faulty_open(
	sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
	static const sqlite3_io_methods methods = {
		.iVersion = 2, /* without xFetch: nothing is mapped */
		.xClose = faulty_close,
		.xRead = faulty_read,
		.xWrite = faulty_write,
		.xTruncate = faulty_truncate,
		.xSync = faulty_sync,
		.xFileSize = faulty_size,
		.xLock = faulty_lock,
		.xUnlock = faulty_unlock,
		.xCheckReservedLock = faulty_reserved,
		.xFileControl = faulty_control,
		.xSectorSize = faulty_sector,
		.xDeviceCharacteristics = faulty_characteristics,
		.xShmMap = faulty_map,
		.xShmLock = faulty_index_lock,
		.xShmBarrier = faulty_barrier,
		.xShmUnmap = faulty_unmap,
	};
	struct faulty_file *f = (struct faulty_file *)file;
	int code;

	(void)vfs;
	f->base.pMethods = NULL;
	f->real = (sqlite3_file *)(f + 1);
	memset(f->real, 0, (size_t)faulty_real->szOsFile);
	if (faulty_hits(FAULTY_OPEN))
		return faulty_now.code;
	code = faulty_real->xOpen(faulty_real, name, f->real, flags, ret_flags);
	if (code == SQLITE_OK)
		f->base.pMethods = &methods;
	return code;
}

static inline int faulty_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	(void)vfs;
	return faulty_hits(FAULTY_DELETE) ? faulty_now.code
					  : faulty_real->xDelete(faulty_real, name, sync);
}

/* What isn't replaced gets the wrapper instead of the real one, which is as good to it. */
static inline void faulty_install(void)
{
	faulty_real = sqlite3_vfs_find(NULL);
	faulty_vfs = *faulty_real;
	faulty_vfs.pNext = NULL;
	faulty_vfs.zName = "faulty";
	faulty_vfs.szOsFile = faulty_real->szOsFile + (int)sizeof(struct faulty_file);
	faulty_vfs.xOpen = faulty_open;
	faulty_vfs.xDelete = faulty_delete;
	sqlite3_vfs_register(&faulty_vfs, 1);
}
