# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""Packages of one Debian suite, by an apt of our own: its lists live in a directory and end with it, nothing is
installed, and /etc/apt is read alone."""
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
STATUS = pathlib.Path("/var/lib/dpkg/status")


class AptError(Exception):
    pass


class Apt:
    """@absent: a pattern of packages that count as not installed, whatever the host has."""

    def __init__(self, directory, suites, absent=None):
        self.directory = pathlib.Path(directory)
        for name in ("lists/partial", "archives/partial", "debs", "none"):
            (self.directory / name).mkdir(parents=True)
        sources = subprocess.run([ROOT / "tools/debian-sources", *suites], capture_output=True, text=True)
        if sources.returncode:
            raise AptError(sources.stderr.strip())
        (self.directory / "sources.list").write_text(sources.stdout)
        (self.directory / "status").write_text(self._status(absent))
        # Offline, "update" says only warnings and exits 0: what matters is whether a package is there afterwards.
        self.said = self._run("apt-get", "update").stderr

    @staticmethod
    def _status(absent):
        if not absent:
            return ""
        stanzas = STATUS.read_text().split("\n\n")
        return "\n\n".join(s for s in stanzas if not re.match(rf"Package: ({absent})\n", s))

    def _run(self, tool, *args):
        settings = {
            "Dir::Etc::sourcelist": self.directory / "sources.list",
            "Dir::Etc::sourceparts": self.directory / "none",
            "Dir::Etc::preferences": "/dev/null",
            "Dir::Etc::preferencesparts": self.directory / "none",
            "Dir::State": self.directory,
            "Dir::State::lists": self.directory / "lists",
            "Dir::State::status": self.directory / "status",
            "Dir::Cache": self.directory,
            "Dir::Cache::archives": self.directory / "archives",
            "Dir::Cache::pkgcache": "",
            "Dir::Cache::srcpkgcache": "",
            "Acquire::Retries": 3,
            "Acquire::http::Timeout": 20,
            "Acquire::Languages": "none",
            "Debug::NoLocking": "true",
        }
        if os.geteuid() == 0:
            settings["APT::Sandbox::User"] = "root"
        options = [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]
        return subprocess.run([tool, "-qq", *options, *args], capture_output=True, text=True,
                              cwd=self.directory / "debs", env={**os.environ, "LC_ALL": "C"})

    def depends(self, package):
        """The names in a package's Depends, alternatives and versions left out."""
        shown = self._run("apt-cache", "show", "--no-all-versions", package).stdout
        found = re.search(r"^Depends: (.*)$", shown, re.M)
        if not found:
            warnings = re.search(r"^[WE]: (.*)$", self.said, re.M)
            raise AptError(f"no package {package}" + (f": {warnings[1]}" if warnings else ""))
        return [re.match(r"\s*([^\s(|]+)", part)[1] for part in found[1].split(",")]

    def download(self, packages):
        """Fetches and verifies (signed lists, their hashes). Returns the paths of the .deb files."""
        return self._fetched(self._run("apt-get", "download", *packages), self.directory / "debs", packages)

    def download_missing(self, packages):
        """The same with all that these packages need and the host has not."""
        done = self._run("apt-get", "install", "-y", "--download-only", "--no-install-recommends", *packages)
        return self._fetched(done, self.directory / "archives", packages)

    @staticmethod
    def _fetched(done, directory, packages):
        debs = sorted(directory.glob("*.deb"))
        sound = [deb for deb in debs if subprocess.run(["dpkg-deb", "-I", deb], capture_output=True).returncode == 0]
        if done.returncode or not debs or sound != debs:
            raise AptError(f"cannot fetch {' '.join(packages)}: {done.stderr.strip()}")
        return debs


def unpack(deb, directory):
    subprocess.run(["dpkg-deb", "-x", deb, directory], check=True, stdout=sys.stderr)


def version(deb):
    return subprocess.run(["dpkg-deb", "-f", deb, "Version"], check=True, capture_output=True, text=True).stdout.strip()
