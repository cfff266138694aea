"""What the command line says, in both languages."""

from __future__ import annotations

import itertools
import locale
import os

from netaudit.errors import UsageError
from netaudit.ground.bilingual import speaker

TEXTS = {
    "case": {"en": "Case", "zh": "案卷"},
    "report": {"en": "Report", "zh": "报告"},
    "verdict": {"en": "Verdict", "zh": "结论"},
    "vantage": {"en": "Vantage", "zh": "取证位置"},
    "packets": {
        "en": "Packets: {read:,} read = {decoded:,} decoded + {skipped:,} skipped",
        "zh": "数据包：读取 {read:,} = 解码 {decoded:,} + 跳过 {skipped:,}",
    },
    "damaged": {"en": "Damaged", "zh": "损坏"},
    "more_rejected": {"en": "… {n:,} more files were not read", "zh": "… 另有 {n:,} 个文件未读取"},
    "no_packets": {
        "en": "NOTHING WAS AUDITED: the inputs hold no packets",
        "zh": "没有任何内容被审计：输入中没有数据包",
    },
    "none_in_period": {
        "en": "NOTHING WAS AUDITED: of {read:,} packets none was in the period or could be decoded",
        "zh": "没有任何内容被审计：{read:,} 个数据包中没有一个在该时段内或可被解码",
    },
    "rejected": {"en": "Not read", "zh": "未读取"},
    "reading": {"en": "reading", "zh": "读取"},
    "images": {"en": "images", "zh": "张图像"},
    "judging": {"en": "judging images", "zh": "判定图像"},
    "partial": {
        "en": "Partial: the audit was interrupted, the case holds only what was read until then",
        "zh": "不完整：审计被中断，案卷只含此前已读取的部分",
    },
    "older": {
        "en": "Written by an earlier netaudit (tables version {version}): what was not read or judged is not in it; "
        "audit its captures again to know",
        "zh": "由较早版本的 netaudit 生成（数据表版本 {version}）：不含未读取、未判定内容的统计；"
        "如需了解，请重新审计原始捕获",
    },
    "older_columns": {
        "en": "Written by an earlier netaudit (tables version {version}, now {now}): columns that came later are empty",
        "zh": "由较早版本的 netaudit 生成（数据表版本 {version}，现为 {now}）：后来增加的列为空",
    },
    "settings_here": {
        "en": "Settings are taken from {file}: {names}",
        "zh": "采用 {file} 中的设置：{names}",
    },
    "trace_flow": {"en": "Flow", "zh": "会话"},
    "trace_run": {"en": "bytes", "zh": "字节"},
    "trace_gap": {"en": "gap", "zh": "缺失"},
    "trace_up": {"en": "up", "zh": "上行"},
    "trace_down": {"en": "down", "zh": "下行"},
    "trace_packets": {"en": "packets: {count}", "zh": "数据包：{count}"},
    "trace_asked": {"en": "Readers asked, in order", "zh": "依次询问的协议解析器"},
    "trace_no": {"en": "no", "zh": "否"},
    "trace_more": {"en": "not sure yet", "zh": "尚不能确定"},
    "trace_yes": {"en": "yes", "zh": "是"},
    "trace_swapped": {"en": "yes, the other way round", "zh": "是，方向相反"},
    "trace_whole": {"en": "whole", "zh": "完整"},
    "trace_part": {"en": "incomplete", "zh": "不完整"},
    "trace_lost": {"en": "Not read, bytes", "zh": "未读取字节数"},
    "trace_failed": {"en": "A reader failed", "zh": "解析器出错"},
    "exit": {"en": "Exit {code}: {why}", "zh": "退出码 {code}：{why}"},
    "stale": {
        "en": "The report is stale: decisions, moments or reviews came after it. Renew it: netaudit report {case}",
        "zh": "报告已过时：写成之后又有新的人工判断、时刻或复核意见。请重新生成：netaudit report {case}",
    },
    "resumable": {"en": "Go on with: netaudit audit --resume {case}", "zh": "继续审计：netaudit audit --resume {case}"},
    "resumed_anew": {
        "en": "The interrupted audit cannot be gone on with ({why}); everything is read anew",
        "zh": "无法从中断处继续（{why}），将全部重新读取",
    },
    "anew_none": {"en": "it had kept no checkpoint yet", "zh": "中断前尚未保存检查点"},
    "anew_foreign": {
        "en": "{name} was not written by this version of netaudit for this user",
        "zh": "{name} 不是由本用户的本版本 netaudit 写入的",
    },
    "anew_broken": {"en": "{name} cannot be read", "zh": "{name} 无法读取"},
    "anew_gone": {"en": "{name} is gone or has become shorter", "zh": "{name} 已缺失或变短"},
    "anew_others": {"en": "other captures are there now", "zh": "现有的抓包文件与当时不同"},
    "exit_interrupted": {"en": "interrupted, only a part was audited", "zh": "被中断，仅审计了部分数据"},
    "exit_finding": {"en": "a finding reached --fail-on", "zh": "有发现达到 --fail-on 所设等级"},
    "exit_unjudged": {"en": "not everything was judged, see the verdict", "zh": "未能全部作出判定，见结论"},
    "exit_damaged": {"en": "an input is damaged or was not read", "zh": "有输入损坏或未能读取"},
    "code_audited": {"en": "done; an audit read and judged everything", "zh": "完成；审计已全部读取并判定"},
    "code_usage": {
        "en": "the request cannot be carried out as asked: wrong options, a folder that is no case …",
        "zh": "无法按要求执行：选项有误、文件夹不是案卷等",
    },
    "code_damaged": {
        "en": "audited, but an input is damaged or was not read; or verify found something that is not as it was",
        "zh": "已审计，但有输入损坏或未能读取；或 verify 发现与封存时不一致",
    },
    "code_unreadable": {"en": "nothing could be read", "zh": "没有任何内容可以读取"},
    "code_unjudged": {
        "en": "audited, but images, key frames or packets were not judged: the verdict says which",
        "zh": "已审计，但有图像、关键帧或数据包未能判定：结论中有说明",
    },
    "code_finding": {
        "en": "a finding is at least as certain as --fail-on says",
        "zh": "有发现达到 --fail-on 所设的等级",
    },
    "code_internal": {
        "en": "an error of netaudit itself, or no space left (NETAUDIT_TRACEBACK=1 shows where)",
        "zh": "netaudit 自身出错，或磁盘空间不足（NETAUDIT_TRACEBACK=1 可显示位置）",
    },
    "code_interrupted": {"en": "interrupted: only a part was audited", "zh": "被中断：仅审计了一部分"},
    "exit_none": {"en": "an audit of this case ends with 0", "zh": "审计该案卷以 0 结束"},
    "docs_missing": {
        "en": "this installation has no documentation in it; a checkout builds it with: make docs",
        "zh": "该安装不含文档；可在源码目录用 make docs 生成",
    },
    "written": {"en": "written", "zh": "已写入"},
    "frames": {"en": "packets", "zh": "个数据包"},
    "exported": {
        "en": "{files:,} files, without private/; check with sha256sum --check SHA256SUMS",
        "zh": "{files:,} 个文件，不含 private/；可用 sha256sum --check SHA256SUMS 核对",
    },
    "integrity_sound": {
        "en": "Sealed, and as it was sealed: {n:,} files checked",
        "zh": "已封存，且与封存时一致：已核对 {n:,} 个文件",
    },
    "integrity_partial": {
        "en": "Of an audit that was interrupted: it holds only what was read until then",
        "zh": "该审计曾被中断：案卷只含此前已读取的部分",
    },
    "integrity_sealed": {"en": "NOT AS IT WAS SEALED", "zh": "与封存时不一致"},
    "integrity_broken": {"en": "THE SEAL IS BROKEN", "zh": "封存已被破坏"},
    "integrity_unsealed": {
        "en": "UNSEALED: written by a version that did not seal cases; nothing tells whether it was changed",
        "zh": "未封存：由不封存案卷的版本写成；无从得知是否被更改",
    },
    "integrity_unfinished": {
        "en": "UNFINISHED: the audit did not come to its end; the case was never sealed",
        "zh": "未完成：审计没有进行到最后；该案卷从未封存",
    },
    "integrity_writing": {
        "en": "BEING WRITTEN: another netaudit is at work on this case",
        "zh": "正在写入：另一个 netaudit 正在处理该案卷",
    },
    "integrity_problems": {
        "en": "Seal and chain (custody.jsonl) ({n:,}):",
        "zh": "封存与保管链 custody.jsonl（{n:,}）：",
    },
    "integrity_changed": {"en": "Changed ({n:,}):", "zh": "已更改（{n:,}）："},
    "integrity_missing": {"en": "Missing ({n:,}):", "zh": "缺失（{n:,}）："},
    "integrity_added": {"en": "Added after the seal ({n:,}):", "zh": "封存后添加（{n:,}）："},
    "integrity_leftovers": {
        "en": "Left behind by a process that was killed ({n:,}):",
        "zh": "被终止的进程所遗留（{n:,}）：",
    },
    "integrity_left_out": {
        "en": "An export: {n:,} private files are not in it",
        "zh": "此为导出件：其中不含 {n:,} 个私有文件",
    },
    "integrity_chain": {
        "en": "Chain of custody: {n:,} lines, the last hash is {head}",
        "zh": "保管链：{n:,} 行，最后的哈希为 {head}",
    },
    "integrity_manifest": {"en": "Manifest (SHA-256): {digest}", "zh": "清单（SHA-256）：{digest}"},
    "integrity_reach": {
        "en": "Whoever can write the folder can seal it anew: only a signature over the manifest tells that, or this "
        "hash, noted elsewhere.",
        "zh": "能写入该文件夹的人可以重新封存：只有对清单的签名，或另行记下的上述哈希，才能发现这一点。",
    },
    "documents_checked": {"en": "{n} document entries, problems: {m}", "zh": "文档条目 {n} 项，问题 {m} 个"},
    "document_reply": {"en": "reply to it", "zh": "对其应答"},
    "document_part": {"en": "Document", "zh": "文档"},
    "document_image": {"en": "Image", "zh": "图像"},
    "document_cut": {"en": "incomplete", "zh": "不完整"},
    "document_keys": {"en": "Keys", "zh": "键"},
    "document_event": {"en": "Read as", "zh": "读作"},
    "document_fits": {"en": "fits", "zh": "符合"},
    "document_fits_not": {"en": "does not fit", "zh": "不符合"},
    "document_unknown": {
        "en": "No entry fits; netaudit documents new begins one.",
        "zh": "没有符合的条目；可用 netaudit documents new 起草。",
    },
    "repeat_same": {"en": "{n} tables are the same", "zh": "{n} 个数据表相同"},
    "repeat_differing": {"en": "DIFFERENT:", "zh": "不同："},
    "repeat_circumstances": {"en": "Not as it was then:", "zh": "与当时不同的条件："},
    "repeat_not_compared": {
        "en": "Not compared, since they follow the random key of the case:",
        "zh": "未比对（取决于案卷的随机密钥）：",
    },
    "signed_by_sm2": {
        "en": "signed by SM2 with SM3: {signer}\n    SHA-256 of the certificate: {certificate}",
        "zh": "已用 SM2（SM3）签名：{signer}\n    证书的 SHA-256：{certificate}",
    },
    "signed_by": {
        "en": "Signed: {signer}, certificate of {issuer}, SHA-256 {certificate}; its trust is not judged here",
        "zh": "已签名：{signer}，证书由 {issuer} 签发，SHA-256 {certificate}；该证书是否可信不在此判断",
    },
    "signed_not": {"en": "Not signed", "zh": "未签名"},
    "stamped_at": {"en": "Time stamp (RFC 3161): {time}", "zh": "时间戳（RFC 3161）：{time}"},
    "sm3_fit": {"en": "SM3 of {n:,} files fit", "zh": "{n:,} 个文件的 SM3 相符"},
    "attested_wrong": {"en": "SIGNATURE OR TIME STAMP DOES NOT HOLD:", "zh": "签名或时间戳不成立："},
    "attested_openssl": {
        "en": "The same by OpenSSL, in the folder of the case:",
        "zh": "可在案卷文件夹中用 OpenSSL 复核：",
    },
    "stamp_request": {
        "en": "{file}: carry it to a time stamp authority, then: netaudit stamp CASE --answer FILE --authority CA.pem",
        "zh": "{file}：请送交时间戳机构，取得应答后执行：netaudit stamp CASE --answer FILE --authority CA.pem",
    },
    "verify_none": {"en": "no findings to verify", "zh": "没有可复核的发现"},
    "verify_confirmed": {"en": "confirmed", "zh": "已证实"},
    "verify_partly_confirmed": {"en": "partly confirmed", "zh": "部分证实"},
    "verify_not_confirmable": {"en": "not confirmable", "zh": "无法复核"},
    "verify_not_found": {"en": "not found", "zh": "未找到"},
    "verify_contradicted": {"en": "contradicted", "zh": "不一致"},
    "decided": {"en": "{device}: your decision is noted: {what}", "zh": "{device}：已记录人工判断：{what}"},
    "decision": {"en": "Analyst's decision:", "zh": "人工判断："},
    "no_class": {"en": "class unknown", "zh": "类别未知"},
    "no_vendor": {"en": "vendor unknown", "zh": "厂商未知"},
    "contradicted": {"en": " (signatures contradict each other: {values})", "zh": "（特征相互矛盾：{values}）"},
    "behind": {"en": "at least {n} hosts behind it", "zh": "其后至少有 {n} 台主机"},
    "fired": {"en": "{n} signatures fired on {m} devices", "zh": "{n} 条特征命中 {m} 台设备"},
    "in_frame": {"en": " (frame {n})", "zh": "（第 {n} 帧）"},
    "undone_by": {"en": "would not hold, had this been seen:", "zh": "若出现下列情况则不成立："},
    "no_claims": {"en": "no signature holds for it", "zh": "没有特征与其相符"},
    "tried": {
        "en": "{claim}: {n} signatures for another answer looked at its facts and did not hold: {ids}",
        "zh": "{claim}：另有 {n} 条会得出其他结论的特征核对了其数据，均不相符：{ids}",
    },
    "other_set": {
        "en": "note: the case was named with another set of signatures than the one used here",
        "zh": "注意：该案卷使用的特征库与此处不同",
    },
    "compiling": {
        "en": "First start: compiling for this computer, once (10 to 60 s) …",
        "zh": "首次启动：正在为本机编译，仅此一次（10 至 60 秒）……",
    },
    "compiling_left": {
        "en": "First start: compiling for this computer, once: {part:.0%}, about {seconds} s left",
        "zh": "首次启动：正在为本机编译，仅此一次：{part:.0%}，约剩 {seconds} 秒",
    },
    "compiled": {"en": "Compiled, in {seconds} s", "zh": "编译完成，用时 {seconds} 秒"},
    "warm": {"en": "kernels are compiled, in", "zh": "内核已编译，位于"},
    "interface_allowed": {"en": "can be recorded", "zh": "可以抓包"},
    "interface_refused": {"en": "cannot be recorded: {why}", "zh": "不能抓包：{why}"},
    "interface_forbidden": {"en": "this user may not record it ({why})", "zh": "当前用户无权抓包（{why}）"},
    "interface_none": {"en": "no network interface was found", "zh": "未找到网络接口"},
    "interface_allow": {"en": "To be allowed to record:", "zh": "要获得抓包权限："},
    "live_forbidden": {
        "en": "{interface}: this user may not record it ({why})",
        "zh": "{interface}：当前用户无权抓包（{why}）",
    },
    "allow_debian": {
        "en": "{command}\n    (Debian, Ubuntu and their like: answer yes, then log in again)",
        "zh": "{command}\n    （Debian、Ubuntu 及同类系统：选择“是”，然后重新登录）",
    },
    "allow_setcap": {"en": "{command}\n    (for every user at once)", "zh": "{command}\n    （对所有用户立即生效）"},
    "allow_join": {
        "en": "{command}\n    (only this group may start dumpcap; then log in again)",
        "zh": "{command}\n    （只有该用户组可以运行 dumpcap；然后重新登录）",
    },
    "allow_install": {
        "en": "{command}\n    (gives dumpcap, which records)",
        "zh": "{command}\n    （安装用于记录的 dumpcap）",
    },
    "allow_root": {
        "en": "{command}\n    (without dumpcap, as root: Linux's own packet sockets, which are slower)",
        "zh": "{command}\n    （不装 dumpcap，以 root 运行：使用 Linux 自带的数据包套接字，速度较慢）",
    },
    "allow_npcap": {
        "en": 'install Npcap from {command}, without "Restrict Npcap driver\'s access to Administrators only"',
        "zh": "从 {command} 安装 Npcap，不要勾选“Restrict Npcap driver's access to Administrators only”",
    },
    "allow_wireshark": {
        "en": "install Wireshark with Npcap from {command}",
        "zh": "从 {command} 安装 Wireshark 及 Npcap",
    },
    "allow_brew": {"en": "{command}", "zh": "{command}"},
    "allow_chmodbpf": {
        "en": "or Wireshark from {command}, and ChmodBPF from its disk image; then log in again",
        "zh": "或从 {command} 安装 Wireshark，再安装其磁盘映像中的 ChmodBPF；然后重新登录",
    },
    "link_up": {"en": "link up", "zh": "链路已连接"},
    "link_down": {"en": "no link (cable?)", "zh": "无链路（网线？）"},
    "link_off": {"en": "switched off (switch on: {command})", "zh": "未启用（启用：{command}）"},
    "link_unknown": {"en": "", "zh": ""},
    "may_send": {
        "en": "netaudit sends nothing, but this system may send by itself on {interface}. To silence it:",
        "zh": "netaudit 不发送任何数据，但本机系统可能会在 {interface} 上自行发送。要使其静默：",
    },
    "may_send_ipv6": {"en": "IPv6 (neighbour and router discovery)", "zh": "IPv6（邻居与路由发现）"},
    "may_send_address": {"en": "an IPv4 address (whatever uses it)", "zh": "IPv4 地址（任何使用它的程序）"},
    "may_send_arp": {"en": "ARP", "zh": "ARP"},
    "may_send_networkmanager": {"en": "NetworkManager (DHCP)", "zh": "NetworkManager（DHCP）"},
    "may_send_networkd": {"en": "systemd-networkd (DHCP)", "zh": "systemd-networkd（DHCP）"},
    "may_send_dhcp": {"en": "a DHCP client", "zh": "DHCP 客户端"},
    "recorded_only": {
        "en": "Recorded into {folder}; audit it with: netaudit audit --resume {folder}",
        "zh": "已记录到 {folder}；审计命令：netaudit audit --resume {folder}",
    },
    "more_rows": {
        "en": "… {n:,} more rows (--csv or --json gives all)",
        "zh": "… 另有 {n:,} 行（--csv 或 --json 给出全部）",
    },
    "more_columns": {
        "en": "… columns that do not fit here: {names} (--csv or --json gives all)",
        "zh": "… 此处放不下的列：{names}（--csv 或 --json 给出全部）",
    },
    "browse_extra": {
        "en": "browse needs its extra: pip install 'netaudit[browse]'",
        "zh": "browse 需要附加组件：pip install 'netaudit[browse]'",
    },
    "browse_open": {
        "en": "Open {address}\n(this computer only; the address works once). Ctrl-C stops.",
        "zh": "请打开 {address}\n（仅限本机；该地址只能使用一次）。按 Ctrl-C 停止。",
    },
    "browse_again": {"en": "For another browser: {address}", "zh": "如需在其他浏览器打开：{address}"},
    "full": {
        "en": "{where}: no space left; the case there is partial",
        "zh": "{where}：磁盘空间不足；该案卷不完整",
    },
}


