"""DNS (RFC 1035): a reader, and plain lookups in columns."""
