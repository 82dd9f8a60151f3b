# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""What the tests of skep map have in common: a bpffs of their own, maps with BTF, and skep at work on them."""
import atexit
import ctypes
import json
import os
import struct
import subprocess

from blackbox import bpf, equal, run

BPFFS = "/run/skep-map-test"
INT, ARRAY, STRUCT, ENUM, TYPEDEF = 1, 3, 4, 6, 8


def mount():
    """A bpffs of our own in a mount namespace of our own: what is pinned there dies with it."""
    os.makedirs(BPFFS, exist_ok=True)
    subprocess.run(["mount", "-t", "bpf", "none", BPFFS], check=True)
    atexit.register(subprocess.run, ["umount", "-l", BPFFS], check=False)
    os.environ["SKEP_BPFFS"] = BPFFS


def skep(*words, status=0, **more):
    """skep map, which has to end with a status."""
    done = run("map", *words, **more)
    equal(done.returncode, status, f"status of {words}: {done.stdout[-500:]}{done.stderr[-500:]}")
    return done


def text(*words, **more):
    return skep(*words, **more).stdout


def document(*words, status=0, **more):
    """What --json prints, of the schema of its verb."""
    value = json.loads(skep(*words, "--json", status=status, **more).stdout)
    equal((value["schema"], value["version"]), ("skep.map." + words[0], 1), "schema")
    return value


def entries(name, *words):
    """All elements, sorted."""
    value = document("dump", name, *words)
    equal(value["complete"], True, "complete")
    return sorted(([e["key"], e["value"]] for e in value["entries"]), key=str)


def create(path, kind, key=None, value=None, count=16, *more):
    """A map with a name that no other test has."""
    words = [*(["-k", str(key)] if key else []), *(["-v", str(value)] if value else []),
             *(["-e", str(count)] if count else [])]
    skep("create", path, "--type", kind, *words, *more)
    return path


class Btf:
    """A BTF in the kernel, type by type."""

    def __init__(self):
        self.types, self.strings, self.count = b"", b"\0", 0

    def name(self, text):
        at = len(self.strings)
        self.strings += text.encode() + b"\0"
        return at

    def add(self, kind, name, third, *rest, vlen=0, kflag=0):
        self.types += struct.pack("=III", self.name(name) if name else 0, kflag << 31 | kind << 24 | vlen, third)
        self.types += struct.pack(f"={len(rest)}i", *(r - (1 << 32) if r >= 1 << 31 else r for r in rest))
        self.count += 1
        return self.count

    def integer(self, name, size, encoding=0):
        return self.add(INT, name, size, encoding << 24 | 8 * size)

    def array(self, of, count, index):
        return self.add(ARRAY, None, 0, of, index, count)

    def enum(self, name, **values):
        rest = [x for k, v in values.items() for x in (self.name(k), v)]
        return self.add(ENUM, name, 4, *rest, vlen=len(values))

    def record(self, name, size, *members):
        """Members: name, type, first bit, and of a bit-field its bits."""
        fields = any(len(m) > 3 for m in members)
        rest = [x for m in members
                for x in (self.name(m[0]), m[1], (m[3] << 24 if len(m) > 3 else 0) | m[2])]
        return self.add(STRUCT, name, size, *rest, vlen=len(members), kflag=int(fields))

    def load(self):
        raw = struct.pack("=HBBIIIII", 0xEB9F, 1, 0, 24, 0, len(self.types), len(self.types), len(self.strings))
        raw += self.types + self.strings
        data = ctypes.create_string_buffer(raw, len(raw))
        fd, _ = bpf(18, struct.pack("=QQII", ctypes.addressof(data), 0, len(raw), 0))  # BPF_BTF_LOAD
        return fd


def map_create(kind, key, value, count, name, flags=0, btf=(0, 0, 0)):
    """An fd of a map of a number of type."""
    attributes = struct.pack("=7I16s", kind, key, value, count, flags, 0, 0, name.encode()) + struct.pack("=I", 0)
    fd, _ = bpf(0, attributes + struct.pack("=3I", *btf))
    return fd


def pin(fd, path):
    where = ctypes.create_string_buffer(f"{BPFFS}/{path}".encode())
    bpf(6, struct.pack("=QII", ctypes.addressof(where), fd, 0))
    os.close(fd)
    return path


def flow_map(path="flows"):
    """struct key { __be32 addr; u16 port; u16 pad; } => struct flow with arrays, an enum, chars and bit-fields."""
    b = Btf()
    u16, u32, u64 = b.integer("u16", 2), b.integer("u32", 4), b.integer("u64", 8)
    char = b.integer("char", 1, 1)
    be32 = b.add(TYPEDEF, "__be32", u32)
    ports, name = b.array(u32, 2, u32), b.array(char, 8, u32)
    color = b.enum("color", RED=0, GREEN=1)
    key = b.record("key", 8, ("addr", be32, 0), ("port", u16, 32), ("pad", u16, 48))
    value = b.record("flow", 32, ("bytes", u64, 0), ("ports", ports, 64), ("color", color, 128), ("name", name, 160),
                     ("low", u32, 224, 3), ("high", u32, 227, 5))
    fd = b.load()
    pinned = pin(map_create(1, 8, 32, 64, "flows", btf=(fd, key, value)), path)
    os.close(fd)
    return pinned


def load_program(name, map_fds=()):
    """A socket filter that has maps in its instructions: r0 = 0; exit. Returns its fd and its id."""
    code = b"".join(struct.pack("=BBhiBBhi", 0x18, 1 | 1 << 4, 0, fd, 0, 0, 0, 0) for fd in map_fds)
    code += struct.pack("=BBhiBBhi", 0xb7, 0, 0, 0, 0x95, 0, 0, 0)
    instructions, licence = ctypes.create_string_buffer(code, len(code)), ctypes.create_string_buffer(b"GPL")
    attributes = struct.pack("=IIQQIIQII16s", 1, len(code) // 8, ctypes.addressof(instructions),
                             ctypes.addressof(licence), 0, 0, 0, 0, 0, name.encode())
    fd, _ = bpf(5, attributes)
    info = ctypes.create_string_buffer(64)
    bpf(15, struct.pack("=IIQ", fd, 64, ctypes.addressof(info)))
    return fd, struct.unpack_from("=I", info.raw, 4)[0]
