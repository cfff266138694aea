"""Second opinions: what others than netaudit's own stages make of the same captures.

`reassembly.py`, `http1.py` and `contents.py` are a second derivation, written on dpkt and the standard library: they
import nothing of netaudit, so that no fault of a stage is repeated here. `comparing.py` holds what they give against a
case.
"""
