"""What the papers say, in both languages."""

from __future__ import annotations

from netaudit.ground.bilingual import speaker

TEXTS = {
    "title": {"zh": "电子数据证据提取笔录", "en": "Record of extraction of electronic data"},
    "fill": {"zh": "（由执法人员填写）", "en": "(for the officer to fill in)"},
    "cause": {"zh": "案由", "en": "Cause of the case"},
    "party": {"zh": "当事人（电子数据持有人、提供人）", "en": "Party (holder or provider of the data)"},
    "place": {"zh": "提取地点", "en": "Place"},
    "time": {"zh": "提取起止时间", "en": "Begin and end of the extraction"},
    "officers": {"zh": "执法人员及执法证号", "en": "Officers and numbers of their warrants"},
    "witness": {"zh": "见证人", "en": "Witness"},
    "medium": {"zh": "原始存储介质及封存情况", "en": "Original medium, and how it was sealed"},
    "no_medium": {"zh": "未扣押、封存原始介质的原因", "en": "Why the original medium was not seized or sealed"},
    "site": {"zh": "审计场所", "en": "Audited site"},
    "packets_from": {"zh": "数据包时间范围", "en": "Packets from … to"},
    "audited": {"zh": "审计起止时间（UTC）", "en": "Audit from … to (UTC)"},
    "zone": {"zh": "下列时间所用时区", "en": "Time zone of the times below"},
    "clock": {"zh": "捕获时钟与其他时钟之差", "en": "Clock of the capture against others"},
    "clock_line": {
        "zh": "{source}：中位数 {median} 秒，范围 {low} 至 {high} 秒（{n} 个样本）",
        "en": "{source}: median {median} s, from {low} to {high} s ({n} samples)",
    },
    "clock_none": {
        "zh": "数据中没有可比对的时钟，由执法人员核对",
        "en": "nothing to compare it with; for the officer to check",
    },
    "method": {"zh": "一、提取方法和过程", "en": "1. Method and process"},
    "method_text": {
        "zh": "使用 netaudit {version} 对上述网络数据包捕获文件作被动分析：逐包读取并计算文件 SHA-256，"
        "重组 TCP 数据流，解析应用层协议，从消息中还原图像与文档，按内容计算 SHA-256，对图像作人脸检测，"
        "并记录承载每一对象的数据包编号。未向任何设备或网络发送数据。"
        "设备与服务特征库版本 {signatures}（SHA-256 {digest}）。同一捕获文件、同一版本与选项重复分析，可得相同结果。",
        "en": "netaudit {version} analysed the captures named below passively: it read every packet and "
        "computed the SHA-256 of "
        "the files, put TCP streams in order, read application protocols, recovered images and documents "
        "from messages, hashed "
        "them with SHA-256, looked for faces in images, and noted the packets that carried each object. "
        "Nothing was sent to any "
        "device or network. Signatures of devices and services: version {signatures} (SHA-256 {digest}). "
        "The same captures, "
        "version and options give the same result again.",
    },
    "command_repeat": {
        "zh": "复核命令：netaudit verify CASE；netaudit verify CASE --by wireshark --by dpkt；netaudit repeat CASE",
        "en": "Commands that check it: netaudit verify CASE; netaudit verify CASE --by wireshark --by dpkt; "
        "netaudit repeat CASE",
    },
    "kind_line": {"zh": "{what}，{format}", "en": "{what}, {format}"},
    "records": {"zh": "身份记录", "en": "Records"},
    "partial": {
        "zh": "注意：审计未完成，案卷只含中断前已读取的部分。",
        "en": "Note: the audit did not come to its end; the case holds what was read until then.",
    },
    "result": {"zh": "二、提取结果", "en": "2. What was found"},
    "none": {"zh": "无。", "en": "None."},
    "list": {"zh": "三、电子数据清单", "en": "3. List of the electronic data"},
    "no": {"zh": "序号", "en": "No."},
    "data": {"zh": "电子数据", "en": "Electronic data"},
    "kind": {"zh": "类别、格式", "en": "Kind, format"},
    "size": {"zh": "大小（字节）", "en": "Size (bytes)"},
    "source": {"zh": "来源", "en": "Source"},
    "way": {"zh": "提取方式", "en": "How extracted"},
    "hash": {"zh": "完整性校验值", "en": "Integrity value"},
    "certainty": {"zh": "等级", "en": "Grade"},
    "act": {"zh": "行为", "en": "Act"},
    "sender": {"zh": "发送方", "en": "Sender"},
    "receiver": {"zh": "接收方", "en": "Receiver"},
    "images": {"zh": "图像次数（D 级为字节）", "en": "Images (D: bytes)"},
    "span": {"zh": "起止时间", "en": "From … to"},
    "id": {"zh": "编号", "en": "Id"},
    "capture": {"zh": "网络数据包捕获文件", "en": "packet capture"},
    "captured_how": {"zh": "原文件，未作改动", "en": "original file, unchanged"},
    "provided": {"zh": "审计输入", "en": "input of the audit"},
    "manifest": {
        "zh": "案卷清单（列出案卷全部文件及其 SHA-256）",
        "en": "manifest (every file of the case with its SHA-256)",
    },
    "generated": {"zh": "由 netaudit 生成", "en": "made by netaudit"},
    "case_folder": {"zh": "案卷", "en": "case"},
    "unsealed": {
        "zh": "案卷没有封存清单（manifest.json），无法以一个校验值代表全部结果。",
        "en": "The case has no manifest (manifest.json): no single value stands for all of its results.",
    },
    "image": {"zh": "图像", "en": "image"},
    "recovered": {"zh": "由数据包重组还原，{path}", "en": "recovered from packets, {path}"},
    "frames": {"zh": "捕获文件 {capture}，数据包 {frames}", "en": "capture {capture}, packets {frames}"},
    "more_findings": {
        "zh": "另有 {n} 项发现未逐项列出，见案卷的 tables/findings.parquet。",
        "en": "{n} more findings are not listed one by one; tables/findings.parquet of the case has them.",
    },
    "more": {
        "zh": "另有 {n} 项图像未逐一列出，其名称与 SHA-256 见 manifest.json。",
        "en": "{n} more images are not listed one by one; manifest.json has their names and SHA-256.",
    },
    "statement": {"zh": "当事人对以上笔录的意见", "en": "What the party says to this record"},
    "refused": {"zh": "当事人拒绝签名的情况说明", "en": "If the party refuses to sign: the circumstances"},
    "signed": {"zh": "签名、日期", "en": "Signature, date"},
    "masked": {
        "zh": "个人信息已遮蔽。等级：A 完整图像且有人脸；B 图像受损；C 按大小与时间推断；D 内容不可见。",
        "en": "Personal data is masked. A: whole image with a face; B: damaged; C: by size and time; D: "
        "content not visible.",
    },
    "form": {
        "zh": "本笔录所列要素依据公开可读的取证规定整理；文书格式以当地印发的范本为准，使用前请核对。",
        "en": "The items follow what could be read of the published rules; the form issued locally "
        "prevails: compare before use.",
    },
}

say = speaker(TEXTS)
