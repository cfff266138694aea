"""SIP (RFC 3261), and GB/T 28181 in it."""
