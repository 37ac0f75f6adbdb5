/* front/handler.h - libmicrohttpd's callbacks: a request's way through the front.
 *
 *	uri_log:    the request line came           -> session_request()
 *	access 1st: the header is there             -> guard; refuse at once, or go on
 *	access nth: pieces of the body              -> exchange_upload()
 *	access last: all is there, or was resumed   -> exchange_run() -> reply_queue()
 *	completed:  sent, or broken off             -> exchange_end()
 *
 * An answer queued on the first call closes the connection: wanted for refusals only.
 */
#pragma once

#include <microhttpd.h>

/* cls of all: struct listener. */
void handler_connection(void *cls, struct MHD_Connection *connection, void **socket_context,
	enum MHD_ConnectionNotificationCode code);
void *handler_uri(void *cls, const char *uri, struct MHD_Connection *connection);
enum MHD_Result handler_access(void *cls, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *upload_data, size_t *upload_data_size,
	void **request_context);
void handler_completed(void *cls, struct MHD_Connection *connection, void **request_context,
	enum MHD_RequestTerminationCode code);
enum MHD_Result handler_accept(void *cls, const struct sockaddr *address, socklen_t size);
/* The acceptor's: to a listener whose daemon doesn't listen itself. */
void handler_take(void *arg, int fd, const struct sockaddr *address, socklen_t size);
