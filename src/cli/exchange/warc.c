/* cli/exchange/warc.c - records of WARC/1.1 (ISO 28500:2017).
 *
 *	version CRLF named fields CRLF CRLF block CRLF CRLF
 *
 * Beside what tools look for there is all that larder needs to have it back: metadata records with the lines of an
 * export (store/parcel.h), the manifest behind warcinfo, each head behind its response, the last line at the end.
 * A response is what the origin sent as far as it is stored: a gzip that larder made of it is undone. Digests are
 * "sha256:" and base32 (RFC 4648 6), as tools compare them. Threads and ownership: warc.h.
 */
#include "warc.h"

#include "http/gunzip.h"
#include "http/gzip.h"
#include "util/base32.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#define MOST_RECORD (PARCEL_BODY_MOST * 9)
#define MOST_LINE   ((size_t)16 << 20) /* of a manifest */
#define BASE32_SIZE 56                 /* of a SHA-256 */
#define UUID_SIZE   64
#define MOMENT_SIZE 32
#define GZIP_LEVEL  6
#define RATIO       1032

struct record {
	const char *type;
	const char *content_type;
	struct slice target; /* or empty */
	int64_t moment_ms;
	const char *id;
	const char *refers_to;               /* or NULL */
	const unsigned char *payload_digest; /* or NULL */
	const char *filename;                /* or NULL */
	struct slice block;
};

static const char *moment(int64_t ms, char ret[MOMENT_SIZE])
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(ret, MOMENT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return ret;
}

/* The same for the same record: version 8 of RFC 9562, of a digest. */
static const char *uuid(const char *type, struct slice of, char ret[UUID_SIZE])
{
	SCOPED(digest) digest = digest_begin();
	unsigned char d[DIGEST_SIZE];

	digest_update(digest, slice_of(type));
	digest_update(digest, of);
	digest_end(digest, d);
	snprintf(ret, UUID_SIZE,
		"<urn:uuid:%02x%02x%02x%02x-%02x%02x-8%x%02x-%x%x%02x-%02x%02x%02x%02x%02x%02x>",
		d[0], d[1], d[2], d[3], d[4], d[5], d[6] & 15, d[7], 8 | (d[8] & 3), d[8] >> 4,
		d[9], d[10], d[11], d[12], d[13], d[14], d[15]);
	return ret;
}

static enum rc put_digest(
	struct bytes *b, const char *name, const unsigned char digest[static DIGEST_SIZE])
{
	char text[BASE32_SIZE];
	size_t size = base32_encode((struct slice){ (const char *)digest, DIGEST_SIZE }, text);

	return bytes_format(b, "%s: sha256:%.*s\r\n", name, (int)size, text);
}

static enum rc put_fields(struct bytes *b, const struct record *r)
{
	unsigned char digest[DIGEST_SIZE];
	char date[MOMENT_SIZE];

	TRY(bytes_format(b, "WARC/1.1\r\nWARC-Type: %s\r\nWARC-Record-ID: %s\r\nWARC-Date: %s\r\n",
		r->type, r->id, moment(r->moment_ms, date)));
	if (r->target.size > 0)
		TRY(bytes_format(
			b, "WARC-Target-URI: " SLICE_FORMAT "\r\n", SLICE_ARGS(r->target)));
	if (r->refers_to != NULL)
		TRY(bytes_format(b, "WARC-Refers-To: %s\r\n", r->refers_to));
	if (r->filename != NULL)
		TRY(bytes_format(b, "WARC-Filename: %s\r\n", r->filename));
	if (r->payload_digest != NULL)
		TRY(put_digest(b, "WARC-Payload-Digest", r->payload_digest));
	digest_sha256(r->block, digest);
	TRY(put_digest(b, "WARC-Block-Digest", digest));
	return bytes_format(b, "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n", r->content_type,
		r->block.size);
}

static enum rc print(const struct warc *warc, struct slice text)
{
	SCOPED(body) gzip = NULL;

	if (warc->gzip) {
		TRY(gzip_whole(text, GZIP_LEVEL, SIZE_MAX / 2, &gzip));
		text = (struct slice){ gzip->data, gzip->size };
	}
	return fwrite(text.data, 1, text.size, warc->to) == text.size ? RC_OK : rc_of_errno();
}

static enum rc put_record(const struct warc *warc, const struct record *record)
{
	struct bytes text;
	enum rc rc;

	bytes_init(&text, MOST_RECORD);
	rc = put_fields(&text, record);
	if (rc == RC_OK)
		rc = bytes_append_slice(&text, record->block);
	if (rc == RC_OK)
		rc = bytes_append_slice(&text, SLICE("\r\n\r\n"));
	if (rc == RC_OK)
		rc = print(warc, bytes_slice(&text));
	bytes_done(&text);
	return rc;
}

/* ---- begin and end ---- */

