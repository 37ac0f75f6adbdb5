/* cli/terminal/confirm.c - a question that only "y" or "yes" answers. confirm.h. */
#include "confirm.h"

#include "terminal.h"

#include "cli/command.h"

#include <string.h>

int confirm(const char *command, const char *question)
{
	char answer[16] = "";

	if (!terminal_is(stdin) || !terminal_is(stderr)) {
		fprintf(stderr, "larder %s: %s Nobody is there to say so: --yes is expected\n",
			command, question);
		return EXIT_USAGE;
	}
	fprintf(stderr, "%s [y/N] ", question);
	if (fgets(answer, sizeof(answer), stdin) == NULL)
		fputc('\n', stderr);
	answer[strcspn(answer, "\r\n")] = '\0';
	if (strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0)
		return EXIT_DONE;
	fprintf(stderr, "larder %s: nothing was done\n", command);
	return EXIT_FAILED;
}
