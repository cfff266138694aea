"""Bounds that were reached, in Chinese and English, by the note that reading left."""

from __future__ import annotations

CODINGS = ("br", "bzip2", "compress", "deflate", "gzip", "lzma", "quoted-printable", "xz", "zstd")

LIMITS = {
    "a block far behind all others of its body is told by itself": (
        "与同一内容其他数据块相距过远的数据块单独列出", "a block far behind all others of its body is told by itself",
    ),
    "Kafka records that could not be read": ("无法读取的 Kafka 记录", "Kafka records that could not be read"),
    "number of Kafka records in one request": (
        "单个请求中的 Kafka 记录数", "number of Kafka records in one request",
    ),
    "size of Kafka records after decompression": (
        "Kafka 记录解压后的大小", "size of Kafka records after decompression",
    ),
    "unknown compression of Kafka records": ("Kafka 记录的未知压缩方式", "unknown compression of Kafka records"),
    "bson depth": ("BSON 嵌套层数", "depth of BSON"),
    "bytes far behind a hole are not kept": ("缺失之后相距过远的字节未保留", "bytes far behind a hole are not kept"),
    "bytes under way in one connection": ("单个连接中同时处理的字节数", "bytes under way in one connection"),
    "carving": ("在未知数据中的搜索量", "searching in unknown data"),
    "depth": ("嵌套层数", "depth of layers"),
    "document size": ("文档大小", "size of a document"),
    "expansion": ("解压后的大小", "size after decompression"),
    "header fields": ("首部字段数", "number of header fields"),
    "images in one part": ("单个部分中的图像数", "images in one part"),
    "messages under way": ("同时处理的消息数", "messages under way"),
    "packets between the first and the last of a long message are not told": (
        "长消息首尾之间的数据包未列出", "packets between the first and the last of a long message are not told",
    ),
    "parts": ("部分的数量", "number of parts"),
    "protobuf depth": ("Protocol Buffers 嵌套层数", "depth of Protocol Buffers"),
    "records tried behind losses": ("丢失之后试读的记录数", "records tried behind losses"),
    "size of a compressed message": ("压缩消息的大小", "size of a compressed message"),
    "size of a body": ("正文的大小", "size of a body"),
    "streams under way in one connection": ("单个连接中同时处理的流数", "streams under way in one connection"),
    "too much of open files held at a time": ("同时保留的未完成文件过多", "too much of open files held at a time"),
    "xml depth": ("XML 嵌套层数", "depth of XML"),
    "xml entity declarations": ("XML 实体声明", "entity declarations of XML"),
    "xml size": ("XML 大小", "size of XML"),
    "zip ratio or expansion": ("ZIP 压缩比或解压后的大小", "ratio of a ZIP or size after decompression"),
    "body over 64 MiB: only the first part kept": (
        "正文超过 64 MiB，仅保留前一部分", "body over 64 MiB: only the first part kept",
    ),
    "file over 64 MiB: only the first part kept": (
        "文件超过 64 MiB，仅保留前一部分", "file over 64 MiB: only the first part kept",
    ),
    **{
        f"{name} ratio or expansion": (f"{name} 压缩比或解压后的大小", f"ratio of {name} or size after decompression")
        for name in CODINGS
    },
}  # fmt: skip
