/* util/scope.h - locals that are released when their block is left, on every path.
 *
 *	SCOPED(object) obj = NULL;	// struct object *, object_unref() at the end of the block
 *	...
 *	*ret = GIVE(obj);		// the result leaves: obj is NULL afterwards
 *
 * A type takes part by SCOPE_DEFINE(object, object_unref) in its header.
 */
#pragma once

#define SCOPE_DEFINE(type, release)                       \
	static inline void type##_leave(struct type **at) \
	{                                                 \
		if (*at != NULL)                          \
			release(*at);                     \
	}

#define SCOPED(type) __attribute__((cleanup(type##_leave))) struct type *

#define GIVE(pointer)                                  \
	({                                             \
		__typeof__(pointer) give_ = (pointer); \
		(pointer) = NULL;                      \
		give_;                                 \
	})
