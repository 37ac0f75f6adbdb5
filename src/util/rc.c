/* util/rc.c - the words of the result codes, and the system's errors as these. */
#include "util/rc.h"

#include <errno.h>

const char *rc_text(enum rc rc)
{
	static const char *const texts[] = {
#define X(name, text) [name] = text,
		RC_TABLE(X)
#undef X
	};
	return texts[rc];
}

enum rc rc_of_errno(void)
{
	switch (errno) {
	case ENOENT:
		return RC_ABSENT;
	case ENOSPC:
	case EDQUOT:
	case EFBIG: /* RLIMIT_FSIZE */
		return RC_FULL;
	case EACCES:
	case EPERM:
		return RC_DENIED;
	case EROFS:
		return RC_READ_ONLY;
	default:
		return RC_IO;
	}
}
