/* control/document/openapi.h - the OpenAPI 3.1 document of the admin API. */
#pragma once

#include <jansson.h>

/* From the table of routes and schemas.json. The caller owns it. */
json_t *openapi_document(void);
