#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""skep attach, detach and link as black boxes, in network and mount namespaces of their own.

usage: attach.py SOURCE_ROOT, in new network and mount namespaces (unshare --net --mount)
"""
import ctypes
import json
import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import sys

from blackbox import SKEP, Sender, bpf, check, clsact, equal, main, quiet_namespace, run, udp, until, veth

ROOT = pathlib.Path(sys.argv[1])
BPFFS = "/run"
PROG_LOAD, OBJ_PIN, OBJ_GET = 5, 6, 7
SCHED_CLS, XDP = 3, 6
SHOT, XDP_PASS = 2, 2
NOT_ROOT = ["setpriv", "--inh-caps=-all", "--bounding-set=-all,+dac_override,+dac_read_search,+sys_admin,+bpf"]


def pin_program(name, kind, result):
    """r0 = result; exit. Pinned."""
    code = ctypes.create_string_buffer(struct.pack("=BBhiBBhi", 0xb7, 0, 0, result, 0x95, 0, 0, 0), 16)
    licence = ctypes.create_string_buffer(b"GPL")
    fd, _ = bpf(PROG_LOAD, struct.pack("=IIQQ", kind, 2, ctypes.addressof(code), ctypes.addressof(licence)))
    path = ctypes.create_string_buffer(f"{BPFFS}/{name}".encode())
    bpf(OBJ_PIN, struct.pack("=QI", ctypes.addressof(path), fd))
    os.close(fd)


def set_up():
    quiet_namespace()
    subprocess.run(["mount", "-t", "bpf", "test", BPFFS], check=True)
    veth()
    pin_program("drop", SCHED_CLS, SHOT)
    pin_program("pass", SCHED_CLS, -1)
    pin_program("xdp", XDP, XDP_PASS)


def skep(*words, status=0, **more):
    done = run(*words, **more)
    equal(done.returncode, status, f"status of {words}: {done.stdout}{done.stderr}")
    return done


def attach(*words, status=0, **more):
    return skep("attach", *words, "--root", BPFFS, status=status, **more)


def document(*words, schema, status=0, **more):
    value = json.loads(skep(*words, "--json", status=status, **more).stdout)
    equal((value["schema"], value["version"]), (schema, 1), "schema")
    return value


def links(*words):
    return document("link", "list", *words, schema="skep.link.list")["links"]


def passes():
    """Does what v0 sends leave?"""
    try:
        Sender().send(udp())
        return True
    except OSError:
        return False


def has_tcx():
    done = run("attach", "drop", "--tc", "v0:egress", "--method", "tcx", "--dry-run", "--root", BPFFS)
    check(done.returncode in (0, 6), done.stderr)
    return done.returncode == 0


def usage__is_told_with_status_2():
    for words in (["attach"], ["attach", "x"], ["attach", "x", "--tc", "v0:egress", "--xdp", "v0"],
                  ["attach", "drop", "--tc", "v0", "--root", BPFFS],
                  ["attach", "drop", "--tc", ":egress", "--root", BPFFS],
                  ["attach", "xdp", "--xdp", "v0:fast", "--root", BPFFS], ["attach", "xdp", "--xdp", "v0:", "--root", BPFFS],
                  ["attach", "drop", "--netfilter", "ipv5:input", "--root", BPFFS],
                  ["attach", "drop", "--tc", "v0:egress", "--method", "magic", "--root", BPFFS],
                  ["attach", "drop", "--cgroup", "", "--root", BPFFS], ["attach", "drop", "--unit", "", "--root", BPFFS],
                  ["attach", "drop", "--tc", "v0:egress", "--pin", "", "--root", BPFFS],
                  ["attach", "drop", "--tc", "v0:egress", "--netns=", "--root", BPFFS],
                  ["attach", "drop", "--tc", "v0:egress", "--tc", "v0:ingress", "--root", BPFFS],
                  ["detach"], ["link"], ["link", "show"], ["link", "list", "--type", "nonsense"], ["link", "pin", "1"]):
        check(skep(*words, status=2).stderr.startswith(("skep: ", "usage: ")), str(words))
    said = skep("attach", "drop", "--tc", "v0:egress", "--method", "magic", "--root", BPFFS, status=2).stderr
    named = re.findall(r"[a-z_]+", said.partition("one of")[2])
    methods = ", ".join(name for name in named if name != "setsockopt")  # of sockets, which no command line has
    check(methods and f"how: {methods};" in " ".join(skep("attach", "--help").stdout.split()), f"{methods}: all of them in the help")
    for verb in ("attach", "detach"):
        text = skep(verb, "--help").stdout
        names = re.findall(r'^OPT\("([\w-]+)"', (ROOT / f"cli/{verb}.def").read_text(), re.M)
        check(len(names) > 2 and all(f"--{name}" in text or name in ("what", "path") for name in names), text)


def attach__lasts_as_long_as_the_command():
    check(passes(), "nothing is attached")
    attacher = subprocess.Popen([SKEP, "attach", "drop", "--tc", "v0:egress", "--root", BPFFS], stdout=subprocess.PIPE,
                                text=True)
    line = attacher.stdout.readline()
    check(re.match(r"attached: tc v0 egress, by (tcx, link \d+|clsact)$", line), line)
    check(not passes(), "it drops")
    attacher.send_signal(signal.SIGINT)
    equal(attacher.wait(), 0, "status")
    attacher.stdout.close()
    check(passes(), "detached")
    value = json.loads(attach("drop", "--tc", "v0:egress", "--for", "1ms", "--json").stdout)
    equal((value["schema"], value["family"], value["target"]), ("skep.attach", "tc", "v0 egress"), "document")
    check(value["time_ns"] > 0 and not value["dry_run"], str(value))
    check(passes() and not clsact("v0"), "detached")


def hangup__detaches():
    attacher = subprocess.Popen([SKEP, "attach", "drop", "--tc", "v0:egress", "--method", "clsact", "--root", BPFFS],
                                stdout=subprocess.PIPE, text=True)
    check("by clsact" in attacher.stdout.readline(), "attached")
    attacher.send_signal(signal.SIGHUP)
    equal(attacher.wait(), 0, "status")
    attacher.stdout.close()
    check(passes() and not clsact("v0"), "detached")


def attach__by_clsact_says_what_others_did():
    attacher = subprocess.Popen([SKEP, "attach", "drop", "--tc", "v0:egress", "--method", "clsact", "--priority", "9",
                                 "--root", BPFFS], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    check("by clsact" in attacher.stdout.readline(), "attached")
    shown = subprocess.run(["tc", "filter", "show", "dev", "v0", "egress"], capture_output=True, text=True, check=True)
    check("pref 9" in shown.stdout and "skep:pid=" in shown.stdout, shown.stdout)
    subprocess.run(["tc", "filter", "del", "dev", "v0", "egress"], check=True)
    attacher.send_signal(signal.SIGTERM)
    _, errors = attacher.communicate()
    equal(attacher.returncode, 0, "status")
    check("somebody else has detached it" in errors, errors)
    subprocess.run(["tc", "qdisc", "del", "dev", "v0", "clsact"], check=False, stderr=subprocess.DEVNULL)


def dry_run__does_nothing_and_says_what_is_missing():
    text = attach("drop", "--tc", "v0:egress", "--dry-run").stdout
    check(text.startswith("would be attached: tc v0 egress, by "), text)
    check(passes() and not clsact("v0"), "nothing was done")
    equal(attach("drop", "--tc", "nowhere:egress", "--dry-run", status=1).stdout, "", "no such interface")
    done = attach("xdp", "--xdp", "v0", "--dry-run", status=5, command=NOT_ROOT)
    check("cap_net_admin" in done.stderr.lower(), done.stderr)


def link__that_was_pinned_meanwhile_stays():
    attacher = subprocess.Popen([SKEP, "attach", "xdp", "--xdp", "v0:skb", "--root", BPFFS], stdout=subprocess.PIPE, text=True)
    number = attacher.stdout.readline().split()[-1]
    document("link", "pin", number, "links/kept", "--root", BPFFS, schema="skep.link.pin")
    attacher.send_signal(signal.SIGINT)
    equal(attacher.wait(), 0, "status")
    attacher.stdout.close()
    link, = links("--type", "xdp")
    equal((str(link["id"]), link["defunct"]), (number, False), "it stays")
    skep("detach", "links/kept", "--root", BPFFS)
    equal(links("--type", "xdp"), [], "detached")


def pin__keeps_it_attached_until_detach():
    attach("xdp", "--xdp", "v0:skb", "--pin", "links/v0")
    link, = links("--type", "xdp")
    equal((link["program"], link["defunct"]), ("", False), "link")
    check(re.fullmatch(r"interface \d+, xdp", link["target"]), link["target"])
    shown, = document("link", "show", f"{BPFFS}/links/v0", "--root", BPFFS, schema="skep.link.show")["links"]
    equal((shown["id"], shown["path"]), (link["id"], f"{BPFFS}/links/v0"), "by its pin")
    done = attach("xdp", "--xdp", "v0", "--for", "1ms", status=8)
    check(done.stderr.startswith("skep: attach: attach xdp to v0: "), done.stderr)
    attach("xdp", "--xdp", "v1", "--pin", "links/v0", status=8)
    equal(len(links("--type", "xdp")), 1, "what could not be pinned is not attached")
    document("link", "pin", str(link["id"]), "links/again", "--root", BPFFS, schema="skep.link.pin")
    check(os.path.exists(f"{BPFFS}/links/again"), "pinned twice")
    skep("detach", "links/again", "--root", BPFFS)
    check(not os.path.exists(f"{BPFFS}/links/again"), "its pin is removed")
    left, = links("--type", "xdp")
    check(left["defunct"] and left["target"].startswith("no interface any more"), str(left))
    text = skep("link", "list", "--type", "xdp").stdout
    check(re.search(rf"^ *{link['id']} +xdp ", text, re.M), text)
    done = skep("detach", "links/v0", "--root", BPFFS)
    check("had gone before" in done.stderr, done.stderr)
    equal(links("--type", "xdp"), [], "nothing is left")
    skep("detach", "links/v0", "--root", BPFFS, status=1)


def link__that_is_named_twice_is_told_once():
    attach("xdp", "--xdp", "v0:skb", "--pin", "links/v0")
    number = str(links("--type", "xdp")[0]["id"])
    words = ("link", "show", number, number, f"{BPFFS}/links/v0", "--root", BPFFS)
    equal(len(skep(*words).stdout.splitlines()), 2, "a header and a link")
    equal(len(document(*words, schema="skep.link.show")["links"]), 1, "a link")
    done = skep("link", "show", "4294967295", status=1)
    check(not done.stdout and done.stderr, f"no header without a link: {done.stdout}")
    done = skep("link", "show", "4294967295", number, status=1)
    equal(len(done.stdout.splitlines()), 2, "a header and the link that there is")
    done = skep("link", "detach", number, "links/v0", "--root", BPFFS)
    equal(done.stderr, "", "it is detached once")
    skep("detach", "links/v0", "--root", BPFFS)


def link_detach__severs_what_others_hold():
    attach("xdp", "--xdp", "v0:skb", "--pin", "links/v0")
    value = document("link", "detach", "links/v0", "--root", BPFFS, schema="skep.link.detach")
    equal([link["was_defunct"] for link in value["links"]], [False], "detached")
    check(os.path.exists(f"{BPFFS}/links/v0"), "the pin stays")
    skep("link", "detach", "4294967295", "links/v0", "--root", BPFFS, status=1)
    skep("detach", "links/v0", "--root", BPFFS)


def pin__of_what_gives_no_link_ends_with_6():
    attach("drop", "--tc", "v0:egress", "--method", "clsact", "--pin", "links/none", status=6)
    check(passes() and not clsact("v0"), "nothing is left")


def netns__is_entered_by_path_and_pid():
    sleeper = subprocess.Popen(["unshare", "--net", "sleep", "60"])
    there = f"/proc/{sleeper.pid}/ns/net"
    until(lambda: os.readlink(there) != os.readlink("/proc/self/ns/net"), "its own namespace")
    for word in (str(sleeper.pid), there):
        value = json.loads(attach("drop", "--tc", "lo:ingress", "--netns", word, "--for", "1ms", "--json").stdout)
        check(re.fullmatch(r"lo in netns \d+ ingress", value["target"]), value["target"])
    attach("drop", "--tc", "v0:ingress", "--netns", there, "--for", "1ms", status=1)
    sleeper.kill()
    sleeper.wait()
    attach("drop", "--tc", "lo:ingress", "--netns", "/dev/null", "--for", "1ms", status=2)


def dry_run__finds_what_is_in_the_way():
    """A dry run fails as the attach itself does, with the same status and words, and does as little."""
    def fails(*words, status, says):
        for how in (["--dry-run"], ["--for", "1ms"] if "--pin" not in words else []):
            done = attach(*words, *how, status=status)
            check(says in done.stderr and not done.stdout, f"{words} {how}: {done.stdout}{done.stderr}")

    attach("xdp", "--xdp", "v0:skb", "--pin", "links/v0")
    attach("xdp", "--xdp", "v1:skb", "--dry-run")
    there = f"attach xdp to v0 skb: the interface has a program already: {links('--type', 'xdp')[0]['program_id']}\n"
    for how in ([], ["--method", "netlink"]):
        fails("xdp", "--xdp", "v0:skb", *how, status=8, says=there)
    text = attach("xdp", "--xdp", "v1:skb", "--pin", "links/v1", "--dry-run").stdout
    check(text.endswith(", to be pinned at links/v1\n") and not os.path.exists(f"{BPFFS}/links/v1"), text)
    fails("xdp", "--xdp", "v1:skb", "--pin", "links/v0", status=8, says="links/v0': it exists already")
    fails("xdp", "--xdp", "v1:skb", "--pin", "links/v0/x", status=2, says="not a directory")
    for name in ("../x", "a.b", "links/a.b"):
        fails("xdp", "--xdp", "v1:skb", "--pin", name, status=2, says="names on a bpffs have no dots")
    fails("xdp", "--xdp", "v1:skb", "--method", "netlink", "--pin", "links/v1", status=6, says="netlink has no link")
    fails("drop", "--tc", "v0:egress", "--method", "clsact", "--pin", "links/v1", status=6, says="clsact has no link")
    skep("detach", "links/v0", "--root", BPFFS)
    check(not links("--type", "xdp"), "nothing is left")

    words = ["drop", "--tc", "v0:ingress", "--method", "clsact"]
    subprocess.run(["tc", "qdisc", "add", "dev", "v0", "ingress"], check=True)
    fails(*words, status=8, says="a qdisc of kind 'ingress' sits where clsact belongs")
    subprocess.run(["tc", "qdisc", "del", "dev", "v0", "ingress"], check=True)
    attach(*words, "--priority", "7", "--dry-run")
    check(not clsact("v0"), "nothing was made")
    subprocess.run(["tc", "qdisc", "add", "dev", "v0", "clsact"], check=True)
    subprocess.run(["tc", "filter", "add", "dev", "v0", "ingress", "prio", "7", "protocol", "ip", "bpf", "object-pinned",
                    f"{BPFFS}/drop"], check=True)
    fails(*words, "--priority", "7", status=8, says="priority 7 is of filters of another kind or protocol")
    attach(*words, "--priority", "8", "--dry-run")
    subprocess.run(["tc", "qdisc", "del", "dev", "v0", "clsact"], check=True)

    pin_program("dissect", 22, 0)  # flow_dissector
    attach("dissect", "--flow-dissector", "--dry-run")
    attach("dissect", "--flow-dissector", "--pin", "links/dissector")
    fails("dissect", "--flow-dissector", status=8, says="has such a program")
    skep("detach", "links/dissector", "--root", BPFFS)
    attach("dissect", "--flow-dissector", "--dry-run")


def program__is_named_by_pin_or_id():
    attach("nothing", "--tc", "v0:egress", "--for", "1ms", status=1)
    attach("4294967295", "--tc", "v0:egress", "--for", "1ms", status=1)
    attach("xdp", "--xdp", "v0:skb", "--pin", "links/v0")
    link, = links("--type", "xdp")
    skep("detach", "links/v0", "--root", BPFFS)
    attach(str(link["program_id"]), "--xdp", "v0:skb", "--for", "1ms")
    for how in (["--for", "1ms"], ["--dry-run"], ["--method", "clsact", "--for", "1ms"]):
        done = attach("xdp", "--tc", "v0:egress", *how, status=2)
        check("attach tc to v0 egress: the program is of type xdp; tc takes sched_cls" in done.stderr, done.stderr)


def cgroup__is_of_the_attach_type_of_the_section():
    if not shutil.which("clang"):
        return
    pathlib.Path("/tmp/skep-attach").mkdir(exist_ok=True)
    root = next(line.split()[4] for line in open("/proc/self/mountinfo") if " - cgroup2 " in line)
    group = pathlib.Path(root, f"skep-attach-{os.getpid()}")
    source, out = "/tmp/skep-attach/group.bpf.c", "/tmp/skep-attach/group.bpf.o"
    pathlib.Path(source).write_text("""
