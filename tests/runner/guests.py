# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""The same tests in guests with other kernels: built without sanitizers, many in one boot."""
import concurrent.futures
import os
import pathlib
import subprocess
import sys

import meson
from outcome import Outcome, judge

VM = pathlib.Path(__file__).resolve().parents[1] / "vm"
sys.path.insert(0, str(VM))
import cache
import guest

# Meson's suites whose tests also run in guests, and the files that they find there. A test of another suite, such as
# fault, runs there if it is in the suite "guest" too; one that can only run on the host is in the suite "host" too.
ROOTS = {"kernel": "initramfs", "cli": "virtiofs", "guest": "virtiofs"}
HOST_ONLY = "host"
CONSOLE_LINES = 60
TIMEOUT_FACTOR = 2  # to the time that meson gives a test


def runs_in_guests(test):
    return HOST_ONLY not in test["suite"] and bool(ROOTS.keys() & set(test["suite"]))


def root_of(test):
    """Scripts need the host's interpreters."""
    with open(test["cmd"][0], "rb") as file:
        script = file.read(4) != b"\x7fELF"
    return "virtiofs" if script else next(ROOTS[suite] for suite in test["suite"] if suite in ROOTS)


def build(directory, names):
    """Builds what runs in guests; returns the tests by the root file system that they want."""
    by_root = {}
    meson.setup(directory)
    meson.build(directory, ["build.ninja"])  # or introspection would tell of tests as they were
    wanted = [test for test in meson.tests(directory) if runs_in_guests(test) and (not names or test["name"] in names)]
    targets = meson.files_of(directory, {target for test in wanted for target in test["depends"]})
    if targets:
        meson.build(directory, targets)
    for test in wanted:
        by_root.setdefault(root_of(test), []).append(test)
    return by_root


def fetch():
    """Brings what is missing; what could not be had is missed later."""
    if os.environ.get("OFFLINE") != "1":
        subprocess.run([VM / "fetch"])


def _program(test, directory):
    seconds = test["timeout"] * TIMEOUT_FACTOR
    return guest.Program(test["name"], test["cmd"], test["env"], test["workdir"] or str(directory), seconds)


def _said(ending):
    out = [line for line in ending.stdout.decode(errors="replace").splitlines() if line.startswith(("#", "not ok"))]
    console = [f"console: {line}" for line in ending.console.splitlines()[-CONSOLE_LINES:]]
    return out + ending.stderr.decode(errors="replace").splitlines() + console


class Matrix:
    """A run of tests on several kernels."""

    def __init__(self, directory, kernels, names):
        self.directory = directory
        self.retried = []
        self.unavailable = []
        self.tests = build(directory, names)
        self.kernels = kernels
        self.pool = concurrent.futures.ThreadPoolExecutor(os.cpu_count())
        self.running = {}  # (series of the kernel, root): the future list of Outcomes

    def _run_root(self, kernel, root):
        machine = guest.Machine(kernel, root)
        tests = self.tests[root]
        programs = [_program(test, self.directory) for test in tests]
        print(f"{kernel.label:>6} running {len(programs)} programs, files by {root}", flush=True)
        for test, ending in zip(tests, guest.run(machine, programs, self.retried)):
            points = judge(test["name"], test["protocol"], ending.code, ending.reason,
                           ending.stdout.decode(errors="replace"))
            outcome = Outcome(kernel.label, test["name"], test["suite"], points, _said(ending))
            word = "FAIL" if outcome.failed() else "ok"
            print(f"{kernel.label:>6} {test['name']:<28} {word:<4} {ending.seconds:6.1f} s  {len(points)} points", flush=True)
            yield outcome

    def _available(self):
        for kernel in self.kernels:
            reasons = [guest.unavailable(guest.Machine(kernel, root)) for root in self.tests]
            reason = next(filter(None, reasons), None)
            if reason:
                self.unavailable.append((kernel.label, reason))
            else:
                yield kernel

    def start(self):
        """Begins, beside whatever else is done here. A guest keeps one CPU busy, so there are as many at a time as CPUs;
        the newer a kernel, the longer it takes: it comes earlier."""
        for kernel in reversed(list(self._available())):
            for root in sorted(self.tests):
                self.running[kernel.series, root] = self.pool.submit(lambda *what: list(self._run_root(*what)), kernel, root)

    def outcomes(self):
        """All of them, once they are there."""
        return [outcome for kernel in self.kernels for root in sorted(self.tests) if (kernel.series, root) in self.running
                for outcome in self.running[kernel.series, root].result()]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        guest.stop()  # those that nobody waits for any more
        self.pool.shutdown(cancel_futures=True)
