# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""Kernel modules of the guests: which ones, in which order, with which parameters."""
import lzma
import re

# What tests need: loaded in every guest.
DEVICES = ("8021q act_bpf act_mirred bridge cls_bpf cls_matchall dummy ifb macvlan sch_fq sch_htb sch_ingress sch_netem "
           "sch_tbf tcp_bbr tun veth vrf vxlan xfrm_interface").split()
# What a root file system by virtiofs needs.
VIRTIOFS = ["virtio_pci", "virtiofs", "overlay"]
WANTED = DEVICES + VIRTIOFS

# Without these, two or three devices are born with the module in the first network namespace.
PARAMETERS = {"dummy": "numdummies=0", "ifb": "numifbs=0"}


def content(path):
    data = path.read_bytes()
    return lzma.decompress(data) if path.suffix == ".xz" else data


def name(path):
    return path.name.split(".")[0].replace("-", "_")


def depends(data):
    """What a module says of itself in its .modinfo section, a list of NUL-terminated "key=value"."""
    found = re.search(rb"\0depends=([^\0]*)\0", data)
    return [one.replace("-", "_") for one in found[1].decode().split(",") if one] if found else []


def closure(tree, wanted=WANTED):
    """Yields (name, content) of the modules under @tree and of what they depend on, in the order of loading. What is
    not there is built in (virtio_pci since 6.12)."""
    paths = {name(path): path for pattern in ("*.ko", "*.ko.xz") for path in tree.rglob(pattern)}
    seen = set()

    def visit(names):
        for one in names:
            if one in seen or one not in paths:
                continue
            seen.add(one)
            data = content(paths[one])
            yield from visit(depends(data))
            yield one, data

    yield from visit(wanted)
