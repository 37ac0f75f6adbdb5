"""What a power failure may leave behind on a disk: a log without its end, torn files, strays."""

import os

from harness.store import flip, noise, shorten, walk

NEWEST = 3


def tear(store, chance):
    """Of each kind, sometimes."""
    least, most = store.log_end()
    if chance.random() < 0.8 and most > least:
        os.truncate(store.log, chance.randrange(least, most))
    for path in newest(store):
        tear_file(path, chance)
    if chance.random() < 0.5:
        leave_strays(store, chance)


def newest(store):
    """Files whose blocks might not have reached the device."""
    files = list(walk(store.objects))
    return sorted(files, key=lambda path: path.stat().st_mtime_ns)[-NEWEST:]


def tear_file(path, chance):
    size = path.stat().st_size
    kind = chance.choice(["whole", "cut", "altered", "gone"])
    if kind == "cut":
        shorten(path, chance.randrange(1, size + 1))
    elif kind == "altered" and size:
        for _ in range(chance.randrange(1, 4)):
            flip(path, chance.randrange(size), chance.randrange(1, 256))
    elif kind == "gone":
        path.unlink()


def leave_strays(store, chance):
    """Bodies on their way, a file that nobody knows, one whose name is no digest."""
    digest = f"{chance.getrandbits(256):064x}"
    for path in (store.path / "tmp" / str(chance.randrange(100)),
            store.objects / digest[:2] / digest[2:4] / digest,
            store.objects / digest[:2] / digest[2:4] / "stray"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(noise(chance.randrange(10_000)))
