"""What was sent encrypted: opened with keys, fitting what was seen in clear, after marked moments, or only counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from netaudit.findings.acts import UPLOADED
from netaudit.findings.relayed import COUNTED_RULE, counted_tests
from netaudit.findings.statements.kind import CAP, LAST, MOST_NAMED, SECOND, Kind, Statement, Tables, of_findings

if TYPE_CHECKING:
    from collections.abc import Iterator


def _opened(tables: Tables) -> Iterator[Statement]:
    """What is told above and was sent encrypted: read with keys that somebody handed over."""
    table = tables["ledgers"]
    rows = table.filter(pc.equal(table["ledger"], "keys")).to_pylist()
    count = sum(row["count"] or 0 for row in rows if row["reason"] in {"opened", "partly"})
    if count:
        found = tables["findings"].select(["images", "opened"]).to_pylist()
        images = sum(row["images"] or 0 for row in found if row["opened"])
        yield Statement("opened", counts={"n": count, "images": images})


def _matched(tables: Tables) -> Iterator[Statement]:
    """What was sent encrypted and fits images seen in clear; all images that fit. C says nothing of faces."""
    relayed = tables.get("relayed_images")
    for statement in of_findings(tables, "matched", UPLOADED, "C", only=lambda row: row["rule"] != COUNTED_RULE):
        rows = relayed.num_rows if relayed is not None else statement.counts["images"]
        yield replace(statement, counts=statement.counts | {"fitting": rows, "odds": CAP})


def _least(tables: Tables) -> dict[bool, Counter[tuple[str, str]]]:
    """How much fits at least where no image can be told, by host and endpoint: uploads (True), or images (False)."""
    least: dict[bool, Counter[tuple[str, str]]] = {False: Counter(), True: Counter()}
    tests, relayed = tables.get("relay_tests"), tables.get("relayed_images")
    if tests is not None and relayed is not None:
        ends = ["holder", "sender", "receiver"]
        told = {tuple(row.values()) for row in relayed.select(ends).to_pylist()}
        for row in counted_tests(tests.select([*ends, "mode", "p_model", "least"]).to_pylist(), told):
            least[row["mode"] == "batch"][row["holder"], row["receiver"]] += row["least"]
    return least


def _untold(tables: Tables, kind: str, *, batch: bool) -> Iterator[Statement]:
    """Endpoints named where no image can be told: how many images, or uploads of several, fit at least."""
    least = _least(tables)[batch]

    def counted(row: dict[str, Any]) -> bool:
        return row["rule"] == COUNTED_RULE and (row["sender"], row["receiver"]) in least

    for statement in of_findings(tables, kind, UPLOADED, "C", only=counted):
        yield replace(statement, counts=statement.counts | {"least": least.total(), "odds": CAP})


def _images_untold(tables: Tables) -> Iterator[Statement]:
    return _untold(tables, "matched_untold", batch=False)


def _uploads_untold(tables: Tables) -> Iterator[Statement]:
    return _untold(tables, "matched_sums", batch=True)


def _uploads(tables: Tables) -> Counter[tuple[str, str]]:
    """Encrypted uploads counted, by sender and endpoint."""
    counted: Counter[tuple[str, str]] = Counter()
    counts = tables.get("upload_counts")
    if counts is not None:
        for row in counts.select(["sender", "receiver", "uploads"]).to_pylist():
            counted[row["sender"], row["receiver"]] += row["uploads"]
    return counted


def _tied(tables: Tables) -> Iterator[Statement]:
    """Devices whose encrypted uploads follow marked moments: for each and its endpoint the best window."""
    tests = tables.get("moment_tests")
    if tests is None:
        return
    columns = ["sender", "receiver", "name", "window_s", "moments", "followed", "standing", "p_model"]
    best: dict[tuple[str, str, str], dict[str, Any]] = {}
    for row in tests.select(columns).to_pylist():
        way = (row["sender"], row["receiver"], row["name"])
        if row["standing"] == "claimed" and (way not in best or row["p_model"] < best[way]["p_model"]):
            best[way] = row
    for (sender, receiver, _), row in sorted(best.items()):
        counts = {"n": row["followed"], "all": row["moments"], "seconds": row["window_s"], "odds": CAP}
        yield Statement(
            "tied",
            "D",
            counts | {"devices": 1, "addresses": 0, "endpoints": 1},
            subjects=[sender],
            endpoints=[receiver],
        )


def _counted(tables: Tables) -> Iterator[Statement]:
    """What was sent encrypted where uploads were counted: uploads, never images."""
    uploads = _uploads(tables)
    ways: set[tuple[str, str]] = set()

    def counted(row: dict[str, Any]) -> bool:
        ways.add(way := (row["sender"], row["receiver"]))
        return uploads[way] > 0

    for statement in of_findings(tables, "counted", UPLOADED, "D", only=counted):
        yield replace(statement, counts=statement.counts | {"uploads": sum(uploads[way] for way in ways)})


def _hidden(tables: Tables) -> Iterator[Statement]:
    uploads = _uploads(tables)
    return of_findings(tables, "hidden", UPLOADED, "D", only=lambda row: not uploads[row["sender"], row["receiver"]])


def _not_matched(tables: Tables) -> Iterator[Statement]:
    """Hosts and endpoints that were tested and gave nothing: said too, with what it does not exclude."""
    tests = tables.get("relay_tests")
    if tests is None or not tests.num_rows:
        return
    rows = tests.select(["holder", "sender", "receiver", "claimed"]).to_pylist()
    named = {(row["holder"], row["sender"], row["receiver"]) for row in rows if row["claimed"]}
    others = {(row["holder"], row["sender"], row["receiver"]) for row in rows} - named
    if others:
        yield Statement(
            "not_matched", counts={"n": len(others)}, subjects=sorted({row[2] for row in others})[:MOST_NAMED]
        )


HIDDEN = (
    Kind(
        "opened", _opened,
        "用所交密钥解开 {n} 个加密连接，有密钥解开内容的各项发现共含 {images} 张次人脸图像",
        "{n:encrypted connection was|encrypted connections were} opened with keys that were handed over; findings with "
        "what was opened have {images:face image|face images}",
        SECOND,
    ),
    Kind(
        "matched", _matched,
        "内部明文所见的 {fitting} 张次图像，其大小和时间与其后发往{to}的加密上传相符"
        "：与图像被转发出去相一致，内容不可见（C 级，偶然如此的概率低于 1/{odds}，即验证所能支持的限度）",
        "{fitting:image|images} seen in clear inside fit, in sizes and times, encrypted uploads sent to {to} "
        "afterwards: consistent with their being sent on, content not seen (C, chance below 1 in {odds}, the limit "
        "validated)",
        SECOND,
    ),
    Kind(
        "matched_untold", _images_untold,
        "发往{to}的加密上传，其大小和时间与此前内部明文所见的至少 {least} 张次图像相符，不能指明是哪些图像"
        "：与图像被转发出去相一致，内容不可见（C 级，偶然如此的概率低于 1/{odds}，即验证所能支持的限度）",
        "encrypted uploads to {to} fit, in sizes and times, at least {least:image|images} seen in clear inside before; "
        "which ones cannot be told: consistent with their being sent on, content not seen (C, chance below 1 in "
        "{odds}, the limit validated)",
        SECOND,
    ),
    Kind(
        "matched_sums", _uploads_untold,
        "至少 {least} 次发往{to}的加密上传，其大小和时间与此前内部明文所见若干图像之和相符，不能指明是哪些图像"
        "：与图像被转发出去相一致，内容不可见（C 级，偶然如此的概率低于 1/{odds}，即验证所能支持的限度）",
        "sizes and times of at least {least:encrypted upload|encrypted uploads} to {to} fit sums of images seen in "
        "clear inside before; which ones cannot be told: consistent with their being sent on, content not seen (C, "
        "chance below 1 in {odds}, the limit validated)",
        SECOND,
    ),
    Kind(
        "tied", _tied,
        "{all} 个标记时刻中有 {n} 个之后 {seconds} 秒内，{by}开始向{to}加密上传，内容不可见"
        "（D 级，偶然如此的概率低于 1/{odds}）",
        "{n} of {all:marked moment|marked moments} were followed within {seconds} s by an encrypted upload of {by} to "
        "{to}, content not visible (D, chance below 1 in {odds})",
        SECOND,
    ),
    Kind(
        "counted", _counted,
        "{by}向{to}加密上传 {uploads} 次，共 {bytes:size}，内容不可见（D 级）",
        "{by} made {uploads:encrypted upload|encrypted uploads} to {to}, {bytes:size} in all, content not visible (D)",
        SECOND,
    ),
    Kind(
        "hidden", _hidden,
        "向 {endpoints} 个端点加密上传 {bytes:size}，内容不可见（D 级）",
        "{bytes:size} of encrypted uploads to {endpoints:endpoint|endpoints}, content not visible (D)",
        SECOND,
    ),
)  # fmt: skip
NOT_MATCHED = (
    Kind(
        "not_matched", _not_matched,
        "已对 {n} 组设备与端点检验加密上传是否与明文所见图像相符，未发现相符；这不排除重新编码、合并发送等情形",
        "tested and no match: encrypted uploads of {n:pair|pairs} of host and endpoint against images seen in clear; "
        "this does not exclude re-encoding, batching or padding",
        LAST,
    ),
)  # fmt: skip
