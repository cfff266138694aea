"""Installs netaudit for this user from the folder in which this file lies, or removes it: run by install.cmd.

Every wheel is checked against its hash in lock.txt before anything is unpacked. Nothing is fetched from a network, and
nothing outside the folder of the program is changed but: the user's PATH, two shortcuts, the entry under
"Installed apps". Cases, settings and the cache are left alone when it is removed. Needs nothing but Python itself.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

HERE = Path(__file__).resolve().parent
LOCKED = re.compile(r"([\w.-]+)==(\S+) --hash=sha256:([0-9a-f]{64})")
LEFT = (
    re.compile(r"(?:[^/]+/)+tests/.*"),
    re.compile(r"onnxruntime/(?:tools|transformers|quantization)/.*"),
    re.compile(r"onnxruntime/capi/onnxruntime\.dll"),  # all of it is in the module beside it, too
    re.compile(r"pyarrow/(?:arrow_|arrow_python_|_)(?:flight|s3|s3fs|substrait)\b.*"),
    re.compile(r".*\.(?:lib|pdb|pyi|pyx|pxi|pxd|h|hpp|c|cpp)"),
)  # of packages, what no command needs: each file is looked at by programs against viruses
BESIDE = ("netaudit.exe", "uninstall.cmd", "installing.py")  # the folder `python` in the program's
WAITS = (0.2, 0.5, 1.0, 2.0, 5.0)  # seconds
SITE = "python/Lib/site-packages"
ENTRY = r"Software\Microsoft\Windows\CurrentVersion\Uninstall\netaudit"
TEXTS = {
    "begin": (
        "Installing netaudit into {place} (about a minute) …",
        "正在安装 netaudit 到 {place}（约一分钟）……",
    ),
    "wrong": (
        "{name}: is not the file that lock.txt names. Nothing was installed.",
        "{name}：与 lock.txt 所列不符，未安装任何内容。",
    ),
    "lacks": (
        "{name}: is missing. Unpack the whole folder first. Nothing was installed.",
        "{name}：缺失。请先解压整个文件夹。未安装任何内容。",
    ),
    "used": (
        "{place}: is in use; close netaudit and try again. ({why})",
        "{place}：正被使用；请关闭 netaudit 后重试。（{why}）",
    ),
    "strange": (
        "{place}: holds what is not of netaudit ({name}); name another folder. Nothing was changed.",
        "{place}：其中有不属于 netaudit 的内容（{name}）；请另选文件夹。未作任何更改。",
    ),
    "unwritten": (
        "{place}: cannot be written. What was there before is as it was. ({why})",
        "{place}：无法写入；原有内容保持不变。（{why}）",
    ),
    "starts": ("It does not start: {why}", "无法启动：{why}"),
    "done": (
        "Installed. Open a new window and type: netaudit doctor",
        "安装完成。请打开新的命令窗口并输入：netaudit doctor",
        "Or double-click netaudit on the desktop. To remove it: {place}\\uninstall.cmd",
        "也可双击桌面上的 netaudit。卸载：{place}\\uninstall.cmd",
    ),
    "unlinked": ("(no shortcut could be made: {why})", "（未能创建快捷方式：{why}）"),
    "removed": (
        "netaudit is removed from this account; cases, settings and cache stay.",
        "正在从本账户移除 netaudit；案卷、设置和缓存均予保留。",
    ),
}


def say(key: str, **values: object) -> None:
    """Both languages, one below the other."""
    for text in TEXTS[key]:
        print(text.format(**values), flush=True)


def wheels(folder: Path) -> list[Path]:
    """The wheels that lock.txt names, each checked. LookupError names one that is missing, ValueError one changed."""
    by_hash = {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in folder.glob("wheels/*.whl")}
    wanted = LOCKED.findall((folder / "lock.txt").read_text("utf-8"))
    if len(by_hash) != len(wanted) or not wanted:
        known = {digest for *_, digest in wanted}
        if strange := next((path.name for digest, path in by_hash.items() if digest not in known), None):
            raise ValueError(strange)
    for name, version, digest in wanted:
        if digest not in by_hash:
            near = next(folder.glob(f"wheels/{name.replace('-', '_')}-{version}-*.whl"), None)
            raise ValueError(near.name) if near else LookupError(f"{name} {version}")
    return [by_hash[digest] for *_, digest in wanted]


def unpack(wheel: Path, to: Path) -> None:
    """What a wheel brings, below the folder of a Python: modules, and what goes beside python.exe. Scripts are not."""
    site = to / SITE.removeprefix("python/")
    with zipfile.ZipFile(wheel) as packed:
        for entry in packed.infolist():
            parts = PurePosixPath(entry.filename).parts
            if entry.is_dir() or ".." in parts or PurePosixPath(entry.filename).is_absolute():
                continue
            if any(one.fullmatch(entry.filename) for one in LEFT):
                continue
            goal = site.joinpath(*parts)
            if parts[0].endswith(".data"):
                if parts[1] not in ("purelib", "platlib", "data") or "Scripts" in parts or "scripts" in parts:
                    continue
                goal = (to if parts[1] == "data" else site).joinpath(*parts[2:])
            goal.parent.mkdir(parents=True, exist_ok=True)
            with packed.open(entry) as source, goal.open("wb") as out:
                shutil.copyfileobj(source, out, 1 << 20)


class InUseError(OSError):
    """The program that is there already cannot be moved away."""


class StrangeError(Exception):
    """A folder holds what is not of the program: it names one of that."""


def install(place: Path) -> None:
    """Put the program into `place`; what was there before stays until the new one is whole, and where that fails.

    Raises OSError where it cannot be written, InUseError where what is there is in use, StrangeError where that is not
    this program alone.
    """
    checked = wheels(HERE)
    if place.exists() and (strange := {path.name for path in place.iterdir()} - {"python", "python.gone", *BESIDE}):
        raise StrangeError(min(strange))
    coming, going = (place.with_name(place.name + end) for end in (".new", ".old"))
    for rest in (coming, going):
        shutil.rmtree(rest, ignore_errors=True)
    try:
        shutil.copytree(HERE / "python", coming / "python")
        for wheel in checked:
            unpack(wheel, coming / "python")
        for name in BESIDE:
            shutil.copyfile(HERE / name, coming / name)
        _swap(place, coming, going)
    except OSError:
        shutil.rmtree(coming, ignore_errors=True)
        raise
    shutil.rmtree(going, ignore_errors=True)


def _swap(place: Path, coming: Path, going: Path) -> None:
    was = place.exists()
    if was:
        try:
            _renamed(place, going)
        except OSError as error:
            raise InUseError(*error.args) from error
    try:
        _renamed(coming, place)
    except OSError:
        if was:
            _renamed(going, place)
        raise


def _renamed(path: Path, to: Path) -> None:
    """Rename a folder; tried again where that is refused: a program against viruses still looks at what is new."""
    for wait in WAITS:
        try:
            path.rename(to)
        except PermissionError:
            time.sleep(wait)
        else:
            return
    path.rename(to)


def with_place(path: str, place: Path) -> str:
    """A search path with a folder at its end, once."""
    return ";".join([*(one for one in path.split(";") if one and not _same(one, place)), str(place)])


def without_place(path: str, place: Path) -> str:
    """A search path without that folder."""
    return ";".join(one for one in path.split(";") if one and not _same(one, place))


def _same(one: str, place: Path) -> bool:
    return one.strip('"').rstrip("\\/").lower() == str(place).rstrip("\\/").lower()


def change_path(change: Callable[[str, Path], str], place: Path) -> None:
    """Change the user's search path, and tell programs that run."""
    import winreg

    with winreg.CreateKey(winreg.HKEY_CURRENT_USER, "Environment") as key:
        try:
            before, kind = winreg.QueryValueEx(key, "Path")
        except FileNotFoundError:
            before, kind = "", winreg.REG_EXPAND_SZ
        winreg.SetValueEx(key, "Path", 0, kind, change(str(before), place))
    ctypes.windll.user32.SendMessageTimeoutW(0xFFFF, 0x1A, 0, "Environment", 2, 2000, None)  # WM_SETTINGCHANGE


