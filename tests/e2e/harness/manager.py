"""Plays the service manager: opens sockets, passes them to each larder that is started, hears what these say.

	manager = Manager(directory)
	manager.listen("web")                         127.0.0.1, a port that the kernel chooses
	manager.listen("admin", directory / "a.sock") a Unix socket
	start(manager.changes(), manager=manager)     a larder that is configured for them
	manager.wait("READY=1")

Threads: one that reads the messages. The sockets stay open until close(), whatever becomes of larders.
"""

import fcntl
import socket
import threading

from harness.wait import PATIENCE

FIRST, HIGH = 3, 200  # where the protocol wants the sockets, and where they are out of the way
# The process that is started must know its own pid; exec keeps it.
LAUNCHER = 'export LISTEN_PID=$$; eval "$0"; exec "$@"'


class Manager:
    def __init__(self, directory, abstract=False):
        self.sockets = {}
        self.watchdog_ms = None
        self.messages = []
        self._changed = threading.Condition()
        self._mailbox = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path = str(directory / "notify")
        self.address = "@" + path if abstract else path
        self._mailbox.bind("\0" + path if abstract else path)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        while True:
            data = self._mailbox.recv(4096)
            if data == b"over":
                return
            with self._changed:
                self.messages.append(data.decode().splitlines())
                self._changed.notify_all()

    def close(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
            end.sendto(b"over", self._mailbox.getsockname())
        self._reader.join(PATIENCE)
        self._mailbox.close()
        for one in self.sockets.values():
            one.close()

    # -- sockets ----------------------------------------------------------------------------

    def listen(self, name, where="127.0.0.1", kind=socket.SOCK_STREAM, listening=True):
        """Its address, as the configuration writes it."""
        is_path = not isinstance(where, str)
        one = socket.socket(socket.AF_UNIX if is_path else socket.AF_INET, kind)
        one.bind(str(where) if is_path else (where, 0))
        if listening:
            one.listen(4096)
        self.sockets[name] = socket.socket(fileno=fcntl.fcntl(one.fileno(), fcntl.F_DUPFD, HIGH))
        one.close()
        return self.name(name)

    def name(self, name):
        address = self.sockets[name].getsockname()
        return f"unix:{address}" if isinstance(address, str) else f"{address[0]}:{address[1]}"

    def changes(self):
        """Of the configuration: each socket where its name says."""
        admin = [self.name(name) for name in self.sockets if name.startswith("admin")]
        web = [self.name(name) for name in self.sockets if not name.startswith("admin")]
        return {"server": {"listen": web}, "admin": {"listen": admin}}

    def wrap(self, command, environment):
        """For Larder: the command that has the sockets where they belong, and Popen's further arguments."""
        high = [one.fileno() for one in self.sockets.values()]
        script = "".join(f"exec {FIRST + i}<&{fd} {fd}<&-;" for i, fd in enumerate(high))
        environment["NOTIFY_SOCKET"] = self.address
        if self.sockets:
            environment["LISTEN_FDS"] = str(len(high))
            environment["LISTEN_FDNAMES"] = ":".join(self.sockets)
        if self.watchdog_ms:
            environment["WATCHDOG_USEC"] = str(self.watchdog_ms * 1000)
        return ["bash", "-c", LAUNCHER, script, *command], {"pass_fds": high}

    # -- messages ---------------------------------------------------------------------------

    def wait(self, line, count=1):
        """The messages with this line, or one that begins so, once there are so many."""
        def found():
            return [m for m in self.messages if any(one.startswith(line) for one in m)]
        with self._changed:
            if not self._changed.wait_for(lambda: len(found()) >= count, PATIENCE):
                raise AssertionError(f"no {line}: {self.messages}")
            return found()
