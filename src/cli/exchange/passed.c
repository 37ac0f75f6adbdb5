/* cli/exchange/passed.c - what of a WARC file wasn't taken. Threads and ownership: cli/passed.h. */
#include "cli/passed.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void passed_note(struct passed *passed, const char *why, uint64_t count)
{
	unsigned i = 0;

	if (count == 0)
		return;
	while (i < PASSED_REASONS - 1 && passed->reasons[i].count > 0 &&
		strcmp(passed->reasons[i].why, why) != 0)
		i++;
	passed->reasons[i].why = why;
	passed->reasons[i].count += count;
}

void passed_note_records(struct passed *passed, const struct parcels *from)
{
	for (unsigned i = 0; i < PARCELS_PASSED_COUNT; i++)
		passed_note(passed, parcels_passed_text((enum parcels_passed)i),
			parcels_passed(from, (enum parcels_passed)i));
}

uint64_t passed_count(const struct passed *passed)
{
	uint64_t count = 0;

	for (unsigned i = 0; i < PASSED_REASONS; i++)
		count += passed->reasons[i].count;
	return count;
}

void passed_tell(const struct passed *passed, const char *command)
{
	if (passed_count(passed) == 0)
		return;
	fprintf(stderr, "larder %s: passed over:", command);
	for (unsigned i = 0; i < PASSED_REASONS && passed->reasons[i].count > 0; i++)
		fprintf(stderr, "%s %" PRIu64 " %s", i > 0 ? "," : "", passed->reasons[i].count,
			passed->reasons[i].why);
	fputc('\n', stderr);
}
