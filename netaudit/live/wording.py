"""What the live screen says, in both languages; notes by their codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.ground.bilingual import speaker
from netaudit.ground.masking import visible
from netaudit.live.from_report import Terms

if TYPE_CHECKING:
    from netaudit.live.news import Note

TEXTS = {
    "title": {"en": "netaudit live", "zh": "netaudit 现场取证"},
    "recording": {"en": "recording", "zh": "记录中"},
    "closing": {"en": "stopping: closing the record, writing the case …", "zh": "正在停止：关闭记录并生成案卷……"},
    "rate": {"en": "{packets}/s  {bits}", "zh": "{packets} 包/秒  {bits}"},
    "total": {"en": "{packets} packets, {size}", "zh": "共 {packets} 个数据包，{size}"},
    "recorded": {"en": "recorded {size} in {files} files", "zh": "已记录 {size}，{files} 个文件"},
    "behind": {"en": "not yet audited {size}", "zh": "待分析 {size}"},
    "free": {"en": "disk free {size}", "zh": "磁盘剩余 {size}"},
    "lost": {
        "en": "lost: kernel {kernel}  interface {interface}  netaudit {own}",
        "zh": "丢包：内核 {kernel}  接口 {interface}  本程序 {own}",
    },
    "lost_some": {"en": "LOST PACKETS", "zh": "有丢包"},
    "unknown": {"en": "?", "zh": "未知"},
    "waiting": {"en": "preparing, no figures yet", "zh": "正在准备，暂无统计数据"},
    "alerts": {"en": "Alerts", "zh": "警示"},
    "uploads": {"en": "Sent", "zh": "传输"},
    "counted": {"en": "Sent encrypted, counted", "zh": "加密上传计数"},
    "devices": {"en": "Devices", "zh": "设备"},
    "endpoints": {"en": "Endpoints", "zh": "网络端点"},
    "notes": {"en": "Moments and notes", "zh": "标记与提示"},
    "none_alerts": {"en": "none so far", "zh": "暂无"},
    "none_uploads": {"en": "no image or upload seen so far", "zh": "暂未发现图像或上传"},
    "none_counted": {"en": "no encrypted upload counted so far", "zh": "暂未计到加密上传"},
    "none_devices": {"en": "no device named so far", "zh": "暂未识别出设备"},
    "none_endpoints": {"en": "none so far", "zh": "暂无"},
    "none_notes": {"en": "press m to mark a moment", "zh": "按 m 标记时刻"},
    "counted_row": {
        "en": "{n} uploads ({hour} from {at}) {size}",
        "zh": "上传 {n} 次（{at} 起 {hour} 次）{size}",
    },
    "counted_tie": {"en": "after {k} of {n} moments within {s} s", "zh": "{n} 个时刻中 {k} 个之后 {s} 秒内有上传"},
    "counted_so_far": {
        "en": "chance at most 1 in {n} so far",
        "zh": "偶然概率目前不高于 1/{n}",
    },
    "counted_final": {"en": "chance at most 1 in {n}", "zh": "偶然概率不高于 1/{n}"},
    "counted_own": {"en": "visitors' own devices ({n})", "zh": "来访者自带设备（{n} 台）"},
    "comma": {"en": ", ", "zh": "，"},
    "images": {"en": "{n} images", "zh": "{n} 张图像"},
    "records": {"en": "{n} identity records", "zh": "{n} 条身份记录"},
    "face_yes": {"en": "FACE", "zh": "人脸"},
    "face_possible": {"en": "face?", "zh": "疑似人脸"},
    "face_no": {"en": "no face", "zh": "无人脸"},
    "face_undecodable": {"en": "damaged", "zh": "无法解码"},
    "face_not judged": {"en": "image", "zh": "图像"},
    "with_identity": {"en": "+ID number", "zh": "附证件号码"},
    "pushed_before": {"en": "(sent out before)", "zh": "（曾传出）"},
    "face_waiting": {"en": "looking…", "zh": "判定中"},
    "hidden": {"en": "encrypted, content not visible", "zh": "加密，内容不可见"},
    "hidden_short": {"en": "not visible", "zh": "内容不可见"},
    "moment": {"en": "MOMENT {n}", "zh": "时刻 {n}"},
    "moment_none": {"en": "(no text)", "zh": "（无说明）"},
    "level_info": {"en": "note", "zh": "提示"},
    "level_warning": {"en": "WARNING", "zh": "警告"},
    "level_error": {"en": "ERROR", "zh": "错误"},
    "keys": {
        "en": "m mark a moment   1-6 enlarge   l 中文   s stop",
        "zh": "m 标记时刻   1-6 放大   l English   s 停止",
    },
    "keys_zoomed": {
        "en": "up/down scroll   1-6 other list   0 all   m mark a moment   s stop",
        "zh": "上/下 滚动   1-6 其他列表   0 全部   m 标记时刻   s 停止",
    },
    "mark_prompt": {
        "en": "moment {at}, what happens? (Enter stores, Esc leaves) ",
        "zh": "时刻 {at}，说明（回车保存，Esc 取消）：",
    },
    "stop_prompt": {
        "en": "Stop recording and write the case?  y (or Ctrl-C) yes   n no",
        "zh": "停止记录并生成案卷？  y（或 Ctrl-C）是   n 否",
    },
    "note_warming": {
        "en": "preparing (first start takes a minute); everything is recorded meanwhile",
        "zh": "正在准备（首次启动约需一分钟），其间数据照常记录",
    },
    "note_concluding": {"en": "writing the case and the report", "zh": "正在生成案卷和报告"},
    "note_vantage": {"en": "where the tap is: {side}", "zh": "取证位置：{side}"},
    "note_lines_dropped": {"en": "{lines} lines were not read in time", "zh": "{lines} 行输出未被及时读取"},
    "note_disk_full": {
        "en": "the disk is nearly full ({free} bytes left): recording ends, the case is written",
        "zh": "磁盘将满（剩余 {free} 字节）：停止记录并生成案卷",
    },
    "note_ring_full": {
        "en": "the room for the recording is used up ({used} bytes): recording ends, the case is written",
        "zh": "记录空间已用完（{used} 字节）：停止记录并生成案卷",
    },
    "note_overwritten": {
        "en": "oldest file {file} removed to make room, {lost} packets of it not audited",
        "zh": "已删除最早的文件 {file} 以腾出空间，其中 {lost} 个数据包未经分析",
    },
    "note_slow_method": {
        "en": "dumpcap was not found: Linux's own packet sockets record, which are slower",
        "zh": "未找到 dumpcap：改用 Linux 自带的数据包套接字记录，速度较慢",
    },
    "note_analysis_failed": {
        "en": "devices, endpoints and alerts are not brought up to date now: {error}; the case is judged at its end",
        "zh": "设备、端点与警报暂时无法更新：{error}；案卷将在结束时判定",
    },
    "note_recorder_ended": {
        "en": "the recorder ended and is started again: {reason}",
        "zh": "记录程序中断，正在重启：{reason}",
    },
    "note_interface_lost": {
        "en": "interface {interface} is gone or has no link",
        "zh": "接口 {interface} 已断开",
    },
    "note_interface_back": {
        "en": "interface {interface} is back",
        "zh": "接口 {interface} 已恢复",
    },
    "note_suspended": {
        "en": "the computer slept for {seconds} s: nothing was recorded then",
        "zh": "计算机休眠了 {seconds} 秒，其间没有记录",
    },
    "note_stood_still": {
        "en": "netaudit stood still for {seconds} s: what was recorded meanwhile is audited now",
        "zh": "本程序停顿了 {seconds} 秒：其间记录的数据现在分析",
    },
    "note_clock_jump": {
        "en": "the clock of this computer jumped by {seconds} s",
        "zh": "本机时钟跳变 {seconds} 秒",
    },
}  # fmt: skip


say = speaker(TEXTS)


def note_text(note: Note, lang: str) -> str:
    """What a note says; one that is not in the catalogue is shown by its code and figures."""
    figures = {key: visible(str(value), 200) for key, value in note.figures.items()}
    if "side" in figures:
        figures["side"] = Terms(lang).word("side", figures["side"])
    try:
        return TEXTS[f"note_{note.code}"][lang].format(**figures)
    except (KeyError, IndexError, ValueError):
        said = ", ".join(f"{visible(key, 40)} {value}" for key, value in list(figures.items())[:8])
        return visible(f"{note.code} {said}".strip(), 400)
