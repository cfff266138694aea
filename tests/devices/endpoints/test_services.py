"""Services of the far side by name, path and Server header; a dual-stack host is no gateway."""

from __future__ import annotations

import pytest

from netaudit.core.signatures.conditions import Fact
from netaudit.core.signatures.loading import load
from netaudit.devices.endpoints.from_tables import Services, endpoint_facts
from netaudit.devices.endpoints.vantage import forwards

SERVICES = Services(load().services)


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (["api.wangxiaobao.com"], "sales_platform"),
        (["wxb-capture.oss-cn-hangzhou.aliyuncs.com", "cn-hangzhou.oss-adns.aliyuncs.com"], "object_store"),
        (["iai.tencentcloudapi.com"], "face_api"),
        (["www.baidu.com", "aip.baidubce.com"], "face_api"),  # the gravest counts
        (["open.ys7.com"], "camera_cloud"),
        (["ntp.aliyun.com"], "time"),
        (["example.org"], ""),
        (["b.tos-cn-beijing.volces.com"], ""),  # known from recollection only
        ([], ""),
    ],
)
def test_by_name(names: list[str], kind: str) -> None:
    service, found = SERVICES.name(endpoint_facts("1.2.3.4", names, {}))
    assert found == kind
    assert bool(service) == bool(kind)


def test_by_request_where_the_name_tells_nothing() -> None:
    requests = {"1.2.3.4": {"endpoint.path": [Fact("endpoint.path", "/wxb/record")]}}
    assert SERVICES.name(endpoint_facts("1.2.3.4", ["crm.example.cn"], requests))[1] == "sales_platform"
    assert SERVICES.name(endpoint_facts("5.6.7.8", ["crm.example.cn"], requests)) == ("", "")


def test_a_host_with_private_ipv4_and_global_ipv6_is_no_gateway() -> None:
    assert not forwards({"192.168.1.9", "240e:3a1::9", "fe80::9"})
    assert forwards({"192.168.1.1", "47.96.10.20"})
    assert forwards({"240e::1", "2408::1", "2409::1", "2001:db8::1"})
