"""Seen from outside: /metrics that Prometheus takes, /health, and an access log without secrets."""

import json
import shutil
import subprocess
import threading
import urllib.parse
import urllib.request

import pytest

from harness.metrics import Metrics, at_least, equals
from harness.wait import until

FRESH = {"Cache-Control": "max-age=60"}

# The core set of the design that has a meaning already.
CORE = """
http_requests_total http_request_duration_seconds http_requests_in_flight http_connections
http_rejected_total http_response_body_bytes_total cache_requests_total cache_revalidations_total
cache_stores_total cache_store_skips_total cache_tier_lookups_total cache_entries cache_bytes
cache_max_bytes cache_evictions_total collapse_flights collapse_waiters
collapse_oldest_flight_seconds collapse_requests_total upstream_requests_total
upstream_request_duration_seconds upstream_errors_total build_info
""".split()
PROCESS = """
process_cpu_seconds_total process_resident_memory_bytes process_virtual_memory_bytes
process_open_fds process_max_fds process_start_time_seconds
""".split()


@pytest.fixture
def used(larder, origin):
    """A larder that has seen a bit of everything."""
    origin.reply("/a", b"x", fields=FRESH)
    for target in ("/a", "/a", "/missing"):
        larder.get(target)
    larder.get("/a", method="POST", body=b"x")
    larder.wait_metric("http_requests_total", at_least(4), route="/")
    return larder


def test_text_format(used):
    response = used.get("/metrics")
    assert response.field("Content-Type").startswith("text/plain; version=0.0.4")
    metrics = Metrics(response.body.decode())
    for name in CORE:
        assert "larder_" + name in metrics.kinds, name
    for name in PROCESS:
        assert name in metrics.names(), name
    for name, kind in metrics.kinds.items():
        assert name.startswith(("larder_", "process_")), name
        assert kind == "counter" or not name.endswith("_total"), name
        assert metrics.helps.get(name), f"no HELP for {name}"


def test_histograms_add_up(used):
    metrics = used.metrics()
    base = "larder_http_request_duration_seconds"
    for (name, labels), count in metrics.samples.items():
        if name != base + "_count":
            continue
        buckets = [(float(dict(having)["le"]), value)
            for (known, having), value in metrics.samples.items()
            if known == base + "_bucket" and labels <= having]
        buckets.sort()
        assert buckets[-1] == (float("inf"), count)
        assert [value for _, value in buckets] == sorted(value for _, value in buckets)
    assert metrics.sum(base + "_count", cache="hit") == 1


def test_openmetrics(used):
    accept = "application/openmetrics-text; version=1.0.0, text/plain;q=0.5"
    response = used.get("/metrics", fields={"Accept": accept})
    assert response.field("Content-Type").startswith("application/openmetrics-text; version=1.0.0")
    text = response.body.decode()
    assert text.endswith("# EOF\n")
    assert "# TYPE larder_http_requests counter" in text
    assert "larder_http_requests_total{" in text


def test_promtool_finds_nothing(used):
    if not shutil.which("promtool"):
        pytest.skip("no promtool")
    text = used.get("/metrics").body
    result = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True,
        check=False)
    assert (result.returncode, result.stdout + result.stderr) == (0, b"")


def test_a_real_prometheus_scrapes_it(used, tmp_path):
    if not shutil.which("prometheus"):
        pytest.skip("no prometheus")
    host, port = used.address
    config = tmp_path / "prometheus.yml"
    config.write_text(f"""
global: {{ scrape_interval: 1s }}
scrape_configs:
  - job_name: larder
    static_configs: [ {{ targets: ["{host}:{port}"] }} ]
""")
    with Prometheus(config, tmp_path) as prometheus:
        found = until(lambda: prometheus.query("larder_cache_requests_total{result='hit'}"),
            "Prometheus has larder's metrics")
        assert float(found[0]["value"][1]) == 1
        assert prometheus.query("up{job='larder'}")[0]["value"][1] == "1"


class Prometheus:
    """A server on a free port with its data in a directory of the test's."""

    def __init__(self, config, directory):
        self.process = subprocess.Popen(["prometheus", f"--config.file={config}",
            f"--storage.tsdb.path={directory}/tsdb", "--web.listen-address=127.0.0.1:0"],
            stderr=subprocess.PIPE, text=True)
        self.url = None
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stderr:
            if "Listening on" in line and "address=" in line:
                self.url = "http://" + line.split("address=")[-1].split()[0]

    def __enter__(self):
        until(lambda: self.url, "Prometheus listens")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def query(self, text):
        address = f"{self.url}/api/v1/query?query={urllib.parse.quote(text)}"
        try:
            with urllib.request.urlopen(address) as answer:
                return json.load(answer)["data"]["result"]
        except OSError:
            return []


def test_labels_are_bounded(larder, origin):
    """Nothing that a client sends becomes a label."""
    def series(metrics):
        return {key for key in metrics.samples}
    origin.reply("/x", b"", status=299)
    larder.get("/x", method="FROB")
    larder.get("/x")
    for result in ("method", "uri-miss"):  # requests are counted at their end
        larder.wait_metric("http_request_duration_seconds_count", equals(1), cache=result)
    before = series(larder.metrics())
    for number in range(50):
        origin.reply(f"/{number}", b"", status=210 + number)
        larder.get(f"/{number}?q={number}", method=f"FROB{number}", fields={"Host": f"h{number}"})
    assert len(series(larder.metrics()) - before) <= 2


