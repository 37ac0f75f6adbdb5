"""The test clock: a file of 8 bytes whose number of milliseconds larder adds to wall time."""

import mmap
import struct


class Clock:
    def __init__(self, path):
        self.path = path
        path.write_bytes(bytes(8))
        with open(path, "r+b") as file:
            self._shared = mmap.mmap(file.fileno(), 8)
        self.offset_ms = 0

    def advance(self, seconds):
        """Wall time goes on (or back) by so much at once."""
        self.offset_ms += int(seconds * 1000)
        self._shared[:] = struct.pack("=q", self.offset_ms)
