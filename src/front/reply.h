/* front/reply.h - from an exchange's answer to a libmicrohttpd response.
 *
 * Each front thread keeps the responses that it made of stored objects for as long as their Age and
 * ttl don't change (a second), because building one costs more than everything else on a hit. What
 * is kept pins bodies, so it is bounded in number and in bytes.
 */
#pragma once

#include "session.h"

/* As reader_client.keeps; arg: the session. */
bool reply_keeps(void *arg, struct answer *ret);

/* Queues the answer of the session's exchange. */
enum MHD_Result reply_queue(struct session *session);
