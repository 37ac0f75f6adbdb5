/* http/cache_control.c - Cache-Control: the table of directives, and how their arguments are read.
 *
 * A directive that is malformed never spoils the others, and where it can be read in two ways the
 * one that stores and reuses less is taken. What it is not: the judge of what directives mean
 * together (policy). Threads: any. Ownership: lists are views into the field values.
 */
#include "http/cache_control.h"

#define DELTA_MOST 2147483648LL /* RFC 9111 1.2.2 */

enum side {
	REQUEST = 1,
	RESPONSE = 2,
	BOTH = 3,
};

enum kind {
	WORD,     /* stands whatever argument somebody gave it: it forbids, or its RFC says so */
	PERMIT,   /* a word that allows: only when it is well-formed */
	SECONDS,  /* "=delta-seconds", of duplicates the least */
	AT_LEAST, /* the same, of duplicates the most */
	STALE,    /* "=delta-seconds", or the bare word for any */
	FIELDS,   /* a word; in a response, with "=field names" only for those */
};

struct directive {
	struct slice name;
	enum side side;
	enum kind kind;
	unsigned flag; /* FIELDS: the unqualified one; the qualified is the next bit */
	size_t at;     /* offset of what takes the argument */
};

#define NAME(text)                     \
	{                              \
		text, sizeof(text) - 1 \
	}
#define AT(member) offsetof(struct cache_control, member)

static const struct directive directives[] = {
	{ NAME("max-age"), BOTH, SECONDS, 0, AT(max_age) },
	{ NAME("no-cache"), BOTH, FIELDS, CC_NO_CACHE, AT(no_cache_fields) },
	{ NAME("no-store"), BOTH, WORD, CC_NO_STORE, 0 },
	{ NAME("no-transform"), BOTH, WORD, CC_NO_TRANSFORM, 0 },
	{ NAME("stale-if-error"), BOTH, SECONDS, 0, AT(stale_if_error) }, /* RFC 5861 4 */
	{ NAME("max-stale"), REQUEST, STALE, CC_MAX_STALE_ANY, AT(max_stale) },
	{ NAME("min-fresh"), REQUEST, AT_LEAST, 0, AT(min_fresh) },
	{ NAME("only-if-cached"), REQUEST, WORD, CC_ONLY_IF_CACHED, 0 },
	{ NAME("immutable"), RESPONSE, WORD, CC_IMMUTABLE, 0 }, /* RFC 8246 2 */
	{ NAME("must-revalidate"), RESPONSE, WORD, CC_MUST_REVALIDATE, 0 },
	{ NAME("must-understand"), RESPONSE, PERMIT, CC_MUST_UNDERSTAND, 0 },
	{ NAME("private"), RESPONSE, FIELDS, CC_PRIVATE, AT(private_fields) },
	{ NAME("proxy-revalidate"), RESPONSE, WORD, CC_PROXY_REVALIDATE, 0 },
	{ NAME("public"), RESPONSE, PERMIT, CC_PUBLIC, 0 },
	{ NAME("s-maxage"), RESPONSE, SECONDS, 0, AT(s_maxage) },
	{ NAME("stale-while-revalidate"), RESPONSE, SECONDS, 0, AT(stale_while_revalidate) },
};

/* One directive as it stands: argument.data is NULL without "=". */
struct occurrence {
	const struct directive *directive;
	struct slice argument; /* quotes taken off */
	bool broken; /* a quoted string that doesn't end where the directive ends, or blanks
		      * around "=" */
	enum side side;
};

static const struct directive *find(struct slice name, enum side side)
{
	for (size_t i = 0; i < sizeof(directives) / sizeof(directives[0]); i++) {
		const struct directive *d = &directives[i];

		if ((d->side & side) && slice_equal_nocase(d->name, name))
			return d;
	}
	return NULL;
}

/* Takes the quotes off. Escapes are not resolved: no argument that we know needs one, and with one
 * it fails as a number or a field name. */
static struct slice unquote(struct slice s, bool *ret_broken)
{
	*ret_broken = false;
	if (s.size == 0 || s.data[0] != '"')
		return s;
	s = slice_skip(s, 1);
	*ret_broken = s.size == 0 || slice_find(s, '"') != (ptrdiff_t)s.size - 1;
	if (!*ret_broken)
		s.size--;
	return s;
}

bool cache_control_seconds(struct slice text, int64_t *ret)
{
	int64_t value = 0;

	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		value = value * 10 + (text.data[i] - '0');
		if (value > DELTA_MOST)
			value = DELTA_MOST;
	}
	if (text.size > 0)
		*ret = value;
	return text.size > 0;
}

static void take_seconds(const struct occurrence *o, struct cache_control *cc)
{
	int64_t *at = (int64_t *)(void *)((char *)cc + o->directive->at);
	bool most = o->directive->kind == AT_LEAST;
	int64_t value = 0;

	/* RFC 9111 4.2.1: invalid freshness information makes a response stale. */
	if ((o->broken || !cache_control_seconds(o->argument, &value)) && o->side == REQUEST)
		return;
	if (*at == CC_NONE || (most ? value > *at : value < *at))
		*at = value;
}

