"""`larder check` and what `serve` refuses: every fault with its place, all in one run, exit 2."""

import re

import pytest

from harness.larder import REPOSITORY, run

GOOD = """\
server: { listen: "127.0.0.1:0" }
upstreams:
  one: { url: "http://127.0.0.1:9/" }
routes:
  - { path: /, upstream: one }
"""


def check(tmp_path, text, env=None):
    """(result, the file's name) of larder check."""
    path = tmp_path / "a.yaml"
    path.write_text(text)
    return run("check", "--config", path, env=env), path


def faults(result, path):
    """[(line, column, text)] of what was found."""
    found = re.findall(rf"^{re.escape(str(path))}:(\d+):(\d+): (.+)$",
        result.stderr + result.stdout, re.MULTILINE)
    return [(int(line), int(column), text) for line, column, text in found]


def test_a_good_file_prints_what_holds(tmp_path):
    result, _ = check(tmp_path, GOOD)
    assert result.returncode == 0, result.stderr
    again, _ = check(tmp_path, result.stdout)
    assert again.returncode == 0, again.stderr
    assert again.stdout == result.stdout
    for word in ("s3fifo", "/metrics", "127.0.0.1:9", "256MiB"):
        assert word in result.stdout, word


# One fault a row: where it stands, and a word that its text must have.
FAULTS = [
    ("unknown-section", "sevrer: {}\n" + GOOD, (1, 1), "server"),
    ("unknown-key", GOOD + "cache: { memory: { sise: 1MiB } }\n", (6, 20), "size"),
    ("bad-size", GOOD + "cache:\n  memory:\n    size: 10elephants\n", (8, 11), "10elephants"),
    ("too-small", GOOD + "cache:\n  memory:\n    size: 1B\n", (8, 11), "1MiB"),
    ("bad-duration", GOOD.replace("routes", "cache: { heuristic: { max: 5parsecs } }\nroutes"),
        (4, 28), "5parsecs"),
    ("bad-word", GOOD + "cache: { memory: { eviction: random } }\n", (6, 30), "lru"),
    ("bad-boolean", GOOD.replace('9/" }', '9/", http2: perhaps }'), (3, 45), "perhaps"),
    ("bad-url", GOOD.replace("http://127.0.0.1:9/", "gopher://x"), (3, 15), "http"),
    ("url-with-query", GOOD.replace(":9/", ":9/?a=b"), (3, 15), "query"),
    ("unknown-upstream", GOOD.replace("upstream: one", "upstream: two"), (5, 26), "two"),
    ("no-upstream", GOOD.replace(", upstream: one", ""), (5, 5), "upstream"),
    ("bad-path", GOOD.replace("path: /,", "path: a,"), (5, 13), "/"),
    ("bad-listener", GOOD.replace("127.0.0.1:0", "localhost"), (1, 19), "localhost"),
    ("bad-network", GOOD.replace('1:0" }', '1:0", trusted_proxies: [10.0.0.0/40] }'),
        (1, 52), "10.0.0.0/40"),
    ("duplicate", GOOD + "routes: []\n", (6, 1), "routes"),
    ("scalar-for-section", GOOD + "cache: 7\n", (6, 8), "namespace_version"),
    ("no-environment", GOOD + "log: { level: \"${LARDER_SURELY_UNSET}\" }\n", (6, 15),
        "LARDER_SURELY_UNSET"),
    ("no-yaml", GOOD + "log: { level: [\n", None, ""),
    ("unknown-profile", GOOD.replace("upstream: one", "upstream: one, profile: europmc"),
        (5, 40), "europepmc"),
    ("unknown-class", GOOD.replace("upstream: one", "upstream: one, class: serch"), (5, 38),
        "search"),
    ("force-without-lifetime", GOOD.replace("upstream: one", "upstream: one, force: true"),
        (5, 38), "ttl"),
    ("two-addresses", GOOD.replace(":9/", ':9/", urls: "http://127.0.0.1:8/'), (3, 38), "urls"),
    ("bad-rate", GOOD.replace(":9/\"", ':9/", rate: 5'), (3, 44), "5/s"),
    ("bad-status", GOOD + "cache: { errors: { 200: 1s } }\n", (6, 20), "400"),
    ("half-of-tls", GOOD.replace('1:0" }', '1:0", tls: { key: /k } }'), None, "certificate"),
]


@pytest.mark.parametrize("text, place, word", [row[1:] for row in FAULTS], ids=[r[0] for r in FAULTS])
def test_a_fault_is_told_with_its_place(tmp_path, text, place, word):
    result, path = check(tmp_path, text)
    assert result.returncode == 2, result.stdout
    found = faults(result, path)
    assert found, f"no file:line:column in {result.stderr!r} {result.stdout!r}"
    if place:
        assert (found[0][0], found[0][1]) == place, found
    assert word in found[0][2]


def test_all_faults_in_one_run(tmp_path):
    result, path = check(tmp_path, """\
sevrer: { listen: x }
server: { listen: nowhere, threads: many }
cache: { memory: { size: huge, eviction: random } }
upstreams:
  one: { url: "ftp://x" }
routes:
  - { path: /, upstream: two }
log: { level: loud }
""")
    found = faults(result, path)
    assert result.returncode == 2
    assert [line for line, _, _ in found] == sorted(line for line, _, _ in found)
    assert {line for line, _, _ in found} >= {1, 2, 3, 5, 7, 8}, found
    assert len([line for line, _, _ in found if line == 3]) == 2, found


