"""What was sent encrypted: opened with keys, fitting what was seen in clear, after marked moments, or only counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from netaudit.findings.relayed import FOLLOWING, together_tests, tried_for
from netaudit.findings.statements.kind import CAP, LAST, MOST_NAMED, SECOND, Kind, Statement, Tables, of_findings
from netaudit.findings.vocabulary import KIND

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
    for statement in of_findings(tables, "matched_sharply", KIND["matched"]):
        rows = relayed.num_rows if relayed is not None else statement.counts["images"]
        yield replace(statement, counts=statement.counts | {"fitting": rows, "odds": CAP})


def _calibrated(tables: Tables) -> Iterator[Statement]:
    """How far what sizes and times alone told of connections opened with keys was found in them."""
    relayed = tables.get("relayed_images")
    if relayed is not None:
        found = Counter(relayed["opened"].to_pylist())
        counts = {"n": found["found"], "all": found["found"] + found["absent"]}
        if counts["all"]:
            yield Statement("calibrated", counts=counts)


def _alike(tables: Tables, kind: str) -> Iterator[Statement]:
    """What was sent encrypted and goes together with images seen in clear, or follows them; without odds and images."""
    tests, counts = tables.get("relay_tests"), Counter[str]()
    if tests is not None:
        ends = ["holder", "sender", "receiver"]
        rows = tests.select(
            [*ends, "standing", "p_model", "mode", "fitting", "images", "units", "window_s"]
        ).to_pylist()
        for row in together_tests(rows):
            if (row["mode"] == FOLLOWING) == (kind == "following"):
                counts["n"] += row["fitting"]
                counts["all"] += row["units"] if row["mode"] == "batch" else row["images"]
                counts["seconds"] = max(counts["seconds"], row["window_s"] or 0)
    for statement in of_findings(tables, kind, KIND[kind]):
        yield replace(statement, counts=statement.counts | {name: counts[name] for name in ("n", "all", "seconds")})


def _together(tables: Tables) -> Iterator[Statement]:
    return _alike(tables, "together")


def _following(tables: Tables) -> Iterator[Statement]:
    return _alike(tables, "following")


def _uploads(tables: Tables) -> Counter[tuple[str, str]]:
    """Encrypted uploads counted, by sender and endpoint, without those that are told to fit images."""
    counted: Counter[tuple[str, str]] = Counter()
    counts, relayed = tables.get("upload_counts"), tables.get("relayed_images")
    if counts is not None:
        for row in counts.select(["sender", "receiver", "uploads"]).to_pylist():
            counted[row["sender"], row["receiver"]] += row["uploads"]
        fitting = relayed.select(["sender", "receiver", "unit_id"]).to_pylist() if relayed is not None else []
        counted -= Counter((sender, receiver) for sender, receiver, _ in {tuple(row.values()) for row in fitting})
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

    for statement in of_findings(tables, "counted", KIND["hidden"], counted):
        yield replace(statement, counts=statement.counts | {"uploads": sum(uploads[way] for way in ways)})


def _hidden(tables: Tables) -> Iterator[Statement]:
    uploads = _uploads(tables)
    return of_findings(tables, "hidden", KIND["hidden"], lambda row: not uploads[row["sender"], row["receiver"]])


def _unmatched(tables: Tables) -> Iterator[Statement]:
    """Hosts and endpoints that were tested and gave nothing: said too, with what it does not exclude."""
    tests = tables.get("relay_tests")
    if tests is None or not tests.num_rows:
        return
    rows = tests.select(["holder", "sender", "receiver", "standing", "longest_s"]).to_pylist()
    matched = {(row["holder"], row["sender"], row["receiver"]) for row in rows if row["standing"] != "by chance"}
    others = {(row["holder"], row["sender"], row["receiver"]) for row in rows} - matched
    if others:
        counts = {"n": len(others), "seconds": tried_for(rows, others)}
        yield Statement("unmatched", counts=counts, subjects=sorted({row[2] for row in others})[:MOST_NAMED])


# what validation bears, in words that both sides read alike
BOUND_ZH = (
    "：与图像被转发出去相一致，内容不可见（C 级；若并未转发，大小和时间如此相符的情形，在 {odds} 次这样的捕获中"
    "不到一次，以光线、场景和来访者没有同时左右两者为限）"
)
BOUND = (
    ": consistent with their being sent on, content not seen (C; if nothing had been sent on, sizes and times as alike "
    "would come up in fewer than one of {odds} such captures, as far as light, scene and visitor do not steer both)"
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
        "matched_sharply", _matched,
        "内部明文所见的 {fitting} 张次图像（含人脸 {images} 张次），其大小和时间与其后发往{to}的加密上传相符"
        + BOUND_ZH,
        "{fitting:image|images} seen in clear inside ({images} with a face) fit, in sizes and times, encrypted uploads "
        "sent to {to} afterwards" + BOUND,
        SECOND,
        ("matched",),
    ),
    Kind(
        "calibrated", _calibrated,
        "仅凭大小和时间指为在某些加密连接中的 {all} 张次图像，用密钥解开这些连接后找到 {n} 张次",
        "of {all:image|images} that sizes and times alone told of connections opened with keys, {n} were found in them",
        SECOND,
    ),
    Kind(
        "together", _together,
        "发往{to}的加密上传，其大小和时间与此前内部明文所见的图像一同变化（{all} 项中 {n} 项）：图像被转发时如此，"
        "光线、场景或来访者同时左右两者时，同一时刻的其他图像也可能如此；不指明图像，内容不可见（D 级）",
        "sizes and times of encrypted uploads to {to} go together with images seen in clear inside before ({n} of "
        "{all}): pictures sent on do so, and other pictures of the same moments may, where light, scene or visitor "
        "steer both; no image is named, content not seen (D)",
        SECOND,
        ("together",),
    ),
    Kind(
        "following", _following,
        "内部明文所见的 {all} 张次图像中，有 {n} 张次之后 {seconds} 秒内开始向{to}加密上传："
        "可能是为图像而发送的（特征、小图或另一形式的图像），也可能由同一来访者触发；不指明图像，内容不可见（D 级）",
        "encrypted uploads to {to} begin within {seconds} s after {n} of {all:image|images} seen in clear inside: they "
        "may be sent for them (features, crops, pictures in another form), or set off by the same visitor; no image is "
        "named, content not seen (D)",
        SECOND,
        ("following",),
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
        ("hidden",),
    ),
    Kind(
        "hidden", _hidden,
        "向 {endpoints} 个端点加密上传 {bytes:size}，内容不可见（D 级）",
        "{bytes:size} of encrypted uploads to {endpoints:endpoint|endpoints}, content not visible (D)",
        SECOND,
        ("hidden",),
    ),
)  # fmt: skip
UNMATCHED = (
    Kind(
        "unmatched", _unmatched,
        "已对 {n} 组设备与端点检验加密上传（TLS、QUIC、隧道、SSH，以及 TCP、HTTP、MQTT 上的自有加密）"
        "是否与明文所见图像相符，未发现相符：试过 {seconds} 秒以内的延迟，以及不论延迟只看大小；"
        "试过原样、base64、HTTP/2 分帧、填充、数张合并和重新编码；这不排除更大的填充、任意合并或经由其他地址发送",
        "tested and no match: encrypted uploads (over TLS, QUIC, SSH, tunnels, or by own encryption over TCP, "
        "HTTP and MQTT) of {n:pair|pairs} of host and endpoint against images seen in clear; tried were delays up to "
        "{seconds} s, and any delay by sizes alone, of pictures as they are, in base64, in frames of HTTP/2, padded, "
        "several together, and encoded anew; this does not exclude more padding, pictures put together at will, or "
        "another address",
        LAST,
    ),
)  # fmt: skip
