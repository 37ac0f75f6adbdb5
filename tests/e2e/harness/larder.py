"""A larder process: started on a port that the kernel chooses, watched, stopped by SIGTERM.

The configuration is a dict (JSON is YAML) merged over one that has everything on loopback, or a text.
What it says on stderr is read line by line; events are waited for. A sanitizer's report, an exit code
other than 0 and an end that the test neither asked nor waited for fail the test that started it.
Threads: two readers a process.
"""

import json
import os
import re
import signal
import subprocess
import threading
from pathlib import Path

from harness.client import Client
from harness.metrics import Metrics, wait_for_metric
from harness.wait import PATIENCE, until

REPOSITORY = Path(__file__).resolve().parents[3]
BINARY = os.environ.get("LARDER", str(REPOSITORY / "build" / "src" / "app" / "larder"))
SCRAPES = 20  # at most, until nothing but the last of them is in flight
REPORT = re.compile(r"(Address|Leak|Thread|Memory)Sanitizer|runtime error:|Assertion .* failed")


def merge(base, changes):
    """base with changes: dicts are merged, None removes, everything else replaces."""
    merged = dict(base)
    for name, value in changes.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, dict) and isinstance(merged.get(name), dict):
            merged[name] = merge(merged[name], value)
        else:
            merged[name] = value
    return merged


# What larder does for an API beyond HTTP's own rules: most tests look at those alone.
PLAIN = {
    "cache": {"errors": "off", "etags": False, "jitter": "0%"},
    "upstreams": {"origin": {
        "retry": {"attempts": 1}, "breaker": {"error_rate": "0%", "consecutive": 0}}},
}


def configuration(url, changes=None, plain=True):
    """One upstream at url, one route for everything, loopback only; patient with a machine that stalls."""
    base = {
        "server": {"listen": ["127.0.0.1:0"], "threads": 2, "timeouts": {"header": "2m"}},
        "admin": {"listen": []},
        "upstreams": {"origin": {"url": url}},
        "routes": [{"path": "/", "upstream": "origin"}],
    }
    return merge(merge(base, PLAIN if plain else {}), changes or {})


def run(*arguments, stdin=None, env=None):
    """A command of larder's that ends by itself."""
    return subprocess.run([BINARY, *map(str, arguments)], input=stdin, capture_output=True,
        text=True, timeout=PATIENCE, env={**os.environ, **(env or {})}, check=False)


def sanitized():
    """Whether the binary was built with one."""
    data = Path(BINARY).read_bytes()
    return b"__asan_init" in data or b"__tsan_init" in data


