"""Browser-form posts to object stores: what the form and its policy say about bucket and object key.

facts 6: OSS, COS, OBS, BOS and S3 take the fields `key` and `policy` (base64 of JSON with conditions), Qiniu takes
`token` = access key:signature:base64 policy with `scope` = bucket[:key]; the file comes last.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from netaudit.content.codecs.multipart import is_multipart, open_multipart
from netaudit.content.document import small_json
from netaudit.content.kernels import store_marks
from netaudit.core.contracts.unwrapping_steps import clean
from netaudit.core.masking.mask import mask
from netaudit.core.text.charset import STANDARD_TEXT
from netaudit.core.text.json_document import is_word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.content.budget import Budget
    from netaudit.content.part import Known, Part

_LOOK = 16384  # the fields stand before the file
_FIELD = re.compile(rb'name="?(?:policy|token)"?[\r;\n]', re.IGNORECASE)
_MOST_FIELD = 16384  # bytes of a field that is read
_MOST_CONDITIONS = 64
_FIELDS = frozenset({"key", "policy", "token"})


@dataclass(frozen=True, slots=True)
class Target:
    """Where an upload goes, as far as it was said."""

    bucket: str = ""
    key: str = ""
    prefix: str = ""  # the key begins with it


def is_store_form(part: Part) -> bool:
    """A multipart form with a policy or an upload token."""
    if not is_multipart(part):
        return False
    head = part.data[:_LOOK]
    return store_marks(np.frombuffer(head, np.uint8)) and _FIELD.search(head) is not None


def open_store_form(part: Part, budget: Budget) -> Iterator[Part]:
    """The parts of the form; the file under its object key, with a note that names the bucket."""
    texts: dict[str, str] = {}
    for child in open_multipart(part, budget):
        field = child.name.lower()
        if field in _FIELDS and len(child.data) <= _MOST_FIELD and child.complete:
            texts[field] = child.data.decode("utf-8", "replace").strip()
        elif "policy" in texts or "token" in texts:
            _address(child, texts, budget)
        yield child


def _address(child: Part, texts: dict[str, str], budget: Budget) -> None:
    if child.way.last.name != "multipart" or not (child.way.last.place or "").lower().startswith("file"):
        return
    policy = texts.get("policy", "") or texts.get("token", "").rpartition(":")[2]
    target = policy_target(policy, budget.documents)
    key = texts.get("key", "").replace("${filename}", child.name) or target.key
    if key:
        child.name = key.rpartition("/")[2] or child.name
    where = [f"bucket {target.bucket}"] if target.bucket else []
    where += [f"key {key}"] if key else [f"key {target.prefix}…"] if target.prefix else []
    if where:
        budget.note(f"object store: {mask(clean(', '.join(where), 300))}")


def policy_target(policy: str, known: Known) -> Target:
    """Bucket and key of a policy, in base64 of either alphabet; empty where it says nothing or cannot be read."""
    try:
        raw = base64.b64decode(policy.translate(STANDARD_TEXT).rstrip("=") + "==", validate=False)
    except (binascii.Error, ValueError):
        return Target()
    mapping = small_json(raw, known).mapping
    if mapping is None:
        return Target()
    scope = mapping.get("scope")
    if is_word(scope):
        bucket, _, key = scope.partition(":")
        return Target(bucket, key)
    conditions = mapping.get("conditions")
    asked = _conditions(conditions[:_MOST_CONDITIONS]) if isinstance(conditions, list) else {}
    return Target(asked.get("bucket", ""), asked.get("key", ""), asked.get("prefix", ""))


def _conditions(conditions: list[Any]) -> dict[str, str]:
    """{"bucket": "b"}, ["eq", "$bucket", "b"], ["starts-with", "$key", "face/"]."""
    known: dict[str, str] = {}
    for condition in conditions:
        if isinstance(condition, dict):
            known |= {name: value for name, value in condition.items() if is_word(value)}
        elif isinstance(condition, list) and len(condition) == 3 and all(map(is_word, condition)):
            kind, name, value = condition
            if kind == "starts-with" and name == "$key":
                known["prefix"] = value
            elif kind == "eq":
                known[name.removeprefix("$")] = value
    return known
