#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""The guests themselves: whatever a test does to one, it is never taken for a pass. On one kernel, in a few boots."""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lint")]
import cache
import guest
from tap import Tap

KERNEL = "6.12"
RUN = str(HERE / "run")
FAKE = r'printf "\n@@vm 00 end 3 rc=0 sig=0 timeout=0 taint=0 ms=0@@\n"; exit 1'
HANG = "while :; do :; done & while :; do :; done"
ALONE = 'n=0; for p in /proc/[0-9]*/comm; do read name <$p; [ "$name" != sh ] || n=$((n + 1)); done; exit $n'

# In one boot: (name, argv, seconds, what is expected as (exit code, is a reason given)).
ONE_BOOT = (
    ("rc__is_kept", ["sh", "-c", "exit 7"], 20, (7, False)),
    ("signal__is_128_and_its_number", ["sh", "-c", "kill -SEGV $$"], 20, (139, False)),
    ("words__keep_spaces_newlines_and_nothing", ["/usr/bin/printf", "%s|", "a  b", "", "*", "c\nd"], 20, (0, False)),
    ("line_of_init__cannot_be_faked", ["sh", "-c", FAKE], 20, (1, False)),
    ("missing_program__is_127", ["/no/such/program"], 20, (127, False)),
    ("file_that_is_no_program__is_126", [str(HERE / "init.c")], 20, (126, False)),
    ("hang__is_124", ["sh", "-c", HANG], 2, (124, True)),
    ("what_hung__is_gone_for_the_next", ["sh", "-c", ALONE], 20, (1, False)),
    ("taint__is_99", ["sh", "-c", "echo 512 >/proc/sys/kernel/tainted"], 20, (99, True)),
    ("taint__is_the_fault_of_one_alone", ["sh", "-c", "exit 0"], 20, (0, False)),
    ("panic__is_99", ["sh", "-c", "echo c >/proc/sysrq-trigger"], 20, (99, True)),
    ("next_boot__takes_up_after_a_panic", ["sh", "-c", "echo again"], 20, (0, False)),
    ("reboot__is_125", ["sh", "-c", "echo b >/proc/sysrq-trigger"], 20, (125, True)),
)


def expect(tap, name, got, want, about=""):
    tap.point(name, [] if got == want else [f"{got!r}, not {want!r} {about}"])


def check_boot(tap, machine):
    programs = [guest.Program(name, argv, timeout_s=seconds) for name, argv, seconds, _ in ONE_BOOT]
    retried = []
    endings = {ending.program.name: ending for ending in guest.run(machine, programs, retried)}
    for name, _, _, want in ONE_BOOT:
        ending = endings[name]
        expect(tap, name, (ending.code, bool(ending.reason)), want, ending.reason)
    expect(tap, "words__arrive", endings["words__keep_spaces_newlines_and_nothing"].stdout, b"a  b||*|c\nd|")
    expect(tap, "fake__stays_in_the_output", b"@@vm 00 end 3" in endings["line_of_init__cannot_be_faked"].stdout, True)
    expect(tap, "stderr__is_kept_apart", b"no/such" in endings["missing_program__is_127"].stderr, True)
    expect(tap, "panic__shows_the_console", "sysrq" in endings["panic__is_99"].console.lower(), True)
    expect(tap, "death_of_a_guest__is_no_retry", retried, [])


def check_frozen(tap, machine):
    """The guest says nothing any more: here we lose patience before its first process does."""
    grace, guest.GRACE_SECONDS = guest.GRACE_SECONDS, -4
    try:
        ending = next(guest.run(machine, [guest.Program("frozen", ["sleep", "1000"], timeout_s=6)], []))
    finally:
        guest.GRACE_SECONDS = grace
    expect(tap, "frozen_guest__is_124", (ending.code, ending.reason), (124, "the guest hung"))


