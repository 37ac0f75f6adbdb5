/* config/environment.c - references to the environment. */
#include "environment.h"

#include <stdlib.h>

static bool is_name(struct slice s)
{
	if (s.size == 0 || (s.data[0] >= '0' && s.data[0] <= '9'))
		return false;
	for (size_t i = 0; i < s.size; i++) {
		char c = s.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			    c == '_'))
			return false;
	}
	return true;
}

/* "NAME:-default" into its parts; fallback.data NULL: there is no default. */
static struct slice cut_name(struct slice inner, struct slice *ret_fallback)
{
	for (size_t i = 0; i + 1 < inner.size; i++) {
		if (inner.data[i] == ':' && inner.data[i + 1] == '-') {
			*ret_fallback = slice_skip(inner, i + 2);
			return (struct slice){ inner.data, i };
		}
	}
	*ret_fallback = (struct slice){ NULL, 0 };
	return inner;
}

/* inner: what stands between the braces. */
static enum rc append_reference(
	struct slice inner, const struct node *at, struct faults *faults, struct bytes *ret)
{
	struct slice fallback;
	struct slice name = cut_name(inner, &fallback);
	const char *value;

	if (!is_name(name)) {
		/* it isn't shown: a secret may have a "${" in it */
		fault_add(faults, at,
			"\"${...}\" without the name of a variable; expected ${NAME} or "
			"${NAME:-default}");
		return RC_INVALID;
	}
	value = getenv(arena_copy(&faults->arena, name).data);
	if (fallback.data != NULL && (value == NULL || value[0] == '\0'))
		return bytes_append_slice(ret, fallback);
	if (value == NULL) {
		fault_add(faults, at,
			"${" SLICE_FORMAT "} is not set in the environment; expected it there, or "
			"a default as in ${" SLICE_FORMAT ":-default}",
			SLICE_ARGS(name), SLICE_ARGS(name));
		return RC_INVALID;
	}
	return bytes_append_slice(ret, slice_of(value));
}

/* rest starts with "${". */
static enum rc expand_reference(
	struct slice *rest, const struct node *at, struct faults *faults, struct bytes *ret)
{
	ptrdiff_t end = slice_find(*rest, '}');
	struct slice inner;

	if (end < 0) {
		fault_add(faults, at, "\"${\" has no end; expected \"}\", or \"$${\" for itself");
		return RC_INVALID;
	}
	inner = slice_skip((struct slice){ rest->data, (size_t)end }, 2);
	*rest = slice_skip(*rest, (size_t)end + 1);
	return append_reference(inner, at, faults, ret);
}

/* What is no reference, of one character or more; rest is not empty. */
static enum rc append_plain(struct slice *rest, struct bytes *ret)
{
	bool escaped = slice_starts(*rest, SLICE("$${"));
	struct slice taken = escaped ? SLICE("${") : (struct slice){ rest->data, 1 };

	*rest = slice_skip(*rest, escaped ? 3 : 1);
	return bytes_append_slice(ret, taken);
}

enum rc environment_keep_out(struct slice text, struct bytes *ret)
{
	while (text.size > 0)
		TRY(append_plain(&text, ret));
	return RC_OK;
}

enum rc environment_expand(
	struct slice text, const struct node *at, struct faults *faults, struct bytes *ret)
{
	while (text.size > 0) {
		if (slice_starts(text, SLICE("${")))
			TRY(expand_reference(&text, at, faults, ret));
		else
			TRY(append_plain(&text, ret));
	}
	return RC_OK;
}
