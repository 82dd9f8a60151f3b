# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""Build directories: setting them up, building, and what they know of the tests."""
import json
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


def setup(directory, *options):
    if not (directory / "build.ninja").exists():
        subprocess.run(["meson", "setup", str(directory), str(ROOT), "-Dwerror=true", "-Dtests=true", *options],
                       check=True, stdout=subprocess.DEVNULL)


def build(directory, targets=()):
    subprocess.run(["ninja", "-C", str(directory), "--quiet", *targets], check=True)


def introspect(directory, what):
    said = subprocess.run(["meson", "introspect", str(directory), f"--{what}"], check=True, capture_output=True)
    return json.loads(said.stdout)


def tests(directory):
    """What meson knows of each test, the names of its suites without the project's."""
    found = introspect(directory, "tests")
    for test in found:
        test["suite"] = [suite.split(":")[-1] for suite in test["suite"]]
    return found


def files_of(directory, ids):
    """The files that these targets make, as ninja names them."""
    return [str(pathlib.Path(file).relative_to(directory)) for target in introspect(directory, "targets")
            if target["id"] in ids for file in target["filename"]]
