# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""The tests on this host, with sanitizers, run by meson."""
import contextlib
import fcntl
import json
import os
import pathlib
import re
import subprocess

import meson
from outcome import HOST, Outcome, judge
from tap import FAILED, Point

SANITIZED = ("-Db_sanitize=address,undefined", "-Db_lundef=false", "-Dbench=true")
WRAPPER = pathlib.Path(__file__).with_name("skip_is_ok")
REPORT = f"meson-logs/testlog-{WRAPPER.name}.json"  # meson names it after the wrapper
LOCK = "/run/lock/skep-tests"
UNPRIVILEGED = {"unit", "lint", "fuzz"}
WAITING = "fault"  # a suite that leaves the CPUs idle most of the time: the kernel's grace periods
# Of the kernel's complaints those that no other work on this host gives rise to.
COMPLAINT = re.compile(r"BUG:|WARNING:")


class KernelLog:
    """The lines that the kernel adds from now on; none if we may not read them."""

    def __init__(self):
        try:
            self.fd = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            os.lseek(self.fd, 0, os.SEEK_END)
        except OSError:
            self.fd = None

    def lines(self):
        while self.fd is not None:
            try:
                record = os.read(self.fd, 8192).decode(errors="replace")
            except BrokenPipeError:  # overwritten before we came: the next read goes on behind the gap
                continue
            except OSError:
                return
            yield record.partition(";")[2].split("\n")[0]


@contextlib.contextmanager
def _alone(suites):
    """No two trees test on one machine at once: they count the kernel's objects. Without privileges none does."""
    if os.geteuid() != 0 or suites and UNPRIVILEGED.issuperset(suites):
        yield
        return
    with open(LOCK, "w") as file:  # closed on exec, and so given back however we end
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _meson_test(directory, options):
    """Returns what it reports of each test; nothing if it did not come so far."""
    report = directory / REPORT
    report.unlink(missing_ok=True)
    command = ["meson", "test", "-C", str(directory), "--no-rebuild", "--print-errorlogs", "--wrapper",
               str(WRAPPER), *options]
    environment = {
        **os.environ,
        "CMOCKA_MESSAGE_OUTPUT": "TAP",
        "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=1",
        "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    }
    with subprocess.Popen(command, env=environment) as process:
        try:
            process.wait()
        except BaseException:
            process.terminate()  # and meson ends the tests
            raise
    return [json.loads(line) for line in report.read_text().splitlines()] if report.exists() else []


def _said(record):
    """What tells why it failed: its failed points with their reasons, and its standard error."""
    out = [line for line in record.get("stdout", "").splitlines() if line.startswith(("#", "not ok"))]
    return out + record.get("stderr", "").splitlines()


def _outcome(record, tests):
    suites, _, name = record["name"].partition(" / ")  # "skep:kernel / flow_watch"
    test = next(test for test in tests if test["name"] == name and test["suite"][0] in re.split("[:+]", suites))
    reason = f"not done in {test['timeout']} s" if record["result"] == "TIMEOUT" else ""
    points = judge(test["name"], test["protocol"], record["returncode"], reason, record.get("stdout", ""))
    return Outcome(HOST, test["name"], test["suite"], points, _said(record))


def _parts(suites, names):
    """Options of meson test: all of them at once, or, when that is everything, what waits most apart from the rest."""
    if suites or names:
        return [[word for suite in suites for word in ("--suite", suite)] + names]
    return [["--no-suite", WAITING], ["--suite", WAITING]]


def run(directory, suites, names, beside=lambda: None):
    """Builds, runs; returns the Outcomes. @beside is called before the last part: what it starts runs meanwhile."""
    meson.setup(directory, *SANITIZED)
    meson.build(directory)
    log = KernelLog()
    records = []
    parts = _parts(suites, names)
    with _alone(suites):
        for options in parts:
            if options is parts[-1]:
                beside()
            reported = _meson_test(directory, options)
            if not reported:
                return []
            records += reported
    tests = meson.tests(directory)
    outcomes = [_outcome(record, tests) for record in records]
    complaints = [line for line in log.lines() if COMPLAINT.search(line)]
    if complaints:
        point = Point("the kernel has nothing to complain of", FAILED, complaints[0])
        outcomes.append(Outcome(HOST, "kernel log", ["kernel"], [point], complaints))
    return outcomes
