#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""What the command says to wrong use, missing privilege and missing BPF."""
import pathlib
import re
import subprocess
import sys

from blackbox import check, equal, ip, main, quiet_namespace, run, veth, without_bpf

ROOT = pathlib.Path(sys.argv[1])


def usage__is_told_with_status_2():
    for words in ([], ["fly"], ["flows", "--fly"], ["flows", "-Z"], ["flows", "extra"], ["flows", "--interval"]):
        done = run(*words)
        equal(done.returncode, 2, f"status of {words}")
        check(done.stderr and not done.stdout, f"{words}: {done.stdout!r} {done.stderr!r}")


def values__that_are_wrong_are_named():
    rows = [
        ("--duration", "soon"), ("--duration", "10"), ("--duration", "0s"), ("--duration", "-1s"),
        ("--interval", "1 s"), ("--epoch", "1s1"), ("--max-flows", "0"), ("--max-flows", "many"),
        ("--max-flows", "-5"), ("--sampling", "1.5"), ("--top", ""), ("--direction", "up"), ("--attach", "xdp"),
        ("--output", "xml"), ("--sort", "name"), ("--interface", "/(/"), ("--interface", ""), ("--exclude", "/x"),
    ]
    for option, value in rows:
        done = run("flows", option, value)
        equal(done.returncode, 2, f"status of {option} {value!r}: {done.stderr}")
        check(value in done.stderr, f"{option} {value!r} is not named: {done.stderr!r}")


def values__beyond_the_kernel_are_refused():
    done = run("flows", "--max-flows", "99999999999")
    equal(done.returncode, 2, "status")
    check("max_flows" in done.stderr, done.stderr)


def help__tells_every_option_of_the_table():
    done = run("flows", "--help")
    equal(done.returncode, 0, "status")
    names = re.findall(r'^OPT\("([a-z-]+)"', (ROOT / "cli/flows.def").read_text(), re.M)
    check(len(names) > 10, "the table is not where it was")
    for name in names:
        check(f"--{name}" in done.stdout, f"--{name} is not told")
    done = run("--help")
    equal(done.returncode, 0, "status of skep --help")
    check("flows" in done.stdout, done.stdout)


def version__is_told():
    done = run("--version")
    equal(done.returncode, 0, "status")
    check(re.match(r"skep \d+\.\d+\.\d+\nlibbpf \d+\.\d+", done.stdout), done.stdout)


def interface__that_is_absent_ends_with_1():
    done = run("flows", "-i", "absent0")
    equal(done.returncode, 1, "status")
    check("absent0" in done.stderr, done.stderr)


def privilege__that_is_missing_is_named_with_status_5():
    # root without capabilities but those that let it read the build, wherever that is
    nobody = ["setpriv", "--inh-caps=-all", "--bounding-set=-all,+dac_override,+dac_read_search"]
    done = run("flows", "-i", "lo", command=nobody)
    equal(done.returncode, 5, f"status: {done.stderr}")
    for name in ("CAP_BPF", "CAP_NET_ADMIN", "CAP_PERFMON"):
        check(name in done.stderr, done.stderr)
    equal(run("flows", "-i", "[", command=nobody).returncode, 2, "status of a bad pattern")


def bpf__that_is_missing_ends_with_6():
    done = run("flows", "-i", "lo", preexec_fn=without_bpf)
    equal(done.returncode, 6, f"status: {done.stderr}")
    check("bpf" in done.stderr, done.stderr)


def clsact__on_an_ingress_qdisc_is_a_conflict():
    veth()
    subprocess.run(["tc", "qdisc", "add", "dev", "v0", "ingress"], check=True)
    done = run("flows", "-i", "v0", "--attach", "clsact", "--duration", "1s")
    equal(done.returncode, 8, f"status: {done.stderr}")
    check("v0" in done.stderr and "ingress" in done.stderr, done.stderr)
    ip("link", "del", "v0")


quiet_namespace()
main([
    usage__is_told_with_status_2,
    values__that_are_wrong_are_named,
    values__beyond_the_kernel_are_refused,
    help__tells_every_option_of_the_table,
    version__is_told,
    interface__that_is_absent_ends_with_1,
    privilege__that_is_missing_is_named_with_status_5,
    bpf__that_is_missing_ends_with_6,
    clsact__on_an_ingress_qdisc_is_a_conflict,
])