#define SEC(name) __attribute__((section(name), used))
SEC("cgroup_skb/egress") int leaving(void *ctx) { return 1; }
SEC("cgroup_skb/ingress") int coming(void *ctx) { return 1; }
SEC("cgroup/skb") int either(void *ctx) { return 1; }
SEC("cgroup/connect4") int connecting(void *ctx) { return 1; }
char _license[] SEC("license") = "GPL";
""")
    subprocess.run(["clang", "-target", "bpf", "-O2", "-g", "-c", source, "-o", out], check=True)
    group.mkdir()
    try:
        words = ("--cgroup", str(group), "--for", "1ms")
        for name, where in (("leaving", "inet_egress"), ("coming", "inet_ingress"), ("connecting", "inet4_connect")):
            text = attach(out, "--program", name, *words).stdout
            check(f" cgroup_{where}, by " in text, text)
        check("--attach-type" in attach(out, "--program", "either", *words, status=2).stderr, "of either direction")
        text = attach(out, "--program", "either", *words, "--attach-type", "cgroup_inet_egress").stdout
        check(" cgroup_inet_egress, by " in text, text)
    finally:
        group.rmdir()
        shutil.rmtree("/tmp/skep-attach")


def object__has_one_program_loaded_and_attached():
    if not shutil.which("clang"):
        return  # in guests it is that of the host
    pathlib.Path("/tmp/skep-attach").mkdir(exist_ok=True)
    source, out = "/tmp/skep-attach/two.bpf.c", "/tmp/skep-attach/two.bpf.o"
    pathlib.Path(source).write_text("""