def list_as_installed(place: Path) -> None:
    """The entry under "Installed apps", of this user alone."""
    import winreg

    with winreg.CreateKey(winreg.HKEY_CURRENT_USER, ENTRY) as key:
        for name, value in (
            ("DisplayName", "netaudit"), ("InstallLocation", str(place)), ("Publisher", "netaudit"),
            ("UninstallString", f'"{place}\\uninstall.cmd"'),
        ):  # fmt: skip
            winreg.SetValueEx(key, name, 0, winreg.REG_SZ, value)


def shortcuts() -> Iterator[Path]:
    """Where the two shortcuts lie: wherever this user's desktop and menu are."""
    import winreg

    folders = r"Software\Microsoft\Windows\CurrentVersion\Explorer\Shell Folders"
    with winreg.OpenKey(winreg.HKEY_CURRENT_USER, folders) as key:
        for name in ("Desktop", "Programs"):
            yield Path(winreg.QueryValueEx(key, name)[0]) / "netaudit.lnk"


class Guid(ctypes.Structure):
    """A GUID of COM."""

    _fields_ = (("a", ctypes.c_uint32), ("b", ctypes.c_uint16), ("c", ctypes.c_uint16), ("d", ctypes.c_ubyte * 8))

    def __init__(self, first: int) -> None:
        """Those of shell links and files differ in their first number only: {…-0000-0000-C000-000000000046}."""
        super().__init__(first, 0, 0, (ctypes.c_ubyte * 8)(0xC0, 0, 0, 0, 0, 0, 0, 0x46))


