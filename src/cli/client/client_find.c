/* cli/client/client_find.c - where the larder is that a command speaks to. Threads and ownership: client.h. */
#include "client_find.h"

#include "client.h"

#include "cli/load.h"
#include "util/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define USUAL_PLACE "http://127.0.0.1:8081"

/* Where a configuration has its admin listeners, and what they show for a certificate. */
static int place_of_config(
	const char *command, const char *file, struct place *ret, char **ret_ca_file)
{
	struct config *config = load_or_tell(file, NULL);
	bool secure;
	enum rc rc;

	if (config == NULL)
		return EXIT_USAGE;
	secure = config->admin.tls.certificate[0] != '\0';
	rc = place_of_listeners(&config->admin.listen, secure, ret);
	if (rc != RC_OK)
		fprintf(stderr,
			"larder %s: %s: admin.listen has no address with a known port; --admin "
			"PLACE is expected\n",
			command, file);
	else if (secure)
		*ret_ca_file =
			xcopy(config->admin.tls.certificate, strlen(config->admin.tls.certificate));
	config_free(config);
	return rc == RC_OK ? EXIT_DONE : EXIT_USAGE;
}

static const char *place_of_environment(void)
{
	const char *text = getenv("LARDER_ADMIN");

	return text != NULL && text[0] != '\0' ? text : NULL;
}

bool client_has_place(const char *const *values)
{
	struct config *config;
	struct place place;
	bool has;

	if (values[API_ADMIN] != NULL || place_of_environment() != NULL ||
		values[API_CONFIG] == NULL)
		return true;
	config = load_or_tell(values[API_CONFIG], NULL);
	if (config == NULL)
		return false;
	has = place_of_listeners(&config->admin.listen, false, &place) == RC_OK;
	config_free(config);
	return has;
}

bool client_may_look(const char *const *values, bool away, const char *command)
{
	if (!away || values[API_CONFIG] == NULL || values[API_ADMIN] != NULL ||
		place_of_environment() != NULL)
		return false;
	fprintf(stderr, "larder %s: what follows is the disk's alone\n", command);
	return true;
}

int client_find(
	const char *command, const char *const *values, struct place *ret, char **ret_ca_file)
{
	const char *text = values[API_ADMIN], *from = "--admin";

	if (text == NULL) {
		text = place_of_environment();
		from = "LARDER_ADMIN";
	}
	if (text == NULL && values[API_CONFIG] != NULL)
		return place_of_config(command, values[API_CONFIG], ret, ret_ca_file);
	if (place_parse(text != NULL ? text : USUAL_PLACE, ret) == RC_OK)
		return EXIT_DONE;
	fprintf(stderr,
		"larder %s: %s %s: http://HOST:PORT, https://HOST:PORT or unix:/PATH is expected\n",
		command, from, text);
	return EXIT_USAGE;
}
