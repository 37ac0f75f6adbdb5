/* http/budget.c - how much memory a foreign parser may take for one document.
 *
 * Each piece has a header that says whose it is. Threads, ownership: budget.h.
 */
#include "budget.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

struct piece {
	alignas(max_align_t) struct budget *budget;
	size_t size;
};

void *budget_resize(struct budget *budget, void *old, size_t size)
{
	struct piece *piece = old != NULL ? (struct piece *)old - 1 : NULL;
	size_t before = piece != NULL ? piece->size : 0, rest = budget->used - before;

	if (size > budget->most || rest > budget->most - size)
		budget->over = true;
	if ((budget->over && !budget->lenient) || size > SIZE_MAX / 2)
		return NULL;
	piece = realloc(piece, sizeof(*piece) + size);
	if (piece == NULL)
		abort(); /* as all small allocations do (util/alloc.h) */
	*piece = (struct piece){ budget, size };
	budget->used = rest + size;
	return piece + 1;
}

void *budget_take(struct budget *budget, size_t size)
{
	return budget_resize(budget, NULL, size);
}

void budget_give(void *memory)
{
	struct piece *piece = memory;

	if (memory == NULL)
		return;
	piece--;
	piece->budget->used -= piece->size;
	free(piece);
}
