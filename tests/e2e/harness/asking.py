"""A request on a thread of its own: what is asked while the test does something else."""

import threading


class Asking:
    def __init__(self, larder, target, **how):
        self.answer = None
        self._thread = threading.Thread(target=self._ask, args=(larder, target, how))
        self._thread.start()

    def _ask(self, larder, target, how):
        self.answer = larder.get(target, **how)

    def wait(self):
        """The answer; None where there was none."""
        self._thread.join()
        return self.answer


def ask_all(larder, targets, **how):
    """All at once."""
    return [Asking(larder, target, **how) for target in targets]


def wait_all(asked):
    return [one.wait() for one in asked]
