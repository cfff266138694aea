"""What `netaudit signatures test` and `explain` print."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from netaudit.cli.exits import Exit
from netaudit.cli.texts import say
from netaudit.cli.wording import WIDTH, claimed, decided, graded, titled, word
from netaudit.masking.mask import visible

if TYPE_CHECKING:
    import pyarrow as pa

    from netaudit.case.reading import Case
    from netaudit.signatures.loading import SignatureSet

MOST_TRIED = 12  # signatures named that did not hold


def test_command(captures: list[str], folder: Path | None, *, added: bool, lang: str) -> Exit:
    """Name the devices of a case, or of captures audited for it into a folder that goes again."""
    from netaudit.case.reading import open_case
    from netaudit.signatures.loading import ADDED, load

    signatures = load(folder)
    if len(captures) == 1 and (Path(captures[0]) / "case.json").is_file():
        from netaudit.rule_writing.naming import name_devices

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
            typer.echo(_headed(device, lang))
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


def explain_command(folder: Path, device: str, signatures: Path | None, lang: str, *, as_json: bool) -> Exit:
    """Print why a device is called what it is called."""
    from netaudit.case.decisions import latest
    from netaudit.case.reading import open_case
    from netaudit.rule_writing.explaining import JUDGED, explain
    from netaudit.rule_writing.naming import find_device, plain_devices
    from netaudit.signatures.loading import load

    case = open_case(folder)
    row = find_device(plain_devices(case), device)
    used = load(signatures)
    told = explain(case, row, used)
    decision = latest(case.folder).get(row["device_id"])
    if as_json:
        import orjson

        whole = asdict(told) | {"decision": asdict(decision) if decision else None, "same_set": _same(case, used)}
        typer.echo(orjson.dumps(whole, option=orjson.OPT_INDENT_2).decode())
        return Exit.AUDITED
    typer.echo(_headed(row, lang))
    if decision:
        typer.echo(f"  {say('decision', lang)} {decided(decision, lang)}")
    for claim in told.claims:
        typer.echo(f"  {claimed(claim, lang)}")
        for text in told.undone_by.get(claim["by"], ()):
            typer.echo(f"      {say('undone_by', lang)} {visible(text, WIDTH)}")
    if not told.claims:
        typer.echo(f"  {say('no_claims', lang)}")
    for name in JUDGED:
        if row[name]:
            tried = told.tried[name]
            listed = ", ".join(tried[:MOST_TRIED]) + (" …" if len(tried) > MOST_TRIED else "")
            typer.echo(say("tried", lang, claim=word("claim", name, lang), n=len(tried), ids=listed or "–"))
    if not _same(case, used):
        typer.echo(say("other_set", lang))
    return Exit.AUDITED


def _same(case: Case, used: SignatureSet) -> bool:
    """Whether the case was named with this set."""
    return _hash(case.manifest.get("signatures")) == _hash(used.manifest())


def _hash(manifest: dict[str, Any] | None) -> tuple[str, str]:
    said = manifest or {}
    return str(said.get("sha256")), str((said.get("added") or {}).get("sha256"))


def _headed(device: dict[str, Any], lang: str) -> str:
    return " · ".join((titled(device), graded(device, "class", lang), graded(device, "vendor", lang)))
