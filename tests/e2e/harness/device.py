"""A small file system of a test's own, in a private mount namespace that larder is started in.

	device = Device(tmp_path, "8m")		None of it is seen outside; the test's own view: device.path
	monkeypatch.setattr(larder, "BINARY", device.wrapper(larder.BINARY))
	device.fill()  device.clear()  device.mount("-o", "remount,ro", ...)

Needs root and a kernel that lets it; else unavailable() says why. A process holds the namespace open.
Threads: one at a time.
"""

import os
import shlex
import subprocess
from pathlib import Path

from harness.wait import PATIENCE


def unavailable():
    """Why there can be none, or None."""
    if os.geteuid() != 0:
        return "mounting needs root"
    tried = subprocess.run(["unshare", "-m", "sh", "-c", "mount -t tmpfs none /mnt"],
        capture_output=True, text=True, timeout=PATIENCE, check=False)
    return f"no private mounts: {tried.stderr.strip()}" if tried.returncode else None


class Device:
    def __init__(self, directory, size, options=""):
        self.inside = directory / "device"
        self.inside.mkdir()
        self._directory = directory
        self._holder = subprocess.Popen(["unshare", "-m", "sh", "-c",
            'mount -t tmpfs -o "size=$1$2" none "$3" && echo ready && read -r line', "sh",
            size, options, str(self.inside)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._holder.stdout.readline() == b"ready\n", "no device"
        # The holder's own root is ours, its mounts are not.
        self.path = Path(f"/proc/{self._holder.pid}/root{self.inside}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._holder.stdin.close()
        self._holder.wait(PATIENCE)
        self._holder.stdout.close()

    def _enter(self, *command):
        return ["nsenter", f"--mount=/proc/{self._holder.pid}/ns/mnt", "--", *command]

    def wrapper(self, binary):
        """A program that is the binary, started inside; its process is the binary's."""
        path = self._directory / "inside"
        path.write_text(f'#!/bin/sh\nexec {shlex.join(self._enter(binary))} "$@"\n')
        path.chmod(0o755)
        return str(path)

    def mount(self, *arguments):
        subprocess.run(self._enter("mount", *arguments), check=True, timeout=PATIENCE)

    def unmount(self, path):
        subprocess.run(self._enter("umount", str(path)), check=True, timeout=PATIENCE)

    # -- its room -----------------------------------------------------------------------------

    def room(self):
        found = os.statvfs(self.path)
        return found.f_bavail * found.f_frsize

    def fill(self, leave=0):
        """Others take the room, but for so many bytes."""
        with open(self.path / "others", "ab") as file:
            while self.room() > leave:
                file.write(bytes(min(1 << 20, self.room() - leave)))
                file.flush()

    def clear(self):
        """Others give it back."""
        (self.path / "others").unlink()
