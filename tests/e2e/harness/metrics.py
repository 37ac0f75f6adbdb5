"""/metrics as numbers: read, sum by labels, wait until one has changed.

The reader is strict where Prometheus is: each sample needs a TYPE before it, no sample comes twice.
"""

import re

from harness.wait import until

SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)(?: \d+)?")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)",?')
KINDS = ("counter", "gauge", "histogram", "summary", "untyped")


class Metrics:
    def __init__(self, text):
        self.kinds = {}
        self.helps = {}
        self.samples = {}  # (name, frozenset of labels) -> value
        assert text.endswith("\n"), "the last line has no end"
        for line in text.split("\n")[:-1]:
            self._line(line)

    def _line(self, line):
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert kind in KINDS and name not in self.kinds, line
            self.kinds[name] = kind
        elif line.startswith("# HELP "):
            name, _, text = line[7:].partition(" ")
            assert name not in self.helps, f"twice: {line}"
            self.helps[name] = text
        elif line and not line.startswith("#"):
            self._sample(line)

    def _sample(self, line):
        match = SAMPLE.fullmatch(line)
        assert match, f"not a sample: {line!r}"
        labels = frozenset(LABEL.findall(match[2] or ""))
        assert re.sub(LABEL, "", match[2] or "") == "", f"bad labels: {line!r}"
        key = match[1], labels
        assert key not in self.samples, f"twice: {line}"
        family = re.sub(r"_(bucket|sum|count)$", "", match[1])
        assert match[1] in self.kinds or family in self.kinds, f"no TYPE before: {line}"
        self.samples[key] = float(match[3])

    def names(self):
        return {name for name, _ in self.samples}

    def sum(self, name, **labels):
        """Of all samples that have these labels; 0 without any. `larder_` may be left out."""
        wanted = set(labels.items())
        return sum(value for (known, having), value in self.samples.items()
            if known in (name, "larder_" + name) and wanted <= having)


def equals(value):
    return lambda found: found == value


def at_least(value):
    return lambda found: found >= value


def at_most(value):
    return lambda found: found <= value


def wait_for_metric(read, name, condition, **labels):
    """read() gives Metrics; waits until condition(sum)."""
    last = None

    def reached():
        nonlocal last
        last = read().sum(name, **labels)
        return condition(last)

    try:
        until(reached, f"{name}{labels}")
    except AssertionError as error:
        raise AssertionError(f"{name}{labels} stayed at {last}") from error
    return last
