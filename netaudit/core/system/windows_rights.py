"""Who may change a folder on Windows, by its access list, and how such a list is made for us alone.

Lists are read and written in the text form of Windows, SDDL ("Security Descriptor String Format" and "ACE Strings",
learn.microsoft.com). Python makes a folder private by its mode only from 3.11.10, 3.12.4 and 3.13 on.
"""

from __future__ import annotations

import ctypes
import functools
import re
import sys
from pathlib import Path
from typing import Any

SYSTEM = frozenset(
    {"SY", "BA", "LA", "DA", "S-1-5-18", "S-1-5-32-544", "CO", "OW", "S-1-3-0", "S-1-3-4"}
    | {"S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"}
)  # the system, administrators of this computer and of its domain, whoever owns or makes a thing, Windows' installer
EVERYBODY = frozenset({"WD", "S-1-1-0"})  # owns what lies on a disk that keeps no rights
RIGHTS = {
    "GA": 0x1000_0000, "GW": 0x4000_0000, "FA": 0x1F_01FF, "FW": 0x12_0116, "WD": 0x4_0000, "WO": 0x8_0000,
    "SD": 0x1_0000, "CC": 0x1, "DC": 0x2, "LC": 0x4, "SW": 0x8, "RP": 0x10, "WP": 0x20, "DT": 0x40, "LO": 0x80,
    "CR": 0x100, "RC": 0x2_0000, "GR": 0x8000_0000, "GX": 0x2000_0000, "FR": 0x12_0089, "FX": 0x12_00A0,
}  # fmt: skip
_WHOLE = RIGHTS["GA"] | RIGHTS["WD"] | RIGHTS["WO"] | RIGHTS["SD"]
REPLACES = _WHOLE | 0x40  # to remove a thing or what lies in it, or to give oneself the right to
WRITES = REPLACES | RIGHTS["GW"] | 0x2 | 0x4  # and to put something into it
_ACE = re.compile(r"\((\w+);(\w*);(\w*);[^;]*;[^;]*;([\w-]+)(?:;[^)]*)?\)")
_ACCOUNT = re.compile(r"S-1-5-21(?:-\d+)+")  # of a computer or a domain
_OWNER, _DACL = re.compile(r"O:([\w-]+?)(?=G:|D:|S:|$)"), re.compile(r"D:([A-Z_]*)((?:\([^()]*\))*)")
_FILE_OBJECT, _OWNER_INFORMATION, _DACL_INFORMATION, _PROTECTED = 1, 0x1, 0x4, 0x8000_0000


def nobody_else_writes(path: Path) -> bool:
    """Whether only this user, administrators and the system can change a folder, or replace what leads to it.

    What is not there yet is judged by what it will be made in. What cannot be read is not believed.
    """
    try:
        place, me = _real(path), user()
        there = next((one for one in (place, *place.parents) if one.exists()), place)
        return not others(_told(there), me, WRITES) and not any(
            others(_told(one), me, REPLACES) for one in there.parents
        )
    except OSError:
        return False


def foreign(path: Path) -> str:
    """The owner of a folder as SID, where that is another user; empty where not, or where the disk keeps no rights."""
    try:
        owner = _owner(_told(path))
    except OSError:
        return ""
    return "" if owner in SYSTEM | EVERYBODY | {user(), ""} or owner.endswith("-500") else owner


def restrict(path: Path, *, readable: bool = False) -> bool:
    """Give a folder to this user, administrators and the system alone; `readable`: others may read.

    False where the disk keeps no rights.
    """
    words = "".join(f"(A;OICI;FA;;;{who})" for who in (user(), "SY", "BA"))
    return _change(path, "D:P" + words + ("(A;OICI;0x1200a9;;;BU)" if readable else ""))


def without_names(path: Path) -> str:
    """Owner and access list of a folder as text, in which no account can be told but this user's as such. OSError."""
    return _ACCOUNT.sub(lambda found: "me" if found[0] == user() else "S-1-5-21-…", _told(path))


