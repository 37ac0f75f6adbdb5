/* cli/shelf.c - finds and opens the store that a command is about. Threads and ownership: shelf.h. */
#include "shelf.h"

#include "cli/command.h"
#include "cli/load.h"

#include <stdio.h>

#define MOST_WORDS 4096

static int open_with(
	const struct shelf_choice *choice, const struct depot_options *options, struct depot **ret)
{
	struct bytes fault;
	enum rc rc;

	bytes_init(&fault, MOST_WORDS);
	rc = depot_open(options, ret, &fault);
	if (rc != RC_OK)
		fprintf(stderr, "larder %s: %s\n", choice->command,
			fault.size > 0 ? fault.data : rc_text(rc));
	bytes_done(&fault);
	if (rc == RC_OK)
		return EXIT_DONE;
	return rc == RC_ABSENT || rc == RC_INVALID ? EXIT_USAGE : EXIT_FAILED;
}

static int open_configured(
	const struct shelf_choice *choice, enum depot_use use, struct depot **ret)
{
	struct config *config = load_or_tell(choice->config, NULL);
	int code = EXIT_USAGE;

	if (config == NULL)
		return EXIT_USAGE;
	if (config->cache.disk.path[0] == '\0')
		fprintf(stderr, "larder %s: %s: cache.disk.path is not set: there is no store\n",
			choice->command, choice->config);
	else
		code = open_with(choice,
			&(struct depot_options){
				.path = config->cache.disk.path,
				.use = use,
				.size_bytes = (uint64_t)config->cache.disk.size,
				.high_water_percent = (unsigned)config->cache.disk.high_water,
				.low_water_percent = (unsigned)config->cache.disk.low_water,
				.free_floor_bytes = (uint64_t)config->cache.disk.free_floor,
			},
			ret);
	config_free(config);
	return code;
}

int shelf_open(const struct shelf_choice *choice, enum depot_use use, struct depot **ret)
{
	if ((choice->config != NULL) + (choice->disk != NULL) != 1) {
		fprintf(stderr, "larder %s: one of --config FILE, --disk DIR is expected\n",
			choice->command);
		return EXIT_USAGE;
	}
	if (choice->config != NULL)
		return open_configured(choice, use, ret);
	return open_with(choice, &(struct depot_options){ .path = choice->disk, .use = use }, ret);
}

int shelf_failed(const char *command, const struct depot *depot, enum rc rc)
{
	const char *words = depot_fault(depot);

	fprintf(stderr, "larder %s: %s%s%s\n", command, rc_text(rc), words[0] != '\0' ? ": " : "",
		words);
	return EXIT_FAILED;
}

int shelf_finish(const char *command, int code)
{
	if (fflush(stdout) == 0 && ferror(stdout) == 0)
		return code;
	fprintf(stderr, "larder %s: the output could not be written\n", command);
	return EXIT_FAILED;
}
