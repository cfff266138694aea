"""The one-line verdict, in both languages, from the tables alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.compute as pc

from netaudit.findings.uploads import MOVED, RETRIEVED, UPLOADED, VIDEO

if TYPE_CHECKING:
    import pyarrow as pa


def verdict(findings: pa.Table, images: pa.Table, side: str, *, partial: bool, faces: bool) -> dict[str, str]:
    """Texts by language code."""
    rows = findings.select(["certainty", "act", "sender", "receiver", "images", "bytes"]).to_pylist()
    clear = [row for row in rows if row["act"] == UPLOADED and row["certainty"] in "AB"]
    hidden = [row for row in rows if row["certainty"] == "D"]
    zh: list[str] = []
    en: list[str] = []
    if side == "unknown":
        en.append("It cannot be told which side of the router was captured, so no upload was judged: say --inside CIDR")
        zh.append("无法判断抓包位置在路由器哪一侧，因此未对上传作出判定：请用 --inside CIDR 指明内部网段")
    if clear:
        count, a = sum(row["images"] for row in clear), sum(row["images"] for row in clear if row["certainty"] == "A")
        senders, receivers = len({row["sender"] for row in clear}), len({row["receiver"] for row in clear})
        en.append(
            f"{count} face {_s(count, 'image')} left {senders} inside {_s(senders, 'device')} for {receivers} outside "
            f"{_s(receivers, 'endpoint')} (A {a}, B {count - a})"
        )
        zh.append(
            f"{senders} 台内部设备向 {receivers} 个外部端点传出 {count} 张次人脸图像（A 级 {a}，B 级 {count - a}）"
        )
    for act, english, chinese in (
        (RETRIEVED, "face images were retrieved from outside", "张次人脸图像自外部取回"),
        (MOVED, "face images moved between inside devices", "张次人脸图像在内部设备之间传送"),
        (VIDEO, "stills of video streams show a face", "帧视频画面中见人脸"),
    ):
        count = sum(row["images"] for row in rows if row["act"] == act)
        if count:
            en.append(f"{count} {english}")
            zh.append(f"{count} {chinese}")
    if hidden:
        size, to = sum(row["bytes"] for row in hidden), len({row["receiver"] for row in hidden})
        en.append(f"{size_text(size)} of encrypted uploads to {to} {_s(to, 'endpoint')}, content not visible (D)")
        zh.append(f"向 {to} 个端点加密上传 {size_text(size)}，内容不可见（D 级）")
    if not rows and side != "unknown":
        en.append(
            "No face image was seen leaving, and no upload-shaped encrypted traffic; this is not a clean bill of health"
        )
        zh.append("未见人脸图像外传，亦未见疑似上传的加密流量；未发现不等于不存在")
    if not faces and images.num_rows:
        en.append(f"{images.num_rows} distinct images were recovered, faces not judged (--no-faces)")
        zh.append(f"共恢复 {images.num_rows} 张不同图像，未作人脸判定（--no-faces）")
    broken = pc.sum(pc.invert(images["complete"])).as_py() if images.num_rows else 0
    if broken:
        en.append(f"{broken} {_s(broken, 'image')} incomplete in the capture")
        zh.append(f"{broken} 张图像在捕获中不完整")
    if partial:
        en.insert(0, "INTERRUPTED: only a part was audited")
        zh.insert(0, "已中断：仅审计了部分数据")
    return {"en": "; ".join(en), "zh": "；".join(zh)}


def _s(count: int, noun: str) -> str:
    return noun if count == 1 else noun + "s"


def size_text(size: int) -> str:
    """Bytes for a person."""
    value = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
