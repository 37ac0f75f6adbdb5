/* http/headers.h - the header fields of one message, in the order in which they came.
 *
 * A list of views: name and value point into memory of an owner (the connection, an arena, the
 * block of a stored object) and are always followed by a NUL. Names are classified once, when they
 * are added, so that looking one of the known up compares small integers.
 *
 * Not thread-safe while it is built; immutable and shared afterwards.
 */
#pragma once

#include "util/arena.h"
#include "util/rc.h"

enum field_id {
	FIELD_OTHER, /* none of the table */
#define FIELD(id, name, flags) FIELD_##id,
#include "http/fields.def"
#undef FIELD
	FIELD_COUNT
};

enum field_flags {
	FIELD_IS_HOP = 1,
	FIELD_IS_REQUEST = 2,
	FIELD_IS_ONCE = 4,
	FIELD_IS_OURS = 8,
	FIELD_IS_FRAMING = 16,
	FIELD_IS_SINGLE = 32,
	FIELD_IS_FOR_US = 64,
};

struct field {
	struct slice name;  /* as it came */
	struct slice value; /* without blanks around it */
	enum field_id id;
};

struct headers {
	struct field *fields;
	uint32_t count;
	uint32_t capacity;
	struct arena *arena; /* borrowed: where fields and copies of text lie */
};

/* at: struct field * over all fields of const struct headers *h. */
#define HEADERS_EACH(at, h) \
	for (struct field *at = (h)->fields; at != NULL && at < (h)->fields + (h)->count; at++)

/* The table's entry of a name in any letter case; FIELD_OTHER when it is none of the table. */
enum field_id field_lookup(struct slice name);

/* The name in lower case; "" for FIELD_OTHER. */
struct slice field_name(enum field_id id);

/* Bits of enum field_flags. */
unsigned field_flags(enum field_id id);

/* The same of a field as it came: limits of rates that the table doesn't know by name are ONCE as well. */
unsigned field_flags_of(const struct field *field);

/* Whether name is a token (RFC 9110 5.6.2). */
bool field_name_valid(struct slice name);

/* Whether value has none of the characters that RFC 9110 5.5 forbids (CR, LF, NUL, other controls
 * but tab). */
bool field_value_valid(struct slice value);

/* An empty list whose memory comes from arena (borrowed). */
void headers_init(struct headers *h, struct arena *arena);

/* Adds at the end. headers_add() keeps the pointers (NUL behind both is the caller's promise);
 * headers_add_copy() copies into the arena. */
void headers_add(struct headers *h, struct slice name, struct slice value);
void headers_add_copy(struct headers *h, struct slice name, struct slice value);
/* value is kept; the name is the table's. */
void headers_add_known(struct headers *h, enum field_id id, struct slice value);

/* The first field with id / with that name (any case) at or after *from (an index, starts at 0,
 * moved behind the match), or NULL. */
const struct field *headers_next(const struct headers *h, enum field_id id, uint32_t *from);
const struct field *headers_next_named(const struct headers *h, struct slice name, uint32_t *from);

/* The value of the first field with id; data NULL when there is none. */
struct slice headers_get(const struct headers *h, enum field_id id);

/* The token of an Authorization's value (RFC 6750 2.1); data NULL: it has none. */
struct slice field_bearer(struct slice authorization);
bool headers_has(const struct headers *h, enum field_id id);
size_t headers_count_of(const struct headers *h, enum field_id id);

/* All values of a field joined by ", " in arena (RFC 9110 5.3); the value itself, uncopied, when
 * there is just one; data NULL when there is none. name in any case. */
struct slice headers_combined(const struct headers *h, struct slice name, struct arena *arena);

/* Whether the list in all fields with that id has this member, in any case. */
bool headers_lists(const struct headers *h, enum field_id id, struct slice member);

/* Whether the list in all Connection fields names `name` (RFC 9110 7.6.1). */
bool headers_connection_names(const struct headers *h, struct slice name);

/* Bytes of all names and values with 4 for each field: as sent in HTTP/1.1. */
size_t headers_size(const struct headers *h);

/* Walks the members of a comma-separated list (RFC 9110 5.6.1), quoted strings respected, empty
 * members skipped: false at the end. *rest is eaten. */
bool list_next(struct slice *rest, struct slice *ret_member);
