"""Statements that cases sealed by earlier versions hold, said as those versions said them; none is made any more.

What is said of odds is what the tests of a version have met: a later sentence would promise what they never did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.findings.statements.kind import LAST, SECOND, Kind, Statement, Tables

if TYPE_CHECKING:
    from collections.abc import Iterator


def _none(_: Tables) -> Iterator[Statement]:
    return iter(())


LIMIT_ZH = "：与图像被转发出去相一致，内容不可见（C 级，偶然如此的概率低于 1/{odds}，即验证所能支持的限度）"
LIMIT = ": consistent with their being sent on, content not seen (C, chance below 1 in {odds}, the limit validated)"
EARLIER = (  # of tables up to version 3
    Kind(
        "matched", _none,
        "内部明文所见的 {fitting} 张次图像，其大小和时间与其后发往{to}的加密上传相符" + LIMIT_ZH,
        "{fitting:image|images} seen in clear inside fit, in sizes and times, encrypted uploads sent to {to} afterwards"
        + LIMIT,
        SECOND,
    ),
    Kind(
        "matched_untold", _none,
        "发往{to}的加密上传，其大小和时间与此前内部明文所见的至少 {least} 张次图像相符，不能指明是哪些图像" + LIMIT_ZH,
        "encrypted uploads to {to} fit, in sizes and times, at least {least:image|images} seen in clear inside before; "
        "which ones cannot be told" + LIMIT,
        SECOND,
    ),
    Kind(
        "matched_sums", _none,
        "至少 {least} 次发往{to}的加密上传，其大小和时间与此前内部明文所见若干图像之和相符，不能指明是哪些图像"
        + LIMIT_ZH,
        "sizes and times of at least {least:encrypted upload|encrypted uploads} to {to} fit sums of images seen in "
        "clear inside before; which ones cannot be told" + LIMIT,
        SECOND,
    ),
    Kind(
        "not_matched", _none,
        "已对 {n} 组设备与端点检验加密上传是否与明文所见图像相符，未发现相符；这不排除重新编码、合并发送等情形",
        "tested and no match: encrypted uploads of {n:pair|pairs} of host and endpoint against images seen in clear; "
        "this does not exclude re-encoding, batching or padding",
        LAST,
    ),
)  # fmt: skip
