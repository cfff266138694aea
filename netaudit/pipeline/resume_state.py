"""What an interrupted audit needs to go on, under private/resume."""

from __future__ import annotations

import hmac
import os
import shutil
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from netaudit.core.storage.files import write_whole
from netaudit.core.system.user_cache import user_key
from netaudit.images.answers import PLACE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netaudit.capture.from_files import Captures
    from netaudit.pipeline.options import Options


ASKED = "asked.json"


PLAIN = (
    "site", "zone", "inside", "since", "until", "faces", "count_faces", "workers", "lang", "keep_all", "sm3",
    "moment_window_s",
)  # fmt: skip
"""Options that are kept as they are."""


def asked_facts(paths: Sequence[str | os.PathLike[str]], options: Options, opened: Captures) -> dict[str, Any]:
    """What has to be known to do the same once more; names in any encoding, as hexadecimal digits."""
    facts = {name: getattr(options, name) for name in PLAIN}
    return facts | {
        "inputs": _inputs(opened),
        "site": options.site.encode("utf-8", "surrogateescape").hex() if options.site is not None else None,
        "paths": [os.fsencode(path if os.fspath(path) == "-" else Path(path).absolute()).hex() for path in paths],
        "signatures": os.fsencode(options.signatures.absolute()).hex() if options.signatures is not None else None,
        "project_key": options.project_key is not None,
        "keys": options.keys is not None,
    }


def _inputs(opened: Captures) -> list[str]:
    """Names of all files that were given, read or not, as hexadecimal digits."""
    names = [one.name for one in opened.sources] + [one.name for one in (*opened.rejected, *opened.ignored)]
    return sorted(name.encode("utf-8", "surrogateescape").hex() for name in names)


def keep_asked(place: Path, facts: dict[str, Any]) -> None:
    """Write down what was asked for (`asked_facts`), so that an audit that is killed can be gone on with.

    It stands behind a code under this user's key: nobody else's hand chooses what is audited.
    """
    (place / PLACE).mkdir(mode=0o700, parents=True, exist_ok=True)
    said = orjson.dumps(facts, option=orjson.OPT_SORT_KEYS)
    write_whole(place / PLACE / ASKED, _mac(said) + b"\n" + said)


def _mac(said: bytes) -> bytes:
    return blake2b(said, key=user_key()).hexdigest().encode()


def asked_of(place: Path) -> dict[str, Any] | None:
    """What was asked by this user of an audit that has not come to its end; None where nothing says so."""
    try:
        mac, _, said = (place / PLACE / ASKED).read_bytes().partition(b"\n")
    except OSError:
        return None
    asked: dict[str, Any] | None = orjson.loads(said) if hmac.compare_digest(mac, _mac(said)) else None
    return asked


def forget(place: Path) -> None:
    """The audit came to its end: nothing is left to go on with."""
    shutil.rmtree(place / PLACE, ignore_errors=True)
