"""Where connections may go."""

import socket

import pytest

from runtime.notifying.guard import (
    Edge,
    RefusedError,
    UnreachableError,
    check_request,
    connect,
    is_public,
    may_have_a_mail_server,
)

LOCAL = [
    *("127.0.0.1", "127.8.8.8", "0.0.0.0", "::1", "::", "10.0.0.1", "172.16.3.4", "192.168.1.1", "fd12::1", "fc00::1"),
    *("169.254.1.1", "fe80::1", "fe80::1%eth0", "100.64.0.1", "100.127.255.254", "192.0.0.8", "198.18.0.1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"),
    *("64:ff9b:1::1", "2002:7f00:1::", "2001::1", "fec0::1", "224.0.0.1", "ff02::1", "255.255.255.255", "240.0.0.1"),
]
METADATA = ["169.254.169.254", "100.100.100.200", "192.0.0.192", "fd00:ec2::254", "168.63.129.16"]
PUBLIC = ["162.159.128.233", "1.1.1.1", "2606:4700::6810:84e5", "::ffff:1.1.1.1", "64:ff9b::101:101"]


@pytest.mark.parametrize("address", [*LOCAL, *METADATA, "discord.com", "", "1.1.1", "0x7f000001", "2130706433"])
def test_what_is_not_public_is_told_from_what_is(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_ordinary_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", [*METADATA, "169.254.1.1", "fe80::1", "0.0.0.0", "::", "224.0.0.1", "nobody"])
def test_no_mail_goes_to_metadata_or_to_one_link_alone(address: str) -> None:
    assert not may_have_a_mail_server(address)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.25", "192.168.1.1", "::1", "fd12::1", *PUBLIC])
def test_a_mail_server_may_be_in_the_own_network(address: str) -> None:
    assert may_have_a_mail_server(address)


class World:
    """Answers look-ups one after the other, and notes where was connected to."""

    def __init__(self, *answers: list[str], dead: tuple[str, ...] = ()) -> None:
        self.answers = list(answers)
        self.dead = dead
        self.looked_up: list[str] = []
        self.connected: list[tuple[str, int]] = []

    def edge(self) -> Edge:
        return Edge(resolve=self.resolve, connect=self.connect)

    def resolve(self, host: str, port: int) -> list[str]:
        self.looked_up.append(host)
        return self.answers.pop(0)

    def connect(self, address: tuple[str, int], timeout: float) -> socket.socket:
        self.connected.append(address)
        if address[0] in self.dead:
            raise ConnectionRefusedError
        return socket.socket()


@pytest.mark.parametrize("address", [*LOCAL, *METADATA])
def test_a_name_that_leads_to_such_an_address_is_not_connected_to(address: str) -> None:
    for answer in ([address], ["1.1.1.1", address], [address, "1.1.1.1"]):
        world = World(answer)
        with pytest.raises(RefusedError, match="not public"):
            connect("discord.com", 443, world.edge())
        assert world.connected == []


def test_a_name_is_looked_up_once_and_what_was_checked_is_connected_to() -> None:
    world = World(["1.1.1.1"], ["127.0.0.1"])
    connect("discord.com", 443, world.edge()).close()
    assert world.looked_up == ["discord.com"]
    assert world.connected == [("1.1.1.1", 443)]


def test_the_next_address_is_tried_where_the_first_is_dead() -> None:
    world = World(["1.1.1.1", "1.0.0.1"], dead=("1.1.1.1",))
    connect("discord.com", 443, world.edge()).close()
    assert world.connected == [("1.1.1.1", 443), ("1.0.0.1", 443)]


@pytest.mark.parametrize("world", [World([]), World(["1.1.1.1"], dead=("1.1.1.1",))])
def test_nobody_there_is_told_apart_from_what_is_not_allowed(world: World) -> None:
    with pytest.raises(UnreachableError):
        connect("discord.com", 443, world.edge())


@pytest.mark.parametrize(
    ("method", "scheme", "host", "port"),
    [
        ("POST", "http", "discord.com", None),
        ("POST", "https", "discord.com.evil.example", None),
        ("POST", "https", "localhost", None),
        ("POST", "https", "169.254.169.254", None),
        ("POST", "https", "", None),
        ("POST", "https", "discord.com", 8443),
        ("DELETE", "https", "discord.com", None),
    ],
)
def test_only_the_known_service_is_asked_and_only_by_https(
    method: str, scheme: str, host: str, port: int | None
) -> None:
    with pytest.raises(RefusedError):
        check_request(method, scheme, host, port, {"discord.com"})
    check_request("POST", "https", "discord.com", 443, {"discord.com"})
