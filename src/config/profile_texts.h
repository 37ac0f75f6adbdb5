/* config/profile_texts.h - the files of config/profiles, as they are built in.
 *
 * Defined in what embed.py writes of them. In the order of their names; constant.
 */
#pragma once

#include <stddef.h>

struct profile_text {
	const char *name;
	const char *text;
};

extern const struct profile_text profile_texts[];
extern const size_t profile_text_count;
