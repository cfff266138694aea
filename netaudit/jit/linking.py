"""Machine code of a kernel, from the object that LLVM made to what can be called, without LLVM.

LLVM is a library of 170 MB, of which 2,600 pages are touched before it links anything. Its objects need little of it:
sections are laid out one behind the other (an `Image`, made once and kept), and where it is loaded addresses are added
at the places that name them. Where objects are of another format, or name more than that, LLVM links as it would.

The format is ELF (System V gABI 4, AMD64 psABI 1.0): LLVM's code for what runs at once is that on Windows, too.
"""

from __future__ import annotations

import ctypes
import mmap
import struct
import sys
from typing import Any, NamedTuple

import numpy as np

from netaudit.jit import numba_parts

HEAD = struct.Struct("<16sHHIQQQIHHHHHH")
SECTION = struct.Struct("<IIQQQQIIQQ")
SYMBOL = struct.Struct("<IBBHQQ")
RELOCATION = struct.Struct("<QQq")
ELF64, AMD64, RELOCATABLE = b"\x7fELF\2\1", 62, 1
CONTENT, SYMBOLS, RELOCATIONS = 1, 2, 4  # types of sections
WRITTEN, LOADED = 1, 2  # flags of sections: is written to, is there when it runs
NOWHERE, COMMON = 0, 0xFFF2  # instead of the number of a section
WHOLE, RELATIVE = 1, 24  # R_X86_64_64, R_X86_64_PC64
WORD = 8


class Unfit(ValueError):  # noqa: N818 - no error: LLVM links it
    """An object that is more than what is linked here."""


class Image(NamedTuple):
    """Code and constants as they are loaded, but for the addresses in it."""

    content: bytes  # at such a place its distance from what is named
    places: bytes  # of addresses, as u4
    names: list[str]  # what is named from outside
    named: bytes  # for each place 0 (a part of itself) or the number of a name, from 1 on, as u4
    entries: dict[str, int]  # where its own functions and variables begin


def image_of(code: bytes, wanted: set[str]) -> Image:
    """An object laid out; `wanted` are its own names that are asked for later. Raises Unfit."""
    try:
        return _Object(code).image(wanted)
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise Unfit("no object of this format") from error


def is_linked_here() -> bool:
    """Whether images can be loaded here; elsewhere it was not tried."""
    return sys.platform == "linux" and struct.calcsize("P") == WORD


class _Object:
    def __init__(self, code: bytes) -> None:
        self.code = code
        magic, kind, machine, _, _, _, at, _, _, _, _, size, count, _ = HEAD.unpack_from(code)
        if not magic.startswith(ELF64) or (kind, machine, size) != (RELOCATABLE, AMD64, SECTION.size):
            raise Unfit("another format")
        self.sections = [SECTION.unpack_from(code, at + number * size) for number in range(count)]
        self.starts: dict[int, int] = {}  # of loaded sections in the image
        self.content = bytearray()
        for number, (_, kind, flags, _, begin, length, _, _, align, _) in enumerate(self.sections):
            if kind == CONTENT and flags & LOADED:
                if flags & WRITTEN:
                    raise Unfit("data that is written to")
                self.starts[number] = self._room(length, align)
                self.content[self.starts[number] :] = code[begin : begin + length]
        self.symbols = self._symbols()

    def _room(self, length: int, align: int) -> int:
        begin = -(-len(self.content) // max(align, 1)) * max(align, 1)
        self.content.extend(bytes(begin - len(self.content) + length))
        return begin

    def _symbols(self) -> list[tuple[str, int | None]]:
        """Names of symbols, and where they are in the image; None for those from outside, without a name if no code."""
        (table,) = (section for section in self.sections if section[1] == SYMBOLS)
        _, _, _, _, begin, length, link, *_ = table
        names = self.sections[link][4]
        found: list[tuple[str, int | None]] = []
        for at in range(begin, begin + length, SYMBOL.size):
            name, _, _, section, value, size = SYMBOL.unpack_from(self.code, at)
            named = self.code[names + name : self.code.index(b"\0", names + name)].decode("ascii")
            if section == COMMON:  # its value is how it is aligned
                found.append((named, self._room(size, value)))
            elif section == NOWHERE:
                found.append((named, None))
            else:
                start = self.starts.get(section)
                found.append(("", None) if start is None else (named, start + value))
        return found

    def image(self, wanted: set[str]) -> Image:
        places: list[tuple[int, int]] = []
        names: dict[str, int] = {}
        for _, kind, _, _, begin, length, _, target, _, _ in self.sections:
            if kind == RELOCATIONS and target in self.starts:
                for at in range(begin, begin + length, RELOCATION.size):
                    place, info, more = RELOCATION.unpack_from(self.code, at)
                    name, where = self.symbols[info >> 32]
                    self._relocate(self.starts[target] + place, info & 0xFFFF_FFFF, name, where, more, names, places)
        entries = {name: where for name, where in self.symbols if name in wanted and where is not None}
        columns = np.array(places, "<u4").reshape(-1, 2)
        return Image(bytes(self.content), columns[:, 0].tobytes(), list(names), columns[:, 1].tobytes(), entries)

    def _relocate(
        self, place: int, kind: int, name: str, where: int | None, more: int, names: dict[str, int], places: Any
    ) -> None:
        if kind == RELATIVE and where is not None:
            struct.pack_into("<q", self.content, place, where + more - place)
        elif kind == WHOLE and (where is not None or name):
            struct.pack_into("<q", self.content, place, (where or 0) + more)
            places.append((place, 0 if where is not None else names.setdefault(name, len(names) + 1)))
        else:
            raise Unfit(f"relocation of type {kind}")


def load(image: Image, values: dict[str, int]) -> tuple[int, object]:
    """Where an image lies in memory from now on, ready to be run, and what holds it there.

    `values` are written into its own variables. Raises OSError where nothing may be run that was not a file, and
    LookupError where nobody has what it names.
    """
    outside = [numba_parts.address(name) for name in image.names]
    if None in outside:
        raise LookupError(f"nobody has {image.names[outside.index(None)]}")
    room = mmap.mmap(-1, max(len(image.content), WORD), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    room[: len(image.content)] = image.content
    begin = ctypes.addressof(ctypes.c_char.from_buffer(room))
    places, named = np.frombuffer(image.places, "<u4"), np.frombuffer(image.named, "<u4")
    words: Any = np.ndarray(max(len(image.content) - WORD + 1, 0), "<u8", room, strides=(1,))  # from each byte on
    words[places] += np.array([begin, *outside], np.uint64)[named]
    for name, value in values.items():
        words[image.entries[name]] = value
    if ctypes.CDLL(None, use_errno=True).mprotect(
        ctypes.c_void_p(begin), ctypes.c_size_t(len(room)), mmap.PROT_READ | mmap.PROT_EXEC
    ):
        raise OSError(ctypes.get_errno(), "machine code may not be run here")
    return begin, room