#define SEC(name) __attribute__((section(name), used))
struct __sk_buff;
SEC("tc") int drop_all(struct __sk_buff *skb) { return 2; }
SEC("xdp") int other(void *ctx) { return 2; }
char _license[] SEC("license") = "GPL";
""")
    subprocess.run(["clang", "-target", "bpf", "-O2", "-g", "-c", source, "-o", out], check=True)
    attacher = subprocess.Popen([SKEP, "attach", out, "--program", "drop_all", "--tc", "v0:egress"],
                                stdout=subprocess.PIPE, text=True)
    check(attacher.stdout.readline().startswith("attached: tc v0 egress, by "), "attached")
    check(not passes(), "it drops")
    attacher.send_signal(signal.SIGINT)
    equal(attacher.wait(), 0, "status")
    attacher.stdout.close()
    check(passes(), "detached")
    done = skep("attach", out, "--program", "nothing", "--tc", "v0:egress", status=1)
    check("has no program 'nothing'" in done.stderr, done.stderr)
    skep("attach", source, "--program", "drop_all", "--tc", "v0:egress", status=2)
    shutil.rmtree("/tmp/skep-attach")


set_up()
main([
    usage__is_told_with_status_2,
    attach__lasts_as_long_as_the_command,
    hangup__detaches,
    attach__by_clsact_says_what_others_did,
    dry_run__does_nothing_and_says_what_is_missing,
    link__that_was_pinned_meanwhile_stays,
    pin__keeps_it_attached_until_detach,
    link__that_is_named_twice_is_told_once,
    link_detach__severs_what_others_hold,
    pin__of_what_gives_no_link_ends_with_6,
    netns__is_entered_by_path_and_pid,
    dry_run__finds_what_is_in_the_way,
    program__is_named_by_pin_or_id,
    cgroup__is_of_the_attach_type_of_the_section,
    object__has_one_program_loaded_and_attached,
])
