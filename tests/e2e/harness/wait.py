"""Waiting for a condition, never for a time to pass.

Deadlines only decide when a test has failed; LARDER_TEST_PATIENCE multiplies them for sanitizers and
busy machines.
"""

import os
import threading
import time

PATIENCE = 45.0 * float(os.environ.get("LARDER_TEST_PATIENCE", "1"))
STEP = 0.01


def until(condition, what, timeout=None):
    """condition() as soon as it is true; AssertionError with `what` after the deadline."""
    deadline = time.monotonic() + (PATIENCE if timeout is None else timeout)
    pause = threading.Event()
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain: {what}; at last: {result!r}")
        pause.wait(STEP)


def happened(event, what):
    """Waits for a threading.Event."""
    if not event.wait(PATIENCE):
        raise AssertionError(f"waited in vain: {what}")