class Larder:
    """Ready when the constructor returns; it raises RuntimeError where it didn't come up."""

    def __init__(self, directory, config=None, clock=None, arguments=None, env=None, manager=None):
        """manager: who passes it sockets and hears of it (manager.py)."""
        self.directory = directory
        self.config_path = directory / "larder.yaml"
        if config is not None:
            self.write_config(config)
        if arguments is None:
            arguments = ["serve", "--config", str(self.config_path)]
        environment = {"LARDER_TEST_SEED": "20261121", **os.environ, **(env or {})}
        if clock is not None:
            environment["LARDER_TEST_CLOCK"] = str(clock.path)
        self.events, self.stderr, self.stdout = [], [], []
        self._changed = threading.Condition()
        command, passed = [BINARY, *arguments], {}
        if manager is not None:
            command, passed = manager.wrap(command, environment)
        self.process = subprocess.Popen(command, cwd=directory, env=environment, **passed,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self._readers = [threading.Thread(target=self._read, args=one, daemon=True) for one in (
            (self.process.stderr, self.stderr), (self.process.stdout, self.stdout))]
        for reader in self._readers:
            reader.start()
        self.listeners = []
        self.awaited = False  # somebody has seen it end, and looked at how
        self._wait_ready(self._listener_count(config))

    def write_config(self, config):
        text = config if isinstance(config, str) else json.dumps(config, indent=1)
        self.config_path.write_text(text)

    @staticmethod
    def _listener_count(config):
        if not isinstance(config, dict):
            return 1
        listen = config["server"]["listen"]
        return len(listen) if isinstance(listen, list) else 1

    def _read(self, stream, lines):
        for raw in stream:
            line = raw.decode("utf-8", "replace").rstrip("\n")
            with self._changed:
                lines.append(line)
                if lines is self.stderr and line.startswith("{"):
                    self.events.append(json.loads(line))
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    def _wait_ready(self, count):
        def listening():
            return [e for e in self.events if e.get("event") == "listening"]
        with self._changed:
            self._changed.wait_for(
                lambda: len(listening()) >= count or not self._readers[0].is_alive()
                or self.process.poll() is not None, PATIENCE)
            ready = listening()
        if len(ready) < count:
            self.kill()
            raise RuntimeError("larder didn't come up:\n" + self.said())
        self.listeners = [address_of(event["detail"].split()[0]) for event in ready]

    @property
    def address(self):
        return self.listeners[0]

    @property
    def url(self):
        host, port = self.address
        return f"http://{host}:{port}"

    def said(self):
        return "\n".join(self.stderr)

    def wait_event(self, name, count=1):
        """Events of this name on stderr, once there are so many."""
        def found():
            return [e for e in self.events if e.get("event") == name]
        with self._changed:
            if not self._changed.wait_for(lambda: len(found()) >= count, PATIENCE):
                raise AssertionError(f"no event {name}; stderr:\n{self.said()}")
            return found()

    def wait_output(self, count):
        """Lines of stdout, once there are so many."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.stdout) >= count, PATIENCE):
                raise AssertionError(f"{len(self.stdout)} of {count} lines: {self.stdout}")
            return list(self.stdout)

    # -- asking -----------------------------------------------------------------------------

    def client(self, listener=0, **how):
        return Client(self.listeners[listener], **how)

    def get(self, target, **how):
        """One request on a connection of its own."""
        with self.client() as client:
            return client.get(target, **how)

    def scrape(self):
        response = self.get("/metrics")
        assert response.status == 200, response
        return Metrics(response.body.decode())

    def metrics(self):
        """A request is counted after its last byte has gone: read again until this one is alone, or
        others are plainly held open."""
        with self.client() as client:
            for _ in range(SCRAPES):
                found = Metrics(client.get("/metrics").body.decode())
                if found.sum("http_requests_in_flight") <= 1:
                    break
        return found

    def metric(self, name, **labels):
        return self.metrics().sum(name, **labels)

    def wait_metric(self, name, condition, **labels):
        return wait_for_metric(self.scrape, name, condition, **labels)

    # -- the process --------------------------------------------------------------------------

    def resident(self):
        """Bytes of memory that it has now; 0 under a sanitizer, which keeps what was freed: there no bound
        of the process says anything."""
        if sanitized():
            return 0
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", text)[1]) * 1024

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        """An end without warning, on purpose."""
        self.process.kill()
        self.wait_exit()

    def wait_exit(self):
        """The code, once it has ended; it is the caller's to judge."""
        code = self.process.wait(PATIENCE * 2)
        self.awaited = True
        for reader in self._readers:
            reader.join(PATIENCE)
        return code

    def stop(self):
        """SIGTERM; it must still be there, end with 0 and without a sanitizer's report."""
        by_itself = self.process.poll() is not None
        if not by_itself:
            self.signal(signal.SIGTERM)
        try:
            code = self.wait_exit()
        except subprocess.TimeoutExpired as error:
            self.kill()
            raise AssertionError(f"larder didn't end on SIGTERM:\n{self.said()}") from error
        self.check_report()
        assert not by_itself, f"larder ended by itself with {code}:\n{self.said()}"
        assert code == 0, f"exit {code}:\n{self.said()}"

    def check_report(self):
        assert not REPORT.search(self.said()), f"report of a sanitizer:\n{self.said()}"

    def wait_idle(self):
        """No request in flight but the one that asks, and no fetch under way: all that was is counted, listed,
        or on its way to the disk."""
        with self.client() as client:  # one: else the question before may not have ended
            def idle():
                found = Metrics(client.get("/metrics").body.decode())
                return found.sum("http_requests_in_flight") <= 1 and found.sum("collapse_flights") == 0
            until(idle, "nothing is under way")


def address_of(text):
    """(host, port) of "127.0.0.1:80" or "[::1]:80"; the path of "unix:/path"."""
    if text.startswith("unix:"):
        return text[len("unix:"):]
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)
