"""What runs in a storm: the demo origin, which is as silent as the real service, and the caches before it."""
import json
import os
import pwd
import shutil
import subprocess
import tempfile
import urllib.request
from pathlib import Path

from servers import HERE, LOAD_CORE, QUIET, SERVER_CORE, Failed, Process, fetch, free_port

ROOT = HERE.parents[1]
REST = "/europepmc/webservices/rest"


def programs(options):
    """larder, as a release unless another is named, and pace."""
    directory = ROOT / "build-bench"
    if not (directory / "build.ninja").exists():
        subprocess.run(["meson", "setup", directory, "--buildtype=release"], cwd=ROOT, check=True,
                       stdout=subprocess.DEVNULL)
    targets = ["tests/bench/pace"] + ([] if options.larder else ["src/app/larder"])
    subprocess.run(["ninja", "-C", directory, *targets], check=True, stdout=subprocess.DEVNULL)
    larder = options.larder.resolve() if options.larder else directory / "src/app/larder"
    return {"larder": larder, "pace": directory / "tests/bench/pace"}


class Origin:
    """The demo origin at one port, which can die and come again."""

    def __init__(self, scratch):
        self.scratch, self.port, self.process = scratch, free_port(), None
        self.start()

    def start(self):
        command = ["/usr/bin/python3", HERE.parent / "origin/origin.py", "--faithful",
                   "--listen", f"127.0.0.1:{self.port}"]
        self.process = Process("origin", command, LOAD_CORE, self.scratch)
        self.process.await_port(self.port)

    def kill(self):
        self.process.process.kill()
        self.process.process.wait()

    def control(self, **switches):
        self._post("/__control", json.dumps(switches).encode())

    def reset(self):
        self._post("/__reset", b"")

    def stats(self):
        return json.loads(fetch(self.port, "/__stats")[1])

    def _post(self, path, body):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=body, method="POST")
        urllib.request.urlopen(request, timeout=30).close()

    def stop(self):
        self.process.stop()


class Field:
    """A scratch directory, an origin, and the caches that were started."""

    def __init__(self, options):
        self.programs = programs(options)
        memory = Path("/dev/shm")
        at = memory if memory.is_dir() and os.access(memory, os.W_OK) else None
        self.scratch = Path(tempfile.mkdtemp(prefix="larder-storm-", dir=at))
        self.scratch.chmod(0o755)
        self.running = []
        self.origin = Origin(self.scratch)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self.running):
            process.stop()
        self.origin.stop()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def begin(self, name, changes=None):
        """Starts a cache, empty; its port."""
        port = free_port()
        directory = Path(tempfile.mkdtemp(prefix=name, dir=self.scratch))
        directory.chmod(0o755)
        command = {"larder": self._larder, "nginx": self._nginx, "varnish": self._varnish}[name](
            port, directory, changes or {})
        process = Process(name, command, SERVER_CORE, directory)
        self.running.append(process)
        process.await_port(port)
        return port

    def end(self):
        """The cache that was started last."""
        process = self.running.pop()
        if process.process.poll() is not None:
            raise Failed(f"{process.name} ended by itself with {process.process.returncode}")
        process.stop()

    def _larder(self, port, directory, changes):
        settings = {
            # pace has connections that it doesn't use where one is enough
            "server": {"listen": [f"127.0.0.1:{port}"], "threads": 1, "max_connections_per_address": 0,
                       "timeouts": {"header": "2m", "idle": "2m"}},
            "cache": {"memory": {"size": "1GiB"}, **changes.get("cache", {})},
            "upstreams": {"articles": {"url": f"http://127.0.0.1:{self.origin.port}{REST}",
                                       **changes.get("upstream", {})}},
            "routes": [{"path": REST, "upstream": "articles", "profile": "europepmc",
                        **changes.get("route", {})}]}
        path = directory / "larder.yaml"
        path.write_text(json.dumps(settings, indent="\t"))
        return [self.programs["larder"], "serve", "--config", path]

    def _nginx(self, port, directory, _):
        words = {"USER": pwd.getpwuid(os.geteuid()).pw_name}
        return ["nginx", "-e", directory / "error.log", "-p", directory,
                "-c", self._filled("storm-nginx.conf", port, directory, words)]

    def _varnish(self, port, directory, _):
        vcl = self._filled("storm-varnish.vcl", port, directory, {})
        return ["varnishd", "-F", "-j", "none", "-n", directory / "work", "-a", f"127.0.0.1:{port}",
                "-f", vcl, "-s", "malloc,1G", "-p", "thread_pools=1", "-p", f"vsl_mask={QUIET}"]

    def _filled(self, name, port, directory, words):
        text = (HERE / "peers" / name).read_text()
        words = {"PORT": port, "DIR": directory, "ORIGIN": self.origin.port, "REST": REST, **words}
        for word, value in words.items():
            text = text.replace(f"@{word}@", str(value))
        path = directory / name
        path.write_text(text)
        return path