static void take_max_stale(const struct occurrence *o, struct cache_control *cc)
{
	if (o->argument.data == NULL)
		cc->flags |= CC_MAX_STALE_ANY;
	else
		take_seconds(o, cc);
}

static bool names_fields(const struct occurrence *o)
{
	struct slice rest = o->argument, member;
	size_t count = 0;

	if (o->broken)
		return false;
	while (list_next(&rest, &member)) {
		if (!field_name_valid(member))
			return false;
		count++;
	}
	return count > 0;
}

static void take_fields(const struct occurrence *o, struct cache_control *cc)
{
	struct slice *at = (struct slice *)(void *)((char *)cc + o->directive->at);

	/* Two lists can't be one view: the unqualified form says more than both. */
	if (o->side == REQUEST || !names_fields(o) || at->data != NULL) {
		cc->flags |= o->directive->flag;
		return;
	}
	cc->flags |= o->directive->flag * 2;
	*at = o->argument;
}

static void take(const struct occurrence *o, struct cache_control *cc)
{
	switch (o->directive->kind) {
	case WORD:
		cc->flags |= o->directive->flag;
		break;
	case PERMIT:
		if (o->argument.data == NULL)
			cc->flags |= o->directive->flag;
		break;
	case SECONDS:
	case AT_LEAST:
		take_seconds(o, cc);
		break;
	case STALE:
		take_max_stale(o, cc);
		break;
	case FIELDS:
		take_fields(o, cc);
		break;
	}
}

static void read_member(struct slice member, enum side side, struct cache_control *cc)
{
	struct occurrence o = { .argument = member, .side = side };
	struct slice raw = slice_cut(&o.argument, '='), name = slice_trim(raw);

	o.directive = find(name, side);
	if (o.directive == NULL)
		return;
	o.argument = unquote(o.argument, &o.broken);
	/* Blanks before "=" are malformed; the name is known all the same, and its argument fails. */
	o.broken |= name.size < raw.size;
	take(&o, cc);
}

/* Whether the member's last quoted string has no end: list_next() then gave all that follows. */
static bool is_unterminated(struct slice member)
{
	bool quoted = false;

	for (size_t i = 0; i < member.size; i++) {
		if (quoted && member.data[i] == '\\')
			i++;
		else if (member.data[i] == '"')
			quoted = !quoted;
	}
	return quoted;
}

static void read_value(struct slice value, enum side side, struct cache_control *cc)
{
	struct slice member;

	cc->present = true;
	while (list_next(&value, &member)) {
		if (!is_unterminated(member)) {
			read_member(member, side, cc);
			continue;
		}
		/* A quote that is never closed must not hide a no-store behind it. */
		while (member.data != NULL)
			read_member(slice_trim(slice_cut(&member, ',')), side, cc);
	}
}

void cache_control_init(struct cache_control *ret)
{
	*ret = (struct cache_control){
		.max_age = CC_NONE,
		.s_maxage = CC_NONE,
		.max_stale = CC_NONE,
		.min_fresh = CC_NONE,
		.stale_while_revalidate = CC_NONE,
		.stale_if_error = CC_NONE,
	};
}

static void read_all(const struct headers *h, enum side side, struct cache_control *ret)
{
	const struct field *at;
	uint32_t from = 0;

	cache_control_init(ret);
	while ((at = headers_next(h, FIELD_CACHE_CONTROL, &from)) != NULL)
		read_value(at->value, side, ret);
	if (ret->max_stale != CC_NONE)
		ret->flags &= ~(unsigned)CC_MAX_STALE_ANY; /* the number asks for less */
}

void cache_control_of_response(const struct headers *h, struct cache_control *ret)
{
	read_all(h, RESPONSE, ret);
}

void cache_control_of_request(const struct headers *h, struct cache_control *ret)
{
	read_all(h, REQUEST, ret);
}

/* RFC 9213 2.1: which type the argument of each kind becomes. */
static void take_member(const struct sf_member *member, struct cache_control *cc)
{
	const struct directive *d = find(member->key, RESPONSE);
	const struct sf_bare *value = &member->item.bare;
	struct occurrence o = { .directive = d, .argument = value->text, .side = RESPONSE };

	if (d == NULL || member->is_inner_list)
		return;
	if (d->kind == SECONDS) {
		if (value->kind == SF_INTEGER && value->number >= 0)
			*(int64_t *)(void *)((char *)cc + d->at) =
				value->number < DELTA_MOST ? value->number : DELTA_MOST;
	} else if (value->kind == SF_BOOLEAN) {
		if (value->number)
			cc->flags |= d->flag;
	} else if (d->kind == FIELDS && value->kind == SF_STRING) {
		take_fields(&o, cc);
	}
}

void cache_control_of_members(const struct sf_members *members, struct cache_control *ret)
{
	cache_control_init(ret);
	ret->present = true;
	for (size_t i = 0; i < members->count; i++)
		take_member(&members->items[i], ret);
}
