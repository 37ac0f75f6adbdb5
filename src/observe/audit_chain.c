/* audit_chain.c - lines of an audit log, sealed and checked. Threads, ownership: observe/audit_chain.h.
 *
 * The members that matter here stand at fixed places at both ends, so that nothing between them, which others may
 * have a say in, can be taken for one: a quote within a JSON string has a backslash before it.
 */
#include "observe/audit_chain.h"

#include "util/digest.h"

#include <inttypes.h>
#include <string.h>

#define HASH     ",\"hash\":\""
#define PREVIOUS ",\"previous\":\""
#define TORN     ",\"torn\":"
#define SEQ      "Z\",\"seq\":"
#define AT       "{\"at\":\""

static const char zeros[] = "0000000000000000000000000000000000000000000000000000000000000000";

void chain_init(struct chain *chain)
{
	chain->seq = 0;
	memcpy(chain->last, zeros, sizeof(zeros));
}

static bool is_hex(struct slice s)
{
	for (size_t i = 0; i < s.size; i++) {
		char c = s.data[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return false;
	}
	return s.size == CHAIN_HEX;
}

static bool ends(struct slice s, struct slice end)
{
	return s.size >= end.size && memcmp(s.data + s.size - end.size, end.data, end.size) == 0;
}

/* Takes `name<hex>"` off the end of *rest. */
static bool cut_hex(struct slice *rest, struct slice name, struct slice *ret)
{
	size_t size = name.size + CHAIN_HEX + 1;
	struct slice member;

	if (rest->size < size)
		return false;
	member = slice_skip(*rest, rest->size - size);
	*ret = (struct slice){ member.data + name.size, CHAIN_HEX };
	if (!slice_starts(member, name) || member.data[size - 1] != '"' || !is_hex(*ret))
		return false;
	rest->size -= size;
	return true;
}

/* `,"torn":<digits>` at the end of text; 0: it isn't there. */
static uint64_t torn_of(struct slice text)
{
	const struct slice name = SLICE(TORN);
	size_t digits = 0;
	uint64_t torn = 0;
	struct slice before;

	while (digits < text.size && digits < 20 && text.data[text.size - 1 - digits] >= '0' &&
		text.data[text.size - 1 - digits] <= '9')
		digits++;
	before = (struct slice){ text.data, text.size - digits };
	if (!ends(before, name) || !slice_to_u64(slice_skip(text, before.size), &torn))
		return 0;
	return torn;
}

/* {"at":"2027-01-31T12:00:00.250Z","seq":7, */
static bool read_seq(struct slice line, uint64_t *ret)
{
	const size_t moment = sizeof("2027-01-31T12:00:00.250") - 1;
	struct slice rest;

	if (!slice_starts(line, SLICE(AT)))
		return false;
	rest = slice_skip(line, sizeof(AT) - 1 + moment);
	if (!slice_starts(rest, SLICE(SEQ)))
		return false;
	rest = slice_skip(rest, sizeof(SEQ) - 1);
	return slice_to_u64(slice_cut(&rest, ','), ret) && rest.data != NULL;
}

bool chain_read(struct slice line, struct chain_line *ret)
{
	struct slice rest = line, before;

	if (!ends(rest, SLICE("}")))
		return false;
	rest.size--;
	if (!cut_hex(&rest, SLICE(HASH), &ret->hash) || !read_seq(rest, &ret->seq))
		return false;
	ret->body = before = rest;
	if (!cut_hex(&before, SLICE(PREVIOUS), &ret->previous))
		ret->previous = (struct slice){ NULL, 0 };
	ret->torn = torn_of(before);
	return true;
}

void chain_follow(struct chain *chain, const struct chain_line *line)
{
	chain->seq = line->seq;
	memcpy(chain->last, line->hash.data, CHAIN_HEX);
}

static void hash_of(const char *previous, struct slice body, char ret[CHAIN_HEX + 1])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char sum[DIGEST_SIZE];
	SCOPED(digest) digest = digest_begin();

	digest_update(digest, (struct slice){ previous, CHAIN_HEX });
	digest_update(digest, body);
	digest_update(digest, SLICE("}"));
	digest_end(digest, sum);
	for (size_t i = 0; i < DIGEST_SIZE; i++) {
		ret[2 * i] = digits[sum[i] >> 4];
		ret[2 * i + 1] = digits[sum[i] & 15];
	}
	ret[CHAIN_HEX] = '\0';
}

enum rc chain_seal(const struct chain *chain, struct bytes *line, bool first, uint64_t torn)
{
	char hash[CHAIN_HEX + 1];

	if (torn > 0)
		TRY(bytes_format(line, TORN "%" PRIu64, torn));
	if (first)
		TRY(bytes_format(line, PREVIOUS "%s\"", chain->last));
	hash_of(chain->last, bytes_slice(line), hash);
	return bytes_format(line, HASH "%s\"}", hash);
}

/* ---- is it whole? ---- */

void chain_check_init(struct chain_check *check)
{
	*check = (struct chain_check){ .begins = true };
	chain_init(&check->chain);
}

void chain_check_file(struct chain_check *check)
{
	check->begins = true;
}

/* Of a line by itself, and at its place. */
static const char *fault_of(const struct chain_check *check, const struct chain_line *line)
{
	bool known = check->lines > 0;
	const char *previous = known ? check->chain.last : line->previous.data;
	char hash[CHAIN_HEX + 1];

	if (check->begins && line->previous.data == NULL)
		return "the first line of a file names no previous hash: lines before it are "
		       "missing";
	if (line->previous.data != NULL && known &&
		memcmp(line->previous.data, check->chain.last, CHAIN_HEX) != 0)
		return "it names another previous hash than that of the line before";
	hash_of(previous, line->body, hash);
	if (memcmp(hash, line->hash.data, CHAIN_HEX) != 0)
		return "its hash is wrong: it was changed, or lines before it are missing";
	return NULL;
}

/* One that is bad, unless one of the next says that all of it is torn. */
static void suspect(struct chain_check *check, size_t size, const char *fault)
{
	if (check->suspects++ == 0) {
		check->suspect = fault;
		check->suspect_size = size;
	} else {
		check->suspect_size += 1 + size;
	}
}

const char *chain_check_line(struct chain_check *check, struct slice text, uint64_t *ret_back)
{
	const char *fault = "it is no line of an audit log";
	struct chain_line line;

	if (chain_read(text, &line))
		fault = fault_of(check, &line);
	if (fault != NULL) {
		suspect(check, text.size, fault);
		return NULL;
	}
	if (check->suspects > 0 && (line.torn == 0 || line.torn != check->suspect_size))
		return chain_check_end(check, ret_back);
	check->torn += check->suspects > 0 ? 1 : 0;
	check->suspects = 0;
	if (check->lines++ == 0)
		check->first_seq = line.seq;
	check->begins = false;
	chain_follow(&check->chain, &line);
	return NULL;
}

const char *chain_check_end(const struct chain_check *check, uint64_t *ret_back)
{
	*ret_back = check->suspects;
	return check->suspects > 0 ? check->suspect : NULL;
}
