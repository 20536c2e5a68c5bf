"""Connections to the world outside: to known services at public addresses alone, and where they were checked.

A name is looked up once, every address that it has is checked, and the connection is made to one of these very
addresses: whoever answers differently the next time gains nothing. The certificate is checked against the name.
"""

import ipaddress
import socket
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final

TIMEOUT_SECONDS: Final = 10.0
"""For connecting, and for each answer."""

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Python 3.11 counts some of these as global, depending on its patch level.
_NOT_PUBLIC: Final = tuple(
    map(
        ipaddress.ip_network,
        (
            *("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4"),
            *("64:ff9b:1::/48", "100::/64", "2001::/23", "2002::/16", "fec0::/10", "3fff::/20", "5f00::/16"),
        ),
    )
)
_TRANSLATED: Final = ipaddress.IPv6Network("64:ff9b::/96")
_METADATA: Final = frozenset(
    map(ipaddress.ip_address, ("169.254.169.254", "100.100.100.200", "192.0.0.192", "fd00:ec2::254", "168.63.129.16"))
)


class RefusedError(Exception):
    """Where this would have gone is not allowed; the text says why, without repeating an address or a URL."""


class UnreachableError(OSError):
    """Nobody could be connected to: nothing was sent."""


Resolve = Callable[[str, int], Sequence[str]]
Connect = Callable[[tuple[str, int], float], socket.socket]


def resolved(host: str, port: int) -> Sequence[str]:
    """Look a name up. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def connected(address: tuple[str, int], timeout: float) -> socket.socket:
    """Connect to an address, written in figures. Raises OSError."""
    return socket.create_connection(address, timeout)


@dataclass(frozen=True)
class Edge:
    """The edge of the world: how names are looked up, how connections are made, whose certificates are believed."""

    resolve: Resolve = resolved
    connect: Connect = connected
    certificates: str | bool = True
    """A file of authorities in the place of the usual ones."""
    timeout: float = TIMEOUT_SECONDS


def refuse_unless_public(address: str) -> None:
    """Raises RefusedError for an address that not everybody on the internet could mean."""
    if not is_public(address):
        raise RefusedError("its name leads to an address that is not public")


def is_public(address: str) -> bool:
    """Tell whether an address, written in figures, is an ordinary one of the public internet."""
    try:
        parsed = _unwrapped(ipaddress.ip_address(address))
    except ValueError:
        return False
    return (
        parsed.is_global
        and not parsed.is_multicast
        and not parsed.is_reserved
        and parsed not in _METADATA
        and not any(parsed in network for network in _NOT_PUBLIC if network.version == parsed.version)
    )


def may_have_a_mail_server(address: str) -> bool:
    """Tell whether mail may be handed in there: also within the own network, where relays are; never to metadata."""
    try:
        parsed = _unwrapped(ipaddress.ip_address(address))
    except ValueError:
        return False
    if parsed in _METADATA or parsed.is_link_local or parsed.is_multicast or parsed.is_unspecified:
        return False
    return parsed.is_loopback or parsed.is_private or is_public(address)


def _unwrapped(address: _Address) -> _Address:
    """Return the IPv4 address within an IPv6 one, where there is one."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.scope_id is not None:
        raise ValueError("an address of one link alone")
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def connect(host: str, port: int, edge: Edge, allowed: Callable[[str], bool] = is_public) -> socket.socket:
    """Connect to one of a host's addresses, once all of them are allowed. Raises RefusedError, UnreachableError."""
    try:
        addresses = edge.resolve(host, port)
    except (OSError, UnicodeError):
        raise UnreachableError("its name can't be looked up") from None
    if not addresses:
        raise UnreachableError("its name has no address")
    if not all(map(allowed, addresses)):
        # One bad address among good ones is as telling as a bad one alone.
        raise RefusedError("its name leads to an address that is not public")
    for address in addresses:
        try:
            return edge.connect((address, port), edge.timeout)
        except OSError:
            continue
    raise UnreachableError("nobody answers there")


def check_request(method: str, scheme: str, host: str, port: int | None, hosts: Collection[str]) -> None:
    """Raises RefusedError for a request to anything but an https port of one of these hosts."""
    if scheme != "https":
        raise RefusedError("only https is allowed")
    if host not in hosts:
        raise RefusedError(f"only {', '.join(sorted(hosts))} may be asked")
    if port not in (None, 443):
        raise RefusedError("only the usual port of https is allowed")
    if method not in ("GET", "POST"):
        raise RefusedError("only GET and POST are allowed")
