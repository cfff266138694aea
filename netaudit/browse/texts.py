"""What the pages say, in both languages. Words for values of tables are the report's (`report/texts.yaml`)."""

from __future__ import annotations

import functools
from importlib import resources
from typing import TYPE_CHECKING

from netaudit.ground.bilingual import speaker
from netaudit.ground.yaml_text import parse_yaml
from netaudit.tables import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping

TEXTS = {
    "cases": {"en": "Cases", "zh": "案卷"},
    "campaign": {"en": "Sites of the campaign", "zh": "各场所总览"},
    "verdict": {"en": "Verdict", "zh": "结论"},
    "findings": {"en": "Findings", "zh": "发现"},
    "gallery": {"en": "Images", "zh": "图像"},
    "timeline": {"en": "Timeline", "zh": "时间线"},
    "topology": {"en": "Who talks to whom", "zh": "通信关系图"},
    "traffic": {"en": "Pairs of addresses", "zh": "地址对"},
    "topology_devices": {"en": "Devices in the picture", "zh": "图中的设备"},
    "compare": {"en": "Compare", "zh": "比较案卷"},
    "compare_note": {
        "en": "Two cases beside each other. Images are counted by content and not listed.",
        "zh": "两份案卷并列比较。图像只按内容计数，不予列出。",
    },
    "compare_one": {
        "en": "Only one case is open; for a comparison: netaudit browse CASE OTHER",
        "zh": "只打开了一份案卷；如需比较：netaudit browse 案卷 另一案卷",
    },
    "compare_go": {"en": "Compare", "zh": "比较"},
    "only_first": {"en": "Only in the first", "zh": "仅在第一份中"},
    "in_both": {"en": "In both", "zh": "两份都有"},
    "only_second": {"en": "Only in the second", "zh": "仅在第二份中"},
    "compare_ways": {"en": "Findings", "zh": "发现"},
    "compare_devices": {"en": "Devices", "zh": "设备"},
    "compare_makers": {"en": "Makers and classes", "zh": "厂商与类别"},
    "compare_outside": {"en": "Outside addresses", "zh": "外部地址"},
    "compare_services": {"en": "Outside services", "zh": "外部服务"},
    "compare_server_names": {"en": "Server names asked for", "zh": "请求的主机名"},
    "compare_ja4": {"en": "JA4 of clients", "zh": "客户端 JA4"},
    "compare_documents": {"en": "Kinds of events", "zh": "事件种类"},
    "compare_images": {"en": "Images, by content", "zh": "图像（按内容）"},
    "figure_packets_read": {"en": "Packets read", "zh": "读取的数据包"},
    "figure_findings": {"en": "Findings", "zh": "发现"},
    "figure_faces": {"en": "Images with a face", "zh": "含人脸的图像"},
    "figure_encrypted": {"en": "Encrypted uploads", "zh": "加密上传"},
    "figure_devices": {"en": "Devices", "zh": "设备"},
    "figure_first_ts": {"en": "First packet", "zh": "首个数据包"},
    "figure_last_ts": {"en": "Last packet", "zh": "末个数据包"},
    "journey_more": {"en": "{n:,} more legs", "zh": "另有 {n:,} 程"},
    "alias": {"en": "Name of your own", "zh": "自定名称"},
    "decide_nothing": {"en": "not decided", "zh": "不作判断"},
    "decide_note": {
        "en": "Noted beside what netaudit found, in decisions.jsonl and the chain of custody; earlier ones stay.",
        "zh": "与自动结果并列，记入 decisions.jsonl 和监管链；以前的判断均予保留。",
    },
    "report_stale": {
        "en": "The report does not tell this yet: netaudit report CASE writes it again.",
        "zh": "报告尚未反映此判断：可用 netaudit report 案卷 重新生成。",
    },
    "journeys": {"en": "Journeys", "zh": "流转路径"},
    "encrypted": {"en": "Encrypted uploads", "zh": "加密上传"},
    "relays": {"en": "Relayed images (C)", "zh": "疑似转发（C 级）"},
    "relay_tests": {"en": "Relay tests", "zh": "转发检验"},
    "upload_counts": {"en": "Encrypted uploads, counted", "zh": "加密上传计数"},
    "moment_tests": {"en": "Tests of marked moments", "zh": "标记时刻检验"},
    "devices": {"en": "Devices", "zh": "设备"},
    "events": {"en": "Events", "zh": "事件"},
    "persons": {"en": "Persons (masked)", "zh": "身份信息（已脱敏）"},
    "endpoints": {"en": "Endpoints", "zh": "网络端点"},
    "ledgers": {"en": "Ledgers", "zh": "账目"},
    "tables": {"en": "All tables", "zh": "全部数据表"},
    "search": {"en": "Search", "zh": "搜索"},
    "sql": {"en": "SQL", "zh": "SQL 查询"},
    "captures": {"en": "Captures", "zh": "检材文件"},
    "claims": {"en": "Claims", "zh": "识别依据"},
    "messages": {"en": "Messages", "zh": "消息"},
    "objects": {"en": "Objects", "zh": "对象"},
    "evidence": {"en": "Packets of objects", "zh": "对象的数据包"},
    "images": {"en": "Images", "zh": "图像"},
    "flows": {"en": "Flows", "zh": "会话"},
    "relayed_images": {"en": "Relayed images (C)", "zh": "疑似转发（C 级）"},
    "encrypted_uploads": {"en": "Encrypted uploads", "zh": "加密上传"},
    "observations": {"en": "Observations", "zh": "观测事实"},
    "skipped": {"en": "Packets not decoded", "zh": "未解码的数据包"},
    "parts": {"en": "Parts of uploads", "zh": "分段上传"},
    "tls_hellos": {"en": "TLS hellos", "zh": "TLS 握手"},
    "media": {"en": "Video and sound", "zh": "音视频流"},
    "moments": {"en": "Marked moments", "zh": "标记时刻"},
    "after_moments": {"en": "After moments", "zh": "标记时刻之后"},
    "image": {"en": "Image", "zh": "图像"},
    "row": {"en": "Row {n:,} of {table}", "zh": "{table} 第 {n:,} 行"},
    "masked": {
        "en": "Masked: identity data covered, pictures pixelated",
        "zh": "已脱敏：身份信息已遮盖，图像已像素化",
    },
    "other_language": {"en": "中文", "zh": "English"},
    "apply": {"en": "Filter", "zh": "筛选"},
    "clear": {"en": "All", "zh": "全部"},
    "any": {"en": "any", "zh": "不限"},
    "rows": {"en": "{first:,}–{last:,} of {total:,}", "zh": "第 {first:,}–{last:,} 条，共 {total:,} 条"},
    "none": {"en": "Nothing here.", "zh": "没有内容。"},
    "next": {"en": "Next", "zh": "下一页"},
    "previous": {"en": "Previous", "zh": "上一页"},
    "open": {"en": "open", "zh": "打开"},
    "more": {"en": "+{n:,} more", "zh": "另有 {n:,} 项"},
    "filter_help": {
        "en": "Part of the text; =text for exactly it.",
        "zh": "输入部分文字；=文字 表示完全一致。",
    },
    "chosen": {"en": "chosen", "zh": "已选"},
    "review": {"en": "Your review", "zh": "人工复核"},
    "review_note": {
        "en": "Kept in the chain of custody beside the automatic finding; an export of the case has it too. Earlier "
        "reviews stay.",
        "zh": "记录于监管链，与自动得出的发现并列保存，导出案卷时一并导出；以前的复核均予保留。",
    },
    "status": {"en": "Status", "zh": "状态"},
    "status_open": {"en": "open", "zh": "待复核"},
    "status_confirmed": {"en": "confirmed", "zh": "已确认"},
    "status_rejected": {"en": "rejected", "zh": "不成立"},
    "status_follow_up": {"en": "to follow up", "zh": "待跟进"},
    "note": {"en": "Note", "zh": "备注"},
    "by": {"en": "Who", "zh": "复核人"},
    "save": {"en": "Save", "zh": "保存"},
    "packets": {"en": "Its packets", "zh": "相关数据包"},
    "packets_note": {
        "en": "Packets hold what was sent, in clear; the download is noted in the chain of custody.",
        "zh": "数据包含未脱敏的原始内容；下载将记入监管链。",
    },
    "packets_download": {"en": "Download as pcapng", "zh": "下载 pcapng"},
    "packets_lines": {"en": "Or on the command line, for Wireshark:", "zh": "或用命令行，供 Wireshark 查看："},
    "unmask": {"en": "Show in clear, once", "zh": "查看清晰图像（一次）"},
    "unmask_note": {
        "en": "Every unmasking is noted in the chain of custody with its reason, before the picture is shown.",
        "zh": "每次查看清晰图像前，均连同理由记入监管链。",
    },
    "unmask_reason": {"en": "Reason", "zh": "理由"},
    "unmasked_page": {
        "en": "NOT MASKED: a clear picture, not to be passed on",
        "zh": "未脱敏：清晰图像，不得外传",
    },
    "stale": {
        "en": "The report is stale: decisions, moments or reviews came after it. Write it again with netaudit report.",
        "zh": "报告已过时：写成之后又有新的人工判断、时刻或复核意见。请用 netaudit report 重新生成。",
    },
    "unmasked": {
        "en": "In clear, this once; noted in the chain of custody. Do not pass on.",
        "zh": "清晰图像，仅显示一次，已记入监管链。不得外传。",
    },
    "no_picture": {"en": "The picture is not in the case or does not decode.", "zh": "案卷中没有此图像，或无法解码。"},
    "alike": {"en": "Looks like it", "zh": "相似图像"},
    "seen_in": {"en": "Where it was seen", "zh": "出现之处"},
    "by_device": {"en": "By sender", "zh": "按发送方"},
    "by_hour": {"en": "By hour", "zh": "按小时"},
    "sender_unknown": {"en": "sender unknown", "zh": "发送方未知"},
    "faces_only": {"en": "With a face", "zh": "含人脸"},
    "all_images": {"en": "All images", "zh": "全部图像"},
    "gallery_note": {
        "en": "Each image once, under who sent it first. Where no clear face is known all of it is made coarse.",
        "zh": "每幅图像只列一次，归入首个发送方；未确认清晰人脸的图像整体模糊化。",
    },
    "track_faces": {"en": "Face images, first seen", "zh": "人脸图像（首次出现）"},
    "track_events": {"en": "Events", "zh": "事件"},
    "track_encrypted": {"en": "Encrypted uploads", "zh": "加密上传"},
    "track_messages": {"en": "Messages", "zh": "消息"},
    "zoom_note": {
        "en": "A bar leads into its time. Each track has its own scale: the number at its left is its tallest bar.",
        "zh": "点击柱形可放大该时段。各轨道刻度独立：左侧数字为最高柱的数量。",
    },
    "zoom_out": {"en": "Zoom out", "zh": "缩小"},
    "rows_here": {"en": "its rows in this time", "zh": "该时段内的记录"},
    "client": {"en": "Opened by", "zh": "发起方"},
    "server": {"en": "To", "zh": "对方"},
    "flows_n": {"en": "Connections", "zh": "连接数"},
    "up": {"en": "Sent", "zh": "发送"},
    "down": {"en": "Received", "zh": "接收"},
    "findings_n": {"en": "Findings", "zh": "发现"},
    "traffic_note": {
        "en": "Frames on the wire, headers included; both addresses as the captures show them.",
        "zh": "按线路帧计，含首部；地址以捕获所见为准。",
    },
    "search_note": {
        "en": "In all text columns of all tables. What was masked is not found by its clear value.",
        "zh": "搜索全部数据表的所有文本列。已脱敏的内容无法用原值搜到。",
    },
    "search_go": {"en": "Search", "zh": "搜索"},
    "search_more": {"en": "go on searching here", "zh": "在此表继续搜索"},
    "search_short": {"en": "Say at least two characters.", "zh": "请至少输入两个字符。"},
    "search_unread": {
        "en": "Not searched to the end yet: {tables}",
        "zh": "尚未搜索完的数据表：{tables}",
    },
    "sql_note": {
        "en": "One SELECT; the tables below by name. At most {rows} rows and {seconds} seconds; nothing else of this "
        "computer can be reached, and private/ is not there.",
        "zh": "一条 SELECT 语句，使用下列表名。最多 {rows} 行、{seconds} 秒；无法访问本机其他内容，也不含 private/。",
    },
    "sql_run": {"en": "Run", "zh": "运行"},
    "sql_more": {"en": "There are more rows.", "zh": "还有更多行。"},
    "sql_remedy": {
        "en": "SQL needs DuckDB: pip install 'netaudit[sql]', then start again.",
        "zh": "SQL 查询需要 DuckDB：pip install 'netaudit[sql]'，然后重新启动。",
    },
    "decisions": {"en": "Analysts' decisions", "zh": "人工判断"},
    "decide_line": {"en": "Or on the command line:", "zh": "或用命令行："},
    "site": {"en": "Site", "zh": "场所"},
    "folder": {"en": "Folder", "zh": "文件夹"},
    "seal": {"en": "Seal", "zh": "封存状态"},
    "seal_sealed": {"en": "sealed", "zh": "已封存"},
    "seal_writing": {"en": "being written", "zh": "正在写入"},
    "seal_unfinished": {"en": "unfinished: the audit did not come to its end", "zh": "未完成：审计中断"},
    "seal_unsealed": {"en": "not sealed (by an earlier version)", "zh": "未封存（由早期版本生成）"},
    "seal_broken": {"en": "broken", "zh": "已破坏"},
    "problem": {"en": "This cannot be shown", "zh": "无法显示"},
    "not_found": {"en": "There is no such page.", "zh": "没有此页面。"},
    "keys": {
        "en": "Keys: j k rows · Enter open · n p pages · / search · g next room · u back",
        "zh": "按键：j k 选行 · Enter 打开 · n p 翻页 · / 搜索 · g 下一栏 · u 返回",
    },
    "menu": {"en": "Rooms", "zh": "栏目"},
    "statements": {"en": "What the verdict says, one by one", "zh": "结论逐项"},
    "chain": {"en": "Chain of custody, last lines", "zh": "监管链（最近记录）"},
}


