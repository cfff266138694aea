"""What netaudit tells of captures against what tshark, suricata and dpkt tell of them."""
