/* cli/load.c - reads a configuration and tells what is wrong with it. */
#include "cli/load.h"

struct config *load_or_tell(const char *file, const struct config_options *options)
{
	struct config_faults faults;
	struct config *config = NULL;
	enum rc rc = file != NULL ? config_load(file, &config, &faults)
				  : config_for_upstream(options, &config, &faults);

	for (size_t i = 0; i < faults.count; i++)
		fprintf(stderr, "%s\n", faults.items[i]);
	config_faults_done(&faults);
	return rc == RC_OK ? config : NULL;
}
