/* config/setting.h - one setting: from a node into the configuration, and out as YAML.
 *
 * A setting is addressed by its row of the table and the struct that it lies in (`base`): the whole
 * configuration, one upstream or one route. Presets come the same way as what the file says.
 */
#pragma once

#include "faults.h"
#include "node.h"
#include "schema.h"

#include <stdio.h>

/* Reads the node into the setting; what was there is released. A faulty value leaves the setting
 * as it was and adds faults. */
void setting_read(
	const struct setting *row, const struct node *node, void *base, struct faults *faults);

/* The row's preset by the same way. */
void setting_preset(const struct setting *row, void *base);

/* The same into a place of its own, which is zeroed. */
void setting_preset_at(const struct setting *row, void *at);

/* Releases what the setting owns. */
void setting_release(const struct setting *row, void *base);

/* The value as YAML that setting_read() reads back to the same. */
void setting_write(const struct setting *row, const void *base, FILE *to);
