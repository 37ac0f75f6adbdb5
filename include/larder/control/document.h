/* control/document.h - the admin API described: the OpenAPI document, and docs/api.md out of it.
 *
 * Needs no running server. Threads: any.
 */
#pragma once

#include <stdio.h>

/* OpenAPI 3.1, as GET /api/v1/openapi.json gives it, indented. */
void document_write_json(FILE *to);

/* docs/api.md. */
void document_write_markdown(FILE *to);
