"""Values of the command line as they were typed: Typer has pydantic look at each, which takes a tenth of a second.

Texts, numbers within their bounds and paths need no more than is done here; whatever else there is, and every value
that is refused, is left to Typer and its words. Versions of Typer without pydantic are left as they are.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, get_args, get_origin

LEFT = object()  # what is not plain
DIGITS = 18  # of a number: more are refused in any case, and Python itself refuses some thousands


def plainly(params: list[Any]) -> list[Any]:
    """The same parameters; their values are taken so."""
    for param in params:
        if getattr(param, "_runtime_param", LEFT) is None:  # where Typer puts what asks pydantic, when first used
            param._runtime_param = _Plain()  # noqa: SLF001
    return params


class _Plain:
    """Stands where Typer's `RuntimeParam` would."""

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """A value as the type that was declared. Raises what Typer raises."""
        taken = plain(value, param)
        if taken is not LEFT:
            return taken
        from typer._coercion import build_runtime_param

        return build_runtime_param(param.type_descriptor).coerce(value, param=param, ctx=ctx)


def plain(value: Any, param: Any) -> Any:
    """A value, or all of several; LEFT where one is not plain."""
    several = param.multiple or param.nargs == -1
    if value is None:
        return () if several else None
    kind, about = param.type_descriptor.annotation, param.type_descriptor.parameter_info
    if not several:
        return _one(value, kind, about)
    if get_origin(kind) is not list or not isinstance(value, (list, tuple)):
        return LEFT
    taken = [_one(one, get_args(kind)[0], about) for one in value]
    return LEFT if any(one is LEFT for one in taken) else taken


def _one(value: Any, kind: type, about: Any) -> Any:
    if about.parser is not None:
        return LEFT
    if kind is int and (type(value) is int or (type(value) is str and _is_number(value))):
        number = int(value)
        within = (about.min is None or about.min <= number) and (about.max is None or number <= about.max)
        return number if within and not about.clamp else LEFT
    if type(value) is not str:
        return LEFT
    if kind is str:
        return value
    asked = about.exists or about.writable or about.resolve_path or about.allow_dash or about.path_type
    if kind is Path and not asked and about.file_okay and about.dir_okay and "\0" not in value:
        path = Path(value)
        return path if os.access(path, os.R_OK) or not os.path.lexists(path) else LEFT
    return LEFT


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= DIGITS
