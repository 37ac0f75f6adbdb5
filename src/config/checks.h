/* config/checks.h - what texts of some kinds must look like.
 *
 * Each says NULL for a good text, else what is wrong with it in words that follow "which", as in
 * "has no host". The layer lies below http/uri.h, so it looks at addresses itself, and only as far
 * as a configuration needs. Pure.
 */
#pragma once

#include <stdbool.h>

/* http:// or https://, host, port; a path at most; no user, query or fragment. */
const char *check_url(const char *text);

/* The same, or empty. */
const char *check_url_or_empty(const char *text);

/* IPv4:port, [IPv6]:port, unix:/path. Port 0: any. */
const char *check_listener(const char *text);

/* Whether two that check_listener() takes are the same, however they are written. Port 0 never is:
 * each takes a free one. */
bool check_same_listener(const char *one, const char *other);

/* An IPv4 or IPv6 address, or a CIDR block of them. */
const char *check_network(const char *text);

/* A path as in a request's target: from '/', visible ASCII, no query, no dot segments. */
const char *check_path(const char *text);

/* The same as the path of a route, which may have `*` as a segment: any one. */
const char *check_route_path(const char *text);

/* A path, or empty. */
const char *check_path_or_empty(const char *text);

/* The same with a query. */
const char *check_target_or_empty(const char *text);

/* An address with a query at most, or empty. */
const char *check_polled_url(const char *text);

/* A JSON Pointer (RFC 6901); empty: the whole document. */
const char *check_pointer(const char *text);

/* The name of a field (RFC 9110 5.1) that a proxy may hand on as it came. */
const char *check_field(const char *text);

/* The same, or empty. */
const char *check_field_or_empty(const char *text);

/* Not empty. */
const char *check_word(const char *text);

/* What an upstream may be called: it becomes a label of metrics. */
const char *check_name(const char *text);

/* The same, or empty. */
const char *check_name_or_empty(const char *text);

/* What a query parameter can be called, decoded: nothing that ends a name or a query. */
const char *check_parameter(const char *text);
const char *check_parameter_or_empty(const char *text);

/* The part of a media type behind its '/' (RFC 9110 8.3.1), or the whole, without parameters or
 * wildcards. */
const char *check_subtype(const char *text);
const char *check_media_type(const char *text);

/* "/pointer" or "/pointer=VALUE" (see config/config.h). */
const char *check_condition(const char *text);

/* The name of an XML element, with its prefix if it has one. */
const char *check_element(const char *text);
const char *check_element_or_empty(const char *text);

/* What can be hard to guess: long enough. */
const char *check_secret(const char *text);

/* A SHA-256 in hex. */
const char *check_digest(const char *text);
const char *check_digest_or_empty(const char *text);

/* The patterns of config/config.h's `tags` and `tags_held`. */
const char *check_tag_pattern(const char *text);
const char *check_held_pattern(const char *text);

/* A JSON Pointer or nothing, as deep as http/json_values.h reads. */
const char *check_star_pointer(const char *text);

/* Whether a listener that check_listener() takes is for this machine alone. */
bool check_is_local_listener(const char *text);
