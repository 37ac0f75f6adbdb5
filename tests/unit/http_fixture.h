/* http_fixture.h - what the tests of src/http share: texts.
 */
#pragma once

#include "run_case.h"

#include "util/slice.h"

#include <check.h>

/* A literal that may have NULs in it, as a constant initialiser. */
#define TEXT(literal)                        \
	{                                    \
		literal, sizeof(literal) - 1 \
	}

#define ASSERT_TEXT(got, want)                                                                  \
	ck_assert_msg(slice_equal(got, want), "got '" SLICE_FORMAT "', not '" SLICE_FORMAT "'", \
		SLICE_ARGS(got), SLICE_ARGS(want))
