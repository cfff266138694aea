"""Names of what is not decoded: link types of the registry, tunnels, encryption."""

from __future__ import annotations

from netaudit.packets.layouts import GRE_DETAIL, Foreign, Skip

# https://www.tcpdump.org/linktypes.html, without those that are decoded
LINKTYPES = {
    3: "AX25", 7: "ARCNET_BSD", 99: "SYMANTEC_FIREWALL", 106: "ATM_CLIP", 114: "LTALK", 118: "CISCO_IOS",
    120: "AIRONET_HEADER", 121: "HHDLC", 123: "SUNATM", 129: "ARCNET_LINUX", 130: "JUNIPER_MLPPP",
    131: "JUNIPER_MLFR", 132: "JUNIPER_ES", 133: "JUNIPER_GGSN", 134: "JUNIPER_MFR", 135: "JUNIPER_ATM2",
    136: "JUNIPER_SERVICES", 137: "JUNIPER_ATM1", 139: "MTP2_WITH_PHDR", 140: "MTP2", 141: "MTP3", 142: "SCCP",
    143: "DOCSIS", 144: "LINUX_IRDA", 165: "BACNET_MS_TP", 167: "JUNIPER_PPPOE", 168: "JUNIPER_PPPOE_ATM",
    169: "GPRS_LLC", 170: "GPF_T", 171: "GPF_F", 177: "LINUX_LAPD", 178: "JUNIPER_ETHER", 179: "JUNIPER_PPP",
    180: "JUNIPER_FRELAY", 181: "JUNIPER_CHDLC", 182: "MFR", 187: "BLUETOOTH_HCI_H4", 189: "USB_LINUX",
    195: "IEEE802_15_4_WITHFCS", 196: "SITA", 197: "ERF", 201: "BLUETOOTH_HCI_H4_WITH_PHDR", 202: "AX25_KISS",
    203: "LAPD", 207: "LAPB_WITH_DIR", 215: "IEEE802_15_4_NONASK_PHY", 220: "USB_LINUX_MMAPPED", 224: "FC_2",
    225: "FC_2_WITH_FRAME_DELIMS", 226: "IPNET", 227: "CAN_SOCKETCAN", 230: "IEEE802_15_4_NOFCS", 231: "DBUS",
    235: "DVB_CI", 236: "MUX27010", 237: "STANAG_5066_D_PDU", 243: "MPEG_2_TS", 244: "NG40", 245: "NFC_LLCP",
    247: "INFINIBAND", 248: "SCTP", 249: "USBPCAP", 250: "RTAC_SERIAL", 251: "BLUETOOTH_LE_LL",
    252: "WIRESHARK_UPPER_PDU", 253: "NETLINK", 254: "BLUETOOTH_LINUX_MONITOR", 255: "BLUETOOTH_BREDR_BB",
    256: "BLUETOOTH_LE_LL_WITH_PHDR", 257: "PROFIBUS_DL", 259: "EPON", 260: "IPMI_HPM_2", 261: "ZWAVE_R1_R2",
    262: "ZWAVE_R3", 263: "WATTSTOPPER_DLM", 264: "ISO_14443", 265: "RDS", 266: "USB_DARWIN", 268: "SDLC",
    270: "LORATAP", 271: "VSOCK", 272: "NORDIC_BLE", 273: "DOCSIS31_XRA31", 275: "DISPLAYPORT_AUX",
    278: "OPENVIZSLA", 279: "EBHSCR", 280: "VPP_DISPATCH", 283: "IEEE802_15_4_TAP", 286: "ELEE", 287: "Z_WAVE_SERIAL",
    288: "USB_2_0", 289: "ATSC_ALP", 290: "ETW", 292: "ZBOSS_NCP", 293: "USB_2_0_LOW_SPEED",
    294: "USB_2_0_FULL_SPEED", 295: "USB_2_0_HIGH_SPEED", 296: "AUERSWALD_LOG", 297: "ZWAVE_TAP",
    298: "SILABS_DEBUG_CHANNEL", 299: "FIRA_UCI",
}  # fmt: skip


def linktype_name(linktype: int) -> str:
    """Registry name of a link type that is not decoded, its number where it has none here."""
    if 147 <= linktype <= 162:
        return f"USER{linktype - 147}"
    return LINKTYPES.get(linktype, str(linktype))


def reason(skip: Skip, detail: int) -> str:
    """What was met, in the form 'reason:name'; the bare reason where there is nothing to name."""
    name = skip.name.lower()
    if skip is Skip.LINKTYPE_UNKNOWN:
        return f"{name}:{linktype_name(detail)}"
    if skip in (Skip.TUNNEL_UNKNOWN, Skip.ENCRYPTED):
        if detail >= GRE_DETAIL:
            return f"{name}:gre_0x{detail - GRE_DETAIL:04x}"
        return f"{name}:{Foreign(detail).name.lower()}"
    return name
