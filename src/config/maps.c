/* config/maps.c - settings that are maps: parameters to texts, names or statuses to durations.
 *
 * What a file says of names and statuses stands beside the presets: it replaces single members, and
 * `off` takes one out. So a dump says `off` of a preset that is gone.
 */
#include "forms.h"

#include "checks.h"
#include "setting.h"
#include "text.h"
#include "util/alloc.h"
#include "util/units.h"
#include "values.h"

#include <stdlib.h>
#include <string.h>

#define LEAST_STATUS 400
#define MOST_STATUS  599

/* What takes a member out, or all of them. */
static bool is_off(struct slice s)
{
	return slice_equal_nocase(s, SLICE("off")) || slice_equal(s, SLICE("0"));
}

/* A whole map as one scalar: nothing, which leaves it as it is, or `off`. True: it is that, or had
 * its fault. */
static bool take_scalar(const struct reading *r, const struct node *node)
{
	if (node->kind != NODE_SCALAR)
		return false;
	if (is_off(slice_of(node->text)) && r->row->kind != OWN_STATUSES)
		form_facts(r->kind->form)->release(r->at);
	else if (!node->blank)
		reading_fault(r, node, NULL);
	return true;
}

/* A member's value as text; false: a fault was added. */
static bool is_scalar(const struct reading *r, const struct node *member)
{
	if (member->kind == NODE_SCALAR)
		return true;
	reading_fault_shape(r, member);
	return false;
}

void form_release_text_map(void *at)
{
	struct text_map *map = at;

	for (size_t i = 0; i < map->count; i++) {
		free(map->names[i]);
		free(map->values[i]);
	}
	free(map->names);
	free(map->values);
	*map = (struct text_map){ NULL, NULL, 0 };
}

static bool append_member(const struct reading *r, const struct node *member, struct text_map *map)
{
	struct reading below = reading_member(r, member);
	const char *name = member->key->text;

	if (member->key->kind != NODE_SCALAR)
		return false;
	below.name = r->name;
	if (!reading_is_good(&below, member->key))
		return false;
	below = reading_member(r, member);
	if (!is_scalar(&below, member))
		return false;
	map->names[map->count] = xcopy(name, strlen(name));
	map->values[map->count++] = xcopy(member->text, strlen(member->text));
	return true;
}

void form_read_text_map(const struct reading *r, const struct node *node)
{
	struct text_map map = {
		.names = xgrow(NULL, node->count + 1, sizeof(char *)),
		.values = xgrow(NULL, node->count + 1, sizeof(char *)),
	};
	bool good = node->kind == NODE_MAP || node->blank;

	if (!good)
		reading_fault_shape(r, node);
	NODE_EACH(at, node)
	good = append_member(r, at, &map) && good;
	if (good) {
		form_release_text_map(r->at);
		*(struct text_map *)r->at = map;
	} else {
		form_release_text_map(&map);
	}
}

void form_write_text_map(const struct setting *row, const void *at, FILE *to)
{
	const struct text_map *map = at;

	fputc('{', to);
	for (size_t i = 0; i < map->count; i++) {
		fputs(i > 0 ? ", " : "", to);
		text_write(to, map->names[i]);
		fputs(": ", to);
		text_write(to, map->values[i]);
	}
	fputc('}', to);
}

void form_release_durations(void *at)
{
	struct durations *all = at;

	for (size_t i = 0; i < all->count; i++)
		free(all->items[i].name);
	free(all->items);
	*all = (struct durations){ NULL, 0 };
}

static struct named_duration *find_duration(const struct durations *all, const char *name)
{
	for (size_t i = 0; i < all->count; i++) {
		if (strcmp(all->items[i].name, name) == 0)
			return &all->items[i];
	}
	return NULL;
}

/* ms 0 takes it out. */
static void set_duration(struct durations *all, const char *name, int64_t ms)
{
	struct named_duration *item = find_duration(all, name);

	if (item != NULL && ms == 0) {
		free(item->name);
		memmove(item, item + 1, (size_t)(all->items + --all->count - item) * sizeof(*item));
	} else if (item != NULL) {
		item->ms = ms;
	} else if (ms != 0) {
		all->items = xgrow(all->items, all->count + 1, sizeof(*all->items));
		all->items[all->count++] = (struct named_duration){ xcopy(name, strlen(name)), ms };
	}
}

static void read_duration(const struct reading *r, const struct node *member)
{
	struct reading below = reading_member(r, member);
	const char *name = member->key->text, *why;
	int64_t ms = 0;
	enum rc rc = RC_OK;

	if (member->key->kind != NODE_SCALAR || !is_scalar(&below, member))
		return;
	why = check_name(name);
	if (why != NULL) {
		fault_add(r->faults, member->key, "%s as a name in %s; expected %s",
			fault_quote(r->faults, name), r->name, kind_facts(NAME)->expected);
		return;
	}
	if (!is_off(slice_of(member->text)))
		rc = r->kind->read(slice_of(member->text), &ms);
	if (rc != RC_OK)
		reading_fault(&below, member, rc == RC_TOO_LARGE ? "is too large" : NULL);
	else if (ms == 0 ||
		 reading_in_range(&below, member, ms, fault_quote(r->faults, member->text)))
		set_duration(r->at, name, ms);
}

