"""The demo origin of tests/origin as a process of its own."""

import json
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "origin" / "origin.py"


class DemoOrigin:
    def __init__(self, *options):
        self.process = subprocess.Popen(
            [sys.executable, str(SCRIPT), "--listen", "127.0.0.1:0", *options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if "listening on" not in line:
            raise RuntimeError(f"the demo origin didn't start: {self.process.communicate()[1]}")
        self.url = "http://" + line.split()[-1]
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def control(self, **switches):
        self._post("/__control", json.dumps(switches).encode())

    def reset(self):
        self._post("/__reset", b"")

    def stats(self):
        with urllib.request.urlopen(self.url + "/__stats") as answer:
            return json.load(answer)

    def _post(self, path, body):
        request = urllib.request.Request(self.url + path, data=body, method="POST")
        with urllib.request.urlopen(request) as answer:
            assert answer.status == 204