def test_serve_refuses_the_same(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(GOOD + "cache: { memory: { size: huge } }\n")
    result = run("serve", "--config", path)
    assert result.returncode == 2
    assert faults(result, path), result.stderr
    assert "listening" not in result.stderr


@pytest.mark.parametrize("one, other", [
    ("90s", "1500ms"), ("60s", "1m"), ("3600s", "1h"), ("24h", "1d"), ("250ms", "250 ms"),
])
def test_durations(tmp_path, one, other):
    """Equal durations give equal configurations, others don't."""
    outputs = []
    for value in (one, other):
        result, _ = check(tmp_path, GOOD + f"cache: {{ heuristic: {{ max: {value} }} }}\n")
        outputs.append(result.stdout if result.returncode == 0 else None)
    assert outputs[0] is not None
    if one == "90s":
        assert outputs[0] != outputs[1]
    elif " " not in other:
        assert outputs[0] == outputs[1]


@pytest.mark.parametrize("one, other, same", [
    ("1024MiB", "1GiB", True), ("5000000000B", "5GB", True), ("5GB", "5GiB", False)])
def test_sizes(tmp_path, one, other, same):
    outputs = []
    for value in (one, other):
        result, _ = check(tmp_path, GOOD + f"cache: {{ memory: {{ size: {value} }} }}\n")
        assert result.returncode == 0, result.stderr
        outputs.append(result.stdout)
    assert (outputs[0] == outputs[1]) is same


def test_the_environment_fills_in(tmp_path):
    text = GOOD + 'cache: { memory: { size: "${A_SIZE}", eviction: "${A_WORD:-lfu}" } }\n'
    result, _ = check(tmp_path, text, env={"A_SIZE": "77MiB"})
    assert result.returncode == 0, result.stderr
    assert "77MiB" in result.stdout and "lfu" in result.stdout
    result, _ = check(tmp_path, text, env={"A_SIZE": "77MiB", "A_WORD": "fifo"})
    assert "lfu" not in result.stdout and "fifo" in result.stdout


def test_the_file_from_standard_input():
    result = run("check", "--config", "-", stdin=GOOD)
    assert result.returncode == 0, result.stderr


def test_a_missing_file(tmp_path):
    for command in ("check", "serve"):
        result = run(command, "--config", tmp_path / "absent.yaml")
        assert result.returncode == 2
        assert "absent.yaml" in result.stderr


@pytest.mark.parametrize("arguments", [
    [], ["no-such-command"], ["serve", "--no-such-option"], ["serve"],
    ["serve", "--upstream", "gopher://x"], ["serve", "--upstream", "http://127.0.0.1:9", "--listen", "x"],
    ["check"], ["check", "--config"], ["check", "--profile", "europepmc", "--markdown"],
    ["serve", "--config", "/dev/null", "--upstream", "http://127.0.0.1:9"],
])
def test_wrong_usage(arguments):
    result = run(*arguments)
    assert result.returncode == 2
    assert result.stderr.strip(), "says nothing"


def test_help_and_version():
    for arguments in (["--help"], ["serve", "--help"], ["--version"]):
        result = run(*arguments)
        assert result.returncode == 0 and result.stdout.strip(), arguments


PROFILES = sorted(path.stem for path in (REPOSITORY / "config" / "profiles").glob("*.yaml"))


@pytest.mark.parametrize("name", PROFILES)
def test_profiles_are_built_in_and_right(tmp_path, name):
    """Each file is there as it stands, and gives routes below the one that names it."""
    result = run("check", "--profile", name)
    assert result.returncode == 0, result.stderr
    assert result.stdout == (REPOSITORY / "config" / "profiles" / f"{name}.yaml").read_text()
    result, _ = check(tmp_path, GOOD.replace("path: /,", f"path: /x, profile: {name},"))
    assert result.returncode == 0, result.stderr
    assert f"profile: {name}\n" in result.stdout
    again, _ = check(tmp_path, result.stdout)
    assert again.stdout == result.stdout, again.stderr


def test_a_profile_that_is_not_there():
    result = run("check", "--profile", "europmc")
    assert result.returncode == 2 and not result.stdout
    assert "europmc" in result.stderr and "europepmc" in result.stderr


def test_what_the_file_says_stands_above_its_profile(tmp_path):
    text = GOOD.replace(':9/" }', ':9/rest", rate: 9/s }').replace(
        "path: /,", "path: /x, profile: europepmc, key: { fold_names: false },")
    text += "  - { path: /x/search, upstream: one, ttl: 3m }\n"
    result, _ = check(tmp_path, text)
    assert result.returncode == 0, result.stderr
    assert "rate: 9/s\n" in result.stdout and "concurrency: 4\n" in result.stdout
    routes = result.stdout.split("\nroutes:\n")[1].split("  - path: ")[1:]
    found = {route.split("\n")[0].strip('"'): route for route in routes}
    assert "/x/*/fullTextXML" in found and list(found)[-1] == "/x"
    assert "sort: true" in found["/x"] and "fold_names: false" in found["/x"]
    assert "fold_names: false" in found["/x/*/fullTextXML"]
    assert "ttl: 3m" in found["/x/search"] and "sort: false" in found["/x/search"]


@pytest.mark.parametrize("name", ["reference.yaml", "europepmc.yaml", "demo.yaml"])
def test_the_files_that_come_with_larder_are_right(name):
    result = run("check", "--config", REPOSITORY / "config" / name)
    assert result.returncode == 0, result.stderr
