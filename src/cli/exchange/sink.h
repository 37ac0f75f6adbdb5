/* cli/exchange/sink.h - where an export goes: a file of one of three formats, which has its name once it is whole.
 *
 *	sink_open() -> sink_add() ... -> sink_finish()	or sink_close(), which leaves nothing behind
 *
 * Written beside, as NAME.part-PID, and renamed: a crash leaves no half file under the name. Threads: one. Ownership:
 * sink_open() gives it to the caller; what is wrong is told on standard error.
 */
#pragma once

#include "store/parcel.h"

/*	X(id, "as written", "how names end") */
#define SINK_TABLE(X)                  \
	X(JSONL, "jsonl", ".jsonl")    \
	X(SQLITE, "sqlite", ".sqlite") \
	X(WARC, "warc", ".warc")       \
	X(WARC_GZ, "warc.gz", ".warc.gz")

enum sink_format {
#define X(id, word, ending) SINK_##id,
	SINK_TABLE(X)
#undef X
		SINK_FORMATS
};

/* By word, or where that is NULL by how path ends, of which "-" is JSON lines; SINK_FORMATS: neither says. */
enum sink_format sink_format_of(const char *word, const char *path);

struct sink;

struct sink_options {
	const char *command;
	const char *path; /* "-": standard output, of JSONL and WARC */
	enum sink_format format;
	const struct manifest *manifest; /* borrowed until it is finished */
};

/* EXIT_DONE, or the exit code after telling why. */
int sink_open(const struct sink_options *options, struct sink **ret);
int sink_add(struct sink *sink, const struct parcel *parcel);
int sink_finish(struct sink *sink, const struct parcel_end *end);
void sink_close(struct sink *sink);
SCOPE_DEFINE(sink, sink_close)
