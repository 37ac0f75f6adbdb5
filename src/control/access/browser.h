/* control/access/browser.h - what a browser says of the page that made it ask.
 *
 * Any page that somebody on this machine opens can have his browser ask 127.0.0.1; without tokens that would be enough.
 * Two things tell such a request: it names the page's origin (RFC 6454 7; Fetch Metadata), or, where the page
 * has had its own name resolved to 127.0.0.1 (DNS rebinding), the Host is that name. Pure.
 */
#pragma once

#include "http/request.h"

/* Whether a page of another origin than the one that is asked has sent it. */
bool browser_is_foreign(const struct request *head);

/* Whether Host is localhost or a loopback address, or nothing a browser can have sent: none at all, a Unix socket. */
bool browser_host_is_local(const struct request *head);
