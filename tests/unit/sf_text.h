/* sf_text.h - writes parsed Structured Fields as plain text that rows of a test can state.
 *
 * A bare item is a letter for its kind and its value: i42, d1500 (thousandths), stext, ttoken.
 * Members are set apart by "|", parameters follow as ;key=item, an inner list is (item item)i0.
 */
#pragma once

#include "http/structured.h"

#include "http_fixture.h"

static inline void put(struct bytes *out, const char *before, struct slice text)
{
	ck_assert_int_eq(bytes_format(out, "%s", before), RC_OK);
	ck_assert_int_eq(bytes_append_slice(out, text), RC_OK);
}

static inline void put_bare(struct bytes *out, const struct sf_bare *bare)
{
	static const char *const kinds[] = {
		[SF_INTEGER] = "i",
		[SF_DECIMAL] = "d",
		[SF_STRING] = "s",
		[SF_TOKEN] = "t",
		[SF_BINARY] = "b",
		[SF_BOOLEAN] = "?",
		[SF_DATE] = "@",
		[SF_DISPLAY] = "u",
	};

	put(out, kinds[bare->kind], bare->text);
	if (bare->text.data == NULL)
		ck_assert_int_eq(bytes_format(out, "%lld", (long long)bare->number), RC_OK);
	else
		ck_assert_int_eq(bare->text.data[bare->text.size], '\0');
}

static inline void put_item(struct bytes *out, const struct sf_item *item)
{
	put_bare(out, &item->bare);
	for (size_t i = 0; i < item->parameters.count; i++) {
		put(out, ";", item->parameters.items[i].key);
		put(out, "=", SLICE(""));
		put_bare(out, &item->parameters.items[i].value);
	}
}

static inline void put_member(struct bytes *out, const struct sf_member *member)
{
	put(out, "", member->key);
	put(out, member->key.size > 0 ? "=" : "", SLICE(""));
	if (!member->is_inner_list) {
		put_item(out, &member->item);
		return;
	}
	for (size_t i = 0; i < member->inner_count; i++) {
		put(out, i > 0 ? " " : "(", SLICE(""));
		put_item(out, &member->inner[i]);
	}
	put(out, member->inner_count > 0 ? ")" : "()", SLICE(""));
	put_item(out, &(struct sf_item){ .bare = { .kind = SF_INTEGER },
			      .parameters = member->item.parameters });
}

static inline void put_members(struct bytes *out, const struct sf_members *members)
{
	for (size_t i = 0; i < members->count; i++) {
		put(out, i > 0 ? "|" : "", SLICE(""));
		put_member(out, &members->items[i]);
	}
}
