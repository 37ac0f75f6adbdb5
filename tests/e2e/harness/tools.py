"""Larder's commands on a store: run with the test's clock, their JSON read.

	tools = Tools(store, clock)
	tools.run("gc", "--dry-run")		the finished process
	tools.json("entries", "--sort", "size")	its lines, each an object; it must have ended with 0
	tools.faults()				(names of the faults, the summary) of larder verify
"""

import json

from harness.larder import run


class Tools:
    def __init__(self, store, clock):
        self.store = store
        self._env = {"LARDER_TEST_CLOCK": str(clock.path)}

    def run(self, command, *arguments, on=None):
        """on: the options that say which store; this one's directory unless they are given."""
        on = ["--disk", self.store.path] if on is None else on
        return run(command, *on, *arguments, env=self._env)

    def json(self, command, *arguments, on=None, code=0):
        result = self.run(command, *arguments, "--json", on=on)
        assert result.returncode == code, (result.returncode, result.stdout, result.stderr)
        return [json.loads(line) for line in result.stdout.splitlines()]

    def faults(self, *arguments):
        result = self.run("verify", *arguments, "--json")
        assert result.returncode in (0, 1), result.stderr
        *found, summary = map(json.loads, result.stdout.splitlines())
        assert summary["faults"] == len(found), summary
        assert summary["left"] == sum(not one["repaired"] for one in found), summary
        assert (result.returncode == 0) == (summary["left"] == 0), summary
        return {one["fault"] for one in found}, summary

    def swept(self, *arguments, on=None):
        """Of larder gc: (counts of what isn't 0, the whole)."""
        (whole,) = self.json("gc", *arguments, on=on)
        return {name: value["count"] for name, value in whole.items()
            if isinstance(value, dict) and value["count"]}, whole
