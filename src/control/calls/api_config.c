/* control/calls/api_config.c - the configuration: shown, and read anew. */
#include "call.h"

#include <stdio.h>
#include <stdlib.h>

#define MOST_REPORT ((size_t)1 << 20)

void config_get(struct call *call)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (to == NULL) {
		call_refuse(call, 500, "no memory");
		return;
	}
	config_dump_masked(call->config, to);
	fclose(to);
	call_give(
		call, 200, json_pack("{s:o}", "yaml", json_of_slice((struct slice){ text, size })));
	free(text);
}

void reload_post(struct call *call)
{
	struct control_options *options = &call->control->options;
	struct bytes report;
	json_t *json;
	enum rc rc;

	bytes_init(&report, MOST_REPORT);
	rc = options->reload(options->arg, &report);
	json = json_loadb(report.data, report.size, 0, NULL);
	bytes_done(&report);
	if (rc == RC_OK && json != NULL) {
		call_give(call, 200, json);
		return;
	}
	call_tell(call, "faults", json_incref(json_object_get(json, "faults")));
	call_refuse(call, 422, "the configuration has faults; nothing was changed");
	json_decref(json);
}