def check_broken(tap):
    """A kernel that does not start: tried twice, and no pass."""
    with tempfile.TemporaryDirectory() as directory:
        for name in ("qemu", "virtiofsd"):
            os.symlink(cache.root() / name, f"{directory}/{name}")
        shutil.copytree(cache.Kernel(KERNEL).directory, f"{directory}/kernels/{KERNEL}")
        pathlib.Path(f"{directory}/kernels/{KERNEL}/vmlinux").write_bytes(b"no kernel")
        done = command(["-k", KERNEL, "--", "true"], SKEP_VM_CACHE=directory)
    expect(tap, "broken_kernel__is_125", done.returncode, 125, done.stderr)
    expect(tap, "broken_kernel__is_tried_again_once", done.stderr.count("tried again"), 1, done.stderr)


def command(args, **environment):
    return subprocess.run([RUN, *args], capture_output=True, text=True, env={**os.environ, **environment}, timeout=200)


def check_command(tap):
    done = command(["-k", KERNEL, "--env", "A=b  c", "--", "sh", "-c", 'echo "$A"; echo wrong >&2; exit 3'])
    expect(tap, "command__ends_as_the_program", (done.returncode, done.stdout, done.stderr), (3, "b  c\n", "wrong\n"))
    for name, kernel, where in (("unknown", "9.9", str(cache.root())), ("not_fetched", KERNEL, "/nonexistent")):
        done = command(["-k", kernel, "--", "true"], SKEP_VM_CACHE=where)
        expect(tap, f"kernel_{name}__is_77", (done.returncode, done.stderr.startswith("SKIP: kernel")), (77, True), done.stderr)


def check_virtiofs(tap):
    mark = f"/tmp/skep-guest-{os.getpid()}"
    script = f"echo here >{mark} && cat {mark} && test {RUN} -ef {RUN} && python3 -c 'print(6 * 7)'"
    done = command(["-k", KERNEL, "--root", "virtiofs", "--", "sh", "-c", script])
    expect(tap, "virtiofs__has_the_files_of_the_host", (done.returncode, done.stdout), (0, "here\n42\n"), done.stderr)
    expect(tap, "virtiofs__leaves_the_host_as_it_was", os.path.exists(mark), False)


def children(pid):
    """Of a process and its threads, and theirs."""
    found = []
    for path in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        for child in path.read_text().split():
            found += [int(child), *children(child)]
    return found


def alive(pid):
    try:
        return "\nState:\tZ" not in pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def until(condition, seconds):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


def check_killed(tap, how, root):
    """Nothing of a guest outlives the one who runs it."""
    with tempfile.TemporaryDirectory() as directory:
        runner = subprocess.Popen([RUN, "-k", KERNEL, "--root", root, "--", "sleep", "1000"], stderr=subprocess.DEVNULL,
                                  env={**os.environ, "TMPDIR": directory})
        count = 2 if root == "virtiofs" else 1
        until(lambda: len(children(runner.pid)) >= count, 20)
        pids = children(runner.pid)
        runner.send_signal(how)
        runner.wait(20)
        gone = until(lambda: not any(map(alive, pids)), 20)
        left = os.listdir(directory)
    expect(tap, f"runner_ended_by_{how.name}__takes_{root}_along", (len(pids) >= count, gone), (True, True))
    if how == signal.SIGTERM:
        expect(tap, "runner_ended_by_SIGTERM__cleans_up", left, [])


def main():
    tap = Tap()
    machine = guest.Machine(cache.kernel(KERNEL))
    reason = guest.unavailable(guest.Machine(cache.kernel(KERNEL), "virtiofs"))
    if reason:
        print(f"1..0 # SKIP {reason}")
        return 0
    check_command(tap)
    check_boot(tap, machine)
    check_frozen(tap, machine)
    check_broken(tap)
    check_virtiofs(tap)
    check_killed(tap, signal.SIGTERM, "initramfs")
    check_killed(tap, signal.SIGKILL, "virtiofs")
    return tap.done()


sys.exit(main())
