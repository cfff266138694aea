"""Which modules are seeded, drawing faults from them, and having one in a process."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import random
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.operators import Site, mutated, sites

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "netaudit"
READING = ("capture", "packets", "streams", "messages", "unwrapping", "rows", "finalizing")
"""The rooms that the test specification is about: what is in a file, who spoke to whom, what was said."""
BESIDE = (  # of these rooms, what the specification says is out of scope, and why
    "capture/from_wire", "capture/growing", "capture/recorder", "capture/packet_socket", "capture/adapters",
    "capture/permission", "capture/wireshark",  # recording
    "messages/decryption", "rows/encrypted_uploads", "rows/stores", "rows/sendings", "rows/silent", "messages/silent",
    "messages/kernels_silent",  # what cannot be read, and what keys open
    "messages/makers", "messages/rtp", "messages/rtsp", "messages/sip", "messages/smb", "messages/mail", "messages/mqtt",
    "messages/hosts", "messages/files", "messages/websocket", "messages/http2", "messages/mongodb", "messages/socks",
    "messages/hellos/dtls", "messages/hellos/quic", "rows/media", "rows/publications",  # other protocols
    "messages/identities", "rows/persons", "rows/events", "rows/event_values", "messages/kernels_numbers",  # persons
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """A site in a module, by its path below the package."""

    module: str
    site: Site

    @property
    def dotted(self) -> str:
        return "netaudit." + self.module.removesuffix(".py").replace("/", ".").removesuffix(".__init__")

    @property
    def compiled(self) -> bool:
        """Whether kernels are made of it: they are run as plain Python then."""
        name = self.module.rpartition("/")[2]
        return name.startswith("kernels") or name == "layouts.py"

    def __str__(self) -> str:
        return f"{self.module}:{self.site.line} {self.site.what} #{self.site.number}"


def modules(rooms: tuple[str, ...], beside: tuple[str, ...] = ()) -> list[str]:
    found = [path.relative_to(PACKAGE).as_posix() for room in rooms for path in sorted((PACKAGE / room).rglob("*.py"))]
    return [one for one in found if not one.startswith(beside)]


def drawn(rooms: tuple[str, ...], beside: tuple[str, ...], seed: int, count: int) -> list[Fault]:
    """Faults at random, every site as likely as every other."""
    every = [
        Fault(module, site)
        for module in modules(rooms, beside)
        for site in sites((PACKAGE / module).read_text("utf-8"))
    ]
    return random.Random(seed).sample(every, count)


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.SourceLoader):
    def __init__(self, fault: Fault) -> None:
        self.fault, self.path = fault, str(PACKAGE / fault.module)

    def find_spec(self, name, path, target=None):
        if name != self.fault.dotted:
            return None
        package = self.path.endswith("__init__.py")
        return importlib.util.spec_from_file_location(
            name, self.path, loader=self, submodule_search_locations=[str(Path(self.path).parent)] if package else None
        )

    def get_filename(self, name):
        return self.path

    def get_data(self, path):
        return Path(path).read_bytes()

    def path_stats(self, path):
        raise OSError  # nothing compiled is taken, nor kept

    def source_to_code(self, data, path, *, _optimize=-1):
        return compile(mutated(data.decode(), self.fault.site), path, "exec", dont_inherit=True)


def have(fault: Fault) -> None:
    """From now on, this process has the fault. Its module must not be loaded yet."""
    assert fault.dotted not in sys.modules
    sys.meta_path.insert(0, _Finder(fault))
