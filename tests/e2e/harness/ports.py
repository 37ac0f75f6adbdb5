"""A port of this machine on which nobody listens, and that nobody else is given meanwhile.

	with held() as port:		connecting to it is refused
		Origin(port=port)	whoever takes it with SO_REUSEADDR may listen on it
"""

import contextlib
import socket


@contextlib.contextmanager
def held(port=0):
    """port: that one, which has just become free."""
    with socket.socket() as place:
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        place.bind(("127.0.0.1", port))
        yield place.getsockname()[1]
