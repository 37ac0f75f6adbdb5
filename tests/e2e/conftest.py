"""Fixtures of the end-to-end tests.

	origin   a scripted origin               clock    moves the wall time of larder and origin
	start    starts larder processes         larder   one before the origin, presets but for loopback
	demo     the demo origin (a session's)
	store    a directory of the disk tier, and larders on it
	tools    the commands that work on it
	manager  plays the service manager: sockets that outlive larders, and what these tell it

Several pytest processes may share the files: see pytest_runtest_protocol().
"""

import functools
import os

import pytest

from harness import larder as process
from harness.clock import Clock
from harness.demo import DemoOrigin
from harness.manager import Manager
from harness.origin import Origin
from harness.store import Store
from harness.tools import Tools


@functools.cache
def is_ours(file, claims):
    """Whether this process is the first that comes to the file."""
    try:
        os.close(os.open(os.path.join(claims, file), os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True


def pytest_runtest_protocol(item, nextitem):
    """E2E_CLAIMS, from tests/run: a directory in which each process claims file after file; what another
    has is neither run nor counted here."""
    claims = os.environ.get("E2E_CLAIMS")
    return True if claims and not is_ours(item.path.name, claims) else None


@pytest.fixture(scope="session", autouse=True)
def binary():
    if not os.access(process.BINARY, os.X_OK):
        pytest.exit(f"no binary: {process.BINARY}; build it or set LARDER", returncode=1)


@pytest.fixture
def clock(tmp_path):
    return Clock(tmp_path / "clock")


@pytest.fixture
def origin(clock):
    server = Origin(clock=clock)
    yield server
    server.stop()
    assert not server.faults, server.faults


@pytest.fixture
def start(tmp_path, clock, origin):
    """start(changes) or start(text=...) or start(arguments=[...]): a Larder, which must
    still run at the end unless the test has seen to its end. plain=False: with the presets for
    APIs, too (retries, breaker, kept errors, made tags)."""
    started = []

    def begin(changes=None, text=None, arguments=None, env=None, url=None, plain=True, manager=None):
        directory = tmp_path / f"larder{len(started)}"
        directory.mkdir()
        config = text
        if text is None and arguments is None:
            config = process.configuration(url or origin.url, changes, plain)
        one = process.Larder(directory, config, clock, arguments, env, manager)
        started.append(one)
        return one

    yield begin
    faults = []
    for one in started:
        try:
            if not one.awaited:
                one.stop()
            one.check_report()
        except AssertionError as fault:
            faults.append(str(fault))
        print(f"--- stderr of larder {one.process.pid}\n{one.said()}")
    assert not faults, "\n".join(faults)


@pytest.fixture
def larder(start):
    return start()


@pytest.fixture(scope="session")
def demo_process():
    server = DemoOrigin()
    yield server
    server.stop()


@pytest.fixture
def demo(demo_process):
    demo_process.reset()
    return demo_process


@pytest.fixture
def store(tmp_path, start):
    return Store(tmp_path / "disk", start)


@pytest.fixture
def tools(store, clock):
    return Tools(store, clock)


@pytest.fixture
def manager(tmp_path):
    one = Manager(tmp_path)
    yield one
    one.close()
