"""Which network addresses a poller may connect to: public ones, and those that the user has allowed.

The list is that of the IANA registries of special-purpose addresses (RFC 6890 and its updates), written out:
what `ipaddress` calls global differs between versions of Python.
"""

import ipaddress
from collections.abc import Sequence

__all__ = ["Network", "parse_network", "why_refused"]

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_SPECIAL: tuple[tuple[str, str], ...] = (
    ("0.0.0.0/8", "unspecified"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "private"),  # shared by the customers of a carrier; some clouds answer metadata here
    ("127.0.0.0/8", "loopback"),
    ("168.63.129.16/32", "private"),  # looks public, is the inner side of a cloud's machines
    ("169.254.0.0/16", "link-local"),  # the metadata of most clouds
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "reserved"),
    ("192.0.2.0/24", "reserved"),
    ("192.31.196.0/24", "reserved"),
    ("192.52.193.0/24", "reserved"),
    ("192.88.99.0/24", "reserved"),
    ("192.168.0.0/16", "private"),
    ("192.175.48.0/24", "reserved"),
    ("198.18.0.0/15", "reserved"),
    ("198.51.100.0/24", "reserved"),
    ("203.0.113.0/24", "reserved"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
    ("::/128", "unspecified"),
    ("::1/128", "loopback"),
    ("::/96", "reserved"),  # IPv4-compatible, long given up
    ("64:ff9b:1::/48", "private"),
    ("100::/64", "reserved"),
    ("2001::/23", "reserved"),  # Teredo, ORCHID and others: tunnels to anywhere
    ("2001:db8::/32", "reserved"),
    ("2002::/16", "reserved"),  # 6to4: an IPv4 address of anybody's choice inside
    ("3fff::/20", "reserved"),
    ("5f00::/16", "reserved"),
    ("fc00::/7", "private"),
    ("fe80::/10", "link-local"),
    ("fec0::/10", "private"),
    ("ff00::/8", "multicast"),
)
_REFUSED = [(ipaddress.ip_network(network), kind) for network, kind in _SPECIAL]
#: Only this part of IPv6 is given out to the public (RFC 4291 2.4).
_GLOBAL_IPV6 = ipaddress.IPv6Network("2000::/3")
#: An IPv6-only network reaches IPv4 by these (RFC 6052): what counts is the address inside.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def parse_network(text: str) -> Network:
    """Return an address or network of the form `10.1.0.0/16`. Raises ValueError."""
    return ipaddress.ip_network(text, strict=True)


def why_refused(address: str, allowed: Sequence[Network] = ()) -> str:
    """Return what kind of address this is if it may not be reached, "" if it may.

    `address` is in the form in which the resolver gives it (RFC 4291 text, a zone after `%` left out of account).
    An IPv4 address inside an IPv6 one is judged by itself. Kinds: private, loopback, link-local, multicast,
    reserved, unspecified, unreadable.
    """
    try:
        found = _bare(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        return "unreadable"
    if any(found in network for network in allowed if network.version == found.version):
        return ""
    for network, kind in _REFUSED:
        if network.version == found.version and found in network:
            return kind
    if isinstance(found, ipaddress.IPv6Address) and found not in _GLOBAL_IPV6:
        return "reserved"
    return ""


def _bare(address: _Address) -> _Address:
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address
