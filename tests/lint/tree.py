# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""The files of a source tree, and the tree of bad examples beside this file.

A line of a bad example that a checker has to find carries "lint-expect: NAME", NAME being that of the checker.
"""
import os
import re
import subprocess
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))
BAD = os.path.join(_HERE, "bad")
TOOLS = os.path.normpath(os.path.join(_HERE, "../../tools"))
sys.path.insert(0, TOOLS)

_EXPECT = re.compile(r"lint-expect: ([a-z_, ]*[a-z_])")
_SOURCE = re.compile(r"(?:\.(?:c|h|py|sh|def|map|ya?ml|scd)(?:\.in)?|(?:^|/)(?:meson\.build|meson_options\.txt|"
                     r"meson\.options|Makefile))$")
_PROSE = re.compile(r"\.(?:md|txt|json)$|(?:^|/)\.(?:gitignore|gitattributes|clang-format|clang-tidy)$")
_CORPUS = re.compile(r"(?:^|/)(?:corpus|corpora|[a-z_]*_corpus)/")


def source_root(argv):
    """The root that the command line names; without one, that of this file."""
    if len(argv) > 2 or (len(argv) == 2 and not os.path.isdir(argv[1])):
        sys.exit("usage: %s [SOURCE_ROOT]" % os.path.basename(argv[0]))
    return os.path.abspath(argv[1] if len(argv) == 2 else os.path.join(_HERE, "../.."))


def _git_files(root):
    """What git tracks or would, or None: no git, or not the top of a repository (an unpacked release)."""
    def git(*args):
        return subprocess.run(["git", "-C", root, *args], check=True, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL).stdout.decode()
    try:
        if os.path.realpath(git("rev-parse", "--show-toplevel").rstrip("\n")) != os.path.realpath(root):
            return None
        return git("ls-files", "-z", "-co", "--exclude-standard").split("\0")
    except (OSError, subprocess.CalledProcessError):
        return None


def _walk_files(root):
    for folder, folders, files in os.walk(root):
        folders[:] = [f for f in folders if f not in (".git", ".cache", "__pycache__") and
                      not os.path.exists(os.path.join(folder, f, "meson-private"))]
        for f in files:
            yield os.path.relpath(os.path.join(folder, f), root)


class Tree:
    """The files below a root; extra ones, which exist only here, come as {path: text}."""

    def __init__(self, root, extra=None):
        self.root = root
        self._texts = dict(extra or {})
        listed = _git_files(root)
        names = {f for f in (listed if listed is not None else _walk_files(root))
                 if os.path.isfile(os.path.join(root, f)) and not os.path.islink(os.path.join(root, f))}
        names = {f for f in names if not f.startswith("tests/lint/bad/")}
        self.files = sorted(names | set(self._texts))

    def text(self, path):
        """What is in a file. What is no UTF-8 becomes a replacement character."""
        if path not in self._texts:
            with open(os.path.join(self.root, path), encoding="utf-8", errors="replace", newline="") as f:
                self._texts[path] = f.read()
        return self._texts[path]

    def under(self, *prefixes, suffix=(".c", ".h")):
        """The files whose paths begin and end so."""
        return [f for f in self.files if f.startswith(prefixes) and f.endswith(suffix)]

    def sources(self):
        """Source files, by name or by "#!": what carries a licence."""
        return [f for f in self.files if not _CORPUS.search(f) and not f.startswith("LICENSES/") and
                (_SOURCE.search(f) or self._is_script(f))]

    def texts(self):
        """Source files and prose."""
        return sorted(set(self.sources()) | {f for f in self.files if _PROSE.search(f) and not _CORPUS.search(f) and
                                             not f.startswith("LICENSES/")})

    def _is_script(self, path):
        return "." not in os.path.basename(path) and self.text(path).startswith("#!")

    def expected(self, checker):
        """(path, line) of what a checker has to find here."""
        return {(f, number) for f in self.files
                for number, line in enumerate(self.text(f).split("\n"), 1)
                for m in _EXPECT.finditer(line) if checker in re.split(r"[, ]+", m[1])}