void form_read_durations(const struct reading *r, const struct node *node)
{
	if (take_scalar(r, node))
		return;
	NODE_EACH(at, node)
	read_duration(r, at);
}

void form_write_durations(const struct setting *row, const void *at, FILE *to)
{
	const struct durations *all = at;
	struct durations presets = { NULL, 0 };
	char text[UNITS_TEXT];
	const char *comma = "";

	setting_preset_at(row, &presets);
	fputc('{', to);
	for (size_t i = 0; i < all->count; i++) {
		fprintf(to, "%s%s: %s", comma, all->items[i].name,
			units_write_duration(all->items[i].ms, text));
		comma = ", ";
	}
	for (size_t i = 0; i < presets.count; i++) {
		if (find_duration(all, presets.items[i].name) != NULL)
			continue;
		fprintf(to, "%s%s: off", comma, presets.items[i].name);
		comma = ", ";
	}
	fputc('}', to);
	form_release_durations(&presets);
}

void form_release_statuses(void *at)
{
	struct status_ranges *all = at;

	free(all->items);
	*all = (struct status_ranges){ NULL, 0 };
}

static struct status_range *find_status(const struct status_ranges *all, int status)
{
	for (size_t i = 0; i < all->count; i++) {
		if (all->items[i].status == status)
			return &all->items[i];
	}
	return NULL;
}

/* A range of 0 takes it out, or stays where it stands against another table's. */
static void set_status(const struct reading *r, int status, struct duration_range range)
{
	struct status_ranges *all = r->at;
	struct status_range *item = find_status(all, status);
	bool stays = range.most_ms > 0 || r->row->kind == OWN_STATUSES;

	if (item != NULL && !stays) {
		memmove(item, item + 1, (size_t)(all->items + --all->count - item) * sizeof(*item));
	} else if (item != NULL) {
		item->range = range;
	} else if (stays) {
		all->items = xgrow(all->items, all->count + 1, sizeof(*all->items));
		all->items[all->count++] = (struct status_range){ status, range };
	}
}

static void read_status(const struct reading *r, const struct node *member)
{
	struct reading below = reading_member(r, member);
	struct duration_range range = { 0, 0 };
	const char *quoted = fault_quote(r->faults, member->text);
	int64_t status;
	enum rc rc = RC_OK;

	if (member->key->kind != NODE_SCALAR || !is_scalar(&below, member))
		return;
	if (strlen(member->key->text) != 3 ||
		units_parse_count(slice_of(member->key->text), &status) != RC_OK ||
		status < LEAST_STATUS || status > MOST_STATUS) {
		fault_add(r->faults, member->key,
			"%s as a status in %s; expected a number from %d to %d",
			fault_quote(r->faults, member->key->text), r->name, LEAST_STATUS,
			MOST_STATUS);
		return;
	}
	if (config_status_is_personal((int)status)) {
		fault_add(r->faults, member->key,
			"%s in %s; expected another: it speaks of who asked, and is never kept",
			fault_quote(r->faults, member->key->text), r->name);
		return;
	}
	if (!is_off(slice_of(member->text)))
		rc = value_parse_range(slice_of(member->text), &range);
	if (rc != RC_OK)
		reading_fault(&below, member, rc == RC_TOO_LARGE ? "is too large" : NULL);
	else if (reading_in_range(&below, member, range.most_ms, quoted))
		set_status(r, (int)status, range);
}

void form_read_statuses(const struct reading *r, const struct node *node)
{
	if (take_scalar(r, node))
		return;
	NODE_EACH(at, node)
	read_status(r, at);
}

void form_write_statuses(const struct setting *row, const void *at, FILE *to)
{
	const struct status_ranges *all = at;
	struct status_ranges presets = { NULL, 0 };
	char text[VALUES_TEXT];
	const char *comma = "";

	setting_preset_at(row, &presets);
	fputc('{', to);
	for (size_t i = 0; i < all->count; i++) {
		fprintf(to, "%s%d: %s", comma, all->items[i].status,
			all->items[i].range.most_ms > 0
				? value_write_range(&all->items[i].range, text)
				: "off");
		comma = ", ";
	}
	for (size_t i = 0; i < presets.count; i++) {
		if (find_status(all, presets.items[i].status) != NULL)
			continue;
		fprintf(to, "%s%d: off", comma, presets.items[i].status);
		comma = ", ";
	}
	fputc('}', to);
	form_release_statuses(&presets);
}
