/* config/schema.c - THE TABLE: every setting that larder has.
 *
 * A new setting is a member of a struct in config/config.h and a row here; config/reference.yaml
 * and docs/config.md are written anew from it.
 */
#include "schema.h"

#include "config/config.h"
#include "util/alloc.h"

#include <string.h>

#define CONFIG(member)   offsetof(struct config, member)
#define UPSTREAM(member) offsetof(struct config_upstream, member)
#define ROUTE(member)    offsetof(struct config_route, member)
#define TOKEN(member)    offsetof(struct config_token, member)
#define TENANT(member)   offsetof(struct config_tenant, member)
#define SOURCE(member)   offsetof(struct config_source, member)

#define EUROPEPMC "https://www.ebi.ac.uk/europepmc/webservices/rest"

/* clang-format off */
const struct setting settings[] = {
	/* path, kind, at, preset, least, most, about, words, fixed */
	{ "server.listen", LISTENERS, CONFIG(server.listen), "127.0.0.1:8080", "1", "64", "where clients connect: IPv4:port, [IPv6]:port or unix:/path; port 0 takes a free one", NULL, true },
	{ "server.threads", THREADS, CONFIG(server.threads), "auto", NULL, "1024", "threads that answer clients; auto: one a core", NULL, true },
	{ "server.max_connections", COUNT, CONFIG(server.max_connections), "10000", "1", "1000000", "connections of clients at once", NULL, true },
	{ "server.max_connections_per_address", COUNT, CONFIG(server.max_connections_per_address), "0", NULL, "1000000", "the same from one address; 0: no bound of its own", NULL, true },
	{ "server.trusted_proxies", NETWORKS, CONFIG(server.trusted_proxies), "[]", NULL, NULL, "addresses and CIDR blocks whose Forwarded, X-Forwarded-For and X-Forwarded-Proto are believed", NULL, false },
	{ "server.tls.certificate", TEXT, CONFIG(server.tls.certificate), "\"\"", NULL, NULL, "file of the certificate chain (PEM); with the key: the listeners speak TLS", NULL, true },
	{ "server.tls.key", TEXT, CONFIG(server.tls.key), "\"\"", NULL, NULL, "file of its private key (PEM)", NULL, true },
	{ "server.tls.client_ca", TEXT, CONFIG(server.tls.client_ca), "\"\"", NULL, NULL, "file of the authorities (PEM) whose certificates clients may bring, as tenants do; empty: none is asked for", NULL, true },
	{ "server.metrics", ANY_PATH, CONFIG(server.metrics), "/metrics", NULL, NULL, "path that answers with metrics for Prometheus; empty: off", NULL, false },
	{ "server.health", ANY_PATH, CONFIG(server.health), "/health", NULL, NULL, "path that answers with larder's own health, and below it /live and /ready; empty: off", NULL, false },
	{ "server.why", ANY_PATH, CONFIG(server.why), "\"\"", NULL, NULL, "path that tells what would become of a request, and why: larder why asks there; empty: off", NULL, false },
	{ "server.why_from", NETWORKS, CONFIG(server.why_from), "[127.0.0.0/8, \"::1/128\"]", NULL, NULL, "addresses and CIDR blocks that may ask there, beside Unix sockets", NULL, false },
	{ "server.limits.header_bytes", SIZE, CONFIG(server.limits.header_bytes), "16KiB", "1KiB", "1MiB", "header of a request, its first line included", NULL, true },
	{ "server.limits.fields", COUNT, CONFIG(server.limits.fields), "100", "8", "10000", "fields in the header of a request", NULL, true },
	{ "server.limits.target_bytes", SIZE, CONFIG(server.limits.target_bytes), "8KiB", "64", "1MiB", "target of a request: path and query", NULL, false },
	{ "server.limits.body_bytes", SIZE, CONFIG(server.limits.body_bytes), "16MiB", "0", "1TiB", "body of a request", NULL, false },
	{ "server.timeouts.header", DURATION, CONFIG(server.timeouts.header_ms), "10s", "10ms", "1h", "time for a request's whole header, however it trickles in", NULL, false },
	{ "server.timeouts.idle", DURATION, CONFIG(server.timeouts.idle_ms), "75s", "10ms", "1d", "how long a connection is kept without a request", NULL, false },
	{ "server.timeouts.drain", DURATION, CONFIG(server.timeouts.drain_ms), "30s", "0", "1h", "time that requests under way have when larder stops", NULL, false },
	{ "server.min_body_rate", SIZE, CONFIG(server.min_body_rate), "100B", "0", "1GiB", "bytes a second that a request's body must come with; 0: no bound", NULL, false },
	{ "server.purge.from", NETWORKS, CONFIG(server.purge.from), "[]", NULL, NULL, "addresses and CIDR blocks from which PURGE invalidates what is stored, with the token; none: PURGE goes to the upstream", NULL, false },
	{ "server.purge.token_sha256", ANY_DIGEST, CONFIG(server.purge.token_sha256), "\"\"", NULL, NULL, "SHA-256 in hex of the token that PURGE has to bring (Authorization: Bearer)", NULL, false },
	{ "admin.listen", LISTENERS, CONFIG(admin.listen), "127.0.0.1:8081", NULL, "8", "where operators connect: addresses as server.listen; none: []. Without tokens only loopback and Unix sockets", NULL, true },
	{ "admin.tls.certificate", TEXT, CONFIG(admin.tls.certificate), "\"\"", NULL, NULL, "file of the certificate chain (PEM); with the key: the admin listeners speak TLS", NULL, true },
	{ "admin.tls.key", TEXT, CONFIG(admin.tls.key), "\"\"", NULL, NULL, "file of its private key (PEM)", NULL, true },
	{ "admin.max_connections", COUNT, CONFIG(admin.max_connections), "64", "4", "1024", "connections of operators at once, each with a thread of its own", NULL, true },
	{ "admin.body_bytes", SIZE, CONFIG(admin.body_bytes), "1MiB", "1KiB", "64MiB", "body of a request to the API", NULL, false },
	{ "admin.import_bytes", SIZE, CONFIG(admin.import_bytes), "64MiB", "1MiB", "1GiB", "the same of one that brings entries to be stored", NULL, false },
	{ "admin.audit", TEXT, CONFIG(admin.audit), "\"\"", NULL, NULL, "file that tells of each call that changed something or was refused, a JSON line each; empty: none", NULL, false },
	{ "admin.lockout.failures", COUNT, CONFIG(admin.lockout.failures), "10", NULL, "1000000", "wrong or expired tokens from one address after which it is refused for a while; 0: never", NULL, false },
	{ "admin.lockout.window", DURATION, CONFIG(admin.lockout.window_ms), "1m", "1s", "1d", "the time that this looks back", NULL, false },
	{ "admin.lockout.for", DURATION, CONFIG(admin.lockout.for_ms), "5m", "1s", "1d", "that while", NULL, false },
	{ "admin.tokens", COLLECTION, CONFIG(admin.tokens), "[]", NULL, NULL, "who may do what; none: who connects from this machine may do everything", "admin.tokens.*", false },
	{ "admin.tokens.*.name", NAME, TOKEN(name), NULL, NULL, NULL, "what the audit log calls whoever has it", "ops", false },
	{ "admin.tokens.*.role", WORD, TOKEN(role), "viewer", NULL, NULL, "a viewer looks, an operator purges and tends upstreams, an admin changes the rest", "viewer, operator, admin", false },
	{ "admin.tokens.*.sha256", DIGEST, TOKEN(sha256), NULL, NULL, NULL, "SHA-256 in hex of the token, as larder token new prints it", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", false },
	{ "admin.tokens.*.tenant", ANY_NAME, TOKEN(tenant), "\"\"", NULL, NULL, "the tenant that it sees and changes alone; empty: all", NULL, false },
	{ "admin.tokens.*.expires", MOMENT, TOKEN(expires_ms), "never", NULL, NULL, "from when on it is refused", NULL, false },
	{ "admin.tokens.*.rate", RATE, TOKEN(rate), "0", NULL, NULL, "requests that it may make in a time; 0: no bound", NULL, false },
	{ "tenancy.field", FIELD, CONFIG(tenancy.field), "X-API-Key", NULL, NULL, "request field that has a tenant's key; it goes no further; empty: none", NULL, false },
	{ "tenancy.bearer", BOOLEAN, CONFIG(tenancy.bearer), "true", NULL, NULL, "Authorization: Bearer may have it instead; one that is no tenant's goes on to the origin", NULL, false },
	{ "tenancy.required", BOOLEAN, CONFIG(tenancy.required), "false", NULL, NULL, "401 for requests that are no tenant's; else they share what is left", NULL, false },
	{ "tenants.*.keys", DIGESTS, TENANT(keys), "[]", NULL, NULL, "SHA-256 in hex of its keys", NULL, false },
	{ "tenants.*.certificates", DIGESTS, TENANT(certificates), "[]", NULL, NULL, "SHA-256 in hex of its clients' certificates (of the DER, as openssl x509 -fingerprint -sha256 prints it, without colons)", NULL, false },
	{ "tenants.*.namespace_version", COUNT, TENANT(namespace_version), "1", NULL, NULL, "part of its keys: another number, and all that it had stored is out of reach", NULL, false },
	{ "tenants.*.memory", PERCENT, TENANT(memory), "10%", NULL, NULL, "share of the memory tier, which is its own", NULL, false },
	{ "tenants.*.disk", PERCENT, TENANT(disk), "10%", NULL, NULL, "share of the disk tier beyond which its own entries leave first", NULL, false },
	{ "tenants.*.upstream", PERCENT, TENANT(upstream), "10%", NULL, NULL, "share of each upstream's turns that it is sure of while others wait", NULL, false },
	{ "events.*.secret", SECRET, SOURCE(secret), NULL, NULL, NULL, "what events are signed with, by HMAC-SHA-256: 16 characters at least, no other source's; best from the environment", "a-secret-of-the-source", false },
	{ "events.*.window", DURATION, SOURCE(window_ms), "5m", "1s", "1d", "by how much an event's time may differ from larder's; within it none is taken twice", NULL, false },
	{ "events.*.scope", WORD, SOURCE(scope), "tag", NULL, NULL, "what each of its values purges", "url, key, prefix, glob, tag, route, all", false },
	{ "events.*.pointer", STAR_POINTER, SOURCE(pointer), "\"\"", NULL, NULL, "where in its JSON body the values are; * is any member; empty: the body is one", NULL, false },
	{ "events.*.value", TEXT, SOURCE(value), "\"{}\"", NULL, NULL, "what is purged, with the value in the place of {}: article:{}", NULL, false },
	{ "events.*.route", ANY_PATH, SOURCE(route), "\"\"", NULL, NULL, "path of the route below which urls, prefixes and globs are; empty: they are whole paths", NULL, false },
	{ "events.*.soft", BOOLEAN, SOURCE(soft), "false", NULL, NULL, "stale instead of gone", NULL, false },
	{ "health.window", DURATION, CONFIG(health.window_ms), "1m", "10s", "1h", "time over which /health judges", NULL, false },
	{ "health.least", COUNT, CONFIG(health.least), "100", "1", "1000000000", "requests within it before it judges", NULL, false },
	{ "health.hit_rate", PERCENT, CONFIG(health.hit_rate), "70%", NULL, NULL, "share of hits below which it warns; 0%: never", NULL, false },
	{ "health.errors", PERCENT, CONFIG(health.errors), "5%", NULL, NULL, "share of answers with 5xx above which it warns; five times as much, it fails; 0%: never", NULL, false },
	{ "health.memory_p99", DURATION, CONFIG(health.memory_p99_ms), "5ms", "0", "1h", "time of 99 of 100 answers from memory above which it warns; 0: never", NULL, false },
	{ "health.disk_p99", DURATION, CONFIG(health.disk_p99_ms), "50ms", "0", "1h", "the same of reads from the disk", NULL, false },
	{ "health.disk_used", PERCENT, CONFIG(health.disk_used), "98%", NULL, NULL, "share of cache.disk.size above which it warns; 0%: never", NULL, false },
	{ "cache.namespace_version", COUNT, CONFIG(cache.namespace_version), "1", NULL, NULL, "part of every key: another number, and all that was stored is out of reach", NULL, false },
	{ "cache.memory.size", SIZE, CONFIG(cache.memory.size), "256MiB", "0", "16TiB", "bound of the memory tier, overhead included; 0: none", NULL, true },
	{ "cache.memory.eviction", WORD, CONFIG(cache.memory.eviction), "s3fifo", NULL, NULL, "what leaves when it is full; s3fifo withstands scans", "s3fifo, lru, lfu, fifo", true },
	{ "cache.memory.max_object", SIZE, CONFIG(cache.memory.max_object), "1MiB", "0", "16TiB", "larger responses are not kept in memory", NULL, true },
	{ "cache.disk.path", TEXT, CONFIG(cache.disk.path), "\"\"", NULL, NULL, "directory of the disk tier, made if it is missing; empty: no disk tier", NULL, true },
	{ "cache.disk.size", SIZE, CONFIG(cache.disk.size), "5GiB", "16MiB", "256TiB", "bound of its files", NULL, true },
	{ "cache.disk.inline_limit", SIZE, CONFIG(cache.disk.inline_limit), "64KiB", "0", "1MiB", "bodies up to this size lie in the database, larger ones in files of their own, equal ones once", NULL, true },
	{ "cache.disk.max_object", SIZE, CONFIG(cache.disk.max_object), "1GiB", "0", "16TiB", "larger responses are not kept on disk; those beyond cache.memory.max_object are kept only there", NULL, true },
	{ "cache.disk.high_water", PERCENT, CONFIG(cache.disk.high_water), "95%", NULL, NULL, "share of the size at which what was used longest ago begins to leave", NULL, true },
	{ "cache.disk.low_water", PERCENT, CONFIG(cache.disk.low_water), "80%", NULL, NULL, "share at which that ends", NULL, true },
	{ "cache.disk.free_floor", SIZE, CONFIG(cache.disk.free_floor), "1GiB", "0", "256TiB", "room on the device that is left to others", NULL, true },
	{ "cache.disk.queue", SIZE, CONFIG(cache.disk.queue), "64MiB", "1MiB", "16GiB", "bodies that may wait to be written; what comes beyond is not written", NULL, true },
	{ "cache.disk.fsync", WORD, CONFIG(cache.disk.fsync), "normal", NULL, NULL, "what a power failure may cost: never, anything stored; normal, the last seconds; always, nothing. Purges outlast it in any case", "never, normal, always", true },
	{ "cache.compression.threshold", SIZE, CONFIG(cache.compression.threshold), "10KiB", "64", "1GiB", "bodies from this size on are compressed on disk, where their type is worth it", NULL, true },
	{ "cache.compression.level", COUNT, CONFIG(cache.compression.level), "6", "0", "9", "of zlib; 0: no compression", NULL, true },
	{ "cache.coalesce.flight_deadline", DURATION, CONFIG(cache.coalesce.flight_deadline_ms), "60s", "10ms", "1d", "a fetch that took longer is no longer joined: the next request starts afresh", NULL, false },
	{ "cache.coalesce.hit_for_miss", DURATION, CONFIG(cache.coalesce.hit_for_miss_ms), "120s", "0", "1d", "how long requests don't wait for each other after a response that can't be shared", NULL, false },
	{ "cache.coalesce.window", SIZE, CONFIG(cache.coalesce.window), "256KiB", "1KiB", "1GiB", "bytes by which a fetch may be ahead of the only client that reads it", NULL, false },
	{ "cache.spool.path", TEXT, CONFIG(cache.spool.path), "\"\"", NULL, NULL, "directory for large bodies under way; empty: the system's temporary one", NULL, true },
	{ "cache.spool.limit", SIZE, CONFIG(cache.spool.limit), "1GiB", "0", "16TiB", "bytes of one such body", NULL, false },
	{ "cache.heuristic.percent", PERCENT, CONFIG(cache.heuristic.percent), "10%", NULL, NULL, "share of the time since Last-Modified for which a response without lifetime is fresh; 0%: off", NULL, false },
	{ "cache.heuristic.max", DURATION, CONFIG(cache.heuristic.max_ms), "1d", "0", "365d", "bound of that lifetime", NULL, false },
	{ "cache.classes", DURATIONS, CONFIG(cache.classes), "{search: 5m, record: 1d, fulltext: 30d, error: 30s}", NULL, "3650d", "lifetimes of the routes' classes, where the origin gives none; names of one's own stand beside these, off takes one out", NULL, false },
	{ "cache.ttl_policies", DURATIONS, CONFIG(cache.ttl_policies), "{archival: 365d, stable: 30d, regular: 7d, volatile: 1h}", NULL, "3650d", "lifetimes that upstreams have as a whole, likewise", NULL, false },
	{ "cache.jitter", PERCENT, CONFIG(cache.jitter), "10%", NULL, NULL, "share by which a lifetime that larder gives may be shorter, so that what came together doesn't expire together", NULL, false },
	{ "cache.errors", STATUSES, CONFIG(cache.errors), "{404: 300s-900s, 410: 1h, 429: 30s-60s, 502: 10s-20s, 503: 20s-40s, 504: 15s-30s}", NULL, "365d", "how long errors are kept, where the origin doesn't say: drawn from the range each time; other statuses stand beside these, off takes one out, or all", NULL, false },
	{ "cache.negative_share", PERCENT, CONFIG(cache.negative_share), "5%", NULL, NULL, "share of the memory tier that errors may fill", NULL, true },
	{ "cache.etags", BOOLEAN, CONFIG(cache.etags), "true", NULL, NULL, "make an ETag of the body's digest where the origin sends no validator", NULL, false },
	{ "cache.grace", DURATION, CONFIG(cache.grace_ms), "1d", "0", "365d", "how long a stale response may stand in for an origin that can't be reached or answers 500, 502, 503 or 504, where the origin neither forbids it nor says how long; 0: not at all", NULL, false },
	{ "cache.key_body", SIZE, CONFIG(cache.key_body), "1MiB", "0", "64MiB", "body of a QUERY, or of a POST where the route has cache_post, that may be part of the key; larger ones pass uncached", NULL, false },
	{ "cache.decode_limit", SIZE, CONFIG(cache.decode_limit), "1GiB", "1KiB", "16GiB", "bytes to which one gzip body is inflated for a client that takes no gzip; the answer breaks off there, and the next is asked for without gzip", NULL, false },
	{ "upstreams.*.url", URL, UPSTREAM(url), NULL, NULL, NULL, "base address: http or https, host, port, path; it or urls is required", EUROPEPMC, false },
	{ "upstreams.*.urls", ORIGINS, UPSTREAM(origins), "[]", NULL, NULL, "several origins instead of one url: { url: URL, weight: N } or a mere URL each; the first one's address is what the others are called", NULL, false },
	{ "upstreams.*.balance", WORD, UPSTREAM(balance), "round_robin", NULL, NULL, "which of several origins is asked: in turns by their weights, or the one with the fewest requests under way for its weight", "round_robin, least_outstanding", false },
	{ "upstreams.*.rate", RATE, UPSTREAM(rate), "0", NULL, NULL, "requests to all of its origins together that may go in a time, as 5/s; hits cost nothing; 0: no bound", NULL, false },
	{ "upstreams.*.burst", COUNT, UPSTREAM(burst), "1", "1", "1000000", "how many may go at once after a pause", NULL, false },
	{ "upstreams.*.concurrency", COUNT, UPSTREAM(concurrency), "0", NULL, "1000000", "requests under way at once; 0: no bound", NULL, false },
	{ "upstreams.*.learn_rate", BOOLEAN, UPSTREAM(learn_rate), "true", NULL, NULL, "slow down by what 429, Retry-After and rate fields say", NULL, false },
	{ "upstreams.*.credentials", PARAMETERS, UPSTREAM(credentials), "[]", NULL, NULL, "query parameters and request fields whose values have rates of their own at the origin; out of the keys of its routes and of logs, as key.credentials", NULL, false },
	{ "upstreams.*.queue.length", COUNT, UPSTREAM(queue.length), "1000", NULL, "1000000", "requests that may wait for their turn", NULL, false },
	{ "upstreams.*.queue.timeout", DURATION, UPSTREAM(queue.timeout_ms), "10s", "0", "1h", "how long one waits; then a stale response is served, or 503 with Retry-After", NULL, false },
	{ "upstreams.*.retry.attempts", COUNT, UPSTREAM(retry.attempts), "3", "1", "10", "tries of an idempotent request, the first included", NULL, false },
	{ "upstreams.*.retry.budget", PERCENT, UPSTREAM(retry.budget), "20%", NULL, NULL, "share of requests that may be tries again", NULL, false },
	{ "upstreams.*.retry.backoff", DURATION, UPSTREAM(retry.backoff_ms), "100ms", "0", "1h", "bound of the pause before the first try again; it doubles each time, and the pause is drawn from below it", NULL, false },
	{ "upstreams.*.retry.most_backoff", DURATION, UPSTREAM(retry.most_backoff_ms), "2s", "0", "1h", "most that it grows to", NULL, false },
	{ "upstreams.*.retry.per_try", DURATION, UPSTREAM(retry.per_try_ms), "0", "0", "1h", "time that one try has for its head; 0: the timeouts alone", NULL, false },
	{ "upstreams.*.hedge", DURATION, UPSTREAM(hedge_ms), "0", "0", "1h", "a second request goes out when the first has no head by then; 0: never", NULL, false },
	{ "upstreams.*.breaker.error_rate", PERCENT, UPSTREAM(breaker.error_rate), "50%", NULL, NULL, "share of errors within the window from which on nothing is asked for a while; 0%: not by their share", NULL, false },
	{ "upstreams.*.breaker.window", DURATION, UPSTREAM(breaker.window_ms), "30s", "1s", "1h", "the time that this looks back", NULL, false },
	{ "upstreams.*.breaker.least", COUNT, UPSTREAM(breaker.least), "20", "1", "1000000", "requests within it, before their share counts", NULL, false },
	{ "upstreams.*.breaker.consecutive", COUNT, UPSTREAM(breaker.consecutive), "5", NULL, "1000000", "errors one after the other that do the same; 0: not by these", NULL, false },
	{ "upstreams.*.breaker.open", DURATION, UPSTREAM(breaker.open_ms), "15s", "10ms", "1d", "that while; then one request tries", NULL, false },
	{ "upstreams.*.check.path", TARGET, UPSTREAM(check.path), "\"\"", NULL, NULL, "what is asked of each origin to see whether it is well, behind its address; empty: nothing", NULL, false },
	{ "upstreams.*.check.interval", DURATION, UPSTREAM(check.interval_ms), "10s", "100ms", "1d", "how often", NULL, false },
	{ "upstreams.*.check.timeout", DURATION, UPSTREAM(check.timeout_ms), "5s", "10ms", "1h", "time for the answer", NULL, false },
	{ "upstreams.*.check.status", COUNT, UPSTREAM(check.status), "200", "100", "599", "the status that it must have", NULL, false },
	{ "upstreams.*.check.pointer", POINTER, UPSTREAM(check.pointer), "\"\"", NULL, NULL, "what its JSON body must have; empty: anything", NULL, false },
	{ "upstreams.*.eject.consecutive", COUNT, UPSTREAM(eject.consecutive), "5", NULL, "1000000", "failures of one of several origins, one after the other, for which it is left out; 0: never", NULL, false },
	{ "upstreams.*.eject.for", DURATION, UPSTREAM(eject.for_ms), "30s", "10ms", "1d", "for how long", NULL, false },
	{ "upstreams.*.offline", BOOLEAN, UPSTREAM(offline), "false", NULL, NULL, "ask nothing: what is stored answers, however old, and else 504", NULL, false },
	{ "upstreams.*.ttl_policy", ANY_NAME, UPSTREAM(ttl_policy), "\"\"", NULL, NULL, "name of cache.ttl_policies whose lifetime responses have that the origin and their route give none; empty: none", NULL, false },
	{ "upstreams.*.timeouts.connect", DURATION, UPSTREAM(timeouts.connect_ms), "5s", "1ms", "1h", "time to connect, TLS included", NULL, false },
	{ "upstreams.*.timeouts.first_byte", DURATION, UPSTREAM(timeouts.first_byte_ms), "30s", "1ms", "1h", "time from the request to the response's first byte", NULL, false },
	{ "upstreams.*.timeouts.idle", DURATION, UPSTREAM(timeouts.idle_ms), "30s", "1ms", "1h", "time without a byte in mid-response", NULL, false },
	{ "upstreams.*.timeouts.total", DURATION, UPSTREAM(timeouts.total_ms), "300s", "1ms", "7d", "time for all of it", NULL, false },
	{ "upstreams.*.tls.verify", BOOLEAN, UPSTREAM(tls.verify), "true", NULL, NULL, "check the certificate and its name", NULL, false },
	{ "upstreams.*.tls.ca_file", TEXT, UPSTREAM(tls.ca_file), "\"\"", NULL, NULL, "file of the authorities to trust (PEM); empty: the system's", NULL, false },
	{ "upstreams.*.http2", BOOLEAN, UPSTREAM(http2), "true", NULL, NULL, "speak HTTP/2 where the upstream does, over TLS", NULL, false },
	{ "upstreams.*.forwarded", BOOLEAN, UPSTREAM(forwarded), "false", NULL, NULL, "tell the upstream the client's address in Forwarded", NULL, false },
	{ "upstreams.*.max_header_bytes", SIZE, UPSTREAM(max_header_bytes), "8KiB", "1KiB", "256KiB", "header of a response; each client connection takes this much memory", NULL, false },
	{ "routes.*.path", PATH, ROUTE(path), NULL, NULL, NULL, "prefix of the targets that the route serves, in whole segments; the longest wins; required", "/europepmc/webservices/rest", false },
	{ "routes.*.upstream", NAME, ROUTE(upstream), NULL, NULL, NULL, "name of the upstream that answers; required", "europepmc", false },
	{ "routes.*.upstream_path", ANY_PATH, ROUTE(upstream_path), "\"\"", NULL, NULL, "what goes to the upstream's address in the place of the route's own path", NULL, false },
	{ "routes.*.forward", FIELDS, ROUTE(forward), "[]", NULL, NULL, "request fields that go to the upstream beside those that always do", NULL, false },
	{ "routes.*.forward_unkeyed", FIELDS, ROUTE(forward_unkeyed), "[]", NULL, NULL, "the same without selecting a stored response: only for fields that never change an answer, as traceparent; never Cookie", NULL, false },
	{ "routes.*.set_cookie", WORD, ROUTE(set_cookie), "refuse", NULL, NULL, "a response with Set-Cookie is not stored, stored without it, or stored and replayed with it", "refuse, strip, keep", false },
	{ "routes.*.cache_post", BOOLEAN, ROUTE(cache_post), "false", NULL, NULL, "store answers to POST under the request's body, as those to QUERY always are: only where POST is a mere question", NULL, false },
	{ "routes.*.class", ANY_NAME, ROUTE(class), "\"\"", NULL, NULL, "name of cache.classes whose lifetime responses have that the origin gives none; empty: none", NULL, false },
	{ "routes.*.ttl", RANGE, ROUTE(ttl), "0", NULL, "3650d", "the same lifetime for this route alone, exact, or drawn from a range; 0: none", NULL, false },
	{ "routes.*.force", BOOLEAN, ROUTE(force), "false", NULL, NULL, "ttl or class stands above what the origin says, no-store and private included; never for requests with credentials", NULL, false },
	{ "routes.*.errors", OWN_STATUSES, ROUTE(errors), "{}", NULL, "365d", "how long errors of this route are kept; stands above cache.errors, and off keeps none of that status", NULL, false },
	{ "routes.*.vary", FIELDS, ROUTE(vary), "[]", NULL, NULL, "the only fields of Vary that count; empty: all of them", NULL, false },
	{ "routes.*.grace", DURATION_OR_DEFAULT, ROUTE(grace_ms), "default", NULL, "365d", "cache.grace for this route", NULL, false },
	{ "routes.*.stale_while_revalidate", DURATION, ROUTE(stale_while_revalidate_ms), "0", "0", "365d", "how long a stale response is served while a new one is fetched, where the origin doesn't say; 0: not at all", NULL, false },
	{ "routes.*.adaptive.enabled", BOOLEAN, ROUTE(adaptive.enabled), "false", NULL, NULL, "learn lifetimes from how often a response had changed when it was fetched again", NULL, false },
	{ "routes.*.adaptive.min", DURATION, ROUTE(adaptive.min_ms), "1m", "1s", "3650d", "least lifetime that comes of it", NULL, false },
	{ "routes.*.adaptive.max", DURATION, ROUTE(adaptive.max_ms), "1d", "1s", "3650d", "most", NULL, false },
	{ "routes.*.key.sort", BOOLEAN, ROUTE(key.sort), "false", NULL, NULL, "the order of query parameters doesn't matter", NULL, false },
	{ "routes.*.key.fold_names", BOOLEAN, ROUTE(key.fold_names), "false", NULL, NULL, "nor the letter case of their names", NULL, false },
	{ "routes.*.key.drop", PARAMETERS, ROUTE(key.drop), "[]", NULL, NULL, "parameters that change nothing in the answer: not part of the key, but forwarded", NULL, false },
	{ "routes.*.key.credentials", PARAMETERS, ROUTE(key.credentials), "[]", NULL, NULL, "the same of those that say who asks; they are kept out of logs, too", NULL, false },
	{ "routes.*.key.defaults", PARAMETER_MAP, ROUTE(key.defaults), "{}", NULL, NULL, "the value that a parameter's absence means", NULL, false },
	{ "routes.*.key.sets", PARAMETERS, ROUTE(key.sets), "[]", NULL, NULL, "parameters whose values, by commas or repeated, have no order", NULL, false },
	{ "routes.*.key.pass", PARAMETERS, ROUTE(key.pass), "[]", NULL, NULL, "parameters with which a request passes uncached", NULL, false },
	{ "routes.*.key.accept", ACCEPTS, ROUTE(key.accept), "[]", NULL, NULL, "kinds of response that Accept selects where the parameter key.format is absent; the key has the kind, not the field; empty: Vary decides", NULL, false },
	{ "routes.*.key.format", PARAMETER, ROUTE(key.format), "format", NULL, NULL, "the parameter that stands above Accept; empty: none", NULL, false },
	{ "routes.*.key.verify", SHARE, ROUTE(key.verify), "0", NULL, NULL, "share of hits under these rules that are fetched as they came and compared: a rule that proves wrong is switched off; 0: none", NULL, false },
	{ "routes.*.guard.content_type", MEDIA_TYPES, ROUTE(guard.content_type), "[]", NULL, NULL, "the Content-Type of a good 200 is one of these, parameters aside; empty: any", NULL, false },
	{ "routes.*.guard.json.require", CONDITIONS, ROUTE(guard.json.require), "[]", NULL, NULL, "what its JSON must have: /pointer, or /pointer=VALUE with a scalar, [] or {}", NULL, false },
	{ "routes.*.guard.json.forbid", CONDITIONS, ROUTE(guard.json.forbid), "[]", NULL, NULL, "and must not", NULL, false },
	{ "routes.*.guard.xml.root", ELEMENT, ROUTE(guard.xml.root), "\"\"", NULL, NULL, "the root element that its XML must have; empty: any", NULL, false },
	{ "routes.*.guard.xml.forbid", ELEMENTS, ROUTE(guard.xml.forbid), "[]", NULL, NULL, "elements that it must not have", NULL, false },
	{ "routes.*.guard.min_length", SIZE, ROUTE(guard.min_length), "0", NULL, "1TiB", "least length of its body", NULL, false },
	{ "routes.*.guard.max_length", SIZE, ROUTE(guard.max_length), "0", NULL, "1TiB", "most; 0: no bound", NULL, false },
	{ "routes.*.guard.well_formed", BOOLEAN, ROUTE(guard.well_formed), "false", NULL, NULL, "it must be well-formed to its end, as JSON or XML by its Content-Type", NULL, false },
	{ "routes.*.guard.on_fail", WORD, ROUTE(guard.on_fail), "reject", NULL, NULL, "what becomes of a 200 that isn't good: an error of the upstream, an error that is kept shortly, or handed on without being stored", "reject, negative, pass", false },
	{ "routes.*.guard.negative.json", CONDITIONS, ROUTE(guard.negative.json), "[]", NULL, NULL, "conditions, any of which says that a 200 is an error to be kept shortly", NULL, false },
	{ "routes.*.guard.negative.xml", ELEMENTS, ROUTE(guard.negative.xml), "[]", NULL, NULL, "elements that say so", NULL, false },
	{ "routes.*.guard.negative.ttl", RANGE, ROUTE(guard.negative.ttl), "30s", NULL, "365d", "how long that is", NULL, false },
	{ "routes.*.guard.pass.json", CONDITIONS, ROUTE(guard.pass.json), "[]", NULL, NULL, "conditions, any of which says that a 200 is handed on, but not stored", NULL, false },
	{ "routes.*.guard.pass.xml", ELEMENTS, ROUTE(guard.pass.xml), "[]", NULL, NULL, "elements that say so", NULL, false },
	{ "routes.*.guard.hold", BOOLEAN, ROUTE(guard.hold), "false", NULL, NULL, "the first client, too, waits for the verdict, and gets another try's answer or a stale one instead of a bad body", NULL, false },
	{ "routes.*.guard.watch", POINTER, ROUTE(guard.watch), "\"\"", NULL, NULL, "a number in the JSON body, as /hitCount, whose fall against the stored response is counted and logged; empty: none", NULL, false },
	{ "routes.*.guard.watch_drop", PERCENT, ROUTE(guard.watch_drop), "50%", NULL, NULL, "how far it may fall", NULL, false },
	{ "routes.*.rewrite_body", BOOLEAN, ROUTE(rewrite_body), "false", NULL, NULL, "addresses of the upstream in JSON and XML bodies become those of larder", NULL, false },
	{ "routes.*.public_url", ANY_URL, ROUTE(public_url), "\"\"", NULL, NULL, "what larder is called in them, and in Location and Link; empty: as the request calls it", NULL, false },
	{ "routes.*.profile", ANY_NAME, ROUTE(profile), "\"\"", NULL, NULL, "name of rules that come with larder, for a service that it knows; what the file says stands above them; empty: none", NULL, false },
	{ "routes.*.source_version", FIELD, ROUTE(source_version), "\"\"", NULL, NULL, "response field that names the release of the data, such as x-uniprot-release: with another value all that was stored of the route is stale; of last-modified only a later date counts; empty: none", NULL, false },
	{ "routes.*.source_version_url", POLLED_URL, ROUTE(poll.url), "\"\"", NULL, NULL, "what is asked for the release instead, now and then; empty: nothing", NULL, false },
	{ "routes.*.source_version_pointer", POINTER, ROUTE(poll.pointer), "\"\"", NULL, NULL, "where in that JSON document it stands; empty: the document is it", NULL, false },
	{ "routes.*.source_version_interval", DURATION, ROUTE(poll.interval_ms), "1h", "1s", "365d", "how often; after a failure a minute later, if that is sooner", NULL, false },
	{ "routes.*.tags", TAG_PATTERNS, ROUTE(tags), "[]", NULL, "16", "tags of its responses beside the origin's: {n} is the n-th segment that varies: those that * of the route's path stand for, then those behind it", NULL, false },
	{ "routes.*.tags_held", HELD_PATTERNS, ROUTE(tags_held), "[]", NULL, "4", "tags of what a JSON body holds: a purge of one of them makes the response stale, as a search is whose record changed", NULL, false },
	{ "log.level", WORD, CONFIG(log.level), "info", NULL, NULL, "least weight of events on standard error", "debug, info, warn, error", false },
	{ "log.access", NONEMPTY, CONFIG(log.access), "off", NULL, NULL, "access log, a JSON line a request: off, stdout or a file", NULL, true },
	{ "log.access_sample", COUNT, CONFIG(log.access_sample), "1", "1", "1000000", "every n-th request has a line", NULL, false },
	{ "log.redact", TEXTS, CONFIG(log.redact), "[api_key, apikey, key, token, access_token, email, mailto]", NULL, NULL, "query parameters whose values are not logged", NULL, false },
};
/* clang-format on */

const size_t setting_count = sizeof(settings) / sizeof(settings[0]);

#define ITEMS(member) offsetof(struct config, member)

static const struct collection collections[] = {
	[SCOPE_TOKEN] = {
		.path = "admin.tokens",
		.what = "a token",
		.items = ITEMS(admin.tokens),
		.count = ITEMS(admin.token_count),
		.size = sizeof(struct config_token),
		.line = TOKEN(line),
	},
	[SCOPE_TENANT] = {
		.path = "tenants",
		.what = "a tenant",
		.about = "Who has a cache of its own within the one: a map from names to settings.",
		.example = "genomics",
		.items = ITEMS(tenants),
		.count = ITEMS(tenant_count),
		.size = sizeof(struct config_tenant),
		.name = TENANT(name),
		.line = TENANT(line),
	},
	[SCOPE_SOURCE] = {
		.path = "events",
		.what = "a source of events",
		.about = "Where signed events come from, and what they purge: a map from names to settings.",
		.example = "curation",
		.items = ITEMS(sources),
		.count = ITEMS(source_count),
		.size = sizeof(struct config_source),
		.name = SOURCE(name),
		.line = SOURCE(line),
	},
	[SCOPE_UPSTREAM] = {
		.path = "upstreams",
		.what = "an upstream",
		.about = "Where responses come from: a map from names to settings.",
		.example = "europepmc",
		.items = ITEMS(upstreams),
		.count = ITEMS(upstream_count),
		.size = sizeof(struct config_upstream),
		.name = UPSTREAM(name),
		.line = UPSTREAM(line),
	},
	[SCOPE_ROUTE] = {
		.path = "routes",
		.what = "a route",
		.about = "Which requests go where: a list; their order doesn't matter.",
		.items = ITEMS(routes),
		.count = ITEMS(route_count),
		.size = sizeof(struct config_route),
		.line = ROUTE(line),
	},
};

const struct collection *schema_collection(enum scope scope)
{
	return scope == SCOPE_CONFIG ? NULL : &collections[scope];
}

enum scope schema_collection_at(const char *path)
{
	for (enum scope scope = SCOPE_CONFIG + 1; scope < SCOPE_COUNT; scope++) {
		if (strcmp(collections[scope].path, path) == 0)
			return scope;
	}
	return SCOPE_CONFIG;
}

static size_t *count_at(const struct collection *c, const struct config *config)
{
	return (size_t *)((uintptr_t)config + c->count);
}

static char **items_at(const struct collection *c, const struct config *config)
{
	return (char **)((uintptr_t)config + c->items);
}

size_t collection_count(const struct collection *c, const struct config *config)
{
	return *count_at(c, config);
}

void *collection_item(const struct collection *c, const struct config *config, size_t index)
{
	return *items_at(c, config) + index * c->size;
}

void collection_make(const struct collection *c, struct config *config, size_t room)
{
	*items_at(c, config) = xalloc((room + 1) * c->size);
}

void *collection_add(const struct collection *c, struct config *config)
{
	return collection_item(c, config, (*count_at(c, config))++);
}

char **collection_name(const struct collection *c, void *item)
{
	return (char **)((uintptr_t)item + c->name);
}

/* Of "upstreams.*.": those of the path that stand before the scope's own. */
static size_t prefix_of(enum scope scope)
{
	const struct collection *c = schema_collection(scope);

	return c != NULL ? strlen(c->path) + strlen(".*.") : 0;
}

enum scope schema_scope(const struct setting *row)
{
	for (enum scope scope = SCOPE_CONFIG + 1; scope < SCOPE_COUNT; scope++) {
		const char *path = schema_collection(scope)->path;
		size_t size = strlen(path);

		if (strncmp(row->path, path, size) == 0 && strncmp(row->path + size, ".*.", 3) == 0)
			return scope;
	}
	return SCOPE_CONFIG;
}

const char *schema_name(const struct setting *row)
{
	return row->path + prefix_of(schema_scope(row));
}

const struct setting *schema_find(enum scope scope, struct slice name)
{
	SETTINGS_EACH(row)
	{
		if (schema_scope(row) == scope && slice_equal(slice_of(schema_name(row)), name))
			return row;
	}
	return NULL;
}

bool schema_section(enum scope scope, struct slice name)
{
	SETTINGS_EACH(row)
	{
		struct slice at = slice_of(schema_name(row));

		if (schema_scope(row) == scope && slice_starts(at, name) && at.size > name.size &&
			at.data[name.size] == '.')
			return true;
	}
	return false;
}
