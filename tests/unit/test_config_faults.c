/* tests/unit/test_config_faults.c - what is wrong with a configuration, and where: one row, one
 * text and all the faults that it must have, in this order. */
#include "config/config.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* Goes behind the texts that are about something else. */
#define REST "upstreams: { a: { url: \"http://h\" } }\nroutes: [ { path: /, upstream: a } ]\n"

/* With a route and upstream of the row's own. */
#define UPSTREAM(settings) "routes: [{ path: /, upstream: a }]\nupstreams:\n  a:\n" settings
#define ROUTES(list)       "upstreams: { europepmc: { url: \"http://h\" } }\nroutes:\n" list

struct row {
	const char *text;
	const char *faults; /* one a line, without the name in front */
};

/* clang-format off */
static const struct row rows[] = {
	/* syntax and shape */
	{ "", "1:1: no upstreams; expected one at least, as `name: { url: ... }`\n1:1: no routes; expected one at least, as `- { path: /, upstream: name }`\n" },
	{ "# nothing\n", "1:1: no upstreams; expected one at least, as `name: { url: ... }`\n1:1: no routes; expected one at least, as `- { path: /, upstream: name }`\n" },
	{ "upstreams: {}\nroutes: []\n", "1:12: no upstreams; expected one at least, as `name: { url: ... }`\n2:9: no routes; expected one at least, as `- { path: /, upstream: name }`\n" },
	{ "- a\n", "1:1: a list; expected a map of settings: server, admin, tenancy, tenants, events, health, cache, upstreams, routes, log\n" },
	{ "hello", "1:1: a text; expected a map of settings: server, admin, tenancy, tenants, events, health, cache, upstreams, routes, log\n" },
	{ "*x", "1:1: an alias; expected the value itself, quoted if it begins with '*'\n" },
	{ "a: [", "2:1: while parsing a flow node: did not find expected node content; expected YAML\n" },
	{ "a: b\n\tc: d\n", "2:1: while scanning a plain scalar: found a tab character that violates indentation; expected YAML\n" },
	{ "server: {}\n\xff\xff", "2:1: invalid leading UTF-8 octet; expected YAML\n" },
	{ REST "---\n" REST, "3:1: a second document; expected one in a file\n" },
	{ "server: [1]\n" REST, "1:9: a list; expected a map of settings: listen, threads, max_connections, max_connections_per_address, trusted_proxies, tls, metrics, health, why, why_from, limits, timeouts, min_body_rate, purge\n" },
	{ "cache: { memory: big }\n" REST, "1:18: a text; expected a map of settings: size, eviction, max_object\n" },
	{ "? [a]\n: b\n" REST, "1:3: a map or list as a key; expected a name\n" },
	{ "log: { level: info, level: warn }\n" REST, "1:21: \"level\" stands here again; expected it once, and line 1 has it\n" },
	{ "log: &x { level: info }\nserver: *x\n" REST, "2:9: an alias; expected the value itself, quoted if it begins with '*'\n" },
	{ "server: { listen: [ *x, \"[::1]:80\" ] }\n" REST, "1:21: an alias; expected the value itself, quoted if it begins with '*'\n" },
	{ "x: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "1:19: maps and lists nested too deep; expected at most 16\n" },
	{ "log: { access: \"a\\u0007\" }\n" REST, "1:16: text with a control character or broken UTF-8; expected clean text\n" },
	{ "log: { access: \"a\\0b\" }\n" REST, "1:16: text with a control character or broken UTF-8; expected clean text\n" },

	/* names */
	{ "sever: {}\n" REST, "1:1: unknown setting \"sever\"; expected \"server\", the nearest known\n" },
	{ "Server: {}\n" REST, "1:1: unknown setting \"Server\"; expected \"server\", the nearest known\n" },
	{ "upstream: {}\n" REST, "1:1: unknown setting \"upstream\"; expected \"upstreams\", the nearest known\n" },
	{ "server: { limit: {} }\n" REST, "1:11: unknown setting \"limit\"; expected \"limits\", the nearest known\n" },
	{ "cache:\n  memory:\n    sise: 1MiB\n" REST, "3:5: unknown setting \"sise\"; expected \"size\", the nearest known\n" },
	{ "listen: \"127.0.0.1:80\"\n" REST, "1:1: unknown setting \"listen\"; expected it as server.listen\n" },
	{ "elephants: 3\n" REST, "1:1: unknown setting \"elephants\"; expected one of: server, admin, tenancy, tenants, events, health, cache, upstreams, routes, log\n" },
	{ "log: { level.x: 1, access.sample: 3 }\n" REST, "1:8: unknown setting \"level.x\"; expected \"level\", the nearest known\n1:20: unknown setting \"access.sample\"; expected \"access_sample\", the nearest known\n" },
	{ "server: { tls.key: a }\n" REST, "1:11: unknown setting \"tls.key\"; expected one of: listen, threads, max_connections, max_connections_per_address, trusted_proxies, tls, metrics, health, why, why_from, limits, timeouts, min_body_rate, purge\n" },
	{ UPSTREAM("    url: http://h\n    tiemouts: {}\n"), "5:5: unknown setting \"tiemouts\"; expected \"timeouts\", the nearest known\n" },
	{ UPSTREAM("    url: http://h\n    timeouts: { conect: 5s }\n"), "5:17: unknown setting \"conect\"; expected \"connect\", the nearest known\n" },
	{ "upstreams.*.url: x\n" REST, "1:1: unknown setting \"upstreams.*.url\"; expected one of: server, admin, tenancy, tenants, events, health, cache, upstreams, routes, log\n" },

	/* values */
	{ "server: { timeouts: { idle: 5x } }\n" REST, "1:29: \"5x\" for server.timeouts.idle; expected a duration such as 5m, 30s or 250ms\n" },
	{ "server: { timeouts: { idle: 0 } }\n" REST, "1:29: \"0\" for server.timeouts.idle; expected at least 10ms\n" },
	{ "server: { timeouts: { idle: 2d } }\n" REST, "1:29: \"2d\" for server.timeouts.idle; expected at most 1d\n" },
	{ "server: { timeouts: { idle: 99999999999999d } }\n" REST, "1:29: \"99999999999999d\" for server.timeouts.idle, which is too large; expected a duration such as 5m, 30s or 250ms\n" },
	{ "server: { timeouts: { idle: } }\n" REST, "1:29: \"\" for server.timeouts.idle; expected a duration such as 5m, 30s or 250ms\n" },
	{ "server: { threads: many, max_connections: -1 }\n" REST, "1:20: \"many\" for server.threads; expected a whole number from 1, or auto\n1:43: \"-1\" for server.max_connections; expected a whole number\n" },
	{ "server: { threads: 0 }\n" REST, "1:20: \"0\" for server.threads; expected a whole number from 1, or auto\n" },
	{ "cache: { disk: { size: 512KiB } }\n" REST, "1:24: \"512KiB\" for cache.disk.size; expected at least 16MiB\n" },
	{ "cache: { memory: { size: 1.5GB } }\n" REST, "1:26: \"1.5GB\" for cache.memory.size; expected a size such as 256MiB, 5GB or 4096\n" },
	{ "cache: { memory: { eviction: mru } }\n" REST, "1:30: \"mru\" for cache.memory.eviction; expected one of s3fifo, lru, lfu, fifo\n" },
	{ "cache: { memory: { eviction: [lru] } }\n" REST, "1:30: a list for cache.memory.eviction; expected one of the words\n" },
	{ "cache: { heuristic: { percent: 200% } }\n" REST, "1:32: \"200%\" for cache.heuristic.percent, which is too large; expected a percentage from 0% to 100%\n" },
	{ "cache: { memory: { size: { a: b } } }\n" REST, "1:26: a map for cache.memory.size; expected a size such as 256MiB, 5GB or 4096\n" },
	{ "log: { access: \"\", access_sample: 0 }\n" REST, "1:16: \"\" for log.access, which is empty; expected text that is not empty\n1:35: \"0\" for log.access_sample; expected at least 1\n" },
	{ "log: { redact: [ a, [b], { c: d }, \"\" ] }\n" REST, "1:21: a list in the list log.redact; expected text that is not empty\n1:26: a map in the list log.redact; expected text that is not empty\n1:36: \"\" for log.redact, which is empty; expected text that is not empty\n" },
	{ UPSTREAM("    url: http://h\n    http2: perhaps\n"), "5:12: \"perhaps\" for http2; expected true, yes, on, false, no or off\n" },

	/* listeners, networks, pages */
	{ "server: { listen: [] }\n" REST, "1:19: 0 entries for server.listen; expected at least 1\n" },
	{ "server: { listen: localhost:80 }\n" REST, "1:19: \"localhost:80\" for server.listen, which has no IPv4 address; expected 127.0.0.1:8080, [::1]:8080 or unix:/path\n" },
	{ "server: { listen: [ 127.0.0.1, \"127.0.0.1:65536\", \"127.0.0.1:\" ] }\n" REST,
	  "1:21: \"127.0.0.1\" for server.listen, which has no port from 0 to 65535; expected 127.0.0.1:8080, [::1]:8080 or unix:/path\n"
	  "1:32: \"127.0.0.1:65536\" for server.listen, which has no port from 0 to 65535; expected 127.0.0.1:8080, [::1]:8080 or unix:/path\n"
	  "1:51: \"127.0.0.1:\" for server.listen, which has no port from 0 to 65535; expected 127.0.0.1:8080, [::1]:8080 or unix:/path\n" },
	{ "server: { listen: [ \"[::1:80\", \"[::g]:80\", \"[::1]80\" ] }\n" REST,
	  "1:21: \"[::1:80\" for server.listen, which has no IPv4 address; expected 127.0.0.1:8080, [::1]:8080 or unix:/path\n"
	  "1:32: \"[::g]:80\" for server.listen, which has no IPv6 address; expected 127.0.0.1:8080, [::1]:8080 or unix:/path\n"
	  "1:44: \"[::1]80\" for server.listen, which has no port from 0 to 65535; expected 127.0.0.1:8080, [::1]:8080 or unix:/path\n" },
	{ "server: { listen: unix:run/x }\n" REST, "1:19: \"unix:run/x\" for server.listen, which has no absolute path behind unix:; expected 127.0.0.1:8080, [::1]:8080 or unix:/path\n" },
	{ "server: { listen: unix:/01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789 }\n" REST,
	  "1:19: \"unix:/012345678901234567890123456789012345678901234567890123...\" for server.listen, which is longer than a socket's path can be; expected 127.0.0.1:8080, [::1]:8080 or unix:/path\n" },
	{ "server: { trusted_proxies: [ 10.0.0.0/33, \"::/129\", ten, 10.0.0.1/ ] }\n" REST,
	  "1:30: \"10.0.0.0/33\" for server.trusted_proxies, which has no prefix length from 0 to 32; expected an address, or a block such as 10.0.0.0/8\n"
	  "1:43: \"::/129\" for server.trusted_proxies, which has no prefix length from 0 to 128; expected an address, or a block such as 10.0.0.0/8\n"
	  "1:53: \"ten\" for server.trusted_proxies, which has no address; expected an address, or a block such as 10.0.0.0/8\n"
	  "1:58: \"10.0.0.1/\" for server.trusted_proxies, which has no prefix length from 0 to 32; expected an address, or a block such as 10.0.0.0/8\n" },
	{ "server: { metrics: metrics, health: /metrics }\n" REST, "1:20: \"metrics\" for server.metrics, which does not begin with '/'; expected a path such as /rest, or nothing\n" },
	{ "server: { tls: { certificate: [c], key: k }, limits: { target_bytes: 1, header_bytes: 4KiB } }\ncache: { memory: { size: 1.5, max_object: 1GiB } }\n" REST,
	  "1:31: a list for server.tls.certificate; expected text\n1:70: \"1\" for server.limits.target_bytes; expected at least 64\n2:26: \"1.5\" for cache.memory.size; expected a size such as 256MiB, 5GB or 4096\n" },
	{ "cache: { disk: { high_water: 70%, low_water: 70% } }\n" REST, "1:46: cache.disk.low_water of 70%; expected less than cache.disk.high_water, which is 70%\n" },
	{ "cache: { disk: { low_water: 96% } }\n" REST, "1:29: cache.disk.low_water of 96%; expected less than cache.disk.high_water, which is 95%\n" },
	{ "server: { purge: { from: [127.0.0.1] } }\n" REST, "1:26: server.purge.from alone; expected server.purge.token_sha256 with it\n" },
	{ "server: { purge: { token_sha256: secret } }\n" REST, "1:34: a text for server.purge.token_sha256, which is no SHA-256; expected 64 hex digits, or nothing\n" },
	{ "server: { metrics: /x, health: /x }\n" REST, "1:32: server.metrics and server.health at the same path; expected two paths\n" },
	{ "server: { why: /x, health: /x }\n" REST, "1:16: server.health and server.why at the same path; expected two paths\n" },
	{ "server: { metrics: /x/live, health: /x }\n" REST, "1:37: server.metrics and server.health at the same path; expected two paths\n" },
	{ "server: { metrics: /x, health: /x/live }\n" REST, "" },

	/* upstreams */
	{ "routes: [{ path: /, upstream: a }]\nupstreams: http://h\n", "2:12: upstreams as text; expected a map from names to settings\n" },
	{ "routes: { a: b }\nupstreams: [ { url: http://h } ]\n", "1:9: routes as a map; expected a list of maps\n2:12: upstreams as a list; expected a map from names to settings\n" },
	{ UPSTREAM("    http2: off\n"), "3:3: an upstream without url; expected http:// or https://, host, port and path at most\n" },
	{ "routes: [{ path: /, upstream: a }]\nupstreams: { a: }\n", "2:14: an upstream without url; expected http:// or https://, host, port and path at most\n" },
	{ "routes: [{ path: /, upstream: a }]\nupstreams: { a: http://h }\n", "2:17: a text; expected a map of settings: url, urls, balance, rate, burst, concurrency, learn_rate, credentials, queue, retry, hedge, breaker, check, eject, offline, ttl_policy, timeouts, tls, http2, forwarded, max_header_bytes\n" },
	{ "routes: [{ path: /, upstream: \"a b\" }]\nupstreams: { \"a b\": { url: http://h } }\n", "1:31: \"a b\" for upstream, which is no name; expected letters, digits, '.', '_' and '-', at most 64\n2:14: \"a b\" as the name of an upstream; expected letters, digits, '.', '_' and '-', at most 64\n" },
	{ UPSTREAM("    url: ftp://h\n"), "4:10: \"ftp://h\" for url, which does not begin with http:// or https://; expected http:// or https://, host, port and path at most\n" },
	{ UPSTREAM("    url: http:///x\n"), "4:10: \"http:///x\" for url, which has no host; expected http:// or https://, host, port and path at most\n" },
	{ UPSTREAM("    url: http://h:0/\n"), "4:10: \"http://h:0/\" for url, which has no port from 1 to 65535 behind its host; expected http:// or https://, host, port and path at most\n" },
	{ UPSTREAM("    url: http://a,b/\n"), "4:10: \"http://a,b/\" for url, which has a host with a character that hosts don't have; expected http:// or https://, host, port and path at most\n" },
	{ UPSTREAM("    url: \"http://[::1/\"\n"), "4:10: \"http://[::1/\" for url, which has no IPv6 address in its brackets; expected http:// or https://, host, port and path at most\n" },
	{ UPSTREAM("    url: \"http://me:secret@h/\"\n"), "4:10: an address for url, which has a user name or password; expected http:// or https://, host, port and path at most\n" },
	{ UPSTREAM("    url: http://h/x?y=z\n"), "4:10: \"http://h/x?y=z\" for url, which has a query; expected http:// or https://, host, port and path at most\n" },
	{ UPSTREAM("    url: \"http://h/x#y\"\n"), "4:10: \"http://h/x#y\" for url, which has a fragment; expected http:// or https://, host, port and path at most\n" },
	{ UPSTREAM("    url: \"http://h/a b\"\n"), "4:10: \"http://h/a b\" for url, which has a character that must be percent-encoded; expected http:// or https://, host, port and path at most\n" },
	{ UPSTREAM("    url: \"http://h/%4g\"\n"), "4:10: \"http://h/%4g\" for url, which has a '%' without two hexadecimal digits; expected http:// or https://, host, port and path at most\n" },

	/* routes */
	{ ROUTES("  - { upstream: europepmc }\n"), "3:5: a route without path; expected a path such as /rest or /*/fulltext\n" },
	{ ROUTES("  - { path: / }\n"), "3:5: a route without upstream; expected letters, digits, '.', '_' and '-', at most 64\n" },
	{ ROUTES("  - /x\n"), "3:5: a text; expected a map of settings: path, upstream, upstream_path, forward, forward_unkeyed, set_cookie, cache_post, class, ttl, force, errors, vary, grace, stale_while_revalidate, adaptive, key, guard, rewrite_body, public_url, profile, source_version, source_version_url, source_version_pointer, source_version_interval, tags, tags_held\n" },
	{ ROUTES("  - *x\n"), "3:5: an alias; expected the value itself, quoted if it begins with '*'\n" },
	{ ROUTES("  - { path: /, upstream: europmc }\n"), "3:26: no upstream is named \"europmc\"; expected \"europepmc\", the nearest known\n" },
	{ ROUTES("  - { path: /, upstream: crossref }\n"), "3:26: no upstream is named \"crossref\"; expected a name from upstreams, such as \"europepmc\"\n" },
	{ "routes: [ { path: /, upstream: a } ]\n", "1:1: no upstreams; expected one at least, as `name: { url: ... }`\n" },
	{ ROUTES("  - { path: x, upstream: europepmc }\n"), "3:13: \"x\" for path, which does not begin with '/'; expected a path such as /rest or /*/fulltext\n" },
	{ ROUTES("  - { path: /a/../b, upstream: europepmc }\n"), "3:13: \"/a/../b\" for path, which has a segment '.' or '..'; expected a path such as /rest or /*/fulltext\n" },
	{ ROUTES("  - { path: /a, upstream: europepmc, upstream_path: \"/b?c\" }\n"), "3:53: \"/b?c\" for upstream_path, which has a query; expected a path such as /rest, or nothing\n" },
	{ ROUTES("  - { path: /a, upstream: europepmc }\n  - { path: /b, upstream: europepmc }\n  - { path: /a/, upstream: europepmc }\n"), "5:13: another route for \"/a\"; expected one, and line 3 has it\n" },
	{ ROUTES("  - { path: /, upstream: europepmc, forward: [ Host, \"a b\", X-Ok ] }\n"), "3:48: \"Host\" for forward, which is a field that a proxy never hands on as it came; expected the name of a request field\n3:54: \"a b\" for forward, which is no field name; expected the name of a request field\n" },
	{ ROUTES("  - { path: /, upstream: europepmc, source_version: \"x y\" }\n"), "3:53: \"x y\" for source_version, which is no field name; expected the name of a response field, or nothing\n" },
	{ ROUTES("  - { path: /, upstream: europepmc, source_version_url: /x }\n"), "3:57: \"/x\" for source_version_url, which does not begin with http:// or https://; expected http:// or https://, host, port, path and query at most, or nothing\n" },
	{ ROUTES("  - { path: /, upstream: europepmc, source_version_url: \"http://h?x\" }\n"), "3:57: \"http://h?x\" for source_version_url, which has a query without a path; expected http:// or https://, host, port, path and query at most, or nothing\n" },
	{ ROUTES("  - { path: /, upstream: europepmc, source_version_url: \"http://h/?x y\" }\n"), "3:57: \"http://h/?x y\" for source_version_url, which has a character that must be percent-encoded; expected http:// or https://, host, port, path and query at most, or nothing\n" },
	{ ROUTES("  - { path: /, upstream: europepmc, source_version_pointer: x }\n"), "3:61: \"x\" for source_version_pointer, which does not begin with '/'; expected nothing, or a JSON Pointer such as /release\n" },

	/* of those who operate */
	{ "server: { tls: { client_ca: x } }\n" REST, "1:29: server.tls.client_ca without server.tls.certificate; expected TLS with it\n" },
	{ "admin: { listen: [ \"0.0.0.0:9\" ] }\n" REST, "1:18: admin.listen at \"0.0.0.0:9\" without admin.tokens; expected a token, or loopback or a Unix socket\n" },
	{ "admin: { listen: [ \"127.0.0.1:8080\" ] }\n" REST, "1:18: \"127.0.0.1:8080\" for admin.listen and for server.listen; expected two addresses\n" },
	{ "admin: { listen: [ \"[::1]:9\", \"127.1.2.3:9\", \"unix:/x\" ], tls: { key: a } }\n" REST, "1:71: admin.tls.key alone; expected admin.tls.certificate with it\n" },
	{ "admin: { audit: /log/l }\nlog: { access: /log/l }\n" REST, "1:17: \"/log/l\" for admin.audit and for log.access; expected two files\n" },
	{ "admin: { tokens: { a: b } }\n" REST, "1:18: admin.tokens as a map; expected a list of maps\n" },
	{ "admin: { tokens: [ { role: admin, sha256: 12 } ] }\n" REST, "1:20: a token without name; expected letters, digits, '.', '_' and '-', at most 64\n1:43: a text for sha256, which is no SHA-256; expected 64 hex digits\n" },
	{ "admin: { tokens: [ { name: a, sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08, role: root, expires: 2027-02-30 } ] }\n" REST, "1:111: \"root\" for role; expected one of viewer, operator, admin\n1:126: \"2027-02-30\" for expires; expected a moment such as 2027-01-31 or 2027-01-31T12:00:00Z, or never\n" },
	{ "admin: { tokens: [ { name: a, sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 }, { name: a, sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 } ] }\n" REST, "1:115: another token named \"a\"; expected one, and line 1 has it\n1:126: the same token again; expected each once, and line 1 has it\n" },
	{ "tenants: { genomics: {} }\nadmin: { tokens: [ { name: a, sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08, tenant: genomiks } ] }\n" REST, "2:113: no tenant is named \"genomiks\"; expected the nearest known, genomics\n" },
	{ "tenants: { a: { memory: 60%, keys: [ 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 ] }, b: { memory: 50%, keys: [ 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 ] } }\n" REST, "1:10: tenants with 110% of memory together; expected 100% at most\n1:111: a key or certificate of tenant a for b, too; expected one tenant\n" },
	{ "tenants: { a: { certificates: [ 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 ] } }\n" REST, "1:31: certificates of tenant a without server.tls.client_ca; expected the authorities that made them\n" },
	{ "events: { x: { secret: short } }\n" REST, "1:24: a text for secret, which is too short; expected text of 16 characters at least\n" },
	{ "events: { x: { secret: long-enough-to-be-one, pointer: /a, value: b } }\n" REST, "1:67: \"b\" for value without {}, though there is a pointer; expected the place of what it finds\n" },
	{ "events:\n  x: { secret: long-enough-to-be-one }\n  y: { secret: long-enough-to-be-two }\n  z: { secret: long-enough-to-be-one }\n" REST, "4:16: the secret of another source for z, too; expected one of its own, and line 2 has it\n" },
	{ ROUTES("  - { path: /, upstream: europepmc, tags: [ \"a:{x}\" ] }\n"), "3:45: \"a:{x}\" for tags, which has braces without the number of a segment; expected a tag such as article:{1}/{2}, where {n} is the n-th segment behind the route's path\n" },
	{ ROUTES("  - { path: /, upstream: europepmc, tags: [ \"a b\" ] }\n"), "3:45: \"a b\" for tags, which has a blank or a comma; expected a tag such as article:{1}/{2}, where {n} is the n-th segment behind the route's path\n" },
	{ ROUTES("  - { path: /, upstream: europepmc, tags: [ \"a:{1\" ] }\n"), "3:45: \"a:{1\" for tags, which has a '{' without '}'; expected a tag such as article:{1}/{2}, where {n} is the n-th segment behind the route's path\n" },
	{ ROUTES("  - { path: /, upstream: europepmc, tags: [ \"a:1}\" ] }\n"), "3:45: \"a:1}\" for tags, which has a '}' without '{'; expected a tag such as article:{1}/{2}, where {n} is the n-th segment behind the route's path\n" },
	{ ROUTES("  - { path: /, upstream: europepmc, tags: [ \"a:{0}\" ] }\n"), "3:45: \"a:{0}\" for tags, which has braces without the number of a segment; expected a tag such as article:{1}/{2}, where {n} is the n-th segment behind the route's path\n" },
	{ ROUTES("  - { path: /, upstream: europepmc, tags_held: [ x ] }\n"), "3:50: \"x\" for tags_held, which has no JSON Pointer in braces; expected a tag such as article:{/hits/*/id}, with a JSON Pointer in braces\n" },
	{ ROUTES("  - { path: /, upstream: europepmc, tags_held: [ \"a:{b}\" ] }\n"), "3:50: \"a:{b}\" for tags_held, which has braces without a JSON Pointer; expected a tag such as article:{/hits/*/id}, with a JSON Pointer in braces\n" },
	{ ROUTES("  - { path: /, upstream: europepmc, tags_held: [ \"a:{/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0}\" ] }\n"), "3:50: \"a:{/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/...\" for tags_held, which has a JSON Pointer of too many levels; expected a tag such as article:{/hits/*/id}, with a JSON Pointer in braces\n" },
	{ ROUTES("  - { path: /, upstream: europepmc, tags_held: [ \"a:{/~2}\" ] }\n"), "3:50: \"a:{/~2}\" for tags_held, which has a '~' without 0 or 1 behind it; expected a tag such as article:{/hits/*/id}, with a JSON Pointer in braces\n" },

	/* between settings */
	{ "server: { tls: { key: k } }\n" REST, "1:23: server.tls.key alone; expected server.tls.certificate with it\n" },
	{ "server: { tls: { certificate: c } }\n" REST, "1:31: server.tls.certificate alone; expected server.tls.key with it\n" },
	{ "server: { limits: { header_bytes: 4KiB } }\n" REST, "1:35: server.limits.header_bytes of 4KiB; expected more than server.limits.target_bytes, which is 8KiB\n" },
	{ "server: { limits: { target_bytes: 16KiB } }\n" REST, "1:35: server.limits.header_bytes of 16KiB; expected more than server.limits.target_bytes, which is 16KiB\n" },
	{ "cache: { memory: { max_object: 1GiB } }\n" REST, "1:32: cache.memory.max_object of 1GiB; expected at most cache.memory.size, which is 256MiB\n" },
	{ "server: { listen: [ 127.0.0.1:80, 127.0.0.1:81, 127.0.0.1:80 ] }\n" REST, "1:49: \"127.0.0.1:80\" for server.listen again; expected each address once, and line 1 has it\n" },
	{ "server:\n  listen:\n    - \"[::1]:80\"\n    - \"[0:0::1]:0080\"\n    - \"[::0001]:80\"\n" REST, "4:7: \"[0:0::1]:0080\" for server.listen again; expected each address once, and line 3 has it\n5:7: \"[::0001]:80\" for server.listen again; expected each address once, and line 3 has it\n" },
	{ "server: { listen: [ unix:/x, unix:/x ] }\n" REST, "1:30: \"unix:/x\" for server.listen again; expected each address once, and line 1 has it\n" },
	{ "server: { listen: [ 127.0.0.1:0, 127.0.0.1:0, \"[::1]:0\", \"[::1]:0\", unix:/x, unix:/y, 127.0.0.1:80, 127.0.0.2:80, \"[::1]:80\", \"[::]:80\" ] }\n" REST, "" },
	{ "server: { listen: [ 127.0.0.1:80, 127.0.0.1:80, x ] }\n" REST, "1:49: \"x\" for server.listen, which has no IPv4 address; expected 127.0.0.1:8080, [::1]:8080 or unix:/path\n" },
	{ ROUTES("  - { path: /metrics/, upstream: europepmc }\n  - { path: /health, upstream: europepmc }\n"), "3:13: \"/metrics\" for path, where larder answers itself; expected another path, or another (or \"\") for server.metrics\n4:13: \"/health\" for path, where larder answers itself; expected another path, or another (or \"\") for server.health\n" },
	{ ROUTES("  - { path: /health/ready, upstream: europepmc }\n  - { path: /health/other, upstream: europepmc }\n"), "3:13: \"/health/ready\" for path, where larder answers itself; expected another path, or another (or \"\") for server.health\n" },
	{ "server: { metrics: /m, health: \"\" }\n" ROUTES("  - { path: /m, upstream: europepmc }\n"), "4:13: \"/m\" for path, where larder answers itself; expected another path, or another (or \"\") for server.metrics\n" },
	{ "server: { metrics: /m, health: \"\" }\n" ROUTES("  - { path: /metrics, upstream: europepmc }\n  - { path: /health, upstream: europepmc }\n  - { path: /, upstream: europepmc }\n  - { path: /m/x, upstream: europepmc }\n"), "" },

	/* the environment */
	{ "log: { access: \"${LARDER_UNSET}\" }\n" REST, "1:16: ${LARDER_UNSET} is not set in the environment; expected it there, or a default as in ${LARDER_UNSET:-default}\n" },
	{ "log: { access: \"${LARDER_SET\" }\n" REST, "1:16: \"${\" has no end; expected \"}\", or \"$${\" for itself\n" },
	{ "log: { access: \"${}\" }\n" REST, "1:16: \"${...}\" without the name of a variable; expected ${NAME} or ${NAME:-default}\n" },
	{ "log: { access: \"${1A}\" }\n" REST, "1:16: \"${...}\" without the name of a variable; expected ${NAME} or ${NAME:-default}\n" },
	{ "log: { access: \"${A-B}\" }\n" REST, "1:16: \"${...}\" without the name of a variable; expected ${NAME} or ${NAME:-default}\n" },
	{ "log: { access: \"${LARDER_BROKEN}\" }\n" REST, "1:16: text with a control character or broken UTF-8; expected clean text\n" },
	{ "log: { level: \"${LARDER_SET}\" }\n" REST, "1:15: \"set\" for log.level; expected one of debug, info, warn, error\n" },
};
/* clang-format on */

/* All faults of a text, one a line, without the name in front; "" for none. */
static void faults_of(const char *text, size_t size, char *ret, size_t room)
{
	struct config *config = NULL;
	struct config_faults faults;
	enum rc rc = config_parse("x", text, size, &config, &faults);

	ret[0] = '\0';
	ck_assert_int_eq(rc, faults.count > 0 ? RC_INVALID : RC_OK);
	ck_assert((config != NULL) == (rc == RC_OK));
	for (size_t i = 0; i < faults.count; i++) {
		size_t used = strlen(ret);

		ck_assert(strncmp(faults.items[i], "x:", 2) == 0);
		snprintf(ret + used, room - used, "%s\n", faults.items[i] + 2);
	}
	config_faults_done(&faults);
	config_free(config);
}

START_TEST(faulty)
{
	char found[8192];

	setenv("LARDER_SET", "set", 1);
	setenv("LARDER_BROKEN", "\xc3(", 1);
	unsetenv("LARDER_UNSET");
	faults_of(rows[_i].text, strlen(rows[_i].text), found, sizeof(found));
	ck_assert_msg(strcmp(found, rows[_i].faults) == 0, "row %d\n%s\nfound:\n%s\nexpected:\n%s",
		_i, rows[_i].text, found, rows[_i].faults);
}
END_TEST

/* Where the secret itself stands in a setting that is about it, whatever its form: there are faults, and it is in none. */
static const char *const forms[] = {
	"hush",
	"hush-hush-hush-hush-hush-hush\\u0007",
	"${hush hush-hush-hush}",
	"${HUSH_UNSET:-hush",
	"${1:-hush}",
	"x${LARDER_HUSH}",
};

static const char *const secret_rows[] = {
	"admin: { tokens: [ { name: a, sha256: %s } ] }\n",
	"server: { purge: { from: [ 127.0.0.1 ], token_sha256: %s } }\n",
	"tenants: { a: { keys: [ %s ] } }\n",
	"tenants: { a: { keys: %s } }\n",
	"tenants: { a: { keys: [ [ %s ] ] } }\n",
	"tenants: { a: { certificates: [ %s ] } }\n",
	"events: { a: { secret: %s } }\n",
	"events: { a: { secret: [ %s ] } }\n",
	"events: { a: { secret: { a: %s } } }\n",
};

START_TEST(secrets_are_in_no_fault)
{
	char value[128], text[1024], found[8192];

	setenv("LARDER_HUSH", "hush", 1);
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		snprintf(value, sizeof(value), "\"%s\"", forms[i]);
		snprintf(text, sizeof(text), secret_rows[_i], value);
		strncat(text, REST, sizeof(text) - strlen(text) - 1);
		faults_of(text, strlen(text), found, sizeof(found));
		ck_assert_msg(found[0] != '\0', "%s", text);
		ck_assert_msg(strstr(found, "hush") == NULL, "%s\n%s", text, found);
	}
}
END_TEST

