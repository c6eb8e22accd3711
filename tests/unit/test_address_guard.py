"""Which URLs a webhook may have: only what leads to the internet, however it is written."""

import socket

import pytest

from shared.destinations.webhook.address_guard import Refused, Target, check, is_public, resolve

PUBLIC = "93.184.216.34"


def checked(url: str, *addresses: str, allow_loopback: bool = False) -> Target | Refused:
    return check(url, allow_loopback=allow_loopback, resolver=lambda host, port: list(addresses or (PUBLIC,)))


def test_a_public_https_url_becomes_the_addresses_that_were_checked() -> None:
    assert checked("https://hooks.example.com/in?x=1", PUBLIC, "2606:2800:220:1::1") == Target(
        "https", "hooks.example.com", 443, "/in?x=1", (PUBLIC, "2606:2800:220:1::1")
    )
    assert checked("https://hooks.example.com:8443") == Target("https", "hooks.example.com", 8443, "/", (PUBLIC,))


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://hooks.example.com/", "scheme_not_https"),
        ("ftp://hooks.example.com/", "url_invalid"),
        ("file:///etc/passwd", "url_invalid"),
        ("//hooks.example.com/", "url_invalid"),
        ("https://", "url_invalid"),
        ("https:///path", "url_invalid"),
        ("https://user@hooks.example.com/", "userinfo_in_url"),
        ("https://user:pass@hooks.example.com/", "userinfo_in_url"),
        ("https://@hooks.example.com/", "userinfo_in_url"),
        ("https://hooks.example.com:22/", "port_not_allowed"),
        ("https://hooks.example.com:80/", "port_not_allowed"),
        ("https://hooks.example.com:99999/", "url_invalid"),
        ("https://hooks.example.com:x/", "url_invalid"),
        ("https://hooks.example.com\\@10.0.0.1/", "url_invalid"),
        ("https://hooks.example.com/ x", "url_invalid"),
        ("https://hooks.example.com/\r\nHost: inside", "url_invalid"),
        ("https://hooks.example.com/#@10.0.0.1", "url_invalid"),
        ("https://①②⑦.0.0.1/", "url_invalid"),
        ("https://[::1/", "url_invalid"),
        ("https://hooks..example.com/", "url_invalid"),
        (f"https://{'a' * 64}.example.com/", "url_invalid"),
    ],
)
def test_what_is_no_plain_https_url_is_refused(url: str, reason: str) -> None:
    assert checked(url) == Refused(reason)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.255.0.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "192.0.0.8", "192.0.0.170", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
        "::", "::1", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "ff0e::1",
        "2001:db8::1", "3fff::1", "2001:10::1", "5f00::1",
        "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:93.184.216.34", "::127.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:a9fe:a9fe::1",
        "2001:0:53aa:64c:0:f5ff:80ff:fffe", "nonsense", "",
    ],
)  # fmt: skip
def test_an_address_that_is_not_on_the_internet_is_refused(address: str) -> None:
    assert not is_public(address)
    assert checked("https://hooks.example.com/", address) == Refused("address_not_public")


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:4700:4700::1111", "2a00:1450:4001::200e"])
def test_an_address_on_the_internet_passes(address: str) -> None:
    assert is_public(address)


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    assert checked("https://hooks.example.com/", PUBLIC, "10.0.0.1") == Refused("address_not_public")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "0177.0.0.1", "0x7f.0.0.1", "0x7f000001", "2130706433", "127.1", "[::1]", "[::ffff:7f00:1]"]
)
def test_every_way_to_write_loopback_is_refused_by_what_it_resolves_to(host: str) -> None:
    """With the machine's own resolver, which reads octal and hexadecimal forms as numbers do."""
    assert check(f"https://{host}/") == Refused("address_not_public")


def test_a_host_without_an_address_is_no_refusal_but_an_error_to_try_again() -> None:
    def failing(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_AGAIN, "later")

    with pytest.raises(OSError):
        check("https://hooks.example.com/", resolver=failing)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9999/in", "http://localhost:9999/in"])
def test_the_local_stage_may_reach_this_machine(url: str) -> None:
    target = checked(url, allow_loopback=True)
    assert isinstance(target, Target)
    assert (target.scheme, target.port, target.addresses) == ("http", 9999, ("127.0.0.1",))
    assert checked(url) == Refused("scheme_not_https")


@pytest.mark.parametrize("host", ["10.0.0.1", "169.254.169.254", "[::1]", "127.0.0.2", "localhost.example.com"])
def test_the_local_stage_may_reach_nothing_else_that_is_private(host: str) -> None:
    address = host.strip("[]") if not host.startswith("localhost") else "10.0.0.1"
    assert checked(f"https://{host}/", address, allow_loopback=True) == Refused("address_not_public")
    assert checked(f"http://{host}/", address, allow_loopback=True) == Refused("scheme_not_https")


def test_names_resolve_to_ipv4_first_and_without_repeats(monkeypatch: pytest.MonkeyPatch) -> None:
    v6 = (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("2606:4700::1", 443, 0, 0))
    v4 = (socket.AF_INET, socket.SOCK_STREAM, 6, "", (PUBLIC, 443))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [v6, v4, v6])
    assert resolve("hooks.example.com", 443) == [PUBLIC, "2606:4700::1"]
