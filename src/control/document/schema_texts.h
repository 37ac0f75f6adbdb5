/* control/document/schema_texts.h - schemas.json as text: what of the OpenAPI document is no route. */
#pragma once

extern const char schema_texts[];
