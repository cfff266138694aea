"""What the report of a campaign says, in both languages."""

from __future__ import annotations

TEXTS = {
    "title": {"zh": "专项检查报告：多个场所", "en": "Report of a campaign: many sites"},
    "state": {
        "zh": "计划 {n} 个场所：已审计 {done}，失败 {failed}，尚未审计 {waiting}。",
        "en": "{n} sites planned: {done} audited, {failed} failed, {waiting} not audited yet.",
    },
    "follows": {
        "zh": "专项检查审计的是场所，不跟踪任何人：本报告不含任何个人的记录，也不含个人设备。",
        "en": "A campaign audits offices and follows nobody: there is no row of a person here, nor a personal device.",
    },
    "not_counted": {
        "zh": "未跨场所统计证件号码（默认关闭）。",
        "en": "Identity numbers were not counted across sites (off by default).",
    },
    "counted": {
        "zh": "跨场所统计：{n} 个证件号码出现于一个以上场所。目的：{purpose}；授权人：{authorised_by}。",
        "en": "Counted across sites: {n} identity numbers met at more than one. Purpose: {purpose}; authorised by: "
        "{authorised_by}.",
    },
    "few": {
        "zh": "跨场所统计：出现于一个以上场所的证件号码少于 {least} 个，不报告数目。"
        "目的：{purpose}；授权人：{authorised_by}。",
        "en": "Counted across sites: fewer than {least} identity numbers met at more than one; how many is not told. "
        "Purpose: {purpose}; authorised by: {authorised_by}.",
    },
    "districts": {"zh": "各区概览", "en": "By district"},
    "nowhere": {"zh": "未注明区域", "en": "No district named"},
    "district": {
        "zh": "{n} 个场所，已审计 {done}；{leaving} 个有明文外传（A/B 级），{hidden} 个有内容不可见的上传（C/D 级）",
        "en": "sites: {n}, audited: {done}; with uploads seen in clear (A, B): {leaving}, with uploads of hidden "
        "content (C, D): {hidden}",
    },
    "totals": {"zh": "合计（按确定性等级）", "en": "Totals by certainty"},
    "images_a": {"zh": "外传人脸图像张次（A 级）", "en": "Face images that left (A)"},
    "images_b": {"zh": "外传人脸图像张次（B 级）", "en": "Face images that left (B)"},
    "records_a": {"zh": "外传证件号码记录（A 级）", "en": "Records with identity numbers that left (A)"},
    "records_b": {"zh": "外传证件号码记录（B 级）", "en": "Records with identity numbers that left (B)"},
    "retrieved": {"zh": "自外部取回的人脸图像张次", "en": "Face images retrieved from outside"},
    "inside": {"zh": "内部设备之间传送的人脸图像张次", "en": "Face images moved between inside devices"},
    "bytes_c": {
        "zh": "按大小和时间相符的加密上传（C 级，内容不可见）",
        "en": "Encrypted uploads that fit by size and time (C, content not seen)",
    },
    "bytes_d": {"zh": "加密上传（D 级，内容不可见）", "en": "Encrypted uploads (D, content not seen)"},
    "sites": {"zh": "各场所（按所见排序）", "en": "Sites, by what was found"},
    "columns": {
        "zh": "场所|区域|检查人员|捕获时段|取证位置|结论",
        "en": "Site|District|Officer|Captured|Vantage|Verdict",
    },
    "standing": {"zh": "状态", "en": "State"},
    "audited": {"zh": "已审计", "en": "audited"},
    "times": {"zh": "次数", "en": "Times"},
    "failed": {"zh": "审计失败：", "en": "the audit failed:"},
    "waiting": {"zh": "尚未审计", "en": "not audited yet"},
    "unknown": {"zh": "未知", "en": "unknown"},
    "apart": {"zh": "哪些不可比较", "en": "What cannot be compared"},
    "always_apart": {
        "zh": "数目随捕获时长、当日来访人数和取证位置而变；某场所数目较少，不表示其传出较少。",
        "en": "Figures follow the length of a capture, the visitors of the day and the vantage: "
        "fewer does not mean that less leaves.",
    },
    "lengths": {"zh": "捕获时长从 {least}到 {most}不等。", "en": "Captures last from {least} to {most}."},
    "hours": {"zh": "{n} 小时", "en": "{n} h"},
    "minutes": {"zh": "{n} 分钟", "en": "{n} min"},
    "seconds": {"zh": "{n} 秒", "en": "{n} s"},
    "vantages": {"zh": "取证位置不同：{which}。", "en": "Vantages differ: {which}."},
    "drops": {"zh": "{n} 个场所的采集端丢失了数据包。", "en": "Sites where packets were lost while capturing: {n}."},
    "missing": {
        "zh": "{n} 个场所没有结果，合计中不含它们。",
        "en": "Sites without a result, which the totals lack: {n}.",
    },
    "limited": {
        "zh": "{n} 个场所有未读取或未作判定的内容（见各场所结论），合计只含已判定者。",
        "en": "Sites where something was not read or not judged (see their verdicts), which the totals lack: {n}.",
    },
    "met": {"zh": "内容|场所数|首次|末次", "en": "What|Sites|First seen|Last seen"},
}  # fmt: skip
KINDS = {
    "endpoints": {"zh": "外部端点", "en": "Endpoints outside"},
    "services": {"zh": "外部服务", "en": "Services outside"},
    "sni": {"zh": "TLS 请求的名称（SNI）", "en": "Names asked for in TLS (SNI)"},
    "ja4": {"zh": "TLS 客户端指纹（JA4）", "en": "Fingerprints of TLS clients (JA4)"},
    "certificates": {"zh": "证书", "en": "Certificates"},
    "makers": {"zh": "设备厂商", "en": "Makers of devices"},
    "models": {"zh": "设备型号", "en": "Models of devices"},
    "serials": {"zh": "设备序列号", "en": "Serial numbers of devices"},
    "documents": {"zh": "平台报文格式", "en": "Documents of platforms"},
    "agencies": {"zh": "报文中的渠道公司", "en": "Agencies named in documents"},
}
