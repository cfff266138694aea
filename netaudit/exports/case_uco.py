"""A case as a graph of CASE/UCO 1.5 in JSON-LD, written as plain JSON: captures, audit, images, who sent them to whom.

https://ontology.caseontology.org and https://ontology.unifiedcyberontology.org; `case_validate --allow-info` checks it
(SM3 is no word of its vocabulary, so only SHA-256 is written).
"""

from __future__ import annotations

import ipaddress
import uuid
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from netaudit.exports.record import images_of_findings
from netaudit.storage.files import write_json

if TYPE_CHECKING:
    from pathlib import Path

    from netaudit.case.reading import Case

UCO = "https://ontology.unifiedcyberontology.org/uco/"
CONTEXT = {
    "kb": "http://example.org/kb/",
    "case-investigation": "https://ontology.caseontology.org/case/investigation/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    **{f"uco-{name}": f"{UCO}{name}/" for name in ("action", "core", "observable", "tool", "types", "vocabulary")},
}
CONFIDENCE = {"A": 95, "B": 75, "C": 50, "D": 25}  # our letters on UCO's scale of 0 to 100; the letter is in the text


def write_case_uco(case: Case, out: Path) -> int:
    """Write the graph; gives the number of its nodes. Names of nodes follow from the case: the same graph each time."""
    graph = [*_files(case), *_hosts(case), *_findings(case), *_audit(case)]
    write_json(out, {"@context": CONTEXT, "@graph": graph})
    return len(graph)


def _id(kind: str, *names: object) -> str:
    return f"kb:{kind}-{uuid.uuid5(uuid.NAMESPACE_URL, ' '.join(map(str, (kind, *names))))}"


def _files(case: Case) -> list[dict[str, Any]]:
    captures = case.table("captures", ["capture_id", "name", "size", "sha256"]).to_pylist()
    nodes = [_file("capture", row["sha256"], row["size"], row["name"].rpartition("/")[2]) for row in captures]
    images, _ = images_of_findings(case, None)
    return nodes + [_file("image", row["sha256"], row["size"], f"{row['sha256'][:16]}.{row['kind']}") for row in images]


def _file(kind: str, sha256: str, size: int, name: str) -> dict[str, Any]:
    digest = {
        "@id": _id("hash", sha256),
        "@type": "uco-types:Hash",
        "uco-types:hashMethod": "SHA256",
        "uco-types:hashValue": {"@type": "xsd:hexBinary", "@value": sha256},
    }
    content = {
        "@id": _id("content", kind, sha256),
        "@type": "uco-observable:ContentDataFacet",
        "uco-observable:sizeInBytes": size,
        "uco-observable:hash": digest,
    }
    named = {"@id": _id("file", kind, sha256), "@type": "uco-observable:FileFacet", "uco-observable:fileName": name}
    return {"@id": _id(kind, sha256), "@type": "uco-observable:File", "uco-core:hasFacet": [named, content]}


def _hosts(case: Case) -> list[dict[str, Any]]:
    rows = case.table("findings", ["sender", "receiver"]).to_pylist()
    return [_host(ip) for ip in sorted({row[end] for row in rows for end in ("sender", "receiver")})]


def _host(ip: str) -> dict[str, Any]:
    name = f"IPv{ipaddress.ip_address(ip).version}Address"
    facet = {"@id": _id("facet", ip), "@type": f"uco-observable:{name}Facet", "uco-observable:addressValue": ip}
    return {"@id": _id("address", ip), "@type": f"uco-observable:{name}", "uco-core:hasFacet": [facet]}


def _findings(case: Case) -> list[dict[str, Any]]:
    columns = ["finding_id", "certainty", "act", "sender", "receiver", "images"]
    return [
        {
            "@id": _id("finding", row["finding_id"]),
            "@type": "uco-observable:ObservableRelationship",
            "uco-core:name": row["finding_id"],
            "uco-core:description": f"certainty {row['certainty']}; {row['act']}; transfers of images: {row['images']}",
            "uco-core:source": {"@id": _id("address", row["sender"])},
            "uco-core:target": {"@id": _id("address", row["receiver"])},
            "uco-core:kindOfRelationship": "Connected_To",
            "uco-core:isDirectional": True,
            "uco-core:hasFacet": [
                {
                    "@id": _id("confidence", row["finding_id"]),
                    "@type": "uco-core:ConfidenceFacet",
                    "uco-core:confidence": {
                        "@type": "xsd:nonNegativeInteger",
                        "@value": str(CONFIDENCE[row["certainty"]]),
                    },
                }
            ],
        }
        for row in case.table("findings", columns).to_pylist()
    ]


def _audit(case: Case) -> list[dict[str, Any]]:
    """The tool and the one action: captures in, images out."""
    version = str(case.manifest.get("netaudit_version", ""))
    tool = {
        "@id": _id("tool", version),
        "@type": "uco-tool:AnalyticTool",
        "uco-core:name": "netaudit",
        "uco-tool:version": version,
    }
    captures = pa.Table.to_pylist(case.table("captures", ["sha256"]))
    images, _ = images_of_findings(case, None)
    action: dict[str, Any] = {
        "@id": _id("audit", *(row["sha256"] for row in captures), version),
        "@type": "case-investigation:InvestigativeAction",
        "uco-core:name": "audit",
        "uco-action:instrument": {"@id": tool["@id"]},
        "uco-action:object": [{"@id": _id("capture", row["sha256"])} for row in captures],
        "uco-action:result": [{"@id": _id("image", row["sha256"])} for row in images],
    }
    for key, name in (("uco-action:startTime", "started_utc"), ("uco-action:endTime", "finished_utc")):
        if name in case.run:
            action[key] = {"@type": "xsd:dateTime", "@value": case.run[name]}
    return [tool, {key: value for key, value in action.items() if value != []}]
