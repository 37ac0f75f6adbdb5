/* cli/exchange/sink.c - where an export goes. Threads and ownership: sink.h. */
#include "sink.h"

#include "warc.h"

#include "cli/command.h"
#include "store/bundle.h"
#include "util/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE ((size_t)64 * 1024)

struct sink {
	struct sink_options options;
	char *beside; /* NULL: standard output */
	FILE *to;     /* of lines and of WARC */
	struct bundle *bundle;
};

enum sink_format sink_format_of(const char *word, const char *path)
{
	static const struct {
		const char *word, *ending;
	} rows[] = {
#define X(id, word, ending) [SINK_##id] = { word, ending },
		SINK_TABLE(X)
#undef X
	};
	unsigned i = 0;

	if (word == NULL && strcmp(path, "-") == 0)
		return SINK_JSONL;
	while (i < SINK_FORMATS) {
		size_t size = strlen(path), ending = strlen(rows[i].ending);

		if (word != NULL ? strcmp(word, rows[i].word) == 0
				 : size > ending &&
					   strcmp(path + size - ending, rows[i].ending) == 0)
			break;
		i++;
	}
	return (enum sink_format)i;
}

static int fail(const struct sink *sink, const char *why)
{
	fprintf(stderr, "larder %s: %s: %s\n", sink->options.command, sink->options.path, why);
	return EXIT_FAILED;
}

static bool is_stdout(const struct sink *sink)
{
	return strcmp(sink->options.path, "-") == 0;
}

static int fail_with(const struct sink *sink, enum rc rc)
{
	if (sink->bundle != NULL && rc != RC_IO && rc != RC_TOO_LARGE)
		return fail(sink, bundle_fault(sink->bundle));
	return fail(sink, rc_text(rc));
}

static int open_bundle(struct sink *sink)
{
	enum rc rc = bundle_create(sink->beside, &sink->bundle);

	return rc == RC_OK ? EXIT_DONE : fail(sink, rc_text(rc));
}

static enum rc print(FILE *to, struct bytes *text, enum rc rc)
{
	if (rc == RC_OK && fwrite(text->data, 1, text->size, to) != text->size)
		rc = rc_of_errno();
	bytes_done(text);
	return rc;
}

static enum rc print_manifest(const struct sink *sink)
{
	struct bytes text;

	bytes_init(&text, (size_t)16 << 20);
	return print(sink->to, &text, manifest_write(sink->options.manifest, &text));
}

static int open_file(struct sink *sink)
{
	const struct warc warc = { sink->to, sink->options.format == SINK_WARC_GZ };
	enum rc rc;

	if (sink->options.format == SINK_JSONL)
		rc = print_manifest(sink);
	else
		rc = warc_begin(&warc, sink->options.manifest, sink->options.path);
	return rc == RC_OK ? EXIT_DONE : fail_with(sink, rc);
}

/* What is renamed over a device or a pipe takes its place. */
static bool is_replaceable(const char *path)
{
	struct stat is;

	return stat(path, &is) != 0 || S_ISREG(is.st_mode);
}

static int open_any(struct sink *sink)
{
	if (is_stdout(sink)) {
		if (sink->options.format == SINK_SQLITE)
			return fail(sink, "a bundle is a file");
		sink->to = stdout;
		return open_file(sink);
	}
	if (!is_replaceable(sink->options.path))
		return fail(sink,
			"no regular file; expected one, a new name, or - for standard output");
	if (asprintf(&sink->beside, "%s.part-%ld", sink->options.path, (long)getpid()) < 0)
		abort();
	unlink(sink->beside);
	if (sink->options.format == SINK_SQLITE)
		return open_bundle(sink);
	sink->to = fopen(sink->beside, "wxe");
	return sink->to != NULL ? open_file(sink) : fail(sink, strerror(errno));
}

int sink_open(const struct sink_options *options, struct sink **ret)
{
	SCOPED(sink) sink = xalloc(sizeof(*sink));
	int code;

	sink->options = *options;
	code = open_any(sink);
	if (code == EXIT_DONE)
		*ret = GIVE(sink);
	return code;
}

static enum rc print_line(FILE *to, const struct parcel *parcel)
{
	struct parcel_line line;
	char piece[PIECE];
	ssize_t count;

	TRY(parcel_line_begin(parcel, &line));
	while ((count = parcel_line_read(&line, piece, sizeof(piece))) > 0) {
		if (fwrite(piece, 1, (size_t)count, to) != (size_t)count)
			count = -1;
		if (count < 0)
			break;
	}
	parcel_line_end(&line);
	return count == 0 ? RC_OK : RC_IO;
}

int sink_add(struct sink *sink, const struct parcel *parcel)
{
	const struct warc warc = { sink->to, sink->options.format == SINK_WARC_GZ };
	enum rc rc;

	if (sink->options.format == SINK_SQLITE)
		rc = bundle_add(sink->bundle, parcel);
	else if (sink->options.format == SINK_JSONL)
		rc = print_line(sink->to, parcel);
	else
		rc = warc_add(&warc, parcel);
	return rc == RC_OK ? EXIT_DONE : fail_with(sink, rc);
}

static enum rc print_end(const struct sink *sink, const struct parcel_end *end)
{
	struct bytes text;

	bytes_init(&text, 1024);
	return print(sink->to, &text, parcel_end_write(end, &text));
}

/* What the name stands for outlasts a power failure: the file first, then the name. */
static enum rc sync_path(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);
	enum rc rc;

	if (fd < 0)
		return rc_of_errno();
	rc = fsync(fd) == 0 ? RC_OK : rc_of_errno();
	close(fd);
	return rc;
}

static enum rc keep(struct sink *sink)
{
	const char *path = sink->options.path, *slash = strrchr(path, '/');
	char *directory = slash != NULL ? xcopy(path, (size_t)(slash - path) + 1) : xcopy(".", 1);
	enum rc rc = sync_path(sink->beside, O_RDONLY);

	if (rc == RC_OK && rename(sink->beside, path) != 0)
		rc = rc_of_errno();
	if (rc == RC_OK) {
		free(GIVE(sink->beside));
		rc = sync_path(directory, O_RDONLY | O_DIRECTORY);
	}
	free(directory);
	return rc;
}

int sink_finish(struct sink *sink, const struct parcel_end *end)
{
	const struct warc warc = { sink->to, sink->options.format == SINK_WARC_GZ };
	enum rc rc;

	if (sink->options.format == SINK_JSONL)
		rc = print_end(sink, end);
	else if (sink->options.format == SINK_SQLITE)
		rc = bundle_finish(sink->bundle, sink->options.manifest, end);
	else
		rc = warc_end(&warc, sink->options.manifest, end);
	if (rc == RC_OK && sink->to != NULL && (fflush(sink->to) != 0 || ferror(sink->to)))
		rc = RC_IO;
	if (rc == RC_OK && sink->beside != NULL)
		rc = keep(sink);
	return rc == RC_OK ? EXIT_DONE : fail_with(sink, rc);
}

void sink_close(struct sink *sink)
{
	if (sink->bundle != NULL)
		bundle_close(sink->bundle);
	if (sink->to != NULL && sink->to != stdout)
		fclose(sink->to);
	if (sink->beside != NULL) {
		unlink(sink->beside);
		free(sink->beside);
	}
	free(sink);
}
