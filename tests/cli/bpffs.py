#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""skep bpffs as a black box, in a mount namespace of its own: what is mounted on the host is not touched.

usage: bpffs.py SOURCE_ROOT, in a new mount namespace (unshare --mount)
"""
import ctypes
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys

from blackbox import SKEP, check, equal, main, run

ROOT = pathlib.Path(sys.argv[1])
DEFAULT = "/sys/fs/bpf"
# root without capabilities but those that let it read the build, wherever that is
NOT_ROOT = ["setpriv", "--inh-caps=-all", "--bounding-set=-all,+dac_override,+dac_read_search"]
SYS_BPF = {"x86_64": 321, "aarch64": 280, "riscv64": 280}
MAP_CREATE, PROG_LOAD, OBJ_PIN = 0, 5, 6


def mount(kind, path, options=None):
    os.makedirs(path, exist_ok=True)
    subprocess.run(["mount", "-t", kind, *(["-o", options] if options else []), "test", path], check=True)


def empty():
    """A place without any bpffs, and an empty /run."""
    for line in reversed(pathlib.Path("/proc/self/mountinfo").read_text().splitlines()):
        left, right = line.split(" - ")
        point = left.split()[4].replace("\\040", " ")
        if right.split()[0] == "bpf" or point.startswith((DEFAULT, "/run")):
            subprocess.run(["umount", "-l", point], check=False, stderr=subprocess.DEVNULL)
    mount("tmpfs", "/run")


def bpf(command, attribute):
    libc = ctypes.CDLL(None, use_errno=True)
    result = libc.syscall(SYS_BPF[os.uname().machine], command, attribute, len(attribute))
    check(result >= 0, f"bpf({command}): errno {ctypes.get_errno()}")
    return result


def pin(fd, path):
    where = ctypes.create_string_buffer(path.encode())
    bpf(OBJ_PIN, struct.pack("=QII", ctypes.addressof(where), fd, 0))
    os.close(fd)


def pin_map(path, name):
    """A small hash map."""
    pin(bpf(MAP_CREATE, struct.pack("=7I16s", 1, 4, 4, 8, 0, 0, 0, name.encode())), path)


def pin_program(path):
    """A socket filter: r0 = 0; exit."""
    instructions = ctypes.create_string_buffer(struct.pack("=BBhiBBhi", 0xb7, 0, 0, 0, 0x95, 0, 0, 0), 16)
    licence = ctypes.create_string_buffer(b"GPL")
    pin(bpf(PROG_LOAD, struct.pack("=IIQQ", 1, 2, ctypes.addressof(instructions), ctypes.addressof(licence))), path)


def without_capabilities():
    """A command to run skep with none at all: so the build is copied to where anybody can read it."""
    libraries = re.findall(r"=> (/\S*skep\S*)", subprocess.run(["ldd", SKEP], check=True, capture_output=True,
                                                               text=True).stdout)
    os.makedirs("/run/copy")
    for path in (SKEP, *libraries):
        shutil.copy(path, "/run/copy")
    return ["setpriv", "--inh-caps=-all", "--bounding-set=-all", "env", "LD_LIBRARY_PATH=/run/copy",
            "sh", "-c", 'shift; exec /run/copy/skep "$@"', "sh"]


def skep(*words, status=0, **more):
    done = run("bpffs", *words, **more)
    equal(done.returncode, status, f"status of {words}: {done.stdout}{done.stderr}")
    return done


def document(*words, schema, status=0, **more):
    value = json.loads(skep(*words, "--json", status=status, **more).stdout)
    equal((value["schema"], value["version"]), (schema, 1), "schema")
    return value


def with_environment(**variables):
    return dict({k: v for k, v in os.environ.items() if not k.endswith(("BPF_MNT", "SKEP_BPFFS"))}, **variables)


def usage__is_told_with_status_2():
    for words in ([], ["fly"], ["ls", "--fly"], ["ls", "a", "b"], ["rm"], ["show", "word"], ["mount", "--mode", "9"],
                  ["mount", "--uid", "me"], ["mount", "--uid", "-1"], ["mount", "--gid", "4294967295"],
                  ["mount", "--mode", "0"], ["migrate"], ["migrate", "fly", "d"], ["migrate", "start", "d"], ["migrate", "recover", "d", "x"], ["mount", "--delegate-cmds", ""], ["mount", "--delegate-maps", "a,b"], ["ls", "--dry-run"], ["mount", "--root"]):
        done = skep(*words, status=2)
        check(done.stderr and not done.stdout, f"{words}: {done.stdout!r} {done.stderr!r}")


def help__tells_every_option_of_the_table():
    rows = re.findall(r'^NOUN_OPT\((NULL|"[a-z ]+"),\s+"([a-z-]+)",\s+\S+,\s+(\w+)', (ROOT / "cli/bpffs.def").read_text(),
                      re.M)
    check(len(rows) > 10, "the table is not where it was")
    for verb in ("show", "mount", "ls", "rm", "migrate"):
        text = skep(verb, "--help").stdout
        check("examples:" in text, f"no examples: {text}")
        names = {name for _, name, kind in rows if not kind.startswith("OPT_WORD")}
        known = {name for verbs, name, _ in rows if verbs == "NULL" or verb in verbs.strip('"').split()}
        for name in names:
            equal(f"--{name}\n" in text or f"--{name} " in text, name in known, f"--{name} of {verb}")
    text = skep("--help").stdout
    check(all(verb in text for verb in ("show", "mount", "ls", "rm", "migrate")), text)


def migrate__moves_pins_aside_and_back():
    empty()
    mount("bpf", DEFAULT)
    os.makedirs(f"{DEFAULT}/d")
    pin_map(f"{DEFAULT}/d/flows", "old")
    equal(skep("migrate", "start", "d", "flows", "absent").stdout, "moved      flows\nabsent     absent\n", "start")
    equal(os.listdir(f"{DEFAULT}/d"), ["flows:pending"], "moved")
    check("there is no new map" in skep("migrate", "finalize", "d", status=1).stderr, "finalize without a new map")
    pin_map(f"{DEFAULT}/d/flows", "new")
    value = document("migrate", "recover", "d", schema="skep.bpffs.migrate", status=3)
    equal((value["steps"], value["complete"]), ([{"name": "flows", "step": "undecided"}], False), "both are there")
    equal(skep("migrate", "revert", "d").stdout, "reverted   flows\n", "revert")
    check("'old'" in skep("ls", "d").stdout, "the old map has its name")
    skep("migrate", "start", "d", "flows")
    equal(skep("migrate", "recover", "d").stdout, "restored   flows\n", "recover")
    skep("migrate", "start", "d", "flows")
    pin_map(f"{DEFAULT}/d/flows", "new")
    equal(skep("migrate", "finalize", "d", "flows").stdout, "removed    flows\n", "finalize")
    equal(os.listdir(f"{DEFAULT}/d"), ["flows"], "the new map alone")
    skep("migrate", "start", "d", "a.b", status=2)
    for step in ("finalize", "revert"):
        for where in ("d", "absent"):
            check("'nobody'" in skep("migrate", step, where, "nobody", status=1).stderr, f"{step} in {where}")
            check(not document("migrate", step, where, "nobody", schema="skep.bpffs.migrate", status=1)["complete"], step)
    skep("migrate", "recover", "absent", status=1)


def show__says_which_one_is_used_and_why():
    empty()
    done = skep("show", status=1, env=with_environment())
    check("in use: none" in done.stdout and "no bpffs is mounted" in done.stderr, done.stdout + done.stderr)
    value = document("show", schema="skep.bpffs.show", status=1, env=with_environment())
    equal((value["root"], value["mounts"]), (None, []), "nothing")
    mount("bpf", "/run/a b", "mode=0750")
    mount("bpf", DEFAULT)
    value = document("show", schema="skep.bpffs.show", env=with_environment())
    equal((value["root"], value["reason"]), (DEFAULT, "the default"), "root")
    equal([(m["path"], m["used"]) for m in value["mounts"]], [("/run/a b", False), (DEFAULT, True)], "mounts")
    check("mode=750" in value["mounts"][0]["super_options"], str(value))
    text = skep("show", env=with_environment()).stdout
    check(re.search(r"^\* /sys/fs/bpf$", text, re.M) and re.search(r"^  /run/a b$", text, re.M), text)


def environment__names_the_root():
    empty()
    mount("bpf", "/run/s")
    mount("bpf", "/run/c")
    mount("bpf", DEFAULT)
    for variables, root in (({}, DEFAULT), ({"TC_BPF_MNT": "/run/c"}, "/run/c"), ({"CILIUM_BPF_MNT": "/run/s"}, "/run/s"),
                            ({"SKEP_BPFFS": "/run/s", "TC_BPF_MNT": "/run/c"}, "/run/s"),
                            ({"TC_BPF_MNT": "/run/absent"}, DEFAULT), ({"SKEP_BPFFS": ""}, DEFAULT)):
        value = document("show", schema="skep.bpffs.show", env=with_environment(**variables))
        equal(value["root"], root, f"root with {variables}")
    value = document("show", "--root", "/run/c", schema="skep.bpffs.show", env=with_environment(SKEP_BPFFS="/run/s"))
    equal(value["root"], "/run/c", "--root before the environment")
    done = skep("ls", status=1, env=with_environment(SKEP_BPFFS="/run/absent"))
    check("/run/absent" in done.stderr, done.stderr)


def mount__mounts_once():
    empty()
    value = document("mount", "--root", "/run/x/y", "--mode", "0750", schema="skep.bpffs.mount")
    equal((value["root"], value["mounted"]), ("/run/x/y", True), "first")
    equal(os.stat("/run/x/y").st_mode & 0o777, 0o750, "mode")
    value = document("mount", "--root", "/run/x/y", schema="skep.bpffs.mount")
    equal(value["mounted"], False, "second")
    done = skep("mount", "--root", "/run/x/y", "--mode", "0700", status=8)
    check("/run/x/y" in done.stderr, done.stderr)
    skep("mount", env=with_environment())
    equal(document("show", schema="skep.bpffs.show", env=with_environment())["root"], DEFAULT, "root")
    mount("tmpfs", "/run/t")
    check("/run/t" in skep("mount", "--root", "/run/t", status=8).stderr, "not named")
    skep("mount", "--root", "/run/x/y/../y/in", status=2)


def mount__without_privilege_ends_with_5():
    empty()
    done = skep("mount", "--root", "/run/x", status=5, command=NOT_ROOT)
    check("CAP_SYS_ADMIN" in done.stderr, done.stderr)
    check(not os.path.exists("/run/x"), "the directory is left")


def ls__tells_what_each_pin_is():
    empty()
    mount("bpf", "/run/b")
    os.makedirs("/run/b/d/e")
    pin_map("/run/b/d/flows", "flow_map")
    pin_map("/run/b/d/e/more", "more")
    os.symlink("flows", "/run/b/d/link")
    value = document("ls", "d", "-r", schema="skep.bpffs.ls")
    equal([(e["path"], e["kind"]) for e in value["entries"]],
          [("d/e", "directory"), ("d/e/more", "map"), ("d/flows", "map"), ("d/link", "symlink")], "entries")
    flows = value["entries"][2]
    equal((flows["type"], flows["name"], value["complete"]), ("hash", "flow_map", True), "flows")
    check(flows["id"] > 0, str(flows))
    equal(value["entries"][3]["target"], "flows", "target")
    text = skep("ls", "/run/b/d").stdout
    check(re.search(r"^flows +map %d hash 'flow_map'$" % flows["id"], text, re.M), text)
    check(re.search(r"^e/$", text, re.M) and "more" not in text, text)
    check(re.search(r"^  more +map", skep("ls", "d", "-r").stdout, re.M), "no tree")
    equal(len(skep("ls", "d/flows").stdout.splitlines()), 1, "lines of one pin")
    equal(skep("ls", "//run/b//d").stdout, text, "with more slashes")
    check("/run/b/nothing" in skep("ls", "nothing", status=1).stderr, "not named")
    skep("ls", "../..", status=2)


def ls__without_permission_says_so_with_status_3():
    empty()
    mount("bpf", "/run/b", "mode=0755")
    pin_program("/run/b/p")
    check(re.search(r"^p +prog \d+ socket_filter$", skep("ls", "p").stdout, re.M), "not told with permission")
    os.chown("/run/b/p", 12345, 12345)
    done = skep("ls", "p", status=3, command=without_capabilities())
    check("unknown" in done.stdout and "CAP_BPF" in done.stderr, done.stdout + done.stderr)


def rm__removes_what_is_named():
    empty()
    mount("bpf", "/run/b")
    os.makedirs("/run/b/d/e")
    pin_map("/run/b/d/e/m", "m")
    pin_map("/run/b/n", "n")
    skep("rm", "d", status=8)
    text = skep("rm", "-r", "--dry-run", "d").stdout
    equal([line.split()[2] for line in text.splitlines()], ["d/e/m", "d/e/", "d/"], "dry run")
    value = document("rm", "-rn", "d", schema="skep.bpffs.rm")
    equal([e["path"] for e in value["entries"]], ["d/e/m", "d/e", "d"], "dry run as JSON")
    check("no 'absent'" in skep("rm", "-n", "absent").stderr, "an absent name is not told")
    check(os.path.exists("/run/b/d/e/m"), "a dry run has removed something")
    value = document("rm", "-r", "d", "n", "absent", schema="skep.bpffs.rm")
    equal([(e["path"], e["removed"]) for e in value["entries"]], [("d", 3), ("n", 1), ("absent", 0)], "removed")
    check(not os.path.exists("/run/b/d") and not os.path.exists("/run/b/n"), "still there")
    check("absent" in skep("rm", "absent").stderr, "not named")
    check("no dots" in skep("rm", "a.b", status=2).stderr, "the dot is not told")


def rm__tells_what_failed():
    empty()
    mount("bpf", "/run/b")
    for words in (["--dry-run"], []):
        os.makedirs("/run/b/full/x", exist_ok=True)
        os.makedirs("/run/b/e", exist_ok=True)
        value = document("rm", *words, "e", "full", "absent", schema="skep.bpffs.rm", status=8)
        failed = {e["path"]: e["error"] for e in value["entries"] if "error" in e}
        equal(([*failed], value["complete"]), (["full"], False), "what failed")
        check("not empty" in failed["full"], failed["full"])
    check(document("rm", "full/x", schema="skep.bpffs.rm")["complete"], "not complete")


def rm__refuses_in_a_dry_run_what_it_refuses():
    empty()
    mount("bpf", "/run/b")
    os.makedirs("/run/b/m/n")
    os.makedirs("/run/b/d/x")
    mount("tmpfs", "/run/b/m/n")
    for words, status in ((["-r", "m"], 8), (["m/n"], 8), (["d"], 8), (["-r", ""], 2), (["-r", "/run/b"], 2),
                          (["-r", "../b"], 2), (["a.b"], 2)):
        real, dry = skep("rm", *words, status=status), skep("rm", "-n", *words, status=status)
        equal((dry.stdout, dry.stderr), ("", real.stderr), f"dry run of {words}")


def another_file_system__is_named_with_status_8():
    empty()
    mount("tmpfs", "/run/t")
    for words, variables in ((["show", "--root", "/run/t"], {}), (["ls", "--root", "/run/t"], {}),
                             (["rm", "x"], {"SKEP_BPFFS": "/run/t"})):
        done = skep(*words, status=8, env=with_environment(**variables))
        check("tmpfs" in done.stderr and "skep bpffs mount" not in done.stderr, done.stderr)


def without_proc__nothing_is_said_of_mounts():
    empty()
    mount("bpf", "/run/b")
    command = ["unshare", "--mount", "sh", "-c", 'umount -l /proc; mount -t tmpfs none /proc; exec "$@"', "sh"]
    # without /proc the loader does not know where the program is, beside which its libraries are
    environment = with_environment(ASAN_OPTIONS="detect_leaks=0", LD_LIBRARY_PATH=os.path.dirname(os.environ["SKEP"]))
    for words in (["show"], ["show", "--root", "/run/b"], ["ls", "--root", "/run/b"]):
        done = skep(*words, status=1, command=command, env=environment)
        check("/proc" in done.stderr and "no bpffs" not in done.stdout + done.stderr, done.stdout + done.stderr)
        check("in use: none" not in done.stdout, done.stdout)


def mount__takes_names_in_any_spelling():
    empty()
    done = run("bpffs", "mount", "--root", "/run/x", "--delegate-maps", "lru-hash:BPF_MAP_TYPE_ARRAY")
    if done.returncode == 6:  # before Linux 6.9
        return
    equal(done.returncode, 0, f"status: {done.stderr}")
    check("delegate_maps=array:lru_hash" in pathlib.Path("/proc/self/mountinfo").read_text(), "not delegated")
    done = skep("mount", "--root", "/run/y", "--delegate-cmds", "map_create:nosuch", status=2)
    check("delegate_cmds" in done.stderr and "'nosuch'" in done.stderr, done.stderr)


def ls__calls_a_file_that_is_no_pin_so():
    empty()
    mount("bpf", "/run/b")
    text = skep("ls").stdout
    for name in os.listdir("/run/b"):  # what some kernels put there: maps.debug, progs.debug
        check(re.search(rf"^{name} +(no pin|link \d+ .*)$", text, re.M), text)


def bytes_that_are_no_text__are_numbers_in_json():
    empty()
    mount("bpf", "/run/b")
    os.makedirs(b"/run/b/a\xff")
    equal(document("ls", schema="skep.bpffs.ls")["entries"][0]["path"], "a\u00ff", "path")


def rm__leaves_what_is_not_inside():
    empty()
    mount("bpf", "/run/b")
    os.makedirs("/run/keep/x")
    os.makedirs("/run/b/d/z")
    os.symlink("/run/keep", "/run/b/link")
    mount("tmpfs", "/run/b/d/z")
    pathlib.Path("/run/b/d/z/file").touch()
    for path in ("/run/keep", "../keep", "link/x", "/", "", "d", "/run/b"):
        done = skep("rm", "-r", path, status=8 if path == "d" else 2)
        check(done.stderr, f"nothing is said of {path!r}")
    check(os.path.exists("/run/keep/x") and os.path.exists("/run/b/d/z/file"), "removed")
    skep("rm", "link")
    check(os.path.exists("/run/keep/x"), "the target is removed")


subprocess.run(["mount", "--make-rprivate", "/"], check=True)
main([
    migrate__moves_pins_aside_and_back,
    usage__is_told_with_status_2,
    help__tells_every_option_of_the_table,
    show__says_which_one_is_used_and_why,
    environment__names_the_root,
    mount__mounts_once,
    mount__without_privilege_ends_with_5,
    ls__tells_what_each_pin_is,
    ls__without_permission_says_so_with_status_3,
    rm__removes_what_is_named,
    rm__leaves_what_is_not_inside,
    rm__tells_what_failed,
    rm__refuses_in_a_dry_run_what_it_refuses,
    another_file_system__is_named_with_status_8,
    without_proc__nothing_is_said_of_mounts,
    mount__takes_names_in_any_spelling,
    ls__calls_a_file_that_is_no_pin_so,
    bytes_that_are_no_text__are_numbers_in_json,
])
