"""Settings that are said once: a TOML file that gives options their defaults; the command line comes before it.

The first of these is taken, and no other: --config FILE, the file that NETAUDIT_CONFIG names, ./netaudit.toml, and the
user's own. The last two only where nobody else can write: settings found lying about decide what is opened and signed.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netaudit.core.storage.files import read_given
from netaudit.core.text.time_zones import named_zone
from netaudit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "netaudit.toml"
VARIABLE = "NETAUDIT_CONFIG"
LARGEST = 1 << 20  # bytes


@dataclass(frozen=True, slots=True)
class Setting:
    """What a setting may be, and the parameters of commands that it is the default of."""

    kind: type
    params: tuple[str, ...]
    many: bool = False  # a list of such, or one
    path: bool = False  # relative to the file


SETTINGS: dict[str, Setting] = {
    "site": Setting(str, ("site",)),
    "officers": Setting(str, (), many=True),
    "zone": Setting(str, ("zone",)),
    "language": Setting(str, ()),
    "inside": Setting(str, ("inside",), many=True),
    "cases": Setting(str, (), path=True),
    "workers": Setting(int, ("workers",)),
    "signatures": Setting(str, ("signatures_folder",), path=True),
    "project_key": Setting(str, ("project_key",), path=True),
    "tls_keys": Setting(str, ("tls_keys",), many=True, path=True),
    "keys_for": Setting(str, ("keys_for",), many=True),
    "authority": Setting(str, ("authority",)),
    "daily": Setting(bool, ("daily",)),
    "case_size": Setting(str, ("case_size",)),
    "private_days": Setting(int, ("private_days",)),
    "alarm": Setting(str, ("alarm",)),
    "ring": Setting(str, ("ring",)),
    "keep_free": Setting(str, ("keep_free",)),
    "sign_key": Setting(str, ("key",), path=True),
    "sign_cert": Setting(str, ("cert",), path=True),
}
WORDS = {str: "a text", int: "a number", bool: "true or false"}
ONLY_OF = {"key": "sign", "cert": "sign", "authority": ("audit", "live")}  # parameters whose names have other senses


@dataclass(frozen=True, slots=True)
class Settings:
    """What a file of settings says; empty where there is none."""

    file: Path | None = None
    values: dict[str, Any] = field(default_factory=dict)
    sha256: str = ""

    @property
    def language(self) -> str | None:
        """zh, en, or what was not said."""
        return self.values.get("language")

    @property
    def cases(self) -> Path | None:
        """Folder in which cases shall lie."""
        return Path(self.values["cases"]) if "cases" in self.values else None

    def defaults(self, command: Any) -> dict[str, Any]:
        """Values of options by command, as Typer takes them (`default_map`)."""
        found: dict[str, Any] = {}
        for name, one in getattr(command, "commands", {}).items():
            options = {param.name for param in one.params if param.param_type_name == "option"}
            found[name] = self.defaults(one)
            for key, value in self.values.items():
                for param in SETTINGS[key].params:
                    if param in options and name in ONLY_OF.get(param, name):
                        found[name][param] = value
        return found


def find(config: Path | None = None) -> Path | None:
    """The file of settings that holds; None when there is none. Raises UsageError for one that was named and is not."""
    named = config or (Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)
    if named is not None:
        if not named.is_file():
            raise UsageError("{}: no such file of settings", named)
        return named
    from netaudit.core.system.user_folders import nobody_else_writes

    for path in places():
        if path.is_file():
            if not nobody_else_writes(path):
                raise UsageError(
                    "{}: another user may change it, so its settings are not taken; name it with --config if you "
                    "trust it",
                    path,
                )
            return path
    return None


def places() -> list[Path]:
    """Where settings are looked for when none are named, in order."""
    from platformdirs import user_config_path

    try:
        return [Path(NAME), user_config_path("netaudit", appauthor=False, roaming=True) / NAME]
    except RuntimeError:  # a user without a home, as in many containers
        return [Path(NAME)]


def read(path: Path | None) -> Settings:
    """Settings of a file. Raises UsageError that names file, setting and problem."""
    if path is None:
        return Settings()
    import tomllib

    try:
        data = read_given(path, LARGEST)
        table = tomllib.loads(data.decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError("{}: cannot be read as settings: {}", path, error) from error
    if unknown := [key for key in table if key not in SETTINGS]:
        raise UsageError("{}: no such setting: {}; there are {}", path, unknown[0], ", ".join(SETTINGS))
    values = {key: _checked(path, key, value) for key, value in table.items()}
    return Settings(path, values, hashlib.sha256(data).hexdigest())


def _checked(path: Path, key: str, value: Any) -> Any:
    setting = SETTINGS[key]
    values = value if setting.many and isinstance(value, list) else [value]
    if not all(type(one) is setting.kind for one in values):
        wanted = WORDS[setting.kind] + (", or a list of such" if setting.many else "")
        raise UsageError("{}: {} has to be {}", path, key, wanted)
    if key == "language" and value not in {"zh", "en"}:
        raise UsageError("{}: {} has to be zh or en", path, key)
    if key == "zone":
        named_zone(value)
    if setting.path:
        values = [str(path.absolute().parent / Path(one).expanduser()) for one in values]
    return values if setting.many else values[0]


def shown(settings: Settings) -> Mapping[str, Any]:
    """What of the settings may be shown: names of files, never what is in them."""
    return {"file": str(settings.file or ""), "settings": sorted(settings.values)}


def took_part(settings: Settings, names: list[str]) -> dict[str, Any] | None:
    """What a run notes of the file of settings that gave it the options `names`: no folders, which may name people."""
    if settings.file is None or not names:
        return None
    if os.environ.get(VARIABLE) and settings.file == Path(os.environ[VARIABLE]):
        of = "environment"
    elif settings.file == Path(NAME):
        of = "project"
    else:
        of = "user" if settings.file in places() else "named"
    return {"name": settings.file.name, "of": of, "sha256": settings.sha256, "options": sorted(names)}
