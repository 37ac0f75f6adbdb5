/* guard.c - is a body what the route takes for good?
 *
 * Each rule is one small function; the table below is their order, and with it which one is told when
 * several fail. Pure; threads: any.
 */
#include "policy/guard.h"

#include "http/request.h"

const char *guard_rule_text(enum guard_rule rule)
{
	static const char *const texts[] = {
#define X(id, text) [GUARD_RULE_##id] = text,
		GUARD_RULE_TABLE(X)
#undef X
	};

	return rule < GUARD_RULE_COUNT ? texts[rule] : "unknown";
}

/* RFC 9110 8.3.1: type and subtype, without parameters. */
static struct slice essence_of(struct slice content_type)
{
	return slice_trim(slice_cut(&content_type, ';'));
}

static bool ends_with_nocase(struct slice s, struct slice end)
{
	return s.size > end.size && slice_equal_nocase(slice_skip(s, s.size - end.size), end);
}

enum guard_kind guard_kind_of(struct slice content_type)
{
	struct slice type = essence_of(content_type);

	if (slice_equal_nocase(type, SLICE("application/json")) ||
		slice_equal_nocase(type, SLICE("text/json")) ||
		ends_with_nocase(type, SLICE("+json")))
		return GUARD_JSON;
	if (slice_equal_nocase(type, SLICE("application/xml")) ||
		slice_equal_nocase(type, SLICE("text/xml")) ||
		ends_with_nocase(type, SLICE("+xml")))
		return GUARD_XML;
	return GUARD_OTHER;
}

/* Whether anything is asked of what stands in a body of this kind. */
static bool has_conditions(const struct config_guard *guard, enum guard_kind kind)
{
	switch (kind) {
	case GUARD_JSON:
		return guard->json.require.count > 0 || guard->json.forbid.count > 0 ||
		       guard->negative.json.count > 0 || guard->pass.json.count > 0;
	case GUARD_XML:
		return guard->xml.root[0] != '\0' || guard->xml.forbid.count > 0 ||
		       guard->negative.xml.count > 0 || guard->pass.xml.count > 0;
	case GUARD_OTHER:
		break;
	}
	return false;
}

bool guard_is_on(const struct config_guard *guard)
{
	return guard->content_type.count > 0 || guard->min_length > 0 || guard->max_length > 0 ||
	       guard_reads(guard, GUARD_JSON) || guard_reads(guard, GUARD_XML);
}

/* A condition is known not to hold only where all of the body could be read. */
static bool must_be_whole(const struct config_guard *guard, enum guard_kind kind)
{
	return kind != GUARD_OTHER && (guard->well_formed || has_conditions(guard, kind));
}

bool guard_reads(const struct config_guard *guard, enum guard_kind kind)
{
	return must_be_whole(guard, kind) || (kind == GUARD_JSON && guard->watch[0] != '\0');
}

struct matter {
	const struct config_guard *guard;
	const struct guard_seen *seen;
	enum guard_kind kind;
};

static bool has_other_type(const struct matter *m)
{
	struct slice type = essence_of(m->seen->content_type);

	for (size_t i = 0; i < m->guard->content_type.count; i++) {
		if (slice_equal_nocase(type, slice_of(m->guard->content_type.items[i])))
			return false;
	}
	return m->guard->content_type.count > 0;
}

static bool is_too_short(const struct matter *m)
{
	int64_t announced = m->seen->announced;

	if (m->seen->ended && !m->seen->unreadable)
		return m->seen->length < (uint64_t)m->guard->min_length;
	return announced != LENGTH_UNKNOWN && announced < m->guard->min_length;
}

static bool is_too_long(const struct matter *m)
{
	if (m->guard->max_length == 0)
		return false;
	return m->seen->length > (uint64_t)m->guard->max_length ||
	       m->seen->announced > m->guard->max_length;
}

static bool is_not_whole(const struct matter *m)
{
	return m->seen->damaged || (m->seen->broken && must_be_whole(m->guard, m->kind));
}

/* What says that it is an error has not what a result has. */
static bool lacks_member(const struct matter *m)
{
	return m->kind == GUARD_JSON && m->seen->ended && !m->seen->unreadable &&
	       !m->seen->complete && !m->seen->negative;
}

static bool has_forbidden_member(const struct matter *m)
{
	return m->kind == GUARD_JSON && m->seen->forbidden;
}

static bool has_other_root(const struct matter *m)
{
	struct slice wanted = slice_of(m->guard->xml.root);

	/* prefixes say nothing */
	wanted = slice_skip(wanted, (size_t)(slice_find(wanted, ':') + 1));
	return m->kind == GUARD_XML && wanted.size > 0 && m->seen->root.data != NULL &&
	       !slice_equal(m->seen->root, wanted);
}

static bool has_forbidden_element(const struct matter *m)
{
	return m->kind == GUARD_XML && m->seen->forbidden;
}

/* clang-format off */
static const struct {
	bool (*fails)(const struct matter *m);
	enum guard_rule rule;
} rules[] = {
	{ has_other_type, GUARD_RULE_CONTENT_TYPE },
	{ has_forbidden_member, GUARD_RULE_JSON_FORBID },
	{ has_other_root, GUARD_RULE_XML_ROOT },
	{ has_forbidden_element, GUARD_RULE_XML_FORBID },
	{ is_too_long, GUARD_RULE_MAX_LENGTH },
	{ is_too_short, GUARD_RULE_MIN_LENGTH },
	{ is_not_whole, GUARD_RULE_WELL_FORMED },
	{ lacks_member, GUARD_RULE_JSON_REQUIRE },
};
/* clang-format on */

static enum guard_rule failing(const struct matter *m)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (rules[i].fails(m))
			return rules[i].rule;
	}
	return GUARD_RULE_NONE;
}

/* Whether nothing that still comes can change what is known. */
static bool is_settled(const struct matter *m)
{
	bool measured = m->guard->min_length > 0 || m->guard->max_length > 0;

	if (m->seen->ended)
		return !m->seen->unreadable;
	return !must_be_whole(m->guard, m->kind) &&
	       (!measured || m->seen->announced != LENGTH_UNKNOWN);
}

/* A rule failed. What passes may still turn out to be a negative answer, which stands above that. */
static enum guard_verdict verdict_on_failure(const struct matter *m)
{
	const struct guard_seen *seen = m->seen;
	const struct text_list *negative =
		m->kind == GUARD_JSON ? &m->guard->negative.json : &m->guard->negative.xml;

	if (m->guard->on_fail == CONFIG_REJECT)
		return GUARD_REJECT;
	if (m->guard->on_fail == CONFIG_NEGATIVE || seen->negative)
		return GUARD_NEGATIVE;
	if (m->kind != GUARD_OTHER && negative->count > 0 && !seen->ended && !seen->broken &&
		!seen->damaged && !seen->unreadable)
		return GUARD_UNDECIDED;
	return GUARD_PASS;
}

enum guard_verdict guard_judge(
	const struct config_guard *guard, const struct guard_seen *seen, enum guard_rule *ret_rule)
{
	struct matter m = { guard, seen, guard_kind_of(seen->content_type) };

	*ret_rule = failing(&m);
	if (*ret_rule != GUARD_RULE_NONE)
		return verdict_on_failure(&m);
	if (is_settled(&m))
		return seen->negative ? GUARD_NEGATIVE : seen->pass ? GUARD_PASS : GUARD_GOOD;
	return seen->unreadable ? GUARD_PASS : GUARD_UNDECIDED;
}
