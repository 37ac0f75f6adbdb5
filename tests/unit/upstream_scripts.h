/* tests/unit/upstream_scripts.h - what the scripted origin of test_upstream.c says: good answers
 * first, then broken ones, then those that never end.
 *
 * Bytes as they stand on the wire; what follows the last of them is said beside. Constant data only.
 */
#pragma once

#include "scripted_origin.h"

/* clang-format off */
static const struct script SCRIPTS[] = {
	{ "/plain", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", KEEP },
	{ "/chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		      "2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nTrailer: x\r\n\r\n", KEEP },
	{ "/close", "HTTP/1.1 200 OK\r\n\r\nhello", CLOSE },
	{ "/old", "HTTP/1.0 200 OK\r\n\r\nhello", CLOSE },
	{ "/old-1xx", "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", CLOSE },
	{ "/empty", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", KEEP },
	{ "/head", "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", KEEP },
	{ "/204", "HTTP/1.1 204 No Content\r\n\r\n", KEEP },
	{ "/304", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\nETag: \"a\"\r\n\r\n", KEEP },
	{ "/1xx", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
		  "HTTP/1.1 200 OK\r\nB: c\r\nContent-Length: 2\r\n\r\nok", KEEP },
	{ "/101", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", HANG },
	{ "/gzip", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", KEEP },
	{ "/moved", "HTTP/1.1 302 Found\r\nLocation: /plain\r\nContent-Length: 0\r\n\r\n", KEEP },
	{ "/fold", "HTTP/1.1 200 OK\r\nA: b\r\n \t c\r\nE:\r\nContent-Length: 0\r\n\r\n", KEEP },
	{ "/same-lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\nContent-Length: 2\r\n\r\nok", KEEP },
	{ "/both", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n"
		   "2\r\nok\r\n0\r\n\r\n", CLOSE },
	{ "/excess", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n"
		     "Content-Length: 6\r\n\r\npoison", KEEP },
	{ "/short", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", CLOSE },
	{ "/short-chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhello", CLOSE },
	{ "/no-last-chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", CLOSE },
	{ "/bad-chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n", CLOSE },
	{ "/reset", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", RESET },
	{ "/reset-close", "HTTP/1.1 200 OK\r\n\r\nhello", RESET },
	{ "/nothing", "", CLOSE },
	{ "/half-head", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", CLOSE },
	{ "/half-line", "HTTP/1.1 200 OK\r\nContent-Le", CLOSE },
	{ "/lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nokk", KEEP },
	{ "/length-sign", "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok", KEEP },
	{ "/length-words", "HTTP/1.1 200 OK\r\nContent-Length: 2x\r\n\r\nok", KEEP },
	{ "/length-large", "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n\r\nok", KEEP },
	{ "/name", "HTTP/1.1 200 OK\r\nA b: c\r\nContent-Length: 0\r\n\r\n", KEEP },
	{ "/blank-colon", "HTTP/1.1 200 OK\r\nA : c\r\nContent-Length: 0\r\n\r\n", KEEP },
	{ "/no-colon", "HTTP/1.1 200 OK\r\nABC\r\nContent-Length: 0\r\n\r\n", KEEP },
	{ "/value", "HTTP/1.1 200 OK\r\nA: b\x01\r\nContent-Length: 0\r\n\r\n", KEEP },
	{ "/status", "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n", KEEP },
	{ "/http09", "hello", CLOSE },
	{ "/coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: odd\r\n\r\nhello", CLOSE },
	{ "/codings", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", CLOSE },
	{ "/large-head", "HTTP/1.1 200 OK\r\n"
			 "A: 1234567890123456789012345678901234567890123456789012345678901234567890\r\n"
			 "B: 1234567890123456789012345678901234567890123456789012345678901234567890\r\n"
			 "Content-Length: 0\r\n\r\n", KEEP },
	{ "/silent", "", HANG },
	{ "/silent-1xx", "HTTP/1.1 103 Early Hints\r\n\r\n", HANG },
	{ "/stalled", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", HANG },
	{ "/early", "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno", HANG },
	{ NULL, NULL, KEEP },
};
/* clang-format on */
