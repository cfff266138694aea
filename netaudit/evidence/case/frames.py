"""Tables of a case as pandas DataFrames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netaudit.core.text.addresses import community_id
from netaudit.errors import UsageError
from netaudit.findings.vocabulary import GRADE, UPLOADED

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


VERDICTS = {"yes": True, "no": False}  # of a face: all other words say that nobody knows


def need_pandas() -> None:
    """Raise UsageError where DataFrames cannot be had."""
    try:
        import pandas  # noqa: F401
    except ImportError as error:
        raise UsageError(
            "DataFrames need pandas: python -m pip install pandas; case.table(name) gives Arrow without it"
        ) from error


def frame_of(name: str, table: pa.Table) -> pd.DataFrame:
    """A table as a DataFrame.

    `images.face` is True, False or NA, and `face_judgement` has the word that the table has; `findings.left` says
    whether what was seen left for the outside (sums over all findings would add grades and moves inside); `devices.ip`
    is the first address of a device, NA where it has none; `flows.community_id` is what other tools call a flow.
    """
    need_pandas()
    frame: pd.DataFrame = table.to_pandas()
    if "face" in frame:
        frame.insert(list(frame).index("face") + 1, "face_judgement", frame["face"])
        frame["face"] = frame["face"].map(VERDICTS).astype("boolean")
    if name == "findings":
        seen = frame["certainty"].map(lambda letter: GRADE[letter].seen).astype(bool)
        frame.insert(list(frame).index("act") + 1, "left", seen & (frame["act"] == UPLOADED.name))
    if name == "flows":
        ends = frame[["transport", "client_ip", "client_port", "server_ip", "server_port"]]
        frame["community_id"] = [community_id(*one) for one in ends.itertuples(index=False)]
    if name == "devices":
        frame.insert(list(frame).index("ips"), "ip", frame["ips"].map(_first).astype("string"))
    return frame


def _first(values: Any) -> Any:
    import pandas as pd

    return values[0] if values is not None and len(values) else pd.NA
