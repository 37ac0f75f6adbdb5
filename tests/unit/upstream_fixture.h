/* tests/unit/upstream_fixture.h - what each test of test_upstream.c starts with: a loop, an origin
 * that follows upstream_scripts.h, and short ways to ask it.
 *
 * Threads: the test's own. Ownership: set_up() makes all, tear_down() ends it.
 */
#pragma once

#include "upstream/upstream.h"

#include "http/request.h"
#include "scripted_origin.h"
#include "upstream_probe.h"
#include "upstream_scripts.h"

#include <check.h>

static struct upstream_loop *loop;
static struct scripted_origin *server;
static struct origin origin;
static struct arena arena;
static struct headers fields;

static void set_up(void)
{
	struct upstream_loop_options options = { .max_idle_connections = 64 };

	ck_assert_int_eq(upstream_loop_start(&options, &loop), RC_OK);
	server = origin_start(SCRIPTS);
	origin = (struct origin){
		.base_url = server->url,
		.connect_ms = 20000,
		.first_byte_ms = 20000,
		.idle_ms = 20000,
		.total_ms = 60000,
		.verify_tls = true,
		.max_header_bytes = 65536,
	};
	arena_init(&arena);
	headers_init(&fields, &arena);
}

static void tear_down(void)
{
	upstream_loop_stop(loop);
	upstream_loop_free(loop);
	origin_stop(server);
	arena_done(&arena);
}

static struct fetch ask(const char *method, const char *target)
{
	return (struct fetch){
		.origin = &origin,
		.method = slice_of(method),
		.target = slice_of(target),
		.headers = &fields,
	};
}

static struct fetch ask_with(const char *method, const char *target, struct probe *p, bool chunked)
{
	struct fetch fetch = ask(method, target);

	fetch.has_body = true;
	fetch.body_length = chunked ? LENGTH_UNKNOWN : (int64_t)p->upload.size;
	return fetch;
}

static void run_to_end(struct probe *p, struct fetch fetch)
{
	ck_assert_int_eq(probe_start(p, loop, &fetch), RC_OK);
	probe_wait(p);
	ck_assert_uint_eq(p->ends, 1);
}
