#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""skep feature as text, JSON and macros, with and without privileges; skep feature diff."""
import functools
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from blackbox import LESS, check, equal, main, run, without_bpf

SLOW = 120  # seconds, for thousands of programs
ROOT = pathlib.Path(sys.argv[1])
SECTIONS = ["system", "misc", "program_types", "map_types", "attach_types", "link_types", "attaching", "helpers"]


@functools.cache
def everything():
    """What takes long in a guest is asked once."""
    done = run("feature", "--json", timeout=SLOW)
    equal(done.returncode, 0, "status: " + done.stderr)
    return done.stdout


def document(*words, **more):
    if not words and not more:
        return json.loads(everything())
    done = run("feature", "--json", *words, **more)
    equal(done.returncode, 0, "status: " + done.stderr)
    return json.loads(done.stdout)


def unprivileged():
    """For preexec_fn: another user, with nothing."""
    os.setgroups([])
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)


def json__has_every_section():
    d = document()
    equal((d["schema"], d["version"]), ("skep.feature", 1), "head")
    equal(list(d), ["schema", "version", *SECTIONS, "unknown"], "sections")
    equal(d["system"]["kernel"]["release"], os.uname().release, "release")
    equal(d["system"]["process"]["uid"], 0, "uid")
    for section in SECTIONS[1:6]:
        check(len(d[section]) > 10 and set(d[section].values()) <= {True, False, None}, f"{section}: {d[section]}")
    check(d["map_types"]["hash"] is True and d["program_types"]["xdp"] is True, "hash or xdp is missing")
    check("redirect" in d["helpers"]["xdp"] and "skb_load_bytes" not in d["helpers"]["xdp"], d["helpers"]["xdp"])
    check(all(row["reason"] and row["errno"] > 0 for row in d["unknown"]), d["unknown"])
    nulls = {(s, n) for s in SECTIONS[1:6] for n, answer in d[s].items() if answer is None}
    told = {(row["section"], row["name"]) for row in d["unknown"] if row["section"] in SECTIONS[1:6]}
    equal(nulls, told, "what could not be told, and why")


def json__has_the_features_of_the_list():
    names = re.findall(r"^SKEP_FEATURE\((\w+),", (ROOT / "src/sys/feature.def").read_text(), re.M)
    check(len(names) > 40, "the list is not where it was")
    equal(list(document("--section", "misc")["misc"]), names, "names")


def attaching__is_told_by_family_and_method():
    """As the table has them; and where there is a link type or a clsact filter, there is a way by it."""
    d = document("--section", "attaching,link_types")
    ways = re.findall(r"^SKEP_ATTACH_WAY\((\w+), (\w+),", (ROOT / "src/attach/way.def").read_text(), re.M)
    check(len(ways) > 50, "the table is not where it was")
    told = [(family, method) for family, methods in d["attaching"].items() for method in methods]
    equal(told, [(family.lower(), method.lower()) for family, method in ways], "ways")
    equal(d["attaching"]["xdp"]["link"], d["link_types"]["xdp"], "xdp by link")
    equal(d["attaching"]["iter"]["link"], d["link_types"]["iter"], "iter by link")
    equal(d["attaching"]["tc"]["clsact"], True, "tc by clsact")
    text = run("feature", "-s", "attaching").stdout
    yes = [name for name, answer in d["attaching"]["tc"].items() if answer]
    check(re.search(rf"^  tc +{len(yes)} of 3\n +{' '.join(yes)}$", text, re.M), text)
    macros = run("feature", "-s", "attaching", "-f", "macros").stdout
    check("#define HAVE_ATTACH_TC_BY_CLSACT\n" in macros, macros)


def sections__are_told_alone():
    d = document("--section", "map_types,link_types", "--section", "misc")
    equal(sorted(d), sorted(["schema", "version", "map_types", "link_types", "misc", "unknown"]), "sections")
    text = run("feature", "-s", "map_types").stdout
    check(text.startswith("Map types\n") and "Program types" not in text, text[:200])
    helpers = run("feature", "-s", "helpers", timeout=SLOW).stdout
    check(re.search(r"^  xdp +\d+ of \d+$", helpers, re.M) and " redirect" in helpers, helpers[:500])