@functools.cache
def chinese() -> dict[str, dict[str, str]]:
    """Chinese for names of columns, for what tables are, and for names of ledgers."""
    found: dict[str, dict[str, str]] = parse_yaml(
        resources.files(__package__).joinpath("chinese.yaml").read_text(encoding="utf-8")
    )
    return found


def heading(column: str, lang: str) -> str:
    """Name of a column for people; the table's own name where no other is known."""
    return chinese()["columns"].get(column, column) if lang == "zh" else column.replace("_", " ")


def meaning(table: str, lang: str) -> str:
    """What a table is."""
    return chinese()["tables"].get(table, "") if lang == "zh" else BY_NAME[table].meaning


def value_word(table: str, column: str, value: str, lang: str) -> str | None:
    """A word for a value of a column; None where the report has it, or nobody."""
    if lang != "zh":
        return None
    words: Mapping[str, Mapping[str, str]] = chinese()["values"]  # type: ignore[assignment]
    return (words.get(f"{table}.{column}") or words.get(column) or {}).get(value)


@functools.cache
def _meanings() -> dict[str, str]:
    """Chinese for the meanings of columns, by the English ones."""
    told = parse_yaml(resources.files(__package__).joinpath("meanings.yaml").read_text(encoding="utf-8"))["meanings"]
    places = ((one.meaning, f"{table.name}.{one.name}") for table in BY_NAME.values() for one in table.columns)
    return {meaning: told[place] for meaning, place in places if place in told}


def column_meaning(meaning: str, lang: str) -> str:
    """What a column is, in a language."""
    return _meanings().get(meaning, meaning) if lang == "zh" and meaning else meaning


def ledger(name: str, lang: str) -> str:
    """Name of a ledger."""
    return chinese()["ledgers"].get(name, name) if lang == "zh" else name


say = speaker(TEXTS)
