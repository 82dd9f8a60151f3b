# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""What tests/vm/fetch has brought: a directory for each thing, complete if it is there (it is renamed into place)."""
import os
import pathlib
import re
import shutil

from modules import WANTED

# The kernels that everything runs on, and the Debian suite that each comes from.
SERIES = {
    "5.10": "bullseye",
    "6.1": "bookworm",
    "6.12": "trixie",
    "newest": "trixie-backports",
}


def root():
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(os.environ.get("SKEP_VM_CACHE") or pathlib.Path(base) / "skep/vm")


def program(name):
    """The path of a program, also for a user whose PATH has no sbin; None."""
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


class Kernel:
    """One kernel: vmlinux, config, modules/NAME.ko, modules.order, VERSION."""

    def __init__(self, series):
        self.series = series
        self.directory = root() / "kernels" / series
        self.vmlinux = self.directory / "vmlinux"

    @property
    def version(self):
        return (self.directory / "VERSION").read_text().strip()

    @property
    def label(self):
        """"6.12", "7.2"."""
        return re.match(r"\d+\.\d+", self.version)[0] if self.there() else self.series

    def there(self):
        return (self.directory / "VERSION").exists()

    def current(self):
        """It is there, with the modules that are wanted now."""
        return self.there() and (self.directory / "modules.wanted").read_text().split() == WANTED

    def modules(self):
        """Paths in the order of loading."""
        names = (self.directory / "modules.order").read_text().split()
        return [self.directory / "modules" / f"{name}.ko" for name in names]


def kernel(name):
    """The kernel of a series, or the newest one by its version; None: there is no such series."""
    if name in SERIES:
        return Kernel(name)
    newest = Kernel("newest")
    return newest if newest.there() and newest.label == name else None


def kernels():
    return [Kernel(series) for series in SERIES]


class Unpacked:
    """Programs of a package that is unpacked here and not installed."""

    def __init__(self, name):
        self.name = name
        self.directory = root() / name

    def there(self):
        return (self.directory / "VERSION").exists()

    def current(self):
        return self.there()

    def environment(self):
        libraries = [self.directory / part / "x86_64-linux-gnu" for part in ("usr/lib", "lib")]
        return {**os.environ, "LD_LIBRARY_PATH": ":".join(map(str, libraries)),
                "QEMU_MODULE_DIR": str(libraries[0] / "qemu")}


class Qemu(Unpacked):
    def __init__(self):
        super().__init__("qemu")
        self.path = self.directory / "usr/bin/qemu-system-x86_64"

    def command(self):
        return [str(self.path), "-L", str(self.directory / "usr/share/qemu"), "-L", str(self.directory / "usr/share/seabios")]


class InstalledQemu:
    """The system's own, if it is all there is."""

    def __init__(self):
        self.path = program("qemu-system-x86_64")

    def there(self):
        return self.path is not None

    def environment(self):
        return dict(os.environ)

    def command(self):
        return [self.path]


def qemu():
    """The QEMU to use; None."""
    return next((one for one in (Qemu(), InstalledQemu()) if one.there()), None)


class Virtiofsd(Unpacked):
    def __init__(self):
        super().__init__("virtiofsd")
        self.path = self.directory / "usr/lib/qemu/virtiofsd"