def kfuncs__are_told_by_program_type():
    d = document("--kfunc", "bpf_prog_put", "--kfunc", "no_such_function")
    equal(sorted(d), ["kfuncs", "schema", "unknown", "version"], "sections")
    check(not any(d["kfuncs"]["no_such_function"].values()), d)
    told = run("feature", "-k", "no_such_function").stdout
    check("there is no such function" in told, told)
    check(d["kfuncs"]["bpf_prog_put"]["xdp"] is False, d)


def text__says_what_json_says():
    """In guests, which are slow, helpers are not asked about anew."""
    d = document()
    text = run("feature", *([] if LESS == 1 else ["--section", ",".join(SECTIONS[1:6])]), timeout=SLOW).stdout
    words = {True: "yes", False: "no", None: "?"}
    for section in SECTIONS[1:6]:
        for name, answer in d[section].items():
            line = re.search(rf"^  {name} +(\S+)( |$)", text, re.M)
            check(line, f"{name} is not told")
    lines = text.split("\n")
    for name, answer in d["map_types"].items():
        check(any(re.match(rf"  {name} +{re.escape(words[answer])}( |$)", line) for line in lines), name)


def macros__are_c():
    d = document()
    done = run("feature", "--format", "macros", timeout=SLOW)
    equal(done.returncode, 0, "status")
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory, "features.h")
        path.write_text(done.stdout)
        program = f'#include "{path}"\n#include "{path}"\n'
        for section, end in (("program_types", "_PROG_TYPE"), ("map_types", "_MAP_TYPE"), ("misc", ""),
                             ("attach_types", "_ATTACH_TYPE"), ("link_types", "_LINK_TYPE")):
            for name, answer in d[section].items():
                macro = f"HAVE_{name.upper()}{end}"
                want = {True: (1, 0), False: (0, 1), None: (0, 0)}[answer]
                program += f"#if defined({macro}) != {want[0]} || defined(NO_{macro}) != {want[1]}\n#error {macro}\n#endif\n"
        program += "#if !HAVE_PROG_TYPE_HELPER(xdp, bpf_redirect)\n#error bpf_redirect\n#endif\n"
        program += "#if HAVE_PROG_TYPE_HELPER(xdp, bpf_skb_load_bytes)\n#error bpf_skb_load_bytes\n#endif\n"
        done = subprocess.run(["gcc", "-xc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-"],
                              input=program, capture_output=True, text=True)
        equal(done.returncode, 0, done.stderr)


def privilege__that_is_missing_is_no_no():
    """Nothing that root has told as there is denied; nothing at all is status 5."""
    d = document()
    done = run("feature", "--json", preexec_fn=unprivileged)
    equal(done.returncode, 0, "status: " + done.stderr)
    check("could not be answered" in done.stderr and "CAP_" in done.stderr, done.stderr)
    u = json.loads(done.stdout)
    for section in SECTIONS[1:6]:
        for name, answer in u[section].items():
            check(answer is None or answer == d[section][name],
                  f"{section}: {name}: {answer}, and {d[section][name]} with privileges")
    reasons = [row["reason"] for row in u["unknown"] if row["section"] == "program_types"]
    check(reasons and all("CAP_" in reason for reason in reasons), reasons)
    done = run("feature", "--section", "program_types", "--json", preexec_fn=unprivileged)
    if set(json.loads(done.stdout)["program_types"].values()) == {None}:
        equal(done.returncode, 5, "status")


def bpf__that_is_missing_is_status_6():
    done = run("feature", "--section", "map_types", preexec_fn=without_bpf)
    equal(done.returncode, 6, done.stderr)
    check("no bpf(2)" in done.stderr and " no" not in re.sub(r"no bpf", "", done.stdout), done.stdout)
    equal(document("--section", "misc", preexec_fn=without_bpf)["misc"]["bpf_syscall"], False, "bpf_syscall")


def usage__is_told_with_status_2():
    for words in (["--section", "colours"], ["--section", ""], ["--section", "misc,"], ["--format", "xml"], ["extra"],
                  ["--fly"], ["-k", ""], ["diff"], ["diff", "one"], ["diff", "a", "b", "c"], ["diff", "--fly", "a", "b"]):
        done = run("feature", *words)
        equal(done.returncode, 2, f"status of {words}: {done.stderr}")
        check(done.stderr and not done.stdout, f"{words}: {done.stdout!r} {done.stderr!r}")