def link(path: Path, program: Path, words: str) -> None:
    """Make a shortcut, by IShellLinkW and IPersistFile (`shobjidl_core.h`, `objidl.h`). Raises OSError."""
    ole = ctypes.oledll.ole32
    ole.CoInitialize(None)
    shell, file, kept = ctypes.c_void_p(), ctypes.c_void_p(), Guid(0x10B)
    ole.CoCreateInstance(ctypes.byref(Guid(0x21401)), None, 1, ctypes.byref(Guid(0x214F9)), ctypes.byref(shell))

    def call(thing: ctypes.c_void_p, number: int, *given: Any) -> None:
        table = ctypes.cast(thing, ctypes.POINTER(ctypes.POINTER(ctypes.c_void_p))).contents
        kinds = [ctypes.c_wchar_p if isinstance(one, str) else ctypes.c_void_p for one in given]
        ctypes.WINFUNCTYPE(ctypes.HRESULT, ctypes.c_void_p, *kinds)(table[number])(thing, *given)

    for number, said in ((20, str(program)), (11, words), (9, str(Path.home())), (7, "netaudit")):
        call(shell, number, said)  # SetPath, SetArguments, SetWorkingDirectory, SetDescription
    call(shell, 0, ctypes.addressof(kept), ctypes.addressof(file))
    path.parent.mkdir(parents=True, exist_ok=True)
    call(file, 6, str(path), 1)  # Save


def remove(place: Path) -> None:
    """Take back the entries; uninstall.cmd removes what lies in the folder when this has ended."""
    import winreg

    change_path(without_place, place)
    for path in shortcuts():
        path.unlink(missing_ok=True)
    with contextlib.suppress(FileNotFoundError):
        winreg.DeleteKey(winreg.HKEY_CURRENT_USER, ENTRY)
    say("removed")


def main(words: list[str]) -> int:
    """`[PLACE]`, or `--remove PLACE`. Gives the exit code."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace", **({} if stream.isatty() else {"encoding": "utf-8"}))  # type: ignore[union-attr]
    if words[:1] == ["--remove"]:
        remove(Path(words[1]))
        return 0
    place = Path(words[0] if words else Path(os.environ["LOCALAPPDATA"], "netaudit-program")).absolute()
    say("begin", place=place)
    try:
        install(place)
    except LookupError as error:
        say("lacks", name=error.args[0])
        return 1
    except ValueError as error:
        say("wrong", name=error.args[0])
        return 1
    except StrangeError as error:
        say("strange", place=place, name=error.args[0])
        return 1
    except InUseError as error:
        say("used", place=place, why=error.strerror or error)
        return 1
    except OSError as error:
        say("unwritten", place=place, why=error.strerror or error)
        return 1
    tried = subprocess.run([str(place / "netaudit.exe"), "--version"], capture_output=True, check=False)
    if tried.returncode:
        say("starts", why=tried.stderr.decode("utf-8", "replace").strip()[-300:] or tried.returncode)
        return 1
    change_path(with_place, place)
    list_as_installed(place)
    try:
        for path in shortcuts():
            link(path, place / "netaudit.exe", "browse")
    except OSError as error:
        say("unlinked", why=error)
    say("done", place=place)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
