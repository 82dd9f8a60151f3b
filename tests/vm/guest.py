# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""Test programs in a QEMU guest: many in one boot, each with an ending of its own.

A program has passed if PID 1 (init.c) has said so, on a line with a number that only we know, and if the kernel has
complained of nothing meanwhile. Silence is never a pass.
"""
import dataclasses
import os
import pathlib
import re
import secrets
import subprocess
import sys
import tempfile
import threading
import time

import cache
import payload

BOOT_SECONDS = 120  # 3 s on an idle machine
GRACE_SECONDS = 40  # for what PID 1 does at the end of a program, on top of the program's own time
EXIT_TIMEOUT, EXIT_SPLAT, EXIT_INFRASTRUCTURE, EXIT_UNAVAILABLE = 124, 99, 125, 77

ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/tmp",
    "TERM": "dumb",
    "LAB_TIMEOUT_FACTOR": "5",  # a guest without hardware acceleration is 2 to 40 times slower than its host
    "LAB_LOAD_DIVISOR": "10",
}

# machine check, bad page, oops, warning, soft lockup
TAINT_MASK = 1 << 4 | 1 << 5 | 1 << 7 | 1 << 9 | 1 << 14
SPLAT = re.compile(r"Kernel panic|BUG:|WARNING:|Oops|general protection|KASAN|UBSAN|detected stall|soft lockup|"
                   r"blocked for more than|list_(?:add|del) corruption|refcount_t:|Out of memory: Killed")

# mitigations, the clock and the watchdogs: what is expensive or wrong without hardware acceleration. 5.10 calls no LSM
# program unless lsm= names bpf; panic=-1 with -no-reboot ends QEMU at once.
COMMAND_LINE = (
    "console=ttyS0 loglevel=7 printk.devkmsg=on panic=-1 oops=panic no_timer_check tsc=unstable mitigations=off "
    "rcupdate.rcu_cpu_stall_timeout=120 watchdog_thresh=60 apparmor=0 selinux=0 audit=0 random.trust_cpu=on "
    "lsm=lockdown,yama,bpf")


_stopping = threading.Event()


class Stopped(Exception):
    """Somebody else has called stop()."""


def stop():
    """Ends all guests of this process, in whichever thread they are watched."""
    _stopping.set()


@dataclasses.dataclass
class Program:
    name: str
    argv: list
    env: dict = dataclasses.field(default_factory=dict)
    cwd: str = "/"
    timeout_s: int = 60

    def __post_init__(self):
        self.env = {**ENVIRONMENT, **self.env}


@dataclasses.dataclass
class Ending:
    """How a program ended. @code is its exit code, 128 and the signal's number, or EXIT_*; @reason says why if the
    code is not the program's own."""
    program: Program
    code: int
    reason: str = ""
    seconds: float = 0
    stdout: bytes = b""
    stderr: bytes = b""
    console: str = ""


@dataclasses.dataclass
class Machine:
    kernel: cache.Kernel
    root: str = "initramfs"
    smp: int = 2
    memory_mb: int = 512


class Ports:
    """What a guest has written, cut by the lines of its PID 1: {("begin", 0): what followed it ...}."""

    def __init__(self, directory, nonce):
        self.directory = pathlib.Path(directory)
        self.mark = re.compile(rb"\n@@vm %s ([^@\n]*)@@\n" % nonce.encode())
        self.console_mark = re.compile(r"^.*?@@vm %s ([^@\n]*)@@\n" % nonce, re.M)

    def bytes(self, name):
        path = self.directory / name
        return path.read_bytes() if path.exists() else b""

    def marks(self):
        return [mark.decode() for mark in self.mark.findall(self.bytes("stdout"))]

    def console(self):
        return self.bytes("console").decode(errors="replace").replace("\r", "")

    def said(self, name, number):
        """What a port carried from the beginning of program @number up to its end."""
        pieces = self.mark.split(self.bytes(name))
        return dict(zip((mark.decode() for mark in pieces[1::2]), pieces[2::2])).get(f"begin {number}", b"")

    def console_of(self, number):
        pieces = self.console_mark.split(self.console())
        after = dict(zip(pieces[1::2], pieces[2::2]))
        return after.get(f"begin {number}", "")


def cpu(machine, qemu):
    """What the kernel believes to be fast, copying and clearing by "rep movsb", is done byte by byte here. QEMU 7
    miscomputes flags in cmpxchg16b, and kernels die of it; from 6.18 on they cannot do without it."""
    def number(text):
        return tuple(map(int, re.search(r"(\d+)\.(\d+)", text).groups()))

    said = subprocess.run([*qemu.command(), "--version"], capture_output=True, text=True, env=qemu.environment())
    old = number(said.stdout) < (8, 0) and number(machine.kernel.version) < (6, 18)
    return "max,la57=off,erms=off,fsrm=off" + (",cx16=off" if old else "")


def qemu_command(machine, qemu, directory):
    ports = [word for i, name in enumerate(("console", "stdout", "stderr"))
             for word in ("-chardev", f"file,id=port{i},path={directory}/{name}", "-serial", f"chardev:port{i}")]
    share = [
        "-object", f"memory-backend-memfd,id=memory,size={machine.memory_mb}M,share=on", "-numa", "node,memdev=memory",
        "-chardev", f"socket,id=root,path={directory}/virtiofs", "-device", "vhost-user-fs-pci,chardev=root,tag=root",
    ]
    return [
        *qemu.command(), "-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", cpu(machine, qemu),
        "-smp", str(machine.smp), "-m", str(machine.memory_mb), "-nodefaults", "-no-user-config", "-display", "none",
        "-no-reboot", "-monitor", "none", "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
        "-kernel", str(machine.kernel.vmlinux), "-initrd", f"{directory}/initramfs", "-append", COMMAND_LINE,
        *ports, *(share if machine.root == "virtiofs" else []),
    ]