static enum rc put_metadata(
	const struct warc *warc, struct slice json, const char *refers_to, int64_t moment_ms)
{
	char id[UUID_SIZE];

	return put_record(warc, &(struct record){
					.type = "metadata",
					.content_type = "application/json",
					.moment_ms = moment_ms,
					.id = uuid("metadata", json, id),
					.refers_to = refers_to,
					.block = json,
				});
}

static enum rc put_info(
	const struct warc *warc, const struct manifest *manifest, const char *name, const char *id)
{
	const char *slash = strrchr(name, '/');
	char block[1024];
	int size = snprintf(block, sizeof(block),
		"software: larder/" SLICE_FORMAT "\r\n"
		"format: WARC File Format 1.1\r\n"
		"conformsTo: https://iipc.github.io/warc-specifications/specifications/warc-format/"
		"warc-1.1/\r\n"
		"description: responses that a cache had stored\r\n",
		SLICE_ARGS(manifest->larder));

	return put_record(warc, &(struct record){
					.type = "warcinfo",
					.content_type = "application/warc-fields",
					.moment_ms = manifest->created_ms,
					.id = id,
					.filename = slash != NULL ? slash + 1 : name,
					.block = { block, (size_t)size },
				});
}

enum rc warc_begin(const struct warc *warc, const struct manifest *manifest, const char *name)
{
	char seed[64], id[UUID_SIZE];
	int size = snprintf(seed, sizeof(seed), "%" PRId64, manifest->created_ms);
	struct bytes line;
	enum rc rc;

	uuid("warcinfo", (struct slice){ seed, (size_t)size }, id);
	TRY(put_info(warc, manifest, name, id));
	bytes_init(&line, MOST_LINE);
	rc = manifest_write(manifest, &line);
	if (rc == RC_OK)
		rc = put_metadata(warc, bytes_slice(&line), id, manifest->created_ms);
	bytes_done(&line);
	return rc;
}

enum rc warc_end(
	const struct warc *warc, const struct manifest *manifest, const struct parcel_end *end)
{
	struct bytes line;
	enum rc rc;

	bytes_init(&line, MOST_LINE);
	rc = parcel_end_write(end, &line);
	if (rc == RC_OK)
		rc = put_metadata(warc, bytes_slice(&line), NULL, manifest->created_ms);
	bytes_done(&line);
	return rc;
}

/* ---- responses ---- */

/* As it came. */
static enum rc load(const struct object *object, struct body **ret)
{
	SCOPED(body) body = NULL;

	if (!object->gzipped)
		return body_load(object->body, ret);
	TRY(body_load(object->body, &body));
	return gunzip_all((struct slice){ body->data, body->size },
		&(struct gunzip_limits){ object->plain_size, RATIO }, ret);
}

/* The message in the form of HTTP/1.1, in whichever it came. */
static enum rc put_message(struct bytes *b, const struct object *object, const struct body *body)
{
	TRY(bytes_format(
		b, "HTTP/1.%d %d \r\n", object->http_version == HTTP_1_0 ? 0 : 1, object->status));
	HEADERS_EACH(at, &object->headers) {
		if (at->id != FIELD_SET_COOKIE)
			TRY(bytes_format(b, SLICE_FORMAT ": " SLICE_FORMAT "\r\n",
				SLICE_ARGS(at->name), SLICE_ARGS(at->value)));
	}
	TRY(bytes_format(b, "Content-Length: %zu\r\n\r\n", body->size));
	return bytes_append(b, body->data, body->size);
}

static enum rc put_response(
	const struct warc *warc, const struct parcel *parcel, const char *id, struct bytes *block)
{
	unsigned char payload[DIGEST_SIZE];
	SCOPED(body) body = NULL;

	TRY(load(parcel->object, &body));
	TRY(put_message(block, parcel->object, body));
	digest_sha256((struct slice){ body->data, body->size }, payload);
	return put_record(warc, &(struct record){
					.type = "response",
					.content_type = "application/http; msgtype=response",
					.target = parcel->source,
					.moment_ms = parcel->object->freshness.responded_ms,
					.id = id,
					.payload_digest = payload,
					.block = bytes_slice(block),
				});
}

enum rc warc_add(const struct warc *warc, const struct parcel *parcel)
{
	char response[UUID_SIZE], metadata[UUID_SIZE];
	struct bytes head, block;
	enum rc rc;

	if (parcel->source.size == 0)
		return RC_INVALID;
	bytes_init(&head, PARCEL_HEAD_MOST);
	bytes_init(&block, MOST_RECORD);
	rc = parcel_head(parcel, &head);
	uuid("response", bytes_slice(&head), response);
	if (rc == RC_OK)
		rc = put_response(warc, parcel, response, &block);
	if (rc == RC_OK)
		rc = put_record(warc, &(struct record){
					      .type = "metadata",
					      .content_type = "application/json",
					      .target = parcel->source,
					      .moment_ms = parcel->object->freshness.responded_ms,
					      .id = uuid("metadata", bytes_slice(&head), metadata),
					      .refers_to = response,
					      .block = bytes_slice(&head),
				      });
	bytes_done(&head);
	bytes_done(&block);
	return rc;
}
