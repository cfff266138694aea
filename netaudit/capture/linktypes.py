"""Names of link types, by the registry of tcpdump.org (https://www.tcpdump.org/linktypes.html), in lower case."""

from __future__ import annotations

NAMES = {
    0: "null", 1: "ethernet", 3: "ax25", 6: "token_ring", 7: "arcnet_bsd", 8: "slip", 9: "ppp", 10: "fddi", 12: "raw",
    14: "raw", 50: "ppp_hdlc", 51: "ppp_ether", 99: "symantec_firewall", 100: "atm_rfc1483", 101: "raw",
    104: "c_hdlc", 105: "ieee802_11", 106: "atm_clip", 107: "frelay", 108: "loop", 113: "linux_sll", 114: "ltalk",
    117: "pflog", 119: "ieee802_11_prism", 122: "ip_over_fc", 123: "sunatm", 127: "ieee802_11_radiotap",
    129: "arcnet_linux", 138: "apple_ip_over_ieee1394", 139: "mtp2_with_phdr", 140: "mtp2", 141: "mtp3", 142: "sccp",
    143: "docsis", 144: "linux_irda", 147: "user0", 148: "user1", 149: "user2", 150: "user3", 151: "user4",
    152: "user5", 153: "user6", 154: "user7", 155: "user8", 156: "user9", 157: "user10", 158: "user11", 159: "user12",
    160: "user13", 161: "user14", 162: "user15", 163: "ieee802_11_avs", 165: "bacnet_ms_tp", 166: "ppp_pppd",
    169: "gprs_llc", 170: "gpf_t", 171: "gpf_f", 177: "linux_lapd", 182: "mfr", 187: "bluetooth_hci_h4",
    189: "usb_linux", 192: "ppi", 195: "ieee802_15_4_withfcs", 196: "sita", 197: "erf",
    201: "bluetooth_hci_h4_with_phdr", 202: "ax25_kiss", 203: "lapd", 204: "ppp_with_dir", 205: "c_hdlc_with_dir",
    206: "frelay_with_dir", 207: "lapb_with_dir", 209: "ipmb_linux", 210: "flexray", 212: "lin",
    215: "ieee802_15_4_nonask_phy", 220: "usb_linux_mmapped", 224: "fc_2", 225: "fc_2_with_frame_delims",
    226: "ipnet", 227: "can_socketcan", 228: "ipv4", 229: "ipv6", 230: "ieee802_15_4_nofcs", 231: "dbus",
    235: "dvb_ci", 236: "mux27010", 237: "stanag_5066_d_pdu", 239: "nflog", 240: "netanalyzer",
    241: "netanalyzer_transparent", 242: "ipoib", 243: "mpeg_2_ts", 244: "ng40", 245: "nfc_llcp", 247: "infiniband",
    248: "sctp", 249: "usbpcap", 250: "rtac_serial", 251: "bluetooth_le_ll", 252: "wireshark_upper_pdu",
    253: "netlink", 254: "bluetooth_linux_monitor", 255: "bluetooth_bredr_bb", 256: "bluetooth_le_ll_with_phdr",
    257: "profibus_dl", 258: "pktap", 259: "epon", 260: "ipmi_hpm_2", 261: "zwave_r1_r2", 262: "zwave_r3",
    263: "wattstopper_dlm", 264: "iso_14443", 265: "rds", 266: "usb_darwin", 268: "sdlc", 270: "loratap",
    271: "vsock", 272: "nordic_ble", 273: "docsis31_xra31", 274: "ethernet_mpacket", 275: "displayport_aux",
    276: "linux_sll2", 277: "sercos_monitor", 278: "openvizsla", 279: "ebhscr", 280: "vpp_dispatch",
    281: "dsa_tag_brcm", 282: "dsa_tag_brcm_prepend", 283: "ieee802_15_4_tap", 284: "dsa_tag_dsa",
    285: "dsa_tag_edsa", 286: "elee", 287: "z_wave_serial", 288: "usb_2_0", 289: "atsc_alp", 290: "etw",
    292: "zboss_ncp", 293: "usb_2_0_low_speed", 294: "usb_2_0_full_speed", 295: "usb_2_0_high_speed",
    296: "auerswald_log", 297: "zwave_tap", 298: "silabs_debug_channel", 299: "fira_uci", 300: "mdb", 301: "dect_nr",
}  # fmt: skip


def link_type_name(number: int) -> str:
    """Name of a LINKTYPE_ value; "linktype_N" for one that the registry does not name."""
    return NAMES.get(number, "undeclared" if number == 0xFFFF else f"linktype_{number}")
