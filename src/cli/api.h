/* cli/api.h - the options of every command that speaks to the admin API of a larder.
 *
 *	enum { SCOPE = API_OPTION_COUNT, VALUE };
 *	.options = { API_OPTIONS, [SCOPE] = { "SCOPE", NULL, "what" } }
 *	client_open(&(struct client_choice){ "purge", values }, &client)	(client.h)
 */
#pragma once

enum api_option { API_ADMIN, API_CONFIG, API_CA, API_INSECURE, API_JSON, API_OPTION_COUNT };

/* clang-format off */
#define API_PLACE_OPTIONS                                                                                    \
	[API_ADMIN] = { "--admin", "PLACE",                                                                  \
		"where it is: http://127.0.0.1:8081, https://HOST:PORT or unix:/PATH; else LARDER_ADMIN",    \
		.is_common = true },                                                                         \
	[API_CONFIG] = { "--config", "FILE", "or the configuration with its admin.listen", .is_common = true }, \
	[API_CA] = { "--ca", "FILE", "certificates that sign an https one's; else the system's",             \
		.is_common = true },                                                                         \
	[API_INSECURE] = { "--insecure", NULL, "don't verify its certificate", .is_common = true }

#define API_OPTIONS                                                                                          \
	API_PLACE_OPTIONS,                                                                                   \
	[API_JSON] = { "--json", NULL, "what the server said, as it said it", .is_common = true }
/* clang-format on */
