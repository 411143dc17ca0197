"""What a site's engine file and a channel file may say, the components' own settings aside."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, JsonValue, WithJsonSchema

from engine.ports.fields import Address, HostPort
from engine.ports.plugin import Settings

COMPONENT_NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$"
CHANNEL_NAME = r"^[a-z0-9-]{1,40}$"
PATTERN_WORDS = {
    COMPONENT_NAME: "expected a name: up to 40 letters, digits, '-', '_' or '.', the first a letter or a digit",
    CHANNEL_NAME: "expected a channel's name: up to 40 small letters, digits or '-'",
}
"""What a name must look like, in words."""
_DAYS = re.compile(r"^(\d{1,5})(d|y)$")


def parse_days(value: object) -> int:
    """Days of `90d` or `10y` (a year counts 366 days: nothing goes a day early). Raises ValueError."""
    found = _DAYS.match(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("not a time to keep; write days or years, like 90d or 10y")
    return int(found[1]) * (366 if found[2] == "y" else 1)


Days = Annotated[
    int,
    BeforeValidator(parse_days),
    WithJsonSchema({"type": "string", "pattern": _DAYS.pattern, "examples": ["90d", "10y"]}),
]
ComponentName = Annotated[str, Field(pattern=COMPONENT_NAME)]


class ComponentHead(Settings):
    """The part every component has: what it is called and which plugin it uses; the rest is the plugin's.

    Files are checked against it without that rest, which may hold secrets.
    """

    use: str
    """The plugin."""
    name: ComponentName | None = None
    """What it is called in logs, metrics and other settings."""
    id: ComponentName | None = None
    """Another word for `name`."""


class WebSettings(Settings):
    """The web application: review desk, administration, API, health and metrics."""

    listen: Address = HostPort("127.0.0.1", 8575)
    """Where it listens. Plain HTTP: put a TLS proxy in front before other machines may reach it."""


class LoggingSettings(Settings):
    """What is logged; always JSON lines on stderr, never patient content."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least severe level that is written."""


class WorkerSettings(Settings):
    """How much is done at once."""

    messages: int = Field(default=16, ge=1, le=1024)
    """Ordering keys worked on at the same time."""
    readers: int = Field(default=2, ge=1, le=64)
    """Processes that open documents; about one per processor core."""


class Retention(Settings):
    """How long things of finished messages are kept; what is not named is kept for ever.

    What waits, is parked or in review always stays.
    """

    documents: Days | None = None
    """Messages and documents as received, what was read from them, what was sent and answered. The list stays."""
    messages: Days | None = None
    """Everything of a message, also its line in the list; at least as long as retransmissions are answered."""


class SiteRetention(Retention):
    """The same for channels that do not say it themselves, and what belongs to no channel."""

    fragments: Days | None = None
    """Torn frames."""
    audit: Days | None = None
    """Who did what, to messages that are gone."""


class SiteConfig(Settings):
    """`conf/headrace.yaml`: what all channels of a site share."""

    version: Literal[1]
    """The version of this file's format."""
    node: ComponentName = "headrace"
    """This engine's name among others, in logs and in the record of who did what."""
    store: ComponentHead = ComponentHead(use="sqlite")
    """Where messages are kept."""
    blobs: ComponentHead = ComponentHead(use="files")
    """Where large bodies and documents are kept."""
    web: WebSettings = WebSettings()
    """The web application."""
    directories: dict[ComponentName, ComponentHead] = Field(default_factory=dict)
    """Where patients are looked up, by name."""
    extractors: dict[ComponentName, ComponentHead] = Field(default_factory=dict)
    """Who reads documents, by name; `local` is always there."""
    logging: LoggingSettings = LoggingSettings()
    """What is logged."""
    workers: WorkerSettings = WorkerSettings()
    """How much is done at once."""
    retain: SiteRetention = SiteRetention()
    """How long things are kept, where a channel does not say it."""


class Alert(Settings):
    """When somebody is told."""

    when: Annotated[str, Field(min_length=1)]
    """The condition."""
    level: Literal["info", "warn", "page"] = "warn"
    """How loudly."""


class ShadowTarget(Settings):
    """When a shadow run counts as passed."""

    concordance: float = Field(default=0.98, ge=0, le=1)
    """Share of results that agree."""
    reports: int = Field(default=500, ge=1)
    """Reports compared."""


class Shadow(Settings):
    """Compare with the interface that runs today, send nothing."""

    compare_with: ComponentName
    """The channel that carries today's results."""
    match: tuple[str, ...] = ("PID-3.1", "OBR-3.1")
    """Fields that tell which reports belong together."""
    target: ShadowTarget = ShadowTarget()
    """When the run counts as passed."""


class ChannelTest(Settings):
    """One sample and what must come of it."""

    name: Annotated[str, Field(min_length=1)]
    """One sentence."""
    input: Annotated[str, Field(min_length=1)]
    """The sample's file, from the site's folder."""
    expect: dict[str, JsonValue]
    """What must be seen."""


class PrioritySettings(Settings):
    """What goes first between ordering keys, beside what a message says itself (OBR-27, TQ1-9: STAT, ASAP)."""

    stat_sources: tuple[ComponentName, ...] = ()
    """Sources of the channel whose messages all go first."""


class ChannelConfig(Settings):
    """A channel file: where messages come from, what is done with them, where they go."""

    version: Literal[1]
    """The version of this file's format."""
    channel: Annotated[str, Field(pattern=CHANNEL_NAME)]
    """The channel's name in metrics, audit and addresses: small letters, digits and hyphens."""
    title: str = ""
    """What people see."""
    group: str = ""
    """The heading it stands under on the dashboard."""
    enabled: bool = True
    """Whether it runs."""
    tags: tuple[str, ...] = ()
    """Words to find it by."""
    sources: Annotated[tuple[ComponentHead, ...], Field(min_length=1)]
    """Where messages come from."""
    order_by: Literal["patient", "order", "source"] = "patient"
    """What is never overtaken: messages of one patient, of one order, or of one source."""
    order: Literal["strict", "skip_failed", "none"] = "skip_failed"
    """What a message that is parked does to those behind it in its order: `strict` holds them until a person acts,
    `skip_failed` lets them go on, `none` keeps no order at all. Waiting for a retry holds them, except under `none`."""
    priority: PrioritySettings = PrioritySettings()
    """What goes first."""
    stages: tuple[ComponentHead, ...] = ()
    """What is done with each message, in this order."""
    destinations: tuple[ComponentHead, ...] = ()
    """Where results go; each has its own durable queue."""
    retain: Retention | None = None
    """How long things are kept; what is not named follows the site."""
    alerts: tuple[Alert, ...] = ()
    """When somebody is told."""
    shadow: Shadow | None = None
    """A parallel run beside today's interface."""
    tests: tuple[ChannelTest, ...] = ()
    """Samples that must keep working."""
