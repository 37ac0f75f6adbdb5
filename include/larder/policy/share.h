/* policy/share.h - with whom a response may be shared while it is fetched.
 *
 * Collapsed requests are answered by a response that they might as well have got themselves: one
 * that may be reused (RFC 9111 4), or one that says nothing about reuse and was asked for before it
 * came. What is private, not to be stored, or to be validated for each use is not shared.
 */
#pragma once

#include "policy/freshness.h"
#include "policy/storable.h"

enum share {
	SHARE_ALL,     /* with who waits and who comes while it streams */
	SHARE_WAITING, /* with who asked before its head came */
	SHARE_NONE,    /* with nobody: the others go their own way */
};

enum share share_of(enum skip skip, const struct freshness *freshness);
