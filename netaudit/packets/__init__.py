"""Packets: from records to columns, through link layers, tunnels and fragments to the transport payload."""
