/* cli/metrics.c - `larder metrics`: the documents of what is counted. */
#include "cli/command.h"

#include "observe/metrics.h"

#include <stdio.h>

#define MOST_BYTES ((size_t)1 << 20)

enum { MARKDOWN };

static int run(const char *const *values)
{
	struct bytes text;
	enum rc rc;

	if (values[MARKDOWN] == NULL) {
		fputs("larder metrics: --markdown is expected\n", stderr);
		return EXIT_USAGE;
	}
	bytes_init(&text, MOST_BYTES);
	rc = metrics_write_markdown(&text);
	if (rc == RC_OK && fwrite(text.data, 1, text.size, stdout) != text.size)
		rc = RC_IO;
	bytes_done(&text);
	return rc == RC_OK && fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
}

const struct command metrics_command = {
	.name = "metrics",
	.about = "Document the metrics that /metrics exposes.",
	.options = {
		[MARKDOWN] = { "--markdown", NULL, "print docs/metrics.md" },
	},
	.run = run,
};
