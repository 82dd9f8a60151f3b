# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""What a test program says: the points of the Test Anything Protocol."""
import dataclasses
import re

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"

_POINT = re.compile(r"(not )?ok\b[ \t]*(\d+)?[ \t]*(?:-[ \t]+)?(.*?)[ \t]*(?:#[ \t]*(skip)\S*[ \t]*(.*))?$", re.I)
_PLAN = re.compile(r"1\.\.(\d+)[ \t]*(?:#[ \t]*skip\S*[ \t]*(.*))?$", re.I)


@dataclasses.dataclass
class Point:
    name: str
    state: str
    reason: str = ""


def _point(found):
    negative, number, name, skip, text = found.groups()
    if skip:
        # cmocka 1.1.5 says "not ok 3 # SKIP its_name", others "ok 3 - its name # SKIP why".
        return Point(name or text, SKIPPED, text if name else "")
    return Point(name or f"number {number}", FAILED if negative else PASSED)


def parse(text, program):
    """Returns the points; one more, of the name of the @program, if the protocol itself was broken or all is skipped."""
    points, planned, wrong = [], None, None
    for line in text.splitlines():
        point, plan = _POINT.match(line), _PLAN.match(line)
        if point:
            points.append(_point(point))
        elif plan:
            planned = int(plan[1])
            if not planned:
                return [Point(program, SKIPPED, plan[2] or "")]
        elif line.startswith("Bail out!"):
            wrong = line
    if not wrong and planned is None:
        wrong = "no plan"
    if not wrong and planned != len(points):
        wrong = f"{planned} points planned, {len(points)} seen"
    return points + ([Point(program, FAILED, wrong)] if wrong else [])