def test_metrics_and_health_are_not_cached(larder, origin):
    for target in ("/metrics", "/health"):
        first, second = larder.get(target), larder.get(target)
        assert first.field("Cache-Control") == second.field("Cache-Control") == "no-store"
        assert larder.get(target, method="HEAD").body == b""
    assert larder.get("/metrics?x=1").status == 200
    assert origin.count() == 0


def test_health(larder):
    response = larder.get("/health")
    assert response.status == 200
    assert response.field("Content-Type").startswith("application/health+json")
    health = json.loads(response.body)
    assert health["status"] == "pass"
    assert all(one["status"] for checks in health["checks"].values() for one in checks)


def test_paths_can_be_moved(start, origin):
    larder = start({"server": {"metrics": "/-/numbers", "health": "/-/well"}})
    assert b"larder_build_info" in larder.get("/-/numbers").body
    assert json.loads(larder.get("/-/well").body)["status"] == "pass"
    for target in ("/metrics", "/health"):
        larder.get(target)
        assert origin.count(target) == 1


def test_paths_can_be_turned_off(start, origin):
    larder = start({"server": {"metrics": "", "health": ""}})
    for target in ("/metrics", "/health"):
        origin.reply(target, b"the origin's")
        assert larder.get(target).body == b"the origin's"


# -- the access log -----------------------------------------------------------------------------


def lines_of(path, count):
    """Lines of a log, once there are so many."""
    def enough():
        found = path.read_text().splitlines() if path.exists() else []
        return found if len(found) >= count else None
    return [json.loads(line) for line in until(enough, f"{count} lines in {path}")]


@pytest.fixture
def log(tmp_path):
    return tmp_path / "access.log"


def test_a_line_a_request(start, origin, log):
    larder = start({"log": {"access": str(log)}})
    origin.reply("/a", b"12345", fields=FRESH)
    with larder.client() as client:  # lines of different connections may change places
        for _ in range(2):
            client.get("/a?b=1", fields={"User-Agent": 'te"st\\er'})
        client.get("/missing")
    first, second, third = lines_of(log, 3)
    assert (first["method"], first["target"], first["status"]) == ("GET", "/a?b=1", 200)
    assert first["client"] == "127.0.0.1" and first["user_agent"] == 'te"st\\er'
    assert (first["cache"], second["cache"]) == ("uri-miss", "hit")
    assert third["status"] == 404 and first["route"] == "/"
    assert all(name in first for name in ("time", "complete")), first
    assert any("5" == str(value) for name, value in first.items() if "bytes" in name)


def test_the_log_on_standard_output(start, origin):
    larder = start({"log": {"access": "stdout"}})
    larder.get("/a")
    assert json.loads(larder.wait_output(1)[0])["target"] == "/a"


def test_off_by_default(larder):
    larder.get("/a")
    larder.stop()
    assert larder.stdout == [] and "/a" not in larder.said()


def test_secrets_are_not_logged(start, origin, log):
    larder = start({"log": {"access": str(log), "redact": ["api_key", "email", "Token"]}})
    targets = ["/a?api_key=hidden1&q=seen", "/a?q=seen&API_KEY=hidden2", "/a?email=hidden3",
        "/a?api%5Fkey=hidden4", "/a?token=hidden5&token=hidden6", "/a?%61pi_key=hidden7"]
    for target in targets:
        larder.get(target, fields={"Authorization": "Bearer hidden8", "Cookie": "s=hidden9"})
    text = json.dumps(lines_of(log, len(targets)))
    assert "hidden" not in text
    assert text.count("seen") == 2 and "***" in text
    assert {seen.target for seen in origin.seen()} == set(targets), "the origin needs them"
    larder.stop()
    assert "hidden" not in larder.said()


def test_what_a_client_sends_can_not_forge_a_line(start, origin, log):
    larder = start({"log": {"access": str(log)}})
    larder.get("/a?x=%0A{\"a\":1}", fields={"User-Agent": 'x", "status": 999, "y": "\xe9'})
    line = lines_of(log, 1)[0]
    assert line["status"] == 404 and len(log.read_text().splitlines()) == 1


def test_a_sample_of_the_requests(start, origin, log):
    larder = start({"log": {"access": str(log), "access_sample": 10}})
    origin.reply("/a", b"x", fields=FRESH)
    with larder.client() as client:
        for _ in range(100):
            client.get("/a")
    larder.stop()
    assert len(log.read_text().splitlines()) == 10


def test_a_client_that_left_is_logged_as_such(start, origin, log):
    larder = start({"log": {"access": str(log)}})
    gate = threading.Event()
    origin.reply("/a", pieces=[b"x" * 1000, gate, b"y" * 5_000_000], fields=FRESH)
    with larder.client() as client:
        client.ask("/a")
        client.body_to(1000)
        client.reset()
    gate.set()
    assert lines_of(log, 1)[0]["complete"] is False


def test_the_log_is_written_to_the_end(start, origin, log):
    """Lines that are queued when larder stops are not lost."""
    larder = start({"log": {"access": str(log)}})
    origin.reply("/a", b"x", fields=FRESH)
    with larder.client() as client:
        for _ in range(500):
            client.get("/a")
    larder.stop()
    assert len(log.read_text().splitlines()) == 500


def test_a_log_that_can_not_be_written(start, tmp_path):
    with pytest.raises(RuntimeError, match="no-such-directory"):
        start({"log": {"access": str(tmp_path / "no-such-directory" / "log")}})
