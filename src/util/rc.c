/* util/rc.c - the words of the result codes. */
#include "util/rc.h"

const char *rc_text(enum rc rc)
{
	static const char *const texts[] = {
#define X(name, text) [name] = text,
		RC_TABLE(X)
#undef X
	};
	return texts[rc];
}
