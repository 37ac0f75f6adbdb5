/* weight.c - "q" of the Accept fields (RFC 9110 12.4.2). Pure; threads: any. */
#include "weight.h"

bool weight_parse(struct slice text, int *ret)
{
	int value, scale = 100;

	if (text.size == 0 || text.size > 5 || (text.data[0] != '0' && text.data[0] != '1'))
		return false;
	if (text.size > 1 && text.data[1] != '.')
		return false;
	value = (text.data[0] - '0') * 1000;
	for (size_t i = 2; i < text.size; i++, scale /= 10) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		value += (text.data[i] - '0') * scale;
	}
	if (value > WEIGHT_MOST)
		return false;
	*ret = value;
	return true;
}
