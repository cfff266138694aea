"""`netaudit rules test`: which signatures fire, on which facts, and what became of their claims."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from netaudit.cli.exits import Exit
from netaudit.cli.texts import say
from netaudit.cli.wording import claimed, graded, titled, word
from netaudit.core.masking.mask import visible

if TYPE_CHECKING:
    import pyarrow as pa

    from netaudit.evidence.case.reading import Case


def test_command(captures: list[str], folder: Path | None, *, added: bool, lang: str) -> Exit:
    """Name the devices of a case, or of captures audited for it into a folder that goes again."""
    from netaudit.core.signatures.loading import load
    from netaudit.core.signatures.signature import ADDED
    from netaudit.evidence.case.reading import open_case

    signatures = load(folder)
    if len(captures) == 1 and (Path(captures[0]) / "case.json").is_file():
        from netaudit.evidence.rule_drafting.naming import name_devices

        found = name_devices(open_case(captures[0]), signatures).inventory
        _tell(found.devices, found.claims, ADDED if added else "", lang)
        return Exit.AUDITED
    from netaudit.api import audit

    with tempfile.TemporaryDirectory(prefix="netaudit-") as place:
        case = audit(captures, Path(place) / "case", faces=False, signatures=folder)
        _tell(case.table("devices"), case.table("claims"), ADDED if added else "", lang)
        if not added:
            _tell_services(case, lang)
    return Exit.AUDITED


def _tell(devices: pa.Table, claims: pa.Table, origin: str, lang: str) -> None:
    by_device: dict[str, list[dict[str, Any]]] = {}
    for row in claims.to_pylist():
        if row["provenance"] != "rule" and origin in {"", row["origin"]}:
            by_device.setdefault(row["device_id"], []).append(row)
    columns = ["device_id", "ips", "name", "class", "class_confidence", "vendor", "vendor_confidence"]
    for device in devices.select(columns).to_pylist():
        if rows := by_device.get(device["device_id"]):
            typer.echo(headed(device, lang))
            for row in sorted(rows, key=lambda row: (row["claim"], row["value"], row["by"])):
                typer.echo(f"  {claimed(row, lang)}")
    fired = {row["by"] for rows in by_device.values() for row in rows}
    typer.echo(say("fired", lang, n=len(fired), m=len(by_device)))


def _tell_services(case: Case, lang: str) -> None:
    for row in case.table("endpoints", ["ip", "names", "service", "service_class"]).to_pylist():
        if row["service"]:
            names = ", ".join(visible(name, 60) for name in (row["names"] or [])[:3])
            typer.echo(
                f"{row['ip']} {visible(row['service'], 80)} ({word('service', row['service_class'], lang)}) {names}"
            )


def headed(device: dict[str, Any], lang: str) -> str:
    """A device by its addresses and name, with class and vendor."""
    return " · ".join((titled(device), graded(device, "class", lang), graded(device, "vendor", lang)))