_spoken: list[str] = []  # the language of this process, where somebody said one


def speak(lang: str | None, *, only_if_silent: bool = False) -> None:
    """Let this process speak a language, as the command line or its settings ask for; None or another: the locale's."""
    if only_if_silent and _spoken:
        return
    _spoken[:] = [lang] if lang in {"zh", "en"} else []


def asked(words: list[str]) -> str | None:
    """The language that the words of a command line ask for, before they are understood: help and errors have it."""
    for word, after in itertools.pairwise([*words, ""]):
        if word == "--":
            return None
        if word == "--lang":
            return after
        if word.startswith("--lang="):
            return word.partition("=")[2]
    return None


def default_language() -> str:
    """The language that was asked for, else zh in Chinese locales, en otherwise."""
    if _spoken:
        return _spoken[0]
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE"):
        if value := os.environ.get(name):
            return "zh" if value.lower().startswith("zh") else "en"
    try:
        language = locale.getlocale()[0] or ""
    except ValueError:
        language = ""
    return "zh" if language.lower().startswith(("zh", "chinese")) else "en"


def language_of(lang: str | None) -> str:
    """The language asked for, else that of the locale. Raises UsageError for another one."""
    if lang not in {None, "zh", "en"}:
        raise UsageError(f"--lang {lang}: say zh or en")
    return lang or default_language()


say = speaker(TEXTS)