class Child:
    """A process that dies with us, however we die, and at the latest with the block that it is used in."""

    def __init__(self, command, log, environment):
        with open(log, "wb") as out:
            self.process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *map(str, command)], env=environment,
                                            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)

    def __enter__(self):
        return self.process

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def virtiofsd(directory):
    """Serves the host's files; ends by itself when QEMU does."""
    daemon = cache.Virtiofsd()
    socket = pathlib.Path(directory) / "virtiofs"
    child = Child([daemon.path, f"--socket-path={socket}", "-o", "source=/", "-o", "sandbox=chroot", "-o", "cache=always"],
                  f"{directory}/virtiofsd.log", daemon.environment())
    deadline = time.monotonic() + 10
    while not socket.exists() and child.process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    return child


class Boot:
    """One run of a guest: what its ports carried, and whether we had to end it."""

    def __init__(self, machine, programs, directory):
        nonce = secrets.token_hex(8)
        self.programs = programs
        self.ports = Ports(directory, nonce)
        self.timed_out = False
        payload.write(f"{directory}/initramfs", machine.kernel, programs, nonce, machine.root)
        self._run(machine, directory)
        self.log = "".join(self.ports.bytes(name).decode(errors="replace") for name in ("qemu.log", "virtiofsd.log"))
        self.marks = self.ports.marks()

    def _run(self, machine, directory):
        qemu = cache.qemu()
        command = qemu_command(machine, qemu, directory)
        if machine.root == "virtiofs":
            with virtiofsd(directory):
                self._watch(Child(command, f"{directory}/qemu.log", qemu.environment()))
        else:
            self._watch(Child(command, f"{directory}/qemu.log", qemu.environment()))

    def _watch(self, child):
        """Each line of PID 1 gives the guest time for what comes next."""
        seen, deadline = 0, time.monotonic() + BOOT_SECONDS
        with child as process:
            while process.poll() is None and not self.timed_out:
                if _stopping.is_set():
                    raise Stopped
                marks = self.ports.marks()
                if len(marks) > seen:
                    seen = len(marks)
                    deadline = time.monotonic() + GRACE_SECONDS + self._seconds_after(marks[-1])
                self.timed_out = time.monotonic() > deadline
                time.sleep(0.05)

    def _seconds_after(self, mark):
        begun = re.match(r"begin (\d+)$", mark)
        return self.programs[int(begun[1])].timeout_s if begun else 0

    def started(self):
        return "start" in self.marks

    def begun(self):
        return sum(mark.startswith("begin ") for mark in self.marks)

    def endings(self):
        """Of each program that was begun."""
        taint = 0
        for number in range(self.begun()):
            ending, taint = self._ending(number, taint)
            yield ending

    def _ending(self, number, taint_before):
        program = self.programs[number]
        console = self.ports.console_of(number)
        ending = Ending(program, EXIT_INFRASTRUCTURE, stdout=self.ports.said("stdout", number),
                        stderr=self.ports.said("stderr", number), console=console)
        splat = next((line.strip() for line in console.splitlines() if SPLAT.search(line)), None)
        said = next((mark for mark in self.marks if mark.startswith(f"end {number} ")), None)
        fields = {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", said or "")}
        taint = fields.get("taint", 0)
        ending.seconds = fields.get("ms", 0) / 1000
        if splat or taint & ~taint_before & TAINT_MASK:
            ending.code, ending.reason = EXIT_SPLAT, f"the kernel complained (taint {taint}): {splat or 'see the console'}"
        elif not said:
            if self.timed_out:
                ending.code, ending.reason = EXIT_TIMEOUT, "the guest hung"
            else:
                ending.reason = "the guest ended before the program did"
        elif fields["timeout"]:
            ending.code, ending.reason = EXIT_TIMEOUT, f"not done in {program.timeout_s} s"
        else:
            ending.code = fields["rc"]
        return ending, taint


def unavailable(machine):
    """Why such a guest cannot be had; None: it can."""
    if not machine.kernel.there():
        return f"kernel {machine.kernel.series} not available (tests/vm/fetch {machine.kernel.series})"
    if not cache.qemu():
        return "QEMU not available (tests/vm/fetch)"
    if machine.root == "virtiofs" and not cache.Virtiofsd().there():
        return "virtiofsd not available (tests/vm/fetch)"
    if machine.root == "virtiofs" and os.geteuid() != 0:
        return "root by virtiofs needs root"
    return None


def run(machine, programs, retried):
    """Yields the Ending of each program, in order. A guest that dies takes one program with it: the others run in the
    next one. One that dies before its first line gets a second chance, and @retried, a list, gets a note."""
    rest = list(programs)
    failed_boots = 0
    while rest:
        with tempfile.TemporaryDirectory(prefix="skep-vm.") as directory:
            boot = Boot(machine, rest, directory)
            endings = list(boot.endings())
            console, log = boot.ports.console(), boot.log
        yield from endings
        rest = rest[len(endings):]
        if endings or not rest:
            continue
        if failed_boots:
            reason = "the guest has not begun: " + (log.strip() or "see the console")
            yield from (Ending(program, EXIT_INFRASTRUCTURE, reason, console=console) for program in rest)
            return
        failed_boots += 1
        retried.append(f"kernel {machine.kernel.label}: died before the start, tried again")
        print(f"vm: {retried[-1]}", file=sys.stderr)
