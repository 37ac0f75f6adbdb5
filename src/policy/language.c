/* language.c - Accept-Language by falling weight (RFC 9110 12.5.4). Pure; threads: any. */
#include "language.h"

#include "weight.h"

/* RFC 4647 2.1, but for the length of its subtags. */
static bool is_range(struct slice s)
{
	for (size_t i = 0; i < s.size; i++) {
		char c = s.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			    c == '-' || c == '*'))
			return false;
	}
	return s.size > 0;
}

/* language-range [ OWS ";" OWS "q=" qvalue ], and nothing else. */
static bool language_parse(struct slice member, struct language *ret)
{
	struct slice rest = member, weight;

	*ret = (struct language){ slice_trim(slice_cut(&rest, ';')), WEIGHT_MOST };
	if (!is_range(ret->range))
		return false;
	if (rest.data == NULL)
		return true;
	weight = slice_trim(rest);
	if (weight.size < 2 || (weight.data[0] != 'q' && weight.data[0] != 'Q') ||
		weight.data[1] != '=')
		return false;
	return weight_parse(slice_skip(weight, 2), &ret->weight);
}

/* Moves the last of count to its place, behind its equals. */
static void sort_last(struct language *languages, size_t count)
{
	for (size_t i = count - 1; i > 0; i--) {
		struct language last = languages[i];

		if (languages[i - 1].weight >= last.weight)
			return;
		languages[i] = languages[i - 1];
		languages[i - 1] = last;
	}
}

bool languages_read(const struct headers *request, struct language ret[static LANGUAGES_MOST],
	size_t *ret_count)
{
	const struct field *at;
	uint32_t from = 0;
	size_t count = 0;

	while ((at = headers_next(request, FIELD_ACCEPT_LANGUAGE, &from)) != NULL) {
		struct slice rest = at->value, member;

		while (list_next(&rest, &member)) {
			if (count == LANGUAGES_MOST || !language_parse(member, &ret[count]))
				return false;
			sort_last(ret, ++count);
		}
	}
	*ret_count = count;
	return true;
}
