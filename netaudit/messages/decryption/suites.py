"""Cipher suites that can be opened (IANA, TLS Cipher Suites): what protects records, and what makes the keys.

What is left out: export suites, GOST, ARIA, SM4, Camellia in GCM, and integrity-only suites of TLS 1.3 (RFC 9150).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

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


# mode, cipher, key size, MAC, PRF: numbers in hexadecimal
_TABLE: tuple[tuple[str, str, int, str, str, str], ...] = (
    ("gcm", "aes", 16, "", "sha256", "009c 009e 00a0 00a2 00a4 00a6 00a8 00aa 00ac c02b c02d c02f c031 d001 1301"),
    ("gcm", "aes", 32, "", "sha384", "009d 009f 00a1 00a3 00a5 00a7 00a9 00ab 00ad c02c c02e c030 c032 d002 1302"),
    ("poly1305", "chacha20", 32, "", "sha256", "cca8 cca9 ccaa ccab ccac ccad ccae 1303"),
    ("ccm", "aes", 16, "", "sha256", "c09c c09e c0a4 c0a6 c0ac d005 1304"),
    ("ccm", "aes", 32, "", "sha256", "c09d c09f c0a5 c0a7 c0ad"),
    ("ccm8", "aes", 16, "", "sha256", "c0a0 c0a2 c0a8 c0aa c0ae d003 1305"),
    ("ccm8", "aes", 32, "", "sha256", "c0a1 c0a3 c0a9 c0ab c0af"),
    (
        "cbc", "aes", 16, "sha1", "sha256",
        "002f 0030 0031 0032 0033 0034 008c 0090 0094 c004 c009 c00e c013 c018 c01d c01e c01f c035",
    ),
    (
        "cbc", "aes", 32, "sha1", "sha256",
        "0035 0036 0037 0038 0039 003a 008d 0091 0095 c005 c00a c00f c014 c019 c020 c021 c022 c036",
    ),
    ("cbc", "aes", 16, "sha256", "sha256", "003c 003e 003f 0040 0067 006c 00ae 00b2 00b6 c023 c025 c027 c029 c037"),
    ("cbc", "aes", 32, "sha256", "sha256", "003d 0068 0069 006a 006b 006d"),
    ("cbc", "aes", 32, "sha384", "sha384", "00af 00b3 00b7 c024 c026 c028 c02a c038"),
    (
        "cbc", "3des", 24, "sha1", "sha256",
        "000a 000d 0010 0013 0016 001b 008b 008f 0093 c003 c008 c00d c012 c017 c01a c01b c01c c034",
    ),
    ("cbc", "des", 8, "sha1", "sha256", "0009 000c 000f 0012 0015 001a"),
    ("cbc", "camellia", 16, "sha1", "sha256", "0041 0042 0043 0044 0045 0046"),
    ("cbc", "camellia", 32, "sha1", "sha256", "0084 0085 0086 0087 0088 0089"),
    ("cbc", "camellia", 16, "sha256", "sha256", "00ba 00bb 00bc 00bd 00be 00bf c072 c074 c076 c078"),
    ("cbc", "camellia", 16, "sha256", "sha256", "c094 c096 c098 c09a"),
    ("cbc", "camellia", 32, "sha256", "sha256", "00c0 00c1 00c2 00c3 00c4 00c5"),
    ("cbc", "camellia", 32, "sha384", "sha384", "c073 c075 c077 c079 c095 c097 c099 c09b"),
    ("cbc", "seed", 16, "sha1", "sha256", "0096 0097 0098 0099 009a 009b"),
    ("cbc", "idea", 16, "sha1", "sha256", "0007"),
    ("stream", "rc4", 16, "md5", "sha256", "0004 0018"),
    ("stream", "rc4", 16, "sha1", "sha256", "0005 008a 008e 0092 c002 c007 c00c c011 c016 c033"),
    ("stream", "null", 0, "md5", "sha256", "0001"),
    ("stream", "null", 0, "sha1", "sha256", "0002 002c 002d 002e c001 c006 c00b c010 c015 c039"),
    ("stream", "null", 0, "sha256", "sha256", "003b 00b0 00b4 00b8 c03a"),
    ("stream", "null", 0, "sha384", "sha384", "00b1 00b5 00b9 c03b"),
)  # fmt: skip


@functools.cache
def suites() -> dict[int, Suite]:
    """All suites that can be opened, by number."""
    return {
        int(text, 16): Suite(int(text, 16), cipher, mode, key, mac, prf)
        for mode, cipher, key, mac, prf, numbers in _TABLE
        for text in numbers.split()
    }
