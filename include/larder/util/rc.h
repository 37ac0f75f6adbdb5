/* util/rc.h - what a function that can fail says.
 *
 * One table of result codes. RC_ABSENT is an answer, not a fault. Codes of foreign libraries are
 * translated into these at the file that borders on the library and never travel further.
 *
 * TRY() is the only macro that hides a return: it leaves the function with the code of the call
 * that failed. Locals declared with SCOPED() (util/scope.h) are released on the way out.
 */
#pragma once

#define RC_TABLE(X)                                                              \
	X(RC_OK, "done")                                                         \
	X(RC_ABSENT, "not there")                                                \
	X(RC_INVALID, "malformed input")                                         \
	X(RC_TOO_LARGE, "a limit was exceeded")                                  \
	X(RC_UNSUPPORTED, "not supported")                                       \
	X(RC_BUSY, "no capacity left")                                           \
	X(RC_IO, "input or output failed")                                       \
	X(RC_FULL, "no space left on the device")                                \
	X(RC_READ_ONLY, "the file system is read-only")                          \
	X(RC_DENIED, "permission denied")                                        \
	X(RC_LOCKED, "locked by another process")                                \
	X(RC_CORRUPT, "what is stored is damaged")                               \
	X(RC_DNS, "name could not be resolved")                                  \
	X(RC_CONNECT, "connection failed")                                       \
	X(RC_TLS, "TLS failed")                                                  \
	X(RC_CONNECT_TIMEOUT, "no connection within the deadline")               \
	X(RC_FIRST_BYTE_TIMEOUT, "no response within the deadline")              \
	X(RC_IDLE_TIMEOUT, "the response stalled")                               \
	X(RC_TOTAL_TIMEOUT, "the response was not complete within the deadline") \
	X(RC_TRUNCATED, "the response ended before its end")                     \
	X(RC_PROTOCOL, "the response was not valid HTTP")                        \
	X(RC_REJECTED, "the response is not what the route takes for good")      \
	X(RC_PACED, "its turn did not come within the deadline")                 \
	X(RC_BREAKER, "the upstream failed too often: it is not asked for now")  \
	X(RC_OFFLINE, "the upstream is offline by configuration")                \
	X(RC_CANCELLED, "nobody waits for it any more")                          \
	X(RC_STOPPED, "larder is stopping")

enum rc {
#define X(name, text) name,
	RC_TABLE(X)
#undef X
};

#define NODISCARD __attribute__((warn_unused_result))

#define TRY(call)                         \
	do {                              \
		enum rc try_rc_ = (call); \
		if (try_rc_ != RC_OK)     \
			return try_rc_;   \
	} while (0)

/* The table's words for rc: static, never NULL. */
const char *rc_text(enum rc rc);

/* What errno stands for, of files: RC_ABSENT (ENOENT), RC_FULL, RC_DENIED, RC_READ_ONLY, else RC_IO. */
enum rc rc_of_errno(void);
