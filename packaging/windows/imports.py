"""Which DLLs the programs and libraries below a folder ask for, and which of them are neither there nor Windows' own.

Read from the tables of imports of each file ("PE Format", learn.microsoft.com).
"""

from __future__ import annotations

import struct
from pathlib import Path

WINDOWS = frozenset(
    {
        "advapi32", "avicap32", "bcrypt", "bcryptprimitives", "cfgmgr32", "combase", "comctl32", "comdlg32", "crypt32",
        "d3d11", "d3d12", "d3dcompiler_47", "dbgeng", "dbghelp", "dnsapi", "dwmapi", "dxcore", "dxgi", "gdi32", "imm32",
        "iphlpapi", "kernel32", "mf", "mfplat", "mfreadwrite", "msi", "msimg32", "msvcrt", "mswsock", "ncrypt",
        "netapi32", "normaliz", "ntdll", "ole32", "oleaut32", "pdh", "powrprof", "propsys", "psapi", "rpcrt4",
        "rstrtmgr", "secur32", "setupapi", "shell32", "shlwapi", "synchronization", "ucrtbase", "user32", "userenv",
        "version", "webservices", "winhttp", "wininet", "winmm", "winspool.drv", "wintrust", "wldap32", "ws2_32",
        "wsock32",
    }
)  # fmt: skip
"""What every Windows from 10 on has."""
UNUSED = frozenset({"tbb12"})
"""What numba's pool for one kind of threads asks for, which no kernel uses; it is looked for only then."""


def imports(data: bytes) -> list[str]:
    """Names of the DLLs that a file is linked with, those loaded late too; none of what is no such file."""
    if data[:2] != b"MZ":
        return []
    head = struct.unpack_from("<I", data, 0x3C)[0]
    sections, optional = struct.unpack_from("<H", data, head + 6)[0], struct.unpack_from("<H", data, head + 20)[0]
    table = head + 24
    wide = struct.unpack_from("<H", data, table)[0] == 0x20B
    base = table + (112 if wide else 96)
    rows = [struct.unpack_from("<IIII", data, table + optional + 40 * number + 8) for number in range(sections)]

    def place(address: int) -> int:
        size, start, raw = next((min(a, c) or c, b, d) for a, b, c, d in rows if b <= address < b + max(a, c))
        return address - start + raw if size else 0

    found = []
    for entry, step, name in ((1, 20, 12), (13, 32, 4)):  # imports, and those loaded when first called
        address, size = struct.unpack_from("<II", data, base + 8 * entry)
        at = place(address) if size else 0
        while size and (named := struct.unpack_from("<I", data, at + name)[0]):
            begun = place(named)
            found.append(data[begun : data.index(b"\0", begun)].decode("ascii").lower())
            at += step
    return found


def missing(folder: Path) -> dict[str, list[str]]:
    """DLLs that are asked for below a folder and nowhere there, nor of Windows, each with who asks."""
    files = [path for path in folder.rglob("*") if path.suffix.lower() in (".dll", ".pyd", ".exe")]
    there = {path.name.lower() for path in files}
    out: dict[str, list[str]] = {}
    for path in sorted(files):
        for name in imports(path.read_bytes()):
            stem = name.removesuffix(".dll")
            if name not in there and stem not in WINDOWS | UNUSED and not stem.startswith(("api-ms-win-", "ext-ms-")):
                out.setdefault(name, []).append(path.relative_to(folder).as_posix())
    return out
