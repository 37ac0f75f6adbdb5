/* store/disk/job.c - one thing that the writer is to do. Ownership: job.h. */
#include "job.h"

#include "util/alloc.h"

#include <stdlib.h>
#include <string.h>

void job_free(struct job *job)
{
	if (job->object != NULL)
		object_unref(job->object);
	free(job->erasure);
	free(job);
}

static struct slice job_text(struct slice s, char **at)
{
	struct slice copy = { *at, s.size };

	if (s.size > 0)
		memcpy(*at, s.data, s.size);
	*at += s.size;
	return copy;
}

struct job *job_new(enum job_kind kind, const struct key *key, size_t more_text, char **ret_text)
{
	size_t size = key != NULL ? key->bytes.size : 0;
	struct job *job = xalloc(sizeof(*job) + size + more_text);
	char *at = job->text;

	list_init(&job->link);
	job->kind = kind;
	job->has_key = key != NULL;
	if (key != NULL)
		job->key = (struct key){ job_text(key->bytes, &at), key->hash };
	if (ret_text != NULL)
		*ret_text = at;
	return job;
}

struct object *job_husk(const struct object *object)
{
	SCOPED(body) nothing = body_new(NULL, 0);

	return object_new(&(struct object_parts){
		.status = object->status,
		.freshness = object->freshness,
		.part = object->part,
		.variant = &object->variant,
		.epoch = object->epoch,
		.body = nothing,
	});
}

struct job *job_of_fact(struct slice name, struct slice value)
{
	char *at;
	struct job *job = job_new(JOB_REMEMBER, NULL, name.size + value.size, &at);

	job->name = job_text(name, &at);
	job->value = job_text(value, &at);
	return job;
}
