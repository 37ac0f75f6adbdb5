/* status.c - the table of status codes as a cache sees them (RFC 9110 15).
 *
 * Pure; threads: any.
 */
#include "status.h"

#include <stddef.h>

struct row {
	int first;
	int last;
	bool heuristic;
};

/* 304 is missing on purpose: it is no response of its own. */
static const struct row rows[] = {
	{ 200, 200, true },
	{ 201, 202, false },
	{ 203, 204, true },
	{ 205, 205, false },
	{ 206, 206, true },
	{ 300, 301, true },
	{ 302, 303, false },
	{ 305, 307, false },
	{ 308, 308, true },
	{ 400, 403, false },
	{ 404, 405, true },
	{ 406, 409, false },
	{ 410, 410, true },
	{ 411, 413, false },
	{ 414, 414, true },
	{ 415, 417, false },
	{ 421, 422, false },
	{ 426, 426, false },
	{ 500, 500, false },
	{ 501, 501, true },
	{ 502, 505, false },
};

static const struct row *find(int status)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (status >= rows[i].first && status <= rows[i].last)
			return &rows[i];
	}
	return NULL;
}

bool status_is_heuristic(int status)
{
	const struct row *row = find(status);

	return row != NULL && row->heuristic;
}

bool status_is_understood(int status)
{
	return find(status) != NULL;
}

bool status_is_validatable(int status)
{
	return status >= 200 && status < 300 && status != 206;
}
