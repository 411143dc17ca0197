"""What the web room is handed by the composition root."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from engine.ports.clock import Clock
from engine.ports.content import Content
from engine.ports.drawing import Artist
from engine.ports.observe import Observer
from engine.ports.store import MessageView, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceInfo:
    """One source of a channel: its plugin, the address it was given, and whether it takes messages now."""

    name: str
    use: str
    address: str = ""
    listening: bool = False
    connections: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StageInfo:
    """One stage of a channel."""

    id: str
    use: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationInfo:
    """One destination of a channel; `address` without secrets."""

    name: str
    use: str
    address: str = ""
    required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelInfo:
    """One channel as configured, and how its sources stand."""

    name: str
    title: str = ""
    enabled: bool = True
    sources: tuple[SourceInfo, ...] = ()
    stages: tuple[StageInfo, ...] = ()
    destinations: tuple[DestinationInfo, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Whether the engine can take messages; each check is True, or False, or a few words on what is wrong.

    Anyone who reaches the port reads this: no secrets, no patient content.
    """

    ok: bool
    checks: Mapping[str, bool | str] = field(default_factory=dict)


class ContentFactory(Protocol):
    """Opens the raw bytes of a message with the character set options of its channel."""

    def __call__(self, message: MessageView, raw: bytes) -> Content:
        """A lazy view on the bytes; nothing is parsed yet."""


def plain_content(message: MessageView, raw: bytes) -> Content:
    """Content with the default character sets, for channels that set none."""
    return Content(raw, kind=message.kind, file_name=message.file_name)


async def always_ready() -> Readiness:
    """For servers whose only condition is the store."""
    return Readiness(ok=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebServices:
    """Everything the web room needs.

    Attributes:
        admin_token: the bearer token that opens API and pages.
        setup_secret: last part of the one-time set-up link, or empty for none.
        setup_used: called once when the link was used, so that its file can go.
        channels: asked at each request; the answer may change while the engine runs.
        ready: the engine's own checks (listeners bound ...); the store is checked here.
        metrics_text: the exposition for Prometheus and `metrics_type` its media type.
        allowed_hosts: names accepted in the Host header; empty accepts any. IP addresses always pass: rebinding
            needs a name.
        content: see `ContentFactory`.
        artist: draws pages of documents; without one there are fields and no pictures.
        session_idle: seconds after which an unused browser session ends.
        session_life: seconds after which any browser session ends.
    """

    store: Store
    clock: Clock
    observer: Observer
    admin_token: str
    metrics_text: Callable[[], Awaitable[bytes]]
    version: str
    channels: Callable[[], Sequence[ChannelInfo]] = tuple
    ready: Callable[[], Awaitable[Readiness]] = always_ready
    metrics_type: str = "text/plain; version=1.0.0; charset=utf-8"
    setup_secret: str = ""
    setup_used: Callable[[], None] | None = None
    allowed_hosts: tuple[str, ...] = ()
    content: ContentFactory = plain_content
    artist: Artist | None = None
    site_title: str = ""
    session_idle: float = 1800.0
    session_life: float = 43200.0
