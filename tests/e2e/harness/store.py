"""The disk tier's directory from outside, and larders that are started on it one after the other.

	store = Store(path, start)
	larder = store.open()			once the tier works
	larder = store.again(larder)		what is queued is written, then SIGTERM and a new one
	store.files()				{digest: path} of bodies in files

Nothing here knows the tables but `tables()`; what is damaged is damaged as a disk or a person would.
"""

import hashlib
import json
import os
import sqlite3
import struct

from harness.larder import Larder, merge
from harness.metrics import equals
from harness.wait import until

KIB, MIB = 1 << 10, 1 << 20
FRESH = {"Cache-Control": "max-age=600"}
NO_MEMORY = {"cache": {"memory": {"size": "0"}}}
NEVER_SAME = {"age", "cache-status", "connection", "keep-alive"}


class Store:
    def __init__(self, path, start):
        self.path = path
        self._start = start
        self.database = path / "larder.db"
        self.log = path / "larder.db-wal"
        self.groups = path / "groups"
        self.objects = path / "objects"

    def configured(self, changes=None):
        """Changes of a configuration: this directory, all of the device."""
        return merge({"cache": {"disk": {"path": str(self.path), "free_floor": "0"}}}, changes or {})

    def begin(self, changes=None):
        """A larder on it, whatever becomes of the tier."""
        return self._start(self.configured(changes))

    def open(self, changes=None):
        larder = self.begin(changes)
        larder.wait_metric("disk_up", equals(1))
        return larder

    def again(self, larder, end=Larder.stop, changes=None):
        """Another one after what this one has queued is on the disk and it has ended."""
        settle(larder)
        end(larder)
        return self.open(changes)

    # -- what lies there ----------------------------------------------------------------------

    def files(self):
        """{name: path} of the files of bodies."""
        return {path.name: path for path in walk(self.objects)}

    def only_file(self):
        (path,) = self.files().values()
        return path

    def used(self):
        """Bytes of all files."""
        return sum(size_of(path) for path in walk(self.path))

    def bodies_used(self):
        return sum(size_of(path) for path in walk(self.objects))

    def strays(self):
        """Files whose name isn't the digest of what is in them."""
        return [path for name, path in self.files().items() if not is_named_by_content(path, name)]

    def moved_aside(self):
        return sorted(path.name for path in self.path.glob("larder.db.corrupt-*"))

    def connect(self, **how):
        """The database, for who does to it what another process may do."""
        return sqlite3.connect(self.database, isolation_level=None, **how)

    def log_end(self):
        """(least, most): bytes of the log of which a power failure may take the end.

        Frames up to the first are in the database file: the log was synchronised before they went there.
        The log's index says it (https://sqlite.org/walformat.html 2.1). (0, 0): there is no log.
        """
        index = self.database.with_name("larder.db-shm")
        if not self.log.exists() or not index.exists() or self.log.stat().st_size <= 32:
            return 0, 0
        head = index.read_bytes()[:136]
        page = struct.unpack_from("=H", head, 14)[0]
        (last,) = struct.unpack_from("=I", head, 16)
        (copied,) = struct.unpack_from("=I", head, 128)
        frame = 24 + (page if page > 1 else 65536)
        size = self.log.stat().st_size
        return min(size, 32 + copied * frame), min(size, 32 + last * frame)

    def forget_log(self):
        """Only the database file is left, whole: as after a clean end."""
        with self.connect() as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()
        for end in ("-wal", "-shm"):
            self.database.with_name(self.database.name + end).unlink(missing_ok=True)


def walk(path):
    """All files below; those that go meanwhile may be listed."""
    for directory, _, names in os.walk(path):
        for name in names:
            yield type(path)(directory, name)


def is_named_by_content(path, name):
    """Also of one that has gone meanwhile."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() == name
    except FileNotFoundError:
        return True


def size_of(path):
    """Bytes that it takes; 0 where it has gone."""
    try:
        return path.stat().st_blocks * 512
    except FileNotFoundError:
        return 0


# -- of a larder with the tier ---------------------------------------------------------------------


def settle(larder):
    """All that was fetched is written, or was dropped."""
    def done():
        metrics = larder.metrics()
        return (metrics.sum("disk_write_queue_length") == 0
            and metrics.sum("collapse_flights") == 0)
    until(done, "nothing waits to be written")


def disk_lookups(larder, result="hit"):
    return larder.metric("cache_tier_lookups_total", tier="disk", result=result)


def entries(larder):
    return larder.metric("cache_entries", tier="disk")


def health(larder):
    """(the whole, the disk's, the disk's words)."""
    document = json.loads(larder.get("/health").body)
    check = document["checks"]["disk:used"][0]
    return document["status"], check["status"], check.get("output", "")


def changes_of_state(larder):
    """Names of the events, but for the beginning's."""
    names = [event["event"] for event in larder.events
        if str(event.get("event")).startswith("disk-")]
    return names[1:] if names[:1] == ["disk-works"] else names


def kept(response):
    """What of an answer is the same each time that it is served."""
    return response.status, response.body, [field for field in response.fields
        if field[0].lower() not in NEVER_SAME]


# -- bodies ----------------------------------------------------------------------------------------


def noise(size, seed=0):
    """Bytes that no compression makes smaller; the same for the same seed."""
    return hashlib.shake_256(b"%d" % seed).digest(size)


def text(size, seed=0):
    """JSON as services send it: a quarter of its size when compressed, or less."""
    rows, length, number = [], 0, 0
    while length < size:
        digest = hashlib.md5(b"%d %d" % (seed, number)).hexdigest()
        row = json.dumps({"id": number, "accession": digest[:10], "organism": "Homo sapiens",
            "reviewed": True, "score": int(digest[10:14], 16) / 100})
        rows.append(row)
        length += len(row) + 1
        number += 1
    return "\n".join(rows).encode().ljust(size)[:size]


# -- damage ----------------------------------------------------------------------------------------


def flip(path, at, bits=0xff):
    """Inverts bits of one byte; at counts from the end where it is negative."""
    with open(path, "r+b") as file:
        file.seek(at, os.SEEK_SET if at >= 0 else os.SEEK_END)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ bits]))


def shorten(path, by):
    """Takes bytes off the end, at most all."""
    os.truncate(path, max(0, path.stat().st_size - by))


def overwrite(path, data=None):
    """Other bytes in the same file, as many."""
    size = path.stat().st_size
    with open(path, "r+b") as file:
        file.write((data or noise(size, 99))[:size])
