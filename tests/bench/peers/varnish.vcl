# Varnish as an expert sets it up for this: nothing between the request and the hash.
vcl 4.1;

backend origin {
	.host = "127.0.0.1";
	.port = "@ORIGIN@";
}

backend slow {
	.host = "127.0.0.1";
	.port = "@SLOW@";
}

sub vcl_recv {
	if (req.url ~ "^/slow/") {
		set req.backend_hint = slow;
	} else {
		set req.backend_hint = origin;
	}
	if (req.url ~ "^/pass/") {
		return (pass);
	}
	return (hash);
}

sub vcl_hash {
	hash_data(req.url);
	return (lookup);
}

sub vcl_backend_response {
	return (deliver);
}