/* One that begins as YAML's own marks do, without quotes. */
static const char *const marked[] = { "*hush", "&hush", "!hush", "%hush", "@hush", "`hush", "|hush",
	">hush", "\"hush", "'hush", "{hush", "[hush", "-\thush" };

START_TEST(nor_are_those_that_are_no_yaml)
{
	char text[1024], found[8192];

	snprintf(text, sizeof(text), "events:\n  a:\n    secret: %s\n", marked[_i]);
	strncat(text, REST, sizeof(text) - strlen(text) - 1);
	faults_of(text, strlen(text), found, sizeof(found));
	ck_assert_msg(found[0] != '\0', "%s", text);
	ck_assert_msg(strstr(found, "hush") == NULL, "%s\n%s", text, found);
}
END_TEST

/* A megabyte and a byte; more values than are taken; a text beyond its bound. */
START_TEST(too_much)
{
	size_t size = 1024 * 1024 + 1;
	char *text = malloc(size);
	char found[8192];

	ck_assert_ptr_nonnull(text);
	memset(text, '#', size);
	faults_of(text, size, found, sizeof(found));
	ck_assert_str_eq(found, " more than 1048576 bytes; expected less\n");
	for (size_t i = 1; i < 200000; i++)
		text[i] = i % 2 != 0 ? 'a' : ',';
	text[0] = '[';
	faults_of(text, 200000, found, sizeof(found));
	ck_assert_ptr_nonnull(strstr(found, " more than 65536 values; expected less\n"));
	memset(text, 'a', 70000);
	faults_of(text, 70000, found, sizeof(found));
	ck_assert_ptr_nonnull(strstr(found, "1:1: text of more than 65536 bytes; expected less\n"));
	free(text);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("faults");
	Suite *suite = suite_create("config_faults");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, faulty, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_loop_test(
		tcase, secrets_are_in_no_fault, 0, sizeof(secret_rows) / sizeof(secret_rows[0]));
	tcase_add_loop_test(
		tcase, nor_are_those_that_are_no_yaml, 0, sizeof(marked) / sizeof(marked[0]));
	tcase_add_test(tcase, too_much);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
