"""Registrable domains, without the list of public suffixes: what two hosts must share to be one party's.

Names under suffixes of two labels (com.cn) have three. Under the domains of stores and caches that many rent every
name is a party of its own. A suffix that is not known makes too few hosts one party's, or, under a rare suffix of
two labels, too many.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache

SECOND = frozenset({"com", "net", "org", "gov", "edu", "ac", "co", "mil", "ne", "or", "go", "gob", "nom"})
RENTED = (  # domains under which names are rented to anybody
    "aliyuncs.com", "alicdn.com", "alikunlun.com", "kunlunsl.com", "kunluncan.com", "myqcloud.com", "qcloud.com",
    "tencentcos.cn", "cdntip.com", "dnsv1.com", "bcebos.com", "bdstatic.com", "myhuaweicloud.com", "hwcloudtest.cn",
    "volces.com", "bytecdn.cn", "qiniucdn.com", "qiniudns.com", "clouddn.com", "qbox.me", "ksyuncs.com", "upaiyun.com",
    "upcdn.net", "cdn20.com", "wsglb0.com", "lxdns.com", "chinanetcenter.com", "amazonaws.com", "cloudfront.net",
    "windows.net", "azureedge.net", "googleapis.com", "akamaized.net", "akamaihd.net", "fastly.net", "cloudflare.net",
    "r2.dev", "workers.dev", "github.io", "oss.cn",
)  # fmt: skip


@lru_cache(maxsize=8192)
def registrable(host: str, *, rented: bool = True) -> str:
    """The domain that whoever speaks for the host registered; empty for addresses and single words.

    Under domains that are rented out it is the host itself, or, without `rented`, that domain.
    """
    name = host.lower().rstrip(".").rpartition("@")[2]
    name = name.partition(":")[0] if name.count(":") == 1 else name
    labels = name.split(".")
    if len(labels) < 2 or not all(labels) or is_ip_address(name):
        return ""
    if rented and any(name.endswith(f".{one}") for one in RENTED):
        return name
    wide = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in SECOND
    return ".".join(labels[-3 if wide else -2 :])


def is_ip_address(name: str) -> bool:
    """Whether it is an IP address, in brackets or not."""
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
