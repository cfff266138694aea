"""The alphabet of base64 that is safe in addresses and names of files, made the common one (RFC 4648, 4 and 5)."""

STANDARD = bytes.maketrans(b"-_", b"+/")  # for `bytes.translate`
STANDARD_TEXT = str.maketrans("-_", "+/")  # for `str.translate`
