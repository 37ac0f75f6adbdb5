/* tests/fuzz/fuzz_config.c - any bytes as a configuration: read to faults, or to a configuration
 * whose dump is read back to the same dump. */
#include "config/config.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *dump(const struct config *config)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	config_dump(config, to);
	fclose(to);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config *config = NULL, *again = NULL;
	struct config_faults faults;
	char *text, *second;
	enum rc rc = config_parse("fuzz", (const char *)data, size, &config, &faults);

	assert((rc == RC_OK) == (faults.count == 0));
	config_faults_done(&faults);
	if (rc != RC_OK)
		return 0;
	text = dump(config);
	rc = config_parse("dump", text, strlen(text), &again, &faults);
	assert(rc == RC_OK);
	config_faults_done(&faults);
	second = dump(again);
	assert(strcmp(text, second) == 0);
	free(text);
	free(second);
	config_free(config);
	config_free(again);
	return 0;
}
