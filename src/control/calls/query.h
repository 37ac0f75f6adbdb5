/* control/calls/query.h - the query of a call, against the parameters that its route has in routes.def. */
#pragma once

#include "call.h"

/* Each known, there once, and of its type. false: refused. */
bool query_check(struct call *call);
