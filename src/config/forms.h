/* config/forms.h - how the settings of each form are read, written and released.
 *
 * A form is how a setting lies in its struct; config/kinds.h says which kinds have which. The
 * functions of a form lie beside those that are like it: scalars.c, lists.c, maps.c. No state.
 */
#pragma once

#include "faults.h"
#include "kinds.h"
#include "node.h"
#include "schema.h"

#include <stdio.h>

/* One value on its way in. */
struct reading {
	const struct setting *row;
	const struct kind_facts *kind;
	const char *name; /* how faults call it: the row's, or that of a map's member */
	void *at;         /* where the setting lies */
	struct faults *faults;
};

struct form_facts {
	bool takes_list, takes_map; /* beside a scalar */
	/* A faulty value leaves the setting as it was and adds faults. */
	void (*read)(const struct reading *r, const struct node *node);
	/* As YAML that read takes for the same. */
	void (*write)(const struct setting *row, const void *at, FILE *to);
	/* Leaves it zeroed; NULL: it owns nothing. */
	void (*release)(void *at);
};

const struct form_facts *form_facts(enum form form);

/* why: what is wrong with it in words that follow "which", or NULL. */
void reading_fault(const struct reading *r, const struct node *node, const char *why);

/* The same for a list or map where there must be something else. */
void reading_fault_shape(const struct reading *r, const struct node *node);

/* A text that the kind's check takes; false: a fault was added. */
bool reading_is_good(const struct reading *r, const struct node *node);

/* Within the row's limits; found: how a fault calls the value. False: a fault was added. */
bool reading_in_range(
	const struct reading *r, const struct node *node, int64_t value, const char *found);

/* The reading of a map's member, or of a list's. */
struct reading reading_member(const struct reading *r, const struct node *member);

void form_read_number(const struct reading *r, const struct node *node);
void form_read_flag(const struct reading *r, const struct node *node);
void form_read_word(const struct reading *r, const struct node *node);
void form_read_text(const struct reading *r, const struct node *node);
void form_read_rate(const struct reading *r, const struct node *node);
void form_read_range(const struct reading *r, const struct node *node);
void form_write_number(const struct setting *row, const void *at, FILE *to);
void form_write_flag(const struct setting *row, const void *at, FILE *to);
void form_write_word(const struct setting *row, const void *at, FILE *to);
void form_write_text(const struct setting *row, const void *at, FILE *to);
void form_write_rate(const struct setting *row, const void *at, FILE *to);
void form_write_range(const struct setting *row, const void *at, FILE *to);
void form_release_text(void *at);

void form_read_texts(const struct reading *r, const struct node *node);
void form_read_origins(const struct reading *r, const struct node *node);
void form_write_texts(const struct setting *row, const void *at, FILE *to);
void form_write_origins(const struct setting *row, const void *at, FILE *to);
void form_release_texts(void *at);
void form_release_origins(void *at);

void form_read_text_map(const struct reading *r, const struct node *node);
void form_read_durations(const struct reading *r, const struct node *node);
void form_read_statuses(const struct reading *r, const struct node *node);
void form_write_text_map(const struct setting *row, const void *at, FILE *to);
void form_write_durations(const struct setting *row, const void *at, FILE *to);
void form_write_statuses(const struct setting *row, const void *at, FILE *to);
void form_release_text_map(void *at);
void form_release_durations(void *at);
void form_release_statuses(void *at);
