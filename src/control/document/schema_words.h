/* control/document/schema_words.h - JSON Schema in words, as docs/api.md has it. */
#pragma once

#include <jansson.h>
#include <stdio.h>

/* What a value is: "integer", "list of [Entry](#entry)", "`a` or `b`". */
void schema_write_type(const json_t *schema, FILE *to);

/* A section: the schema's members as a table. */
void schema_write(const char *name, const json_t *schema, FILE *to);
