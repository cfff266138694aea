"""CoAP (RFC 7252): datagrams, and bodies that come block by block."""
