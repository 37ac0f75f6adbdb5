/* body_pattern.h - a body's bytes, for tests that look at each of them: no two neighbourhoods are
 * alike, so that a piece that is missing, doubled or misplaced shows.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline char byte_at(uint64_t position)
{
	return (char)('a' + (position + position / 251 + position / 65521) % 26);
}

static inline bool holds_pattern(const char *data, size_t size, uint64_t position)
{
	for (size_t i = 0; i < size; i++) {
		if (data[i] != byte_at(position + i))
			return false;
	}
	return true;
}

/* Fills size bytes with what stands at position. */
static inline void fill_pattern(char *data, size_t size, uint64_t position)
{
	for (size_t i = 0; i < size; i++)
		data[i] = byte_at(position + i);
}
