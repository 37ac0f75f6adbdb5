/* process.c - the process_* metrics that every Prometheus client library has, from /proc/self.
 *
 * proc(5): the second field of stat is the program's name in parentheses, which may itself hold
 * blanks and parentheses, so fields are counted from the last one.
 */
#include "family.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Fields of stat, counted from the state, which is the third. */
enum { STAT_UTIME = 11, STAT_STIME = 12, STAT_START = 19, STAT_VSIZE = 20, STAT_RSS = 21 };

/* X(id, kind, name, help) */
#define PROCESS_TABLE(X)                                                                \
	X(CPU, COUNTER, "process_cpu_seconds_total", "User and system CPU time spent.") \
	X(RESIDENT, GAUGE, "process_resident_memory_bytes", "Resident memory size.")    \
	X(VIRTUAL, GAUGE, "process_virtual_memory_bytes", "Virtual memory size.")       \
	X(OPEN_FDS, GAUGE, "process_open_fds", "Open file descriptors.")                \
	X(MAX_FDS, GAUGE, "process_max_fds", "Most file descriptors that may be open.") \
	X(START, GAUGE, "process_start_time_seconds", "Start, in seconds since the epoch.")

enum process_metric {
#define X(id, type, text, about) PROCESS_##id,
	PROCESS_TABLE(X)
#undef X
		PROCESS_COUNT
};

static const struct metric_row rows[PROCESS_COUNT] = {
#define X(id, type, text, about) \
	[PROCESS_##id] = { .name = text, .help = about, .kind = KIND_##type },
	PROCESS_TABLE(X)
#undef X
};

const struct metric_row *process_rows(size_t *ret_count)
{
	*ret_count = PROCESS_COUNT;
	return rows;
}

/* The start of a file of /proc, NUL-terminated. */
static bool read_file(const char *path, char *to, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size;

	if (fd < 0)
		return false;
	size = read(fd, to, room - 1);
	close(fd);
	if (size <= 0)
		return false;
	to[size] = '\0';
	return true;
}

static bool boot_seconds(double *ret)
{
	FILE *file = fopen("/proc/stat", "re");
	char line[256];
	bool found = false;

	if (file == NULL)
		return false;
	/* A line of a thousand interrupts comes in pieces: none of them begins with btime. */
	while (!found && fgets(line, sizeof(line), file) != NULL) {
		found = strncmp(line, "btime ", 6) == 0;
		if (found)
			*ret = strtod(line + 6, NULL);
	}
	fclose(file);
	return found;
}

static void from_stat(double values[static PROCESS_COUNT], bool known[static PROCESS_COUNT])
{
	double fields[STAT_RSS + 1] = { 0 }, ticks = (double)sysconf(_SC_CLK_TCK), boot;
	char text[1024], *at;

	if (!read_file("/proc/self/stat", text, sizeof(text)))
		return;
	at = strrchr(text, ')');
	for (size_t i = 0; at != NULL && i <= STAT_RSS; i++) {
		at = strchr(at + 1, ' ');
		if (at != NULL)
			fields[i] = strtod(at, NULL);
	}
	if (at == NULL)
		return;
	values[PROCESS_CPU] = (fields[STAT_UTIME] + fields[STAT_STIME]) / ticks;
	values[PROCESS_VIRTUAL] = fields[STAT_VSIZE];
	values[PROCESS_RESIDENT] = fields[STAT_RSS] * (double)sysconf(_SC_PAGESIZE);
	known[PROCESS_CPU] = known[PROCESS_VIRTUAL] = known[PROCESS_RESIDENT] = true;
	known[PROCESS_START] = boot_seconds(&boot);
	if (known[PROCESS_START])
		values[PROCESS_START] = boot + fields[STAT_START] / ticks;
}

static bool count_open(double *ret)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t count = 0;

	if (dir == NULL)
		return false;
	for (const struct dirent *e = readdir(dir); e != NULL; e = readdir(dir))
		count += e->d_name[0] != '.';
	closedir(dir);
	*ret = (double)(count - 1); /* without the one that was open for this */
	return true;
}

static bool limit_open(double *ret)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return false;
	*ret = (double)limit.rlim_cur;
	return true;
}

enum rc process_render(struct bytes *out, enum metrics_format format)
{
	double values[PROCESS_COUNT] = { 0 };
	bool known[PROCESS_COUNT] = { false };

	from_stat(values, known);
	known[PROCESS_OPEN_FDS] = count_open(&values[PROCESS_OPEN_FDS]);
	known[PROCESS_MAX_FDS] = limit_open(&values[PROCESS_MAX_FDS]);
	for (size_t i = 0; i < PROCESS_COUNT; i++) {
		if (!known[i])
			continue;
		TRY(family_head(out, format, &rows[i]));
		TRY(bytes_format(out, "%s ", rows[i].name));
		TRY(family_number(out, values[i]));
		TRY(bytes_append_char(out, '\n'));
	}
	return RC_OK;
}
