#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""skep map: all elements at once: dump, export, import, count, diff, watch, under churn and by the million.

usage: map_content.py SOURCE_ROOT, in a new mount namespace (unshare --mount)
"""
import json
import os
import resource
import signal
import subprocess
import threading

from blackbox import DEADLINE, LESS, SKEP, check, equal, main, until
from map_lab import BPFFS, create, document, entries, flow_map, mount, skep, text

MANY = 1000000 // LESS


def fill(path, count):
    """Elements by import: key i has value i."""
    rows = ",".join(f'{{"key":{i},"value":{i}}}' for i in range(count))
    about = {"type": "hash", "key_size": 4, "value_size": 8, "max_entries": count + 16}
    document_text = f'{{"map":{json.dumps(about)},"entries":[{rows}],"complete":true}}'
    skep("import", "-", "--create", path, input=document_text, timeout=10 * DEADLINE)


def dump__prints_text_json_and_a_limit():
    create("some", "hash", 4, 4)
    equal(text("dump", "some"), "0 elements\n", "nothing")
    for key in (1, 2, 3):
        skep("update", "some", str(key), "7")
    lines = text("dump", "some", "-K", "u32", "-V", "u32").splitlines()
    equal((sorted(lines[:3]), lines[3]), (["1 => 7", "2 => 7", "3 => 7"], "3 elements"), "text")
    equal(text("dump", "some", "--limit", "2").splitlines()[2], "2 elements, and there are more", "limit")
    value = document("dump", "some", "--limit", "2")
    equal((len(value["entries"]), value["complete"]), (2, False), "limit in JSON")
    equal(text("count", "some"), "3 of 16\n", "count")
    equal(document("count", "some")["count"], 3, "count in JSON")


def export__and_import_make_the_same_map():
    flow_map("exported")
    for port in range(5):
        skep("update", "exported", f"addr=10.0.0.{port} port={port} pad=7", f'{{ .bytes = {2**60 + port}, .color = GREEN }}')
    written = text("export", "exported")
    skep("import", "-", "--create", "again/copy", input=written)
    equal(text("diff", "exported", "again/copy"), "", "difference")
    skep("import", "-", "--create", "again/copy", input=written, status=8)
    skep("delete", "again/copy", "--all")
    equal(document("import", "-", "again/copy", input=text("dump", "exported", "--json", "--hex"))["updated"], 5, "from dump")
    equal(text("diff", "exported", "again/copy"), "", "difference")
    done = skep("import", "-", "again/copy", "--flag", "noexist", input=written, status=8)
    check("0 elements have been set" not in done.stderr and "there already" in done.stderr, done.stderr)


def import__refuses_what_does_not_fit_and_changes_nothing():
    create("small", "hash", 4, 4, 2)
    create("target", "hash", 4, 8, 16)
    about = '"map":{"type":"hash","key_size":4,"value_size":8,"max_entries":16}'
    for words, said, status in (("{", "column", 2), ("[]", "exported as an object", 2), ("{}", 'there is no "map"', 2),
                                (f'{{{about},"entries":[{{"key":1,"value":2}},{{"key":[],"value":2}}]}}', "entry 2, key", 2),
                                (f'{{{about},"entries":[],"complete":false}}', "not complete", 2),
                                (f'{{"version":9,{about},"entries":[]}}', "it is not 1", 2)):
        done = skep("import", "-", "target", input=words, status=status)
        check(said in done.stderr, f"{words}: {done.stderr}")
    done = skep("import", "-", "small", input=f'{{{about},"entries":[]}}', status=8)
    check("values of 4 bytes" in done.stderr, done.stderr)
    equal(entries("target"), [], "nothing was written")
    done = skep("import", "/no/such/file", "target", status=1)
    equal(done.stderr, "skep: map import: '/no/such/file': no such file, object or entry\n", "in the words of the library")
    skep("import", "-", status=2, input="")
    skep("import", "-", "target", "--create", "x", status=2, input="")
    for flags, said in (("8", "flags of an fd, which no map has: rdonly"), ("4294967295", "flags of an fd"),
                        ("4294901735", "a number or a flag is not valid")):
        done = skep("import", "-", "--create", "x", status=2, input=f'{{{about[:-1]},"flags":{flags}}},"entries":[]}}')
        check(said in done.stderr, done.stderr)
    flow_map("typed")
    skep("update", "typed", "port=1", "{ .color = GREEN }")
    done = skep("import", "-", "--create", "x", input=text("dump", "typed", "--json"), status=2)
    check("entry 1, key: written by the BTF of the map" in done.stderr and "create --like" in done.stderr, done.stderr)
    done = skep("import", "-", "--create", "", status=2, input=f'{{{about},"entries":[]}}')
    check("no path" in done.stderr, done.stderr)


def import__in_part_tells_how_many():
    create("partly", "hash", 4, 4)
    skep("update", "partly", "1", "1")
    words = '{"map":{"type":"hash","key_size":4,"value_size":4,"max_entries":16},"entries":[{"key":1,"value":5},{"key":2,"value":5}]}'
    done = skep("import", "-", "partly", "--flag", "exist", "--json", input=words, status=3)
    equal(json.loads(done.stdout)["updated"], 1, "updated")
    check("no such key" in done.stderr and "1 element has been set, 1 has not" in done.stderr, done.stderr)
    words = words.replace("]}", ',{"key":3,"value":5}]}')
    done = skep("import", "-", "partly", "--flag", "noexist", input=words, status=3)
    check("there already" in done.stderr and "2 elements have been set, 1 has not" in done.stderr, done.stderr)


def diff__tells_what_is_only_here_or_there():
    create("old", "hash", 4, 4)
    create("new", "hash", 4, 4)
    create("odd", "hash", 8, 4)
    skep("diff", "old", "new")
    for name, key, value in (("old", 1, 1), ("old", 2, 2), ("new", 2, 3), ("new", 4, 4)):
        skep("update", name, str(key), str(value))
    equal(text("diff", "old", "new", "-K", "u32", "-V", "u32", status=1), "- 1 => 1\n~ 2 => 2 -> 3\n+ 4 => 4\n", "text")
    changes = document("diff", "old", "new", "-K", "u32", "-V", "u32", status=1)["changes"]
    equal(changes, [{"change": "removed", "key": 1, "old_value": 1},
                    {"change": "changed", "key": 2, "old_value": 2, "value": 3},
                    {"change": "added", "key": 4, "value": 4}], "JSON")
    done = skep("diff", "old", "odd", status=2)
    check("keys of 4 and 8 bytes" in done.stderr, done.stderr)
    skep("diff", "old", "no_such_map", status=2)
    create("line", "queue", None, 4)
    for words in (("old", "line"), ("line", "old")):
        done = skep("diff", *words, status=2)
        check("has no keys to walk" in done.stderr, done.stderr)


def watch__shows_changes_as_they_come():
    create("watched", "hash", 4, 4)
    skep("update", "watched", "1", "1")
    out = open("/run/watched", "w+")
    with subprocess.Popen([SKEP, "map", "watch", "watched", "-K", "u32", "-V", "u32", "--interval", "20ms", "--json-lines"],
                          stdout=out) as process:
        def lines():
            with open("/run/watched") as f:
                return [json.loads(line) for line in f if line.endswith("}\n")]
        until(lambda: len(lines()) == 1, "the first line")
        for words in (("update", "watched", "2", "2"), ("update", "watched", "1", "5"), ("delete", "watched", "2")):
            before = len(lines())
            skep(*words)
            until(lambda: len(lines()) > before, f"a line for {words}")
        process.send_signal(signal.SIGINT)
        equal(process.wait(timeout=DEADLINE), 0, "status after SIGINT")
        first, *rest = lines()
    equal((first["type"], first["schema"], first["version"], first["count"]), ("watch", "skep.map.watch", 1, 1), "begin")
    equal([{k: v for k, v in line.items() if k != "time"} for line in rest],
          [{"type": "added", "key": 2, "value": 2}, {"type": "changed", "key": 1, "old_value": 1, "value": 5},
           {"type": "removed", "key": 2, "old_value": 2}], "changes")
    done = skep("watch", "watched", "--duration", "50ms", "--interval", "10ms")
    check("1 element;" in done.stderr, done.stderr)
    skep("watch", "watched", "--interval", "0", status=2)


def dump__sees_what_stays_while_others_write():
    create("churned", "hash", 4, 4, 4000)
    for base in range(0, 40):
        skep("update", "churned", str(base), "1")
    stop = threading.Event()

    def churn():
        key = 1000
        while not stop.is_set():
            skep("update", "churned", str(key), "1")
            skep("delete", "churned", str(key))
            key += 1
    thread = threading.Thread(target=churn)
    thread.start()
    try:
        for _ in range(10):
            keys = [k for k, _ in entries("churned", "-K", "u32")]
            equal(sorted(k for k in keys if k < 1000), list(range(40)), "stable keys, each once")
    finally:
        stop.set()
        thread.join()


def dump__of_a_million_elements_keeps_nothing_in_memory():
    fill("million", MANY)
    equal(document("count", "million")["count"], MANY, "count")
    pid = os.fork()
    if not pid:
        with open("/run/million", "w") as out:
            done = subprocess.run([SKEP, "map", "dump", "million", "--json", "-K", "u32", "-V", "u64"], stdout=out)
        used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        os._exit(0 if done.returncode == 0 and used < 60000 + 90000 * ("asan" in SKEP) else 1)
    equal(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0, "status, or memory")
    with open("/run/million") as f:
        keys = [e["key"] for e in json.load(f)["entries"]]
    equal((len(keys), len(set(keys))), (MANY, MANY), "elements")
    os.unlink("/run/million")
    skep("unpin", "million")


def stdout__that_is_closed_is_no_disaster():
    create("closed", "hash", 4, 4)
    skep("update", "closed", "1", "1")
    for words in (("dump", "closed"), ("list",), ("dump", "closed", "--json")):
        done = subprocess.run(["sh", "-c", '"$@" >&-', "sh", SKEP, "map", *words], capture_output=True, text=True)
        equal(done.returncode, 1, f"status of {words}: {done.stderr}")
        check("write" in done.stderr, done.stderr)
        done = subprocess.run(["sh", "-c", '"$@" | true', "sh", SKEP, "map", *words], capture_output=True, text=True)
        equal((done.returncode, "write" in done.stderr), (0, False), f"a reader who has gone: {words}: {done.stderr}")
    create("unlike", "hash", 4, 4)
    for words in (("diff", "closed", "unlike"), ("diff", "closed", "unlike", "--json")):
        done = subprocess.run(["sh", "-c", '"$@" >/dev/full', "sh", SKEP, "map", *words], capture_output=True, text=True)
        equal(done.returncode, 2, f"status of {words}: 1 would be that they differ")
        equal(done.stderr.count("skep: map diff: write: no space left"), 1, done.stderr)
    exported = text("export", "closed")
    for words in (("create", "lost/map", "--like", "closed"), ("create", "lost", "--like", "closed", "--json"),
                  ("pin", "closed", "lost/deep/pin", "--json"), ("import", "-", "--create", "lost/copy", "--json")):
        done = subprocess.run(["sh", "-c", '"$@" >/dev/full', "sh", SKEP, "map", *words], capture_output=True, text=True,
                              input=exported)
        equal((done.returncode, done.stderr), (1, f"skep: map {words[0]}: write: no space left\n"), f"{words}")
        equal(os.path.exists(f"{BPFFS}/lost"), False, f"what {words} pinned")


mount()
check(os.path.ismount(BPFFS), "no bpffs")
main([
    dump__prints_text_json_and_a_limit,
    export__and_import_make_the_same_map,
    import__refuses_what_does_not_fit_and_changes_nothing,
    import__in_part_tells_how_many,
    diff__tells_what_is_only_here_or_there,
    watch__shows_changes_as_they_come,
    dump__sees_what_stays_while_others_write,
    dump__of_a_million_elements_keeps_nothing_in_memory,
    stdout__that_is_closed_is_no_disaster,
])
