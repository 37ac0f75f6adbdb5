/* proxy/problem.h - every error that larder itself makes: problem+json (RFC 9457) with a Proxy-Status
 * (RFC 9209).
 *
 * One table: what went wrong -> status, title, error type of RFC 9209.
 */
#pragma once

#include "http/headers.h"
#include "util/bytes.h"

/*	X(id, status, "error type of RFC 9209", "title") */
#define PROBLEM_TABLE(X)                                                                          \
	X(MALFORMED, 400, "http_request_error", "Malformed request")                              \
	X(NO_TOKEN, 401, "http_request_denied", "Token required")                                 \
	X(NO_KEY, 401, "http_request_denied", "Key of a tenant required")                         \
	X(BAD_TOKEN, 401, "http_request_denied", "Token not accepted")                            \
	X(FORBIDDEN, 403, "http_request_denied", "Forbidden")                                     \
	X(NOT_FROM_THERE, 403, "http_request_denied", "Forbidden")                                \
	X(NO_ROUTE, 404, "http_request_error", "No such route")                                   \
	X(BODY_TOO_LARGE, 413, "http_request_error", "Request body too large")                    \
	X(TARGET_TOO_LONG, 414, "http_request_error", "Request target too long")                  \
	X(RANGE, 416, "http_request_error", "Range not satisfiable")                              \
	X(EXPECTATION, 417, "http_request_error", "Expectation failed")                           \
	X(HEADER_TOO_LARGE, 431, "http_request_error", "Request header too large")                \
	X(TOO_MANY_FIELDS, 431, "http_request_error", "Too many request fields")                  \
	X(INTERNAL, 500, "proxy_internal_error", "Internal error")                                \
	X(METHOD, 501, "http_request_error", "Method not supported")                              \
	X(DNS, 502, "dns_error", "Origin name not resolved")                                      \
	X(CONNECT, 502, "connection_refused", "Origin not reached")                               \
	X(TLS, 502, "tls_protocol_error", "TLS with the origin failed")                           \
	X(TRUNCATED, 502, "http_response_incomplete", "Origin broke off")                         \
	X(PROTOCOL, 502, "http_protocol_error", "Origin's response is not valid HTTP")            \
	X(CODING, 502, "http_response_content_coding", "Origin's content coding can't be undone") \
	X(RESPONSE_TOO_LARGE, 502, "http_response_header_section_size",                           \
		"Origin's response header too large")                                             \
	X(REJECTED, 502, "http_response_incomplete", "Origin's answer is not good")               \
	X(PACED, 503, "connection_limit_reached", "The origin's turn did not come")               \
	X(BREAKER, 503, "destination_unavailable", "The origin failed too often")                 \
	X(BUSY, 503, "connection_limit_reached", "Too many fetches")                              \
	X(NOT_DURABLE, 503, "proxy_internal_error", "Not durable")                                \
	X(STOPPING, 503, "proxy_internal_response", "larder is stopping")                         \
	X(CONNECT_TIMEOUT, 504, "connection_timeout", "Origin not reached in time")               \
	X(RESPONSE_TIMEOUT, 504, "http_response_timeout", "Origin did not answer in time")        \
	X(ONLY_IF_CACHED, 504, "http_request_denied", "Not in the cache")                         \
	X(OFFLINE, 504, "destination_unavailable", "Not in the cache, and offline")               \
	X(LOOP, 508, "proxy_loop_detected", "Request loop")

enum problem {
#define X(id, status, error, title) PROBLEM_##id,
	PROBLEM_TABLE(X)
#undef X
};

int problem_status(enum problem problem);

/* The problem that a failed fetch is to the client. */
enum problem problem_of(enum rc rc);

struct problem_told {
	enum problem problem;
	struct slice detail;   /* what exactly, in words; may be empty */
	int64_t retry_after_s; /* of a 503: when it makes sense to ask again; 0: soon */
};

/* Fills the fields (Content-Type, Proxy-Status, Cache-Control: no-store; ret_fields is initialised)
 * and the body; all in the arena. */
void problem_make(
	const struct problem_told *told, struct headers *ret_fields, struct slice *ret_body);
