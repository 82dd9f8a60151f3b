# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""Archives in the form that the kernel takes as its first file system (cpio "newc"), not compressed: unpacking would
cost a guest more than reading."""
import os
import pathlib
import stat


class Archive:
    """Written front to back. Archives can be put one behind the other."""

    def __init__(self, out):
        self.out = out
        self.there = {"/"}
        self.inode = 0

    def _entry(self, name, mode, data=b""):
        self.inode += 1
        encoded = name.lstrip("/").encode() + b"\0"
        fields = (self.inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(encoded), 0)
        header = b"070701" + b"".join(b"%08X" % field for field in fields) + encoded
        self.out.write(header + b"\0" * (-len(header) % 4) + data + b"\0" * (-len(data) % 4))

    def directory(self, path):
        path = os.path.normpath(path)
        if path in self.there:
            return
        self.directory(os.path.dirname(path))
        self.there.add(path)
        self._entry(path, stat.S_IFDIR | 0o755)

    def file(self, path, data, mode=0o644):
        path = os.path.normpath(path)
        if path in self.there:
            return
        self.directory(os.path.dirname(path))
        self.there.add(path)
        self._entry(path, stat.S_IFREG | mode, data)

    def copy(self, path):
        """A file of the host, at the same path; links are followed."""
        source = pathlib.Path(path)
        self.file(path, source.read_bytes(), stat.S_IMODE(source.stat().st_mode))

    def close(self):
        self._entry("TRAILER!!!", 0)
