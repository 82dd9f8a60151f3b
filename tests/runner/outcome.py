# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""What came of one test program in one place: on the host, or in a guest."""
import dataclasses

from tap import FAILED, SKIPPED, Point, parse

HOST = "host"
EXIT_SKIP = 77


@dataclasses.dataclass
class Outcome:
    place: str  # HOST, or the label of a kernel
    program: str
    suites: list
    points: list
    said: list = dataclasses.field(default_factory=list)  # lines to show if it has failed

    def states(self):
        return [point.state for point in self.points]

    def failed(self):
        return FAILED in self.states()


def judge(name, protocol, code, reason, stdout):
    """The points of a program that ended with @code. An end that its points do not explain is a point of its own."""
    how = reason or f"exit status {code}"
    if protocol != "tap":
        state = SKIPPED if code == EXIT_SKIP else FAILED
        return [Point(name, state, how)] if code else [Point(name, "passed")]
    points = parse(stdout, name)
    if code and (reason or not any(point.state == FAILED for point in points)):
        points.append(Point(f"{name} (the program)", FAILED, how))
    return points
