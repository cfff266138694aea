"""What netaudit depends on, with versions and licences, from what is installed: nothing is asked of anybody.

`python packaging/dependencies.py` prints the table; `sbom()` is the bill of materials (CycloneDX 1.6) that goes with a
wheel. Licences are those that a distribution states in its metadata, as SPDX names; what it states unclearly was read
in its text and stands in LICENCES.
"""

from __future__ import annotations

import json
import re
import tomllib
import uuid
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
DISTRIBUTION = "netaudit-forensics"
AGREEING = {  # with Apache-2.0, for what is installed beside and not changed
    "Apache-2.0", "MIT", "MIT-0", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "ISC", "PSF-2.0", "Python-2.0", "Zlib",
    "MPL-2.0", "HPND", "MIT-CMU", "Unlicense", "CC0-1.0", "BSL-1.0", "CNRI-Python", "LGPL-2.1-or-later",
    "LGPL-3.0-only",
    "LGPL-3.0-or-later", "FTL", "LLVM-exception",
}  # fmt: skip
LICENCES: dict[str, str] = {}  # where metadata states nothing that could be read
ASKED_FOR = {  # whose licence does not agree: extras that nobody gets unless he names them, and that no bundle has
    "scapy": "GPL-2.0-only",
}
WORDS = (  # what metadata says, in order, and what it means
    (r"\bApache(?: Software)?(?: License)?,?[ -]*(?:Version )?2(?:\.0)?|Apache Software License", "Apache-2.0"),
    (r"\bMIT-CMU\b|HPND", "MIT-CMU"), (r"\bMIT\b", "MIT"), (r"BSD[- ]2", "BSD-2-Clause"),
    (r"BSD[- ]3|New BSD|Modified BSD|\bBSD\b", "BSD-3-Clause"), (r"\bISC\b", "ISC"),
    (r"MPL|Mozilla Public License 2", "MPL-2.0"),
    (r"LGPL|Lesser General Public License v2.1 or later|LGPLv2\+", "LGPL-2.1-or-later"),
    (r"Python Software Foundation|PSF", "PSF-2.0"), (r"Unlicense", "Unlicense"), (r"\bzlib\b", "Zlib"),
)  # fmt: skip


def normal(name: str) -> str:
    """A name of a distribution as the index compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def declared() -> list[str]:
    """Requirements of netaudit with all of its extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [one for group in project["optional-dependencies"].values() for one in group]
    return [*project["dependencies"], *extras]


def closure() -> dict[str, metadata.Distribution]:
    """All distributions that are needed here, directly or not, as far as they are installed."""
    found: dict[str, metadata.Distribution] = {}
    wanted = [Requirement(one) for one in declared()]
    while wanted:
        one = wanted.pop()
        if one.marker is not None and not any(one.marker.evaluate({"extra": extra}) for extra in ("", *one.extras)):
            continue
        name = normal(one.name)
        if name in found:
            continue
        try:
            found[name] = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        needs = [Requirement(text) for text in found[name].requires or ()]
        for need in needs:
            need.extras = need.extras or one.extras
        wanted += [need for need in needs if need.marker is None or any(
            need.marker.evaluate({"extra": extra}) for extra in ("", *one.extras)
        )]  # fmt: skip
    return dict(sorted(found.items()))


def licence(found: metadata.Distribution) -> str:
    """SPDX expression; empty where none could be read."""
    name = normal(found.metadata["Name"])
    if name in LICENCES:
        return LICENCES[name]
    if stated := found.metadata.get("License-Expression"):
        return str(stated)
    classes = [one for one in found.metadata.get_all("Classifier") or () if one.startswith("License ::")]
    for text in ("; ".join(classes), str(found.metadata.get("License") or "")[:400]):
        for pattern, spdx in WORDS:
            if re.search(pattern, text, re.IGNORECASE):
                return spdx
    return ""


def agrees(expression: str) -> bool:
    """Whether an SPDX expression allows to install it beside netaudit: all of AND, one of OR, whatever WITH."""
    flat = re.sub(r"[()]", " ", expression)
    return bool(flat.strip()) and all(
        any(re.sub(r"\s+WITH\s+\S+", "", one).strip() in AGREEING for one in part.split(" OR "))
        for part in flat.split(" AND ")
    )


def sbom() -> dict[str, Any]:
    """The bill of materials; the same for the same installation: without a time, its number from its content."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    components = [
        {
            "type": "library", "bom-ref": f"pkg:pypi/{name}@{one.version}", "name": name, "version": one.version,
            "purl": f"pkg:pypi/{name}@{one.version}",
            **({"licenses": [{"expression": spdx}]} if (spdx := licence(one)) else {}),
        }
        for name, one in closure().items()
    ]  # fmt: skip
    own = f"pkg:pypi/{DISTRIBUTION}@{version}"
    content = json.dumps([own, components], sort_keys=True)
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json", "bomFormat": "CycloneDX", "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, content)}", "version": 1,
        "metadata": {"component": {
            "type": "application", "bom-ref": own, "name": DISTRIBUTION, "version": version, "purl": own,
            "licenses": [{"expression": "Apache-2.0"}],
        }},
        "components": components,
        "dependencies": [{"ref": own, "dependsOn": [one["bom-ref"] for one in components]}],
    }  # fmt: skip


def main() -> None:
    """Print what there is; exit code 1 where a licence does not agree or is not known."""
    rows = [(name, one.version, licence(one)) for name, one in closure().items()]
    for name, version, spdx in rows:
        note = "" if agrees(spdx) else "by name only" if name in ASKED_FOR else "LOOK AT IT"
        print(f"{name:28} {version:16} {spdx or '?':40} {note}".rstrip())
    raise SystemExit(not all(agrees(spdx) or name in ASKED_FOR for name, _, spdx in rows))


if __name__ == "__main__":
    main()
