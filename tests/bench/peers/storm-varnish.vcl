# Varnish as an expert sets it up before a service that says nothing of lifetimes and fails at times: lifetimes by
# path, errors tried again and never stored, a day of grace.
vcl 4.1;

backend origin {
	.host = "127.0.0.1";
	.port = "@ORIGIN@";
	.host_header = "127.0.0.1:@ORIGIN@";
}

sub vcl_recv {
	unset req.http.Cookie;
	set req.http.Host = "127.0.0.1:@ORIGIN@";
}

sub vcl_backend_response {
	if (beresp.status >= 500 || beresp.status == 429) {
		if (bereq.retries < 2 && beresp.status != 429) {
			return (retry);
		}
		if (bereq.is_bgfetch) {
			return (abandon);
		}
		set beresp.uncacheable = true;
		set beresp.ttl = 0s;
		return (deliver);
	}
	# whole before anyone has it: what breaks off is tried again rather than passed on
	set beresp.do_stream = false;
	set beresp.grace = 24h;
	if (beresp.status == 404) {
		set beresp.ttl = 10m;
	} elsif (bereq.url ~ "^@REST@/search") {
		set beresp.ttl = 5m;
	} else {
		set beresp.ttl = 1d;
	}
	return (deliver);
}

sub vcl_backend_error {
	if (bereq.retries < 2) {
		return (retry);
	}
}

sub vcl_deliver {
	if (obj.hits > 0) {
		set resp.http.X-Cache = "HIT";
	} else {
		set resp.http.X-Cache = "MISS";
	}
}