def help__tells_the_options_of_the_table():
    rows = re.findall(r'^NOUN_OPT\("([a-z ]+)", "([a-z]+)",', (ROOT / "cli/feature.def").read_text(), re.M)
    check(len(rows) > 5, "the table is not where it was")
    show, diff = run("feature", "--help"), run("feature", "diff", "--help")
    for done, verb in ((show, "feature"), (diff, "diff")):
        equal(done.returncode, 0, "status")
        check("skep feature" in done.stdout, done.stdout)
        for verbs, name in rows:
            told = re.search(rf"--{name}\b", done.stdout)
            if name not in ("from", "to"):
                equal(bool(told), verb in verbs.split() or bool(told and name == "json"), f"--{name} in {verb} --help")


def compare(a, b, *words):
    with tempfile.TemporaryDirectory() as directory:
        paths = []
        for name, text in (("a", a), ("b", b)):
            path = pathlib.Path(directory, name)
            path.write_text(text if isinstance(text, str) else json.dumps(text))
            paths.append(str(path))
        return run("feature", "diff", *words, *paths)


def diff__of_one_system_is_empty():
    text = everything()
    same = compare(text, text)
    equal((same.returncode, same.stdout, same.stderr), (0, "", ""), "diff of the same")
    done = subprocess.run([os.environ["SKEP"], "feature", "diff", "-", "/dev/null"], input=text, text=True,
                          capture_output=True)
    equal(done.returncode, 2, "status: " + done.stderr)


def diff__tells_what_differs():
    a = {"schema": "skep.feature", "version": 1, "misc": {"tokens": True, "links": True},
         "map_types": {"hash": True, "arena": None}, "helpers": {"xdp": ["redirect", "csum_diff"], "lsm": None},
         "unknown": [{"section": "map_types", "name": "arena", "errno": 1, "reason": "why"}]}
    b = {"schema": "skep.feature", "version": 1, "misc": {"tokens": False, "links": True},
         "map_types": {"hash": True, "arena": True}, "link_types": {"tcx": True},
         "helpers": {"xdp": ["csum_diff", "get_hash"], "lsm": ["redirect"]},
         "unknown": [{"section": "helpers", "group": "xdp", "name": "fib_lookup", "errno": 1, "reason": "why"}]}
    want = {("misc/tokens", "yes", "no"), ("map_types/arena", "?", "yes"), ("link_types/tcx", "-", "yes"),
            ("helpers/xdp/redirect", "yes", "no"), ("helpers/xdp/get_hash", "no", "yes"),
            ("helpers/xdp/fib_lookup", "no", "?"), ("helpers/lsm", "?", "told")}
    done = compare(a, b)
    equal(done.returncode, 1, "status: " + done.stderr)
    equal({(w[0], w[1], w[3]) for w in map(str.split, done.stdout.splitlines())}, want, "lines")
    done = compare(a, b, "--json")
    equal(done.returncode, 1, "status: " + done.stderr)
    d = json.loads(done.stdout)
    equal((d["schema"], d["version"]), ("skep.feature.diff", 1), "head")
    values = {"yes": True, "no": False, "?": None}
    equal({(row["path"], row["from"], row["to"]) for row in d["differences"]},
          {(path, values.get(x, x), values.get(y, y)) for path, x, y in want}, "differences")


def diff__of_what_is_no_document_is_status_2():
    good = '{"schema":"skep.feature","version":1}'
    for text in ("", "{", "[]", "1", '{"schema":"other"}', '{"version":1}', "a: b", good + good,
                 good.replace("1}", "9}")):
        for pair in ((text, good), (good, text)):
            done = compare(*pair)
            equal(done.returncode, 2, f"status of {text!r}")
            check(done.stderr.startswith("skep: feature diff: '/") and not done.stdout, done.stderr)
    equal(run("feature", "diff", "/nowhere", "/nowhere").returncode, 2, "status of files that are absent")
    equal(compare(good, good).returncode, 0, "status of the emptiest")


main([
    json__has_every_section,
    json__has_the_features_of_the_list,
    attaching__is_told_by_family_and_method,
    sections__are_told_alone,
    kfuncs__are_told_by_program_type,
    text__says_what_json_says,
    macros__are_c,
    privilege__that_is_missing_is_no_no,
    bpf__that_is_missing_is_status_6,
    usage__is_told_with_status_2,
    help__tells_the_options_of_the_table,
    diff__of_one_system_is_empty,
    diff__tells_what_differs,
    diff__of_what_is_no_document_is_status_2,
])
