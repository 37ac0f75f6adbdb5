"""The servers that are compared: how each is started, pinned to a core, watched and ended."""
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
SERVER_CORE, LOAD_CORE = 0, 1
READY_SECONDS = 20
TICKS = os.sysconf("SC_CLK_TCK")
QUIET = ",".join("-" + tag for tag in (
    "Begin End Link ReqStart ReqMethod ReqURL ReqProtocol ReqHeader ReqUnset ReqAcct RespProtocol RespStatus"
    " RespReason RespHeader RespUnset BereqMethod BereqURL BereqProtocol BereqHeader BereqUnset BereqAcct"
    " BerespProtocol BerespStatus BerespReason BerespHeader BerespUnset BackendOpen BackendClose BackendReuse"
    " VCL_call VCL_return VCL_use Timestamp Hit HitMiss HitPass Storage TTL Length Fetch_Body ExpBan"
    " SessOpen SessClose VfpAcct VdpAcct Hash ExpKill WorkThread").split())


class Failed(Exception):
    """A server that can't be measured: it does not start, or does not answer as it should."""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def fetch(port, path, headers=None):
    """(status, body) of one request over a connection of its own."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as answer:
        return answer.code, answer.read(), answer.headers


class Process:
    """A program in a session of its own, on one core, until stop()."""

    def __init__(self, name, command, core, directory):
        self.name = name
        self.log = open(Path(directory, f"{name}.log"), "w+b")
        self.process = subprocess.Popen(
            ["taskset", "-c", str(core), *map(str, command)], start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

    def await_port(self, port):
        end = time.monotonic() + READY_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        self.log.seek(0)
        raise Failed(f"{self.name} did not start: {self.log.read().decode(errors='replace').strip()[-2000:]}")

    def family(self):
        """The pid and those of its descendants."""
        parents = {}
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                if fields := _stat(entry):
                    parents[int(entry)] = int(fields[1])
        found = {self.process.pid}
        while more := {p for p, parent in parents.items() if parent in found} - found:
            found |= more
        return found

    def cpu_seconds(self):
        """What the family has used so far."""
        return sum(int(f[11]) + int(f[12]) for f in map(_stat, self.family()) if f) / TICKS

    def memory_bytes(self):
        pages = [int(f[21]) for f in map(_stat, self.family()) if f]
        return sum(pages) * os.sysconf("SC_PAGE_SIZE")

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()


def _stat(pid):
    """Fields of /proc/PID/stat after the name: [0] state, [1] parent, [11] utime, [12] stime."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


class Server:
    """One of the compared, with its own directory and port."""

    def __init__(self, name, scratch, ports):
        self.name = name
        self.directory = Path(scratch, name)
        self.directory.mkdir(mode=0o755)
        self.port = free_port()
        self.words = {"PORT": self.port, "DIR": self.directory, **ports}

    def configuration(self, name):
        """The peer's file with @NAME@ filled in."""
        text = Path(HERE, "peers", name).read_text()
        for word, value in self.words.items():
            text = text.replace(f"@{word}@", str(value))
        path = Path(self.directory, name)
        path.write_text(text)
        return path

    def start(self, programs):
        command = COMMANDS[self.name](self, programs)
        self.process = Process(self.name, command, SERVER_CORE, self.directory)
        self.process.await_port(self.port)


def _nginx(server, programs):
    room = shutil.disk_usage(server.directory).free // (1 << 20)
    server.words["CACHE_MB"] = min(4096, room // 2)
    server.words["USER"] = pwd.getpwuid(os.geteuid()).pw_name
    return ["nginx", "-e", server.directory / "error.log", "-p", server.directory,
            "-c", server.configuration("nginx.conf")]


def _varnish(server, programs):
    pool = ["thread_pools=1", "thread_pool_min=200", "thread_pool_max=4000", "thread_pool_add_delay=0",
            "timeout_idle=300", "http_gzip_support=off", f"vsl_mask={QUIET}"]
    return ["varnishd", "-F", "-j", "none", "-n", server.directory / "work",
            "-a", f"127.0.0.1:{server.port}", "-f", server.configuration("varnish.vcl"),
            "-s", "malloc,2G", *(word for p in pool for word in ("-p", p))]


def _haproxy(server, programs):
    return ["haproxy", "-db", "-q", "-f", server.configuration("haproxy.cfg")]


def _bare(server, programs):
    return [programs["bare"], server.port, server.words["WWW"]]


def _larder(server, programs):
    return [programs["larder"], "serve", "--config", server.configuration("larder.yaml")]


def _disk(server, programs):
    """larder without a memory tier: every hit is a read of the disk tier."""
    return [programs["larder"], "serve", "--config", server.configuration("larder-disk.yaml")]


COMMANDS = {"larder": _larder, "disk": _disk, "bare": _bare, "nginx": _nginx, "varnish": _varnish, "haproxy": _haproxy}


class Field:
    """All that runs during a comparison: origins, servers, and the directory that they share."""

    def __init__(self, names, programs, sizes):
        memory = Path("/dev/shm")
        at = memory if memory.is_dir() and os.access(memory, os.W_OK) else None
        self.scratch = Path(tempfile.mkdtemp(prefix="larder-bench-", dir=at))
        self.scratch.chmod(0o755)
        self.programs, self.running, self.failed, self.servers = programs, [], {}, {}
        self.names, self.sizes = names, sizes

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self):
        www = self.scratch / "www"
        www.mkdir()
        for name, size in self.sizes.items():
            text = ('{"id":"PMC1234567","title":"A sentence about nothing much","cited":42},' * (size // 70 + 1))
            (www / name).write_text(text[:size])
        ports = {"WWW": www, "ORIGIN": free_port(), "SLOW": free_port()}
        cores = len(os.sched_getaffinity(0))
        self.origin_port, self.slow_port = ports["ORIGIN"], ports["SLOW"]
        self.origin_core = 2 if cores > 2 else LOAD_CORE
        self.origin = self._process("origin", [self.programs["bare"], self.origin_port, www], self.origin_port)
        self.slow = self._process("slow", ["/usr/bin/python3", HERE / "flood.py", "origin", self.slow_port],
                                  self.slow_port)
        for name in self.names:
            server = Server(name, self.scratch, ports)
            try:
                server.start(self.programs)
                self.servers[name] = server
            except (Failed, OSError) as fault:
                self.failed[name] = str(fault)
            finally:
                if hasattr(server, "process"):
                    self.running.append(server.process)

    def _process(self, name, command, port):
        process = Process(name, command, self.origin_core, self.scratch)
        self.running.append(process)
        process.await_port(port)
        return process

    def asked(self):
        """Requests that the fast origin has had."""
        return int(fetch(self.origin_port, "/count")[1])

    def __exit__(self, *_):
        for process in reversed(self.running):
            process.stop()
        shutil.rmtree(self.scratch, ignore_errors=True)
