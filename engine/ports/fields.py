"""Setting types that read the way admins write them: `30s`, `64MiB`, `127.0.0.1:2575`, `10.0.0.0/8`.

Each is an `Annotated` type: the YAML text is checked by pydantic, the code gets seconds, bytes or a parsed value.
"""

from __future__ import annotations

import ipaddress
import math
import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, SecretStr, WithJsonSchema

_MOST_DIGITS = 15
_DURATION = re.compile(r"^([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)$")
_UNIT_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SIZE = re.compile(r"^([0-9]+)(B|KiB|MiB|GiB|KB|MB|GB)?$")
_UNIT_BYTES = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "KB": 10**3, "MB": 10**6, "GB": 10**9}
_HOST_PORT = re.compile(r"^(?:\[(?P<six>[0-9A-Fa-f:.%]+)\]|(?P<four>[^\[\]:/\s]*)):(?P<port>\d{1,5})$")


@dataclass(frozen=True, slots=True)
class HostPort:
    """A listen or connect address. An empty host means every address of the machine (listen only)."""

    host: str
    port: int

    def __str__(self) -> str:
        """The address as written: IPv6 in brackets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """True when only this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def parse_duration(value: object) -> float:
    """Seconds of `500ms`, `30s`, `10m`, `4h`, `90d`. Raises ValueError."""
    if isinstance(value, float) and 0.0 <= value < math.inf:
        return value  # a default, already in seconds
    found = _DURATION.match(value) if isinstance(value, str) else None
    if found is None or len(found[1]) > _MOST_DIGITS:
        raise ValueError("not a duration; write a number with its unit, like 500ms, 30s, 10m, 4h or 90d")
    return float(found[1]) * _UNIT_SECONDS[found[2]]


def parse_size(value: object) -> int:
    """Bytes of `64MiB`, `128KiB`, `10MB`, `4096`. Raises ValueError."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    found = _SIZE.match(value) if isinstance(value, str) else None
    if found is None or len(found[1]) > _MOST_DIGITS:
        raise ValueError("not a size; write bytes or a number with its unit, like 4096, 128KiB or 64MiB")
    return int(found[1]) * _UNIT_BYTES[found[2] or "B"]


def parse_host_port(value: object) -> HostPort:
    """An address of `127.0.0.1:2575`, `[::1]:2575`, `ehr.example:6661`, `:2575`. Raises ValueError."""
    if isinstance(value, HostPort):
        return value
    found = _HOST_PORT.match(value) if isinstance(value, str) else None
    if found is None or int(found["port"]) > 65535:
        raise ValueError("not an address; write host:port, like 127.0.0.1:2575 or [::1]:2575")
    return HostPort(found["six"] or found["four"] or "", int(found["port"]))


def parse_network(value: object) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """A network of `10.20.0.0/16`, `192.0.2.14` or `2001:db8::/32`. Raises ValueError."""
    if isinstance(value, (ipaddress.IPv4Network, ipaddress.IPv6Network)):
        return value
    if not isinstance(value, str):
        raise ValueError("not a network; write an address or a CIDR block, like 10.20.0.0/16")  # noqa: TRY004
    try:
        return ipaddress.ip_network(value, strict=True)
    except ValueError as problem:
        raise ValueError(f"not a network: {problem}") from None


def _schema(pattern: str, example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": ["string", "integer"], "pattern": pattern, "examples": [example]})


def _text(value: Any) -> str:
    return str(value)


Duration = Annotated[float, BeforeValidator(parse_duration), _schema(_DURATION.pattern, "30s")]
"""Seconds, written with a unit."""
ByteSize = Annotated[int, BeforeValidator(parse_size), _schema(_SIZE.pattern, "64MiB")]
"""Bytes, written with a unit."""
Address = Annotated[
    HostPort,
    BeforeValidator(parse_host_port),
    PlainSerializer(_text, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r":\d{1,5}$", "examples": ["127.0.0.1:2575"]}),
]
"""`host:port`."""
Network = Annotated[
    ipaddress.IPv4Network | ipaddress.IPv6Network,
    BeforeValidator(parse_network),
    PlainSerializer(_text, return_type=str),
    WithJsonSchema({"type": "string", "examples": ["10.20.0.0/16"]}),
]
"""An IP address or CIDR block."""
Secret = SecretStr
"""A secret; written as `${env:X}`, `${file:P}` or `${cred:N}` and resolved by `engine.config` before validation."""
