/* cli/client/place.h - where a larder is spoken to.
 *
 *	http://127.0.0.1:8081   https://cache.example.org:8443   127.0.0.1:8081   unix:/run/larder/admin.sock
 *
 * Pure; threads: any. Ownership: a place is a value.
 */
#pragma once

#include "config/shapes.h"
#include "util/rc.h"

#define PLACE_URL  1024
#define PLACE_PATH 108 /* what sun_path holds */

struct place {
	char base[PLACE_URL]; /* "http://127.0.0.1:8081", with the path behind it if there is one */
	char unix_path[PLACE_PATH]; /* "": TCP */
	bool secure;                /* https */
	bool is_near; /* a Unix socket or loopback: what is sent there stays on this machine */
};

/* RC_INVALID: none of these. */
NODISCARD enum rc place_parse(const char *text, struct place *ret);

/* The first of a configuration's listeners that can be known: not one whose port the kernel chooses. RC_ABSENT. */
NODISCARD enum rc place_of_listeners(
	const struct text_list *listeners, bool secure, struct place *ret);

/* As people write it: "unix:/run/larder.sock", "http://127.0.0.1:8081"; returns text. */
const char *place_write(const struct place *place, char text[static PLACE_URL]);
