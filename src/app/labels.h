/* app/labels.h - what the configuration's names are in metrics: numbers that stay with the names, through reloads.
 *
 * Threads: start on one, before others; the others on one at a time.
 */
#pragma once

#include "config/config.h"

/* Begins metrics, with the labels of this configuration. */
void labels_start(struct config *config);

/* Sets the labels of its routes, upstreams and tenants; who frees it gives them back. Once. */
void labels_take(struct config *config);

/* What is measured of others is over. */
void labels_only(struct config *config);
