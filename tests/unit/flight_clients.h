/* flight_clients.h - clients of flights: join, poll, read, upload and leave as a front thread would,
 * asleep where the flight puts them to sleep.
 *
 * A client belongs to one thread at a time; only its waking comes from elsewhere.
 */
#pragma once

#include "flight_fixture.h"

struct client {
	struct reader reader;
	struct arena arena;
	struct headers request;
	struct request_view view;
	unsigned suspends, resumes; /* under scene.lock */
	uint64_t got;               /* of the body */
};

static void client_suspend(void *arg)
{
	struct client *c = arg;

	pthread_mutex_lock(&scene.lock);
	ck_assert_uint_eq(c->suspends, c->resumes); /* nobody sleeps twice */
	c->suspends++;
	pthread_mutex_unlock(&scene.lock);
}

static void client_resume(void *arg)
{
	struct client *c = arg;

	pthread_mutex_lock(&scene.lock);
	c->resumes++;
	ck_assert_uint_eq(c->suspends, c->resumes); /* nor is woken twice */
	pthread_cond_broadcast(&scene.changed);
	pthread_mutex_unlock(&scene.lock);
}

static const struct reader_client callbacks = {
	.suspend = client_suspend,
	.resume = client_resume,
};

static void await(struct client *c)
{
	pthread_mutex_lock(&scene.lock);
	while (c->resumes < c->suspends)
		pthread_cond_wait(&scene.changed, &scene.lock);
	pthread_mutex_unlock(&scene.lock);
}

static inline bool is_asleep(struct client *c)
{
	bool asleep;

	pthread_mutex_lock(&scene.lock);
	asleep = c->resumes < c->suspends;
	pthread_mutex_unlock(&scene.lock);
	return asleep;
}

struct ask {
	const char *target;
	const char *lang;     /* x-lang of the request, or NULL */
	const char *foreseen; /* x-lang of the responses to come, or NULL */
	bool private;
	bool has_body;
	int64_t body_length;
	int64_t deadline_ms; /* 0: PATIENT */
};

static enum joined client_join(struct client *c, const struct ask *ask)
{
	struct slice target = slice_of(ask->target != NULL ? ask->target : "/a");
	struct headers variant;
	struct flight_plan plan = {
		.proxy = proxy,
		.story = &story,
		.private = ask->private,
		.cached = true,
		.key = { target, 7 }, /* all of them in one bucket */
		.method = ask->has_body ? METHOD_POST : METHOD_GET,
		.target = target,
		.request = &c->request,
		.has_body = ask->has_body,
		.body_length = ask->body_length,
	};

	*c = (struct client){ .reader = { .client = &callbacks, .arg = c } };
	arena_init(&c->arena);
	headers_init(&c->request, &c->arena);
	headers_init(&variant, &c->arena);
	list_init(&c->reader.link);
	c->view = (struct request_view){ .headers = &c->request };
	c->reader.view = &c->view;
	if (ask->lang != NULL)
		headers_add(&c->request, SLICE("x-lang"), slice_of(ask->lang));
	if (ask->foreseen != NULL) {
		headers_add(&variant, SLICE("x-lang"), slice_of(ask->foreseen));
		plan.variant = &variant;
	}
	return flights_join(proxy->flights, &plan,
		ask->deadline_ms != 0 ? ask->deadline_ms : PATIENT, &c->reader);
}

/* As the leader, and off it goes to the origin. */
static inline void client_lead(struct client *c, const struct ask *ask)
{
	ck_assert_int_eq(client_join(c, ask), JOINED_LEADER);
	flight_start(c->reader.flight, ask->has_body ? SLICE("POST") : SLICE("GET"));
}

static inline void client_follow(struct client *c, const struct ask *ask)
{
	ck_assert_int_eq(client_join(c, ask), JOINED_FOLLOWER);
}

static void client_leave(struct client *c)
{
	flight_leave(&c->reader);
	flight_leave(&c->reader); /* no effect */
	arena_done(&c->arena);
}

static inline enum flight_news client_news(struct client *c)
{
	enum flight_news news;

	do {
		await(c);
		news = flight_poll(&c->reader);
	} while (news == NEWS_WAIT);
	return news;
}

/* Reads until size bytes came in all, or the end, which it returns; else 0. */
static inline ssize_t client_read(struct client *c, uint64_t size)
{
	char buffer[5000];

	while (c->got < size) {
		ssize_t count;

		await(c);
		count = flight_read(&c->reader, buffer, sizeof(buffer));
		if (count < 0)
			return count;
		ck_assert(holds_pattern(buffer, (size_t)count, c->got));
		c->got += (uint64_t)count;
	}
	return 0;
}

static inline void assert_reads_all(struct client *c, uint64_t size)
{
	ck_assert_int_eq(client_read(c, UINT64_MAX), STREAM_END);
	ck_assert_uint_eq(c->got, size);
}

static inline bool has_head(const struct flight *flight)
{
	return flight->has_head;
}

static inline bool is_over(const struct flight *flight)
{
	return flight->phase == FLIGHT_DONE || flight->phase == FLIGHT_FAILED;
}

/* The complete answer that the client was or is now handed: a reference. */
static inline struct object *answer_of(struct client *c)
{
	ck_assert_int_eq(flight_poll(&c->reader), NEWS_THERE);
	return GIVE(c->reader.object);
}

/* Waits for what the upstream loop will do to the flight. */
static inline void until(struct flight *flight, bool (*holds)(const struct flight *flight))
{
	bool there = false;

	for (int turn = 0; turn < 20000 && !there; turn++) {
		pthread_mutex_lock(&flight->lock);
		there = holds(flight);
		pthread_mutex_unlock(&flight->lock);
		poll(NULL, 0, there ? 0 : 1);
	}
	ck_assert(there);
}
