/* proxy/deliver/pieces.h - a body that does not lie in memory, sent a piece at a time.
 *
 * The first piece is read before the answer begins: a body that can't be read at all costs the client
 * nothing. One that turns out damaged later breaks the answer off. Either way it is forgotten, and
 * not found again. Threads: the connection's.
 */
#pragma once

#include "proxy/exchange.h"

/* Bytes [first, first + size) of x->object's body, size > 0: sets x->pieces. false: they can't be
 * read, and the story has to begin again (see pieces_unreadable()). */
bool pieces_begin(struct exchange *x, uint64_t first, uint64_t size);

/* As exchange_read(), but never suspended. */
ssize_t pieces_read(struct exchange *x, char *buffer, size_t size);

/* The body of x->object is not there, or not what was stored: it is forgotten. false, for who
 * delivers. */
bool pieces_unreadable(struct exchange *x);
