"""Settings as admins write them: units in words, values in numbers, nonsense refused with an example."""

from __future__ import annotations

import math

import pytest

from engine.ports.fields import HostPort, parse_duration, parse_host_port, parse_network, parse_size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("500ms", 0.5), ("30s", 30.0), ("1.5m", 90.0), ("4h", 14400.0), ("90d", 7776000.0), ("0s", 0.0), (2.5, 2.5)],
)
def test_durations(text: object, seconds: float) -> None:
    """A number with its unit; a float is a default in seconds."""
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["30", 30, "", "s", "-1s", "1e3s", "30 s", "30S", "٣s", "9" * 400 + "d", math.inf, math.nan, -1.0, None, True],
)
def test_no_durations(text: object) -> None:
    """A bare number says nothing about its unit; never a wait without end."""
    with pytest.raises(ValueError, match="not a duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [("64MiB", 64 << 20), ("128KiB", 128 << 10), ("10MB", 10**7), ("4096", 4096), (4096, 4096), ("7B", 7)],
)
def test_sizes(text: object, size: int) -> None:
    """Bytes, binary or decimal units."""
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "-1", -1, "1.5MiB", "64mib", "64 MiB", "٣MiB", "9" * 400, True, None, 1.5])
def test_no_sizes(text: object) -> None:
    """Signs, fractions, blanks and other kinds are refused."""
    with pytest.raises(ValueError, match="not a size"):
        parse_size(text)


@pytest.mark.parametrize(
    ("text", "host", "port", "loopback"),
    [
        ("127.0.0.1:2575", "127.0.0.1", 2575, True),
        ("[::1]:2575", "::1", 2575, True),
        ("ehr.example:6661", "ehr.example", 6661, False),
        (":2575", "", 2575, False),
        ("localhost:0", "localhost", 0, True),
    ],
)
def test_addresses(text: str, host: str, port: int, loopback: bool) -> None:
    """Written back as it was read."""
    found = parse_host_port(text)
    assert (found.host, found.port, found.is_loopback, str(found)) == (host, port, loopback, text)
    assert parse_host_port(found) is found


@pytest.mark.parametrize("text", ["2575", "host", "host:", "host:65536", "::1:2575", "a b:1", "http://x:1", 2575, None])
def test_no_addresses(text: object) -> None:
    """Host and port, IPv6 in brackets."""
    with pytest.raises(ValueError, match="not an address"):
        parse_host_port(text)


@pytest.mark.parametrize("text", ["10.20.0.0/16", "192.0.2.14", "2001:db8::/32"])
def test_networks(text: str) -> None:
    """Blocks and single addresses, taken as they are the second time."""
    found = parse_network(text)
    assert parse_network(found) is found


@pytest.mark.parametrize("text", ["10.20.0.1/16", "10.0.0.0/33", "host", "", 10, None])
def test_no_networks(text: object) -> None:
    """A block with host bits is a slip, not a network."""
    with pytest.raises(ValueError, match="not a network"):
        parse_network(text)


def test_an_address_is_a_value() -> None:
    """Equal by host and port."""
    assert HostPort("a", 1) == parse_host_port("a:1")
