/* control/routes.c - the table of routes as data. */
#include "call.h"

#define ROUTE(function, verb, where, least, kind, queries, request, response, words) \
	{                                                                            \
		.id = #function,                                                     \
		.handler = function,                                                 \
		.method = verb,                                                      \
		.path = where,                                                       \
		.role = ROLE_##least,                                                \
		.takes = TAKES_##kind,                                               \
		.parameters = queries,                                               \
		.asks = request,                                                     \
		.gives = response,                                                   \
		.about = words,                                                      \
	},

const struct api_route api_routes[] = {
#include "routes.def"
};
#undef ROUTE

const size_t api_route_count = sizeof(api_routes) / sizeof(api_routes[0]);

const char *api_role_word(int role)
{
	static const char *const words[] = { "everyone", "viewer", "operator", "admin" };

	return words[role + 1];
}
