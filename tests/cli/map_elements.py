#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""skep map: elements, one at a time, of every type that has some, and the literals they are written in.

usage: map_elements.py SOURCE_ROOT, in a new mount namespace (unshare --mount)
"""
import ctypes
import mmap
import os
import struct

from blackbox import bpf, check, equal, main
from map_lab import Btf, create, document, entries, flow_map, load_program, map_create, mount, pin, skep, text

BIG = 2 ** 64 - 1


def update__is_silent_and_lookup_prints_the_value():
    create("numbers", "hash", 4, 8)
    equal(text("update", "numbers", "7", "1000"), "", "output of update")
    equal(text("lookup", "numbers", "7"), "hex:e803000000000000\n", "value")
    equal(text("lookup", "numbers", "7", "--value-format", "u64"), "1000\n", "value in words")
    value = document("lookup", "numbers", "7", "-V", "u64")
    equal((value["key"], value["value"], value["map"]["name"]), ("hex:07000000", 1000, "numbers"), "document")
    equal(document("update", "numbers", "8", "1")["updated"], 1, "updated")
    done = skep("lookup", "numbers", "9", status=1)
    check("no such key" in done.stderr and not done.stdout, done.stderr)


def update__keeps_64_bits():
    create("wide", "hash", 8, 8)
    skep("update", "wide", str(BIG), str(BIG - 1))
    equal(entries("wide", "-K", "u64", "-V", "u64"), [[str(BIG), str(BIG - 1)]], "beyond 2^53 as strings")
    skep("update", "wide", "--", "-1", "-9223372036854775808")
    equal(entries("wide", "-K", "s64", "-V", "s64"), [[-1, "-9223372036854775808"]], "signed")


def update__has_flags():
    create("flags", "hash", 4, 4, 2)
    done = skep("update", "flags", "1", "1", "--flag", "exist", status=1)
    check("no such key" in done.stderr, done.stderr)
    skep("update", "flags", "1", "1", "--flag", "noexist")
    done = skep("update", "flags", "1", "2", "--flag", "noexist", status=8)
    check("there already" in done.stderr, done.stderr)
    skep("update", "flags", "2", "2")
    done = skep("update", "flags", "3", "3", status=1)
    check("the map is full (max_entries 2)" in done.stderr, done.stderr)


def literals__of_bytes_are_what_they_look_like():
    create("bytes", "hash", 6, 16)
    skep("update", "bytes", "aa:bb:cc:dd:ee:ff", "fd00::1")
    equal(entries("bytes", "-K", "mac", "-V", "ipv6"), [["aa:bb:cc:dd:ee:ff", "fd00::1"]], "addresses")
    skep("update", "bytes", "hex:aabbccddeeff", '"text"')
    equal(entries("bytes"), [["hex:aabbccddeeff", "hex:74657874" + 24 * "0"]], "text")
    skep("update", "bytes", "aa bb cc dd ee ff", "hex " + " ".join(["0f"] * 16))
    equal(entries("bytes"), [["hex:aabbccddeeff", "hex:" + 16 * "0f"]], "digits")


def literals__are_refused_with_a_caret():
    create("literals", "hash", 4, 4)
    for words, said, column in ((("zz", "1"), "'zz' is no number", 1), (("10.0.0.256", "1"), "is no number", 1),
                                (("4294967296", "1"), "does not fit", 1), (("hex:0a", "1"), "1 byte where it takes 4", 1),
                                (("fd00::1", "1"), "is no number", 1), (("hex:0", "1"), "are pairs of", 1),
                                (('"abcde"', "1"), "5 bytes do not fit", 1), (("1", "x"), "value: column 1", 1),
                                (("  zz", "1"), "column 3", 3), (("", "1"), "column 1", 1)):
        done = skep("update", "literals", *words, status=2)
        check(said in done.stderr and not done.stdout, f"{words}: {done.stderr}")
        lines = done.stderr.splitlines()
        equal(lines[2], " " * (column + 1) + "^", f"caret of {words}")
    equal(entries("literals"), [], "nothing was written")


def btf__writes_and_reads_structs():
    flow_map()
    skep("update", "flows", "{ .addr = 10.0.0.1, .port = 53 }",
         '{ .bytes = 18446744073709551615, .ports = [1, 2], .color = GREEN, .name = "web", .low = 5, .high = 31 }')
    equal(text("lookup", "flows", "addr=10.0.0.1 port=53"),
          '{ .bytes = 18446744073709551615, .ports = [1, 2], .color = GREEN, .name = "web", .low = 5, .high = 31 }\n', "text")
    value = document("lookup", "flows", '{"addr":"10.0.0.1","port":53}')
    equal(value["value"], {"bytes": str(BIG), "ports": [1, 2], "color": "GREEN", "name": "web", "low": 5, "high": 31},
          "JSON")
    for literal, said, column in (("{ .addr = 10.0.0.1, .prot = 53 }", "prot", 21), ("{ .port = 70000 }", "does not fit", 11)):
        done = skep("lookup", "flows", literal, status=2)
        check(said in done.stderr, done.stderr)
        equal(done.stderr.splitlines()[2], " " * (column + 1) + "^", literal)
    done = skep("update", "flows", "port=1", "{ .color = BLUE }", status=2)
    check("BLUE" in done.stderr and "RED" in done.stderr, done.stderr)
    done = skep("update", "flows", "port=1", "{ .low = 8 }", status=2)
    check("does not fit" in done.stderr, done.stderr)


def btf__survives_what_is_no_utf8():
    flow_map("bytes_in_text")
    skep("update", "bytes_in_text", "port=1", "{ .name = hex:ff00616200000000 }")
    value = document("lookup", "bytes_in_text", "port=1")
    equal(value["value"]["name"], "hex:ff00616200000000", "a name that is no text")
    equal(text("lookup", "bytes_in_text", "port=1", "--hex")[:4], "hex:", "bytes on demand")
    skep("update", "bytes_in_text", "port=1", r'{ .name = "\u001b[1m" }')
    check("\x1b" not in text("dump", "bytes_in_text"), "a terminal is not steered")


def array__takes_indexes():
    create("places", "array", 4, 4, 3)
    skep("update", "places", "2", "9")
    equal([k for k, _ in entries("places")], [0, 1, 2], "indexes")
    for words in (("update", "places", "3", "1"), ("lookup", "places", "3")):
        done = skep(*words, status=2)
        check("out of range (max_entries 3)" in done.stderr, done.stderr)
    done = skep("delete", "places", "1", status=6)
    check("elements of a map of type array cannot be removed" in done.stderr, done.stderr)
    done = skep("delete", "places", "--all", status=6)
    check("array" in done.stderr, done.stderr)


def percpu__has_a_value_for_each_cpu():
    create("percpu", "percpu_hash", 4, 4)
    skep("update", "percpu", "1", "5")
    values = entries("percpu", "-V", "u32")[0][1]
    equal([v["value"] for v in values], [5] * len(values), "one value for all")
    equal([v["cpu"] for v in values], list(range(len(values))), "CPUs")
    skep("update", "percpu", "1", "[{ .cpu = 0, .value = 7 }]", "-V", "u32")
    values = entries("percpu", "-V", "u32")[0][1]
    equal([v["value"] for v in values], [7] + [0] * (len(values) - 1), "one of them")
    done = skep("update", "percpu", "1", "[{ .cpu = 9999, .value = 7 }]", "-V", "u32", status=2)
    check("CPUs are 0 to" in done.stderr, done.stderr)


def trie__takes_prefixes():
    create("routes", "lpm_trie", 8, 4, 16, "--flags", "no_prealloc")
    skep("update", "routes", "10.0.0.0/8", "1")
    skep("update", "routes", "10.1.0.0/16", "2")
    equal(text("lookup", "routes", "10.1.2.3", "-V", "u32"), "2\n", "the longest prefix")
    equal(entries("routes", "-V", "u32"), [["10.0.0.0/8", 1], ["10.1.0.0/16", 2]], "prefixes")
    done = skep("update", "routes", "10.0.0.0/33", "1", status=2)
    check("longer than the address" in done.stderr, done.stderr)
    done = skep("update", "routes", "fd00::/64", "1", status=2)
    check("no IPv4 prefix, such as 10.0.0.0/8" in done.stderr, done.stderr)
    skep("delete", "routes", "10.0.0.0/8")
    equal(entries("routes", "-V", "u32"), [["10.1.0.0/16", 2]], "one is left")


def delete__takes_many_keys_and_says_which_were_not_there():
    create("gone", "hash", 4, 4)
    for key in range(5):
        skep("update", "gone", str(key), "1")
    done = skep("delete", "gone", "1", "9", "2", status=3)
    equal(done.stderr, "skep: map delete: 9: delete from map 'gone': no such key\n", "which one")
    equal(len(entries("gone")), 3, "elements")
    skep("delete", "gone", "9", status=1)
    equal(document("delete", "gone", "--all")["deleted"], 3, "deleted")
    equal(entries("gone"), [], "elements")
    skep("delete", "gone", status=2)
    skep("delete", "gone", "1", "--all", status=2)


def queue__and_stack_push_peek_and_pop():
    for kind, first in (("queue", 1), ("stack", 3)):
        create(kind, kind, None, 4, 3)
        for value in (1, 2, 3):
            skep("push", kind, str(value))
        done = skep("push", kind, "4", status=1)
        check("full (max_entries 3)" in done.stderr, done.stderr)
        equal(text("peek", kind, "-V", "u32"), f"{first}\n", f"first of a {kind}")
        equal(document("pop", kind, "-V", "u32")["value"], first, f"first of a {kind}")
        skep("push", kind, "5")
        skep("push", kind, "6", "--force")
        for verb in ("dump", "count", "export"):
            done = skep(verb, kind, status=6)
            check(kind in done.stderr and not done.stdout, f"{verb}: {done.stdout}{done.stderr}")
        for _ in range(3):
            skep("pop", kind)
        for verb in ("peek", "pop"):
            done = skep(verb, kind, status=1)
            check("it is empty" in done.stderr, done.stderr)
        for words in (("update", kind, "1", "1"), ("lookup", kind, "1"), ("delete", kind, "1")):
            done = skep(*words, status=6)
            check("has no keys" in done.stderr, done.stderr)


def verbs__of_queues_are_refused_elsewhere():
    create("no_queue", "hash", 4, 4)
    for words in (("push", "no_queue", "1"), ("pop", "no_queue"), ("peek", "no_queue")):
        done = skep(*words, status=6)
        check("hash: this is for queues and stacks" in done.stderr, done.stderr)


def bloom__is_asked_for_a_value():
    try:
        os.close(map_create(30, 0, 4, 16, "probe"))
    except OSError:
        return  # before 5.16 there are none
    create("seen", "bloom_filter", None, 4, 1000)
    skep("push", "seen", "10.0.0.1")
    equal(text("peek", "seen", "10.0.0.1"), "present, perhaps\n", "what was pushed")
    equal(text("peek", "seen", "10.0.0.2", status=1), "absent\n", "what was not")
    equal(document("peek", "seen", "10.0.0.1")["present"], True, "as JSON")
    skep("peek", "seen", status=2)
    skep("dump", "seen", status=6)
    done = skep("push", "seen", "10.0.0.3", "--force", status=6)
    check("bloom filter" in done.stderr, done.stderr)


def devices__and_sockets_are_numbers():
    create("devices", "devmap", 4, 4, 4)
    skep("update", "devices", "1", "1")
    equal([e for e in entries("devices") if e[0] == 1], [[1, 1]], "an interface")
    create("sockets", "sockmap", 4, 8, 4)
    skep("update", "sockets", "0", "1", status=6)


def sockets__are_told_in_8_bytes_and_said_to_be():
    for kind in ("sockmap", "sockhash", "reuseport_sockarray"):
        create(f"{kind}_4", kind, 4, 4, 4)
        for words in (("lookup", f"{kind}_4", "1"), ("dump", f"{kind}_4"), ("export", f"{kind}_4")):
            done = skep(*words, status=6)
            check(f"a map of type {kind} tells of its sockets only where values have 8 bytes" in done.stderr, done.stderr)
        create(f"{kind}_8", kind, 4, 8, 4)
        for verb in ("lookup", "delete"):
            done = skep(verb, f"{kind}_8", "1", status=1)
            check("no such key" in done.stderr, done.stderr)


def rings__are_never_shown_as_empty():
    create("perf", "perf_event_array", 4, 4, 2)
    create("sockets_untold", "sockmap", 4, 4, 2)
    maps = ["perf", "sockets_untold"]
    try:
        maps.append(pin(map_create(27, 0, 0, 4096, "ring"), "ring"))
    except OSError:
        pass  # before 5.8 there are none
    for name in maps:
        for verb in ("dump", "export"):
            done = skep(verb, name, status=6)
            check(not done.stdout and done.stderr, f"{verb} {name}: {done.stdout}{done.stderr}")
    for words in (("dump", "perf"), ("export", "perf"), ("lookup", "perf", "1")):
        done = skep(*words, status=6)
        check("elements of a map of type perf_event_array cannot be read" in done.stderr, done.stderr)


def map_of_maps__takes_maps_and_shows_ids():
    create("inner_a", "hash", 4, 4)
    create("inner_b", "hash", 4, 4)
    create("inner_other", "hash", 8, 4)
    number = document("show", "inner_b")["map"]["id"]
    for kind in ("array_of_maps", "hash_of_maps"):
        create(kind, kind, 4, None, 4, "--inner", "inner_a")
        skep("update", kind, "1", "inner_b")
        value = [v for k, v in entries(kind) if k in (1, "hex:01000000")]
        equal(value, [number], "the id of the inner map")
        done = skep("update", kind, "2", "no_such_map", status=1)
        check("there is no map 'no_such_map'" in done.stderr, done.stderr)
        done = skep("update", kind, "2", "inner_other", status=8)
        check("map 'inner_other' is not like the inner maps" in done.stderr, done.stderr)
        skep("delete", kind, "1")
    skep("create", "without", "--type", "array_of_maps", "-e", "4", status=2)


def cgroup_array__takes_cgroups():
    create("groups", "cgroup_array", 4, 4, 2)
    done = skep("update", "groups", "0", "/proc", status=2)
    check("'/proc' is not the directory of a cgroup" in done.stderr, done.stderr)


def program_array__takes_programs():
    create("tails", "prog_array", 4, 4, 4)
    fd, number = load_program("tail")
    pin(fd, "tail")
    skep("update", "tails", "1", f"{os.environ['SKEP_BPFFS']}/tail")
    skep("update", "tails", "2", str(number))
    equal(entries("tails"), [[1, number], [2, number]], "ids of programs")
    done = skep("update", "tails", "3", "2147483647", status=1)
    check("program 2147483647" in done.stderr, done.stderr)
    skep("delete", "tails", "1", "2")


def frozen__map_says_so():
    create("frozen", "array", 4, 4, 2)
    skep("freeze", "frozen")
    done = skep("update", "frozen", "0", "1", status=8)
    check("it is frozen" in done.stderr, done.stderr)
    equal(document("show", "frozen")["map"]["frozen"], True, "frozen")
    done = skep("freeze", "frozen", status=8)
    check("freeze map 'frozen': it is frozen already" in done.stderr, done.stderr)
    create("mapped", "array", 4, 4, 2, "--flags", "mmapable")
    fd, _ = bpf(7, struct.pack("=Q", ctypes.addressof(path := ctypes.create_string_buffer(b"/run/skep-map-test/mapped"))))
    with mmap.mmap(fd, 4096):
        done = skep("freeze", "mapped", status=8)
        check("freeze map 'mapped': somebody has it mapped for writing" in done.stderr, done.stderr)
    os.close(fd)
    skep("freeze", "mapped")


def storage__elements_are_named_by_what_they_belong_to():
    btf = Btf()
    u32 = btf.integer("int", 4, 1)
    fd = btf.load()
    try:
        storage = map_create(29, 4, 4, 0, "tasks", flags=1, btf=(fd, u32, u32))  # BPF_MAP_TYPE_TASK_STORAGE
    except OSError:
        return  # before 5.11
    pin(storage, "tasks")
    skep("update", "tasks", str(os.getpid()), "42")
    equal(text("lookup", "tasks", str(os.getpid())), "42\n", "of this process")
    skep("lookup", "tasks", "1", status=1)
    done = skep("lookup", "tasks", "zz", status=2)
    check("belongs to a process: its id" in done.stderr, done.stderr)
    skep("delete", "tasks", str(os.getpid()))
    skep("dump", "tasks", status=6)


mount()
main([
    update__is_silent_and_lookup_prints_the_value,
    update__keeps_64_bits,
    update__has_flags,
    literals__of_bytes_are_what_they_look_like,
    literals__are_refused_with_a_caret,
    btf__writes_and_reads_structs,
    btf__survives_what_is_no_utf8,
    array__takes_indexes,
    percpu__has_a_value_for_each_cpu,
    trie__takes_prefixes,
    delete__takes_many_keys_and_says_which_were_not_there,
    queue__and_stack_push_peek_and_pop,
    verbs__of_queues_are_refused_elsewhere,
    bloom__is_asked_for_a_value,
    devices__and_sockets_are_numbers,
    sockets__are_told_in_8_bytes_and_said_to_be,
    rings__are_never_shown_as_empty,
    map_of_maps__takes_maps_and_shows_ids,
    cgroup_array__takes_cgroups,
    program_array__takes_programs,
    frozen__map_says_so,
    storage__elements_are_named_by_what_they_belong_to,
])
