/* upstream/setup.c - the options of a curl handle.
 *
 *	once for each handle   what larder is: no redirects, no cookies, no proxy, no decoding
 *	when the origin differs   URL, TLS, HTTP version
 *	for each request       target, fields, method and body
 *
 * So most options are set once; each of the last kind is set every time, so that nothing of a
 * former request can leak into the next.
 */
#include "transfer.h"

#include "util/alloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_BYTES      (64L * 1024)
#define KEEPALIVE_SECONDS 60L

static void set_long(CURL *easy, CURLoption option, long value)
{
	CURLcode code = curl_easy_setopt(easy, option, value);

	assert(code == CURLE_OK);
}

static void set_text(CURL *easy, CURLoption option, const char *value)
{
	CURLcode code = curl_easy_setopt(easy, option, value);

	assert(code == CURLE_OK);
}

static void set_constants(CURL *easy)
{
	set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	set_text(easy, CURLOPT_PROXY, ""); /* not the environment's either */
	set_long(easy, CURLOPT_NOSIGNAL, 1);
	set_long(easy, CURLOPT_PATH_AS_IS, 1);
	set_long(easy, CURLOPT_FOLLOWLOCATION, 0);
	set_long(easy, CURLOPT_NETRC, CURL_NETRC_IGNORED);
	set_long(easy, CURLOPT_HTTP09_ALLOWED, 0);
	set_long(easy, CURLOPT_HTTP_CONTENT_DECODING, 0);
	set_long(easy, CURLOPT_HTTP_TRANSFER_DECODING, 1);
	set_long(easy, CURLOPT_BUFFERSIZE, BUFFER_BYTES);
	set_long(easy, CURLOPT_TCP_NODELAY, 1);
	set_long(easy, CURLOPT_TCP_KEEPALIVE, 1);
	set_long(easy, CURLOPT_TCP_KEEPIDLE, KEEPALIVE_SECONDS);
	set_long(easy, CURLOPT_TCP_KEEPINTVL, KEEPALIVE_SECONDS);
	/* Else a transfer that ends while its name is being resolved holds the whole loop until
	 * the resolver's thread has ended. */
	set_long(easy, CURLOPT_QUICK_EXIT, 1);
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool is_bound(const struct binding *b, const struct origin *o)
{
	return b->verify_tls == o->verify_tls && b->http2 == o->http2 &&
	       b->connect_ms == o->connect_ms && same_text(b->base_url, o->base_url) &&
	       same_text(b->unix_path, o->unix_path) && same_text(b->ca_file, o->ca_file);
}

static char *copy_text(const char *text)
{
	return text != NULL ? xcopy(text, strlen(text)) : NULL;
}

static void remember(struct binding *b, const struct origin *o)
{
	free(b->base_url);
	free(b->unix_path);
	free(b->ca_file);
	*b = (struct binding){
		.base_url = copy_text(o->base_url),
		.unix_path = copy_text(o->unix_path),
		.ca_file = copy_text(o->ca_file),
		.connect_ms = o->connect_ms,
		.verify_tls = o->verify_tls,
		.http2 = o->http2,
	};
}

static void new_easy(struct transfer *t)
{
	t->easy = curl_easy_init();
	if (t->easy == NULL)
		abort(); /* out of memory, as xalloc() */
	set_constants(t->easy);
	callbacks_set(t);
}

/* CURLOPT_CAINFO can't be put back to the built-in default: the handle is made anew. */
static void bind_origin(struct transfer *t, const struct origin *o)
{
	if (t->binding.ca_file != NULL && o->ca_file == NULL) {
		curl_easy_cleanup(t->easy);
		new_easy(t);
	}
	remember(&t->binding, o);
	set_text(t->easy, CURLOPT_URL, o->base_url);
	set_text(t->easy, CURLOPT_UNIX_SOCKET_PATH, o->unix_path);
	set_long(t->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)o->connect_ms);
	set_long(t->easy, CURLOPT_SSL_VERIFYPEER, o->verify_tls ? 1 : 0);
	set_long(t->easy, CURLOPT_SSL_VERIFYHOST, o->verify_tls ? 2 : 0);
	if (o->ca_file != NULL)
		set_text(t->easy, CURLOPT_CAINFO, o->ca_file);
	set_long(t->easy, CURLOPT_HTTP_VERSION,
		o->http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1);
	/* Rather one more stream than one more connection, once HTTP/2 may be spoken. */
	/* over plain HTTP curl would wait for the first response to see whether it multiplexes */
	set_long(t->easy, CURLOPT_PIPEWAIT,
		o->http2 && strncmp(o->base_url, "https:", 6) == 0 ? 1 : 0);
}

/* HTTPGET takes back what NOBODY and UPLOAD of the former request have set. */
static void set_method(CURL *easy, const struct outgoing *out)
{
	set_long(easy, CURLOPT_HTTPGET, 1);
	curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)out->body_length);
	if (out->has_body)
		set_long(easy, CURLOPT_UPLOAD, 1);
	else if (out->is_head)
		set_long(easy, CURLOPT_NOBODY, 1);
	if (!out->has_body && (out->is_head || strcmp(out->method, "GET") == 0))
		set_text(easy, CURLOPT_CUSTOMREQUEST, NULL);
	else
		set_text(easy, CURLOPT_CUSTOMREQUEST, out->method);
}

void setup_easy(struct transfer *t)
{
	if (t->easy == NULL)
		new_easy(t);
	if (!is_bound(&t->binding, t->origin))
		bind_origin(t, t->origin);
	set_text(t->easy, CURLOPT_REQUEST_TARGET, t->out.target);
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->out.lines);
	set_method(t->easy, &t->out);
	t->error[0] = '\0';
}
