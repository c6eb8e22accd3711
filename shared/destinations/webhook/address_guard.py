"""Keeps webhooks from reaching into private networks: a URL becomes addresses once, and only public ones pass.

The client connects to what was checked here, so a second answer of the DNS can't move it.
"""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Literal
from urllib.parse import SplitResult, urlsplit

PORTS = (443, 8443)
_LOOPBACK_HOSTS = ("127.0.0.1", "localhost")
# Only these are routed on the internet; outside lie mapped, NAT64 and site-local forms that lead to an IPv4 or inward.
_ROUTED_V6 = IPv6Network("2000::/3")
# Python 3.11 takes these for global, later versions don't.
_RESERVED_V4 = IPv4Network("192.0.0.0/24")
_RESERVED_V6 = IPv6Network("3fff::/20")

Refusal = Literal["url_invalid", "scheme_not_https", "userinfo_in_url", "port_not_allowed", "address_not_public"]
Resolver = Callable[[str, int], list[str]]


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect: `addresses` are checked; `host` is what the certificate must be for."""

    scheme: Literal["http", "https"]
    host: str
    port: int
    path: str
    addresses: tuple[str, ...]

    @property
    def authority(self) -> str:
        """The Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.scheme == "https" else 80) else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Refused:
    """This URL gets no request, now or later."""

    reason: Refusal


def resolve(host: str, port: int) -> list[str]:
    """Every address of `host`, IPv4 first: a function outside a VPC has no way out by IPv6. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    ordered = sorted(found, key=lambda entry: entry[0] != socket.AF_INET)
    return list(dict.fromkeys(str(entry[4][0]) for entry in ordered))


def check(url: str, *, allow_loopback: bool = False, resolver: Resolver = resolve) -> Target | Refused:
    """The target of a URL, or why it is refused. `allow_loopback` lets this machine through, and nothing else private.

    Raises OSError where the host has no address.
    """
    parts = _split(url)
    if parts is None or not parts.hostname:
        return Refused("url_invalid")
    if parts.username is not None or parts.password is not None:
        return Refused("userinfo_in_url")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    port = parts.port or (80 if parts.scheme == "http" else 443)
    if allow_loopback and parts.hostname in _LOOPBACK_HOSTS:
        return Target("http" if parts.scheme == "http" else "https", parts.hostname, port, path, ("127.0.0.1",))
    if parts.scheme != "https" or port not in PORTS:
        return Refused("scheme_not_https" if parts.scheme != "https" else "port_not_allowed")
    addresses = resolver(parts.hostname, port)
    if not addresses or not all(map(is_public, addresses)):
        return Refused("address_not_public")
    return Target("https", parts.hostname, port, path, tuple(addresses))


def _split(url: str) -> SplitResult | None:
    """The URL's parts. Whatever two parsers might read differently (spaces, backslashes, other scripts) is none."""
    if not url.isascii() or not url.isprintable() or any(c in url for c in " \\#"):
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port, (parts.hostname or "").encode("idna")  # parsed on access, and by the resolver
    except ValueError:
        return None
    return parts if parts.scheme in ("http", "https") else None


def is_public(address: str) -> bool:
    """Whether an address lies on the internet itself, in no form that hides another."""
    try:
        ip = ip_address(address)
    except ValueError:  # such as fe80::1%eth0
        return False
    if ip.is_multicast or ip.is_reserved or not ip.is_global:
        return False
    return ip not in _RESERVED_V4 if isinstance(ip, IPv4Address) else _is_plain(ip)


def _is_plain(ip: IPv6Address) -> bool:
    return ip in _ROUTED_V6 and ip not in _RESERVED_V6 and ip.sixtofour is None and ip.teredo is None
