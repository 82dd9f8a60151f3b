# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""Test points for meson: one for each rule, with what was found as comments below it."""


class Tap:
    """Prints "ok 1 - name" or "not ok 1 - name" and "# path:line: reason" lines; knows how it ended."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def point(self, name, reasons=()):
        """One test point: ok without reasons."""
        self.count += 1
        self.failed += bool(reasons)
        print("%s %d - %s" % ("not ok" if reasons else "ok", self.count, name))
        for reason in reasons:
            print("# " + reason)

    def findings(self, name, findings):
        """A point that is ok if nothing was found. A finding is (path, line, reason)."""
        self.point(name, ["%s:%d: %s" % f for f in sorted(set(findings))])

    def skip(self, name, reason):
        """A point that cannot be decided here."""
        self.count += 1
        print("ok %d - %s # SKIP %s" % (self.count, name, reason))

    def proof(self, name, findings, expected):
        """The checker proves itself: it finds exactly what is expected, a set of (path, line)."""
        found = {(path, line): reason for path, line, reason in findings}
        reasons = ["%s:%d: not found, though it is there" % key for key in sorted(expected - set(found))]
        reasons += ["%s:%d: found, though it is none: %s" % (*key, found[key])
                    for key in sorted(set(found) - expected)]
        if not expected:
            reasons.append("nothing is expected: this proves nothing")
        self.point(name, reasons)

    def done(self):
        """The plan; returns the exit status."""
        print("1..%d" % self.count)
        return 1 if self.failed or not self.count else 0
