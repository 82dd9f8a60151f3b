# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""What came of it all: a table of tests and kernels, what has failed, and what ran nowhere.

A point that passed anywhere is no skip. One that was skipped everywhere it was met is a behaviour that ran nowhere, and
fails the run, unless tests/vm/unreachable.txt says why nothing can be done about it.
"""
import fnmatch
import pathlib

from outcome import HOST
from tap import FAILED, PASSED, SKIPPED

UNREACHABLE = pathlib.Path(__file__).resolve().parents[1] / "vm/unreachable.txt"
SHOWN_LINES = 200


def unreachable(path=UNREACHABLE):
    """[(pattern of PROGRAM:POINT, reason)]"""
    lines = [line.split(maxsplit=1) for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return [(line[0], line[1] if len(line) > 1 else "") for line in lines]


class Summary:
    """@complete: everything was to run on the host and on all kernels, so that what ran nowhere is known."""

    def __init__(self, outcomes, guest_suites, complete, excuses):
        self.outcomes = outcomes
        self.guest_suites = set(guest_suites)
        self.complete = complete
        self.failures = [(f"{o.place}: {o.program}: {p.name}" + (f": {p.reason}" if p.reason else ""), o)
                         for o in outcomes for p in o.points if p.state == FAILED]
        self.passed = sum(o.states().count(PASSED) for o in outcomes)
        self.skips = self._skips()
        self.excused = {name: reason for name in self.skips for pattern, reason in excuses if fnmatch.fnmatch(name, pattern)}
        self.problems = list(self._rotten(excuses)) if complete else []

    def _by_point(self):
        """"PROGRAM:POINT" -> (states, reasons, can it run in guests)"""
        found = {}
        for o in self.outcomes:
            for point in o.points:
                states, reasons, _ = found.setdefault(f"{o.program}:{point.name}", (set(), set(), self._roams(o)))
                states.add(point.state)
                reasons.add(point.reason)
        return found

    def _roams(self, outcome):
        """It also runs elsewhere."""
        return bool(self.guest_suites & set(outcome.suites)) and "host" not in outcome.suites

    def _skips(self):
        """A program that was skipped as a whole in one place has a point of its own name; it ran if it did anywhere."""
        ran = {f"{o.program}:{o.program}" for o in self.outcomes if PASSED in o.states()}
        return {name: (sorted(filter(None, reasons)), roams) for name, (states, reasons, roams) in self._by_point().items()
                if states == {SKIPPED} and name not in ran}

    def _rotten(self, excuses):
        points = self._by_point()
        for pattern, reason in excuses:
            matched = [name for name in points if fnmatch.fnmatch(name, pattern)]
            ran = [name for name in matched if points[name][0] != {SKIPPED}]
            if not reason:
                yield f"{UNREACHABLE.name}: {pattern}: no reason given"
            if not matched:
                yield f"{UNREACHABLE.name}: {pattern}: there is no such point"
            if ran:
                yield f"{UNREACHABLE.name}: {pattern}: {ran[0]} does run"

    def unexcused(self):
        """Skips that fail the run: of a partial run only those that no other part could have made good."""
        return [name for name, (_, roams) in self.skips.items() if name not in self.excused and (self.complete or not roams)]

    def failed(self):
        return len(self.failures) + len(self.problems)

    def notes(self):
        shown = set()
        for text, outcome in self.failures:
            yield f"FAILED  {text}"
            if id(outcome) not in shown:
                shown.add(id(outcome))
                yield from (f"        {line}" for line in outcome.said[-SHOWN_LINES:])
        for name, (reasons, _) in sorted(self.skips.items()):
            why = self.excused.get(name) or "; ".join(reasons)
            yield f"SKIPPED {name}" + (f": {why}" if why else "")
        yield from (f"FAILED  {problem}" for problem in self.problems)

    def last_line(self):
        return f"{self.passed} passed, {self.failed()} failed, {len(self.skips)} skipped"


def _cell(outcomes):
    states = [state for outcome in outcomes for state in outcome.states()]
    if not states:
        return "-"
    if FAILED in states:
        return "FAIL"
    skipped = states.count(SKIPPED)
    return str(states.count(PASSED)) + (f"+{skipped}s" if skipped else "")


def _rows(outcomes, roams):
    """Programs that run in guests by name, the others by suite."""
    rows = {}
    for o in outcomes:
        rows.setdefault(o.program if roams(o) else f"({o.suites[0]})", []).append(o)
    return sorted(rows.items(), key=lambda row: (row[0].startswith("("), row[0]))


def table(summary, labels, versions):
    """Lines of the table; @labels: the kernels, in order; @versions: theirs."""
    places = [HOST, *labels]
    lines = [["test", *places]]
    for name, outcomes in _rows(summary.outcomes, summary._roams):
        lines.append([name, *(_cell([o for o in outcomes if o.place == place]) for place in places)])
    widths = [max(len(line[i]) for line in lines) for i in range(len(places) + 1)]
    for line in lines:
        yield "  ".join([line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:]))])
    yield ""
    yield "kernels: " + ", ".join(f"{label} is {version}" for label, version in versions.items())
    yield "cells: points passed, +Ns skipped there; (suite): programs that run on the host alone"
