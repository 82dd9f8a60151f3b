# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""The first file system of a guest: its first process, the plan, kernel modules, and the programs to be run with the
libraries they need, all at the paths they have on the host."""
import functools
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import threading

import cache
import modules
from cpio import Archive

INIT = pathlib.Path(__file__).with_name("init.c")
BUILDING = threading.Lock()  # guests are made in threads
CFLAGS = "-std=gnu17 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -static".split()


def built_init():
    """The path of the static program that init.c makes; built once for each of its versions."""
    binary = cache.root() / f"init-{hashlib.sha256(INIT.read_bytes()).hexdigest()[:16]}"
    with BUILDING:
        if not binary.exists():
            made = binary.with_name(f"{binary.name}.{os.getpid()}")
            subprocess.run([os.environ.get("CC", "cc"), *CFLAGS, "-o", made, INIT], check=True)
            for old in set(cache.root().glob("init-" + "?" * 16)) - {binary}:
                old.unlink(missing_ok=True)
            made.rename(binary)
    return binary


@functools.lru_cache(maxsize=None)
def libraries(path, search=""):
    """What the dynamic linker would load for a program; nothing for what is no program."""
    with open(path, "rb") as file:
        if file.read(4) != b"\x7fELF":
            return ()
    said = subprocess.run(["ldd", path], capture_output=True, text=True, env={**os.environ, "LD_LIBRARY_PATH": search})
    return tuple(re.findall(r"(/[^\s:]+) \(0x", said.stdout))


def travelling_files(program):
    """The program, and the files that its arguments and environment name."""
    words = [shutil.which(program.argv[0]) or program.argv[0], *program.argv[1:], *program.env.values()]
    for word in words:
        path = os.path.normpath(os.path.join(program.cwd, word))
        if word and os.path.isfile(path):
            yield path
            yield from libraries(path, program.env.get("LD_LIBRARY_PATH", ""))


def plan(kernel, programs, nonce, root):
    """The words that init.c carries out."""
    words = [f"nonce={nonce}"]
    for path in kernel.modules():
        words.append(f"module=/vm/{path.name} {modules.PARAMETERS.get(path.stem, '')}".rstrip())
    if root == "virtiofs":
        words.append("root=virtiofs")
    words.append("start")
    for program in programs:
        words += [f"cwd={program.cwd}", f"timeout={program.timeout_s}"]
        words += [f"env={name}={value}" for name, value in program.env.items()]
        words += [f"arg={word}" for word in program.argv]
        words.append("run")
    return b"".join(os.fsencode(word) + b"\0" for word in words)


def write(path, kernel, programs, nonce, root):
    with open(path, "wb") as out:
        archive = Archive(out)
        archive.file("/init", built_init().read_bytes(), 0o755)
        archive.file("/vm/plan", plan(kernel, programs, nonce, root), 0o600)
        for module in kernel.modules():
            archive.file(f"/vm/{module.name}", module.read_bytes())
        for program in programs if root == "initramfs" else ():
            archive.directory(program.cwd)
            for file in travelling_files(program):
                archive.copy(file)
        archive.close()
