"""Cipher suites that can be opened (IANA, TLS Cipher Suites): what protects records, and what makes the keys.

What is left out: export suites, GOST, ARIA, SM4, Camellia in GCM, and integrity-only suites of TLS 1.3 (RFC 9150).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from netaudit.core.text.csv_text import csv_of

TLS13_SUITES = range(0x1301, 0x1306)


@dataclass(frozen=True, slots=True)
class Suite:
    """One suite. Sizes in bytes."""

    number: int
    cipher: str  # "aes", "chacha20", "3des", "des", "camellia", "seed", "idea", "rc4", "null"
    mode: str  # "gcm", "ccm", "ccm8", "poly1305", "cbc", "stream"
    key: int
    mac: str  # hash of the record's MAC, empty for AEAD
    prf: str  # hash of the key schedule (TLS 1.2 on); earlier versions use MD5 and SHA-1

    @property
    def aead(self) -> bool:
        """Whether records are protected by an AEAD."""
        return not self.mac


@functools.cache
def suites() -> dict[int, Suite]:
    """All suites that can be opened, by number."""
    return {
        int(text, 16): Suite(int(text, 16), cipher, mode, int(key), mac, prf)
        for mode, cipher, key, mac, prf, numbers in csv_of(__package__, "suites.csv")
        for text in numbers.split()
    }
