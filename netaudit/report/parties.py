"""How devices and far sides are called in a sentence: maker and class, the place that was told, name and address.

What a device says of itself or of its place stands in quotation marks. Nothing is called more than its table says.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from netaudit.report import reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netaudit.report.reading import CaseLike, Row
    from netaudit.report.sections_endpoints import Hosts
    from netaudit.report.wording import Wording

PLACED = ("capture device", "verification terminal")  # whose events tell where they themselves are
UNSURE = ("hearsay", "recalled", "inferred")
SURE = ("declared", "strong")
MOST_ADDRESSES = 3
MOST_PLACES = 2
LONGEST = 40  # characters of a place or name


class Parties:
    """Names of the parties of one case, in words."""

    def __init__(self, case: CaseLike, hosts: Hosts, w: Wording) -> None:
        self._w = w
        self.known = hosts
        self._places: dict[str, list[str]] = defaultdict(list)
        for row in reading.rows(case.table("events"), "sender", "place", "certainty"):
            places = self._places[row["sender"] or ""]
            if row["place"] and row["certainty"] not in UNSURE and row["place"] not in places:
                places.append(row["place"])

    def device(self, ip: str) -> str:
        """A device inside: '大华人脸抓拍摄像机（“沙盘”，192.168.1.65）'."""
        w = self._w
        row = self.known.devices.by_address(ip)
        shown = w.exact(ip, 60) or w.t("unknown")
        if row is None:
            return self._service(ip) or shown
        name, weak = self._kind(row)
        label = self._label(row, ip)
        about = w.t("party_comma").join([*(label and [label]), shown])
        return w.t("party_about", name=name, about=w.t("party_weak", name=about) if weak else about)

    def _label(self, row: Row, ip: str) -> str:
        """The places that a capturing device told, else the name of a device, in quotation marks."""
        w = self._w
        places = self._places.get(ip, ())[:MOST_PLACES] if row["role_hint"] in PLACED else ()
        labels = places or [name for name in (row["name"],) if name]
        return w.t("lead_comma").join(w.t("quoted", said=w.text(one, LONGEST)) for one in labels)

    def _inside(self, ip: str) -> bool:
        """Whether a far side is a device inside that no service was named for."""
        inside = self._w.t.known("scope", "inside")
        return self.known.full(ip)["scope"] == inside and not self._service(ip)

    def _kind(self, row: Row) -> tuple[str, bool]:
        """Maker and class in words, and whether one of them rests on weak evidence."""
        w = self._w
        product = str(row["product"] or "")
        maker = w.maker(row["vendor"]) or ("" if "(" in product else self._brand(product))
        kind = w.term("class", row["class"]) if row["class"] else ""
        weak = any(row[key] and row[f"{key}_confidence"] not in SURE for key in ("vendor", "class"))
        if maker and kind:
            return w.t("party_device", maker=maker, kind=kind), weak
        if maker:
            return w.t("party_device", maker=maker, kind=w.t("party_kindless")), weak
        return kind or w.t("party_unnamed"), weak

    def _brand(self, product: str) -> str:
        """A product that is a brand stands for its maker; names of interfaces do not."""
        return self._w.names("product_name", product) if product[:1] >= "\u4e00" else ""

    def endpoint(self, ips: Sequence[str]) -> str:
        """A far side: '旺小宝（api.wangxiaobao.com、47.96.10.20，中国）'; several addresses of one service together."""
        w = self._w
        service = self._service(ips[0])
        if self._inside(ips[0]):
            return self.device(ips[0])
        host = self.known.full(ips[0])
        name = self._far_name(ips)
        about = [service] if name != service and service else []
        addresses = w.t("lead_comma").join(w.exact(ip, 60) for ip in ips[:MOST_ADDRESSES])
        if len(ips) > MOST_ADDRESSES:
            addresses = w.t("party_addresses", shown=addresses, n=w.number(len(ips)))
        about += [addresses] if name else []
        about += [w.t("of_block", country=host["country"])] if host["country"] else []
        return w.t("party_about", name=name or addresses, about=w.t("party_comma").join(about)) if about else addresses

    def _far_name(self, ips: Sequence[str]) -> str:
        """The service of a far side, or the first host name of its first address; empty where neither is known."""
        service = self._service(ips[0])
        names = self.known.full(ips[0])["names"]
        first = str(next((name for name in names if name.strip("[]") not in ips), ""))
        by_form = self.known.by_form(ips[0])  # a service told by its paths or answers: whose it is, the name tells
        return first if by_form and first else service or first

    def short(self, ip: str) -> tuple[str, str]:
        """A device inside for a line of its own: what it is, then what it or its place is called; one may be empty."""
        w = self._w
        row = self.known.devices.by_address(ip)
        if row is None:
            return self._service(ip) or w.t("party_unnamed"), ""
        name, weak = self._kind(row)
        label = self._label(row, ip)
        return w.t("party_about", name=name, about=w.t("party_weakly")) if weak else name, label

    def far(self, ips: Sequence[str]) -> str:
        """A far side for a line of its own, without its addresses; empty where it has no name."""
        return self.short(ips[0])[0] if self._inside(ips[0]) else self._far_name(ips)

    def key(self, ip: str) -> str:
        """What groups addresses of one device: its id, else the address."""
        row = self.known.devices.by_address(ip)
        return str(row["device_id"] or ip) if row else ip

    def hosts(self, ips: Sequence[str]) -> list[tuple[str, str]]:
        """The first addresses, each with its own host name and country."""
        shown = []
        for ip in ips[:MOST_ADDRESSES]:
            host = self.known.full(ip)
            name = next((one for one in host["names"] if one.strip("[]") != ip), "")
            country = self._w.t("of_block", country=host["country"]) if host["country"] else ""
            shown.append((host["ip"], " · ".join(part for part in (name, country) if part)))
        return shown

    def service(self, ip: str) -> str:
        """What groups addresses of one far side: its service, else the address."""
        return self._service(ip) or ip

    def _service(self, ip: str) -> str:
        """The first service that an address was named for."""
        join = "；" if self._w.lang == "zh" else "; "
        return str(self.known.full(ip)["service"]).partition(join)[0]
