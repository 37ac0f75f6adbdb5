/* cli/limit.c - a number from 1 on. limit.h. */
#include "limit.h"

#include "cli/command.h"
#include "util/units.h"

#include <stdio.h>

int limit_take(const char *command, const char *text, size_t *ret)
{
	int64_t limit = 0;

	if (text == NULL)
		return EXIT_DONE;
	if (units_parse_count(slice_of(text), &limit) != RC_OK || limit < 1) {
		fprintf(stderr, "larder %s: --limit %s: a number from 1 on is expected\n", command,
			text);
		return EXIT_USAGE;
	}
	*ret = (size_t)limit;
	return EXIT_DONE;
}