def others(sddl: str, me: str, wanted: int) -> list[str]:
    """Whom an access list gives any of the rights `wanted`, but `me` and `SYSTEM`; an owner counts as whom it gives.

    A missing list gives everything to everybody; what refuses is not looked at.
    """
    found = [_owner(sddl)]
    dacl = _DACL.search(sddl)
    if dacl is None or "NO_ACCESS_CONTROL" in dacl[1]:
        return ["WD"]
    for kind, flags, rights, who in _ACE.findall(dacl[2]):
        inherits_only = "IO" in re.findall("..", flags)
        if kind in ("A", "OA", "XA") and not inherits_only and _mask(rights) & wanted:
            found.append(who)
    return [who for who in found if who not in SYSTEM and who != me]


def _mask(rights: str) -> int:
    """Rights of an entry as bits; unknown letters are all of them."""
    if rights.lower().startswith("0x") or rights.isdecimal():
        return int(rights, 0)
    mask = 0
    for word in re.findall("..?", rights):
        mask |= RIGHTS.get(word, ~0)
    return mask


def _owner(sddl: str) -> str:
    found = _OWNER.search(sddl)
    return found[1] if found else ""


def _real(path: Path) -> Path:
    return Path(path.resolve())


if sys.platform == "win32":
    _advapi, _kernel = (ctypes.WinDLL(name, use_last_error=True) for name in ("advapi32", "kernel32"))
    for _function in (_kernel.GetCurrentProcess, _kernel.LocalFree):
        _function.restype = ctypes.c_void_p

    @functools.cache
    def user() -> str:
        """SID of this user. Raises OSError."""
        token, needed = ctypes.c_void_p(), ctypes.c_uint32()
        _sure(_advapi.OpenProcessToken(ctypes.c_void_p(_kernel.GetCurrentProcess()), 0x8, ctypes.byref(token)))
        try:
            _advapi.GetTokenInformation(token, 1, None, 0, ctypes.byref(needed))
            held = ctypes.create_string_buffer(needed.value)
            _sure(_advapi.GetTokenInformation(token, 1, held, needed, ctypes.byref(needed)))
        finally:
            _kernel.CloseHandle(token)
        text = ctypes.c_void_p()
        sid = ctypes.c_void_p.from_buffer(held)
        _sure(_advapi.ConvertSidToStringSidW(sid, ctypes.byref(text)))
        return _taken(text)

    def _told(path: Path) -> str:
        """Owner and access list of a file or folder. Raises OSError."""
        descriptor, text = ctypes.c_void_p(), ctypes.c_void_p()
        which = _OWNER_INFORMATION | _DACL_INFORMATION
        _well(
            _advapi.GetNamedSecurityInfoW(
                ctypes.c_wchar_p(str(path)), _FILE_OBJECT, which, None, None, None, None, ctypes.byref(descriptor)
            )
        )
        try:
            _sure(
                _advapi.ConvertSecurityDescriptorToStringSecurityDescriptorW(
                    descriptor, 1, which, ctypes.byref(text), None
                )
            )
        finally:
            _kernel.LocalFree(descriptor)
        return _taken(text)

    def _change(path: Path, sddl: str) -> bool:
        descriptor = ctypes.c_void_p()
        _sure(
            _advapi.ConvertStringSecurityDescriptorToSecurityDescriptorW(
                ctypes.c_wchar_p(sddl), 1, ctypes.byref(descriptor), None
            )
        )
        try:
            which = ctypes.c_uint32(_DACL_INFORMATION | _PROTECTED)
            return bool(_advapi.SetFileSecurityW(ctypes.c_wchar_p(str(path)), which, descriptor))
        finally:
            _kernel.LocalFree(descriptor)

    def _taken(text: Any) -> str:
        sddl = ctypes.wstring_at(text.value)
        _kernel.LocalFree(text)
        return sddl

    def _sure(well: int) -> None:
        if not well:
            raise ctypes.WinError(ctypes.get_last_error())

    def _well(code: int) -> None:
        if code:
            raise ctypes.WinError(code)

else:  # what is above is tried by tests everywhere; nobody asks here

    def user() -> str:
        """None is known."""
        raise OSError("no Windows")

    def _told(path: Path) -> str:
        raise OSError(f"{path}: no Windows")

    def _change(path: Path, sddl: str) -> bool:
        raise OSError(f"{path}: no Windows: {sddl}")
