"""What the end-to-end tests stand on: a larder process, a scripted origin, raw clients.

	larder.py   the process under test        origin.py   an origin that does what it is told
	client.py   one raw connection            crowd.py    hundreds of connections at once
	message.py  responses read byte by byte   status.py   Cache-Status and Proxy-Status
	metrics.py  /metrics as numbers           wait.py     conditions instead of sleeps
	certs.py    self-signed certificates      demo.py     the demo origin of tests/origin
	table.py    rows of cases                 partial.py  ranges and multipart/byteranges
	store.py    the disk tier's directory     device.py   a small file system of a test's own
	faults.py   clients who must not notice     manager.py   plays the service manager
	restarts.py a load that counts what restarts cost         ports.py    ports that nobody else is given

Everything binds to loopback on a port that the kernel chooses.
"""
