"""`headrace serve-extractor`: the embedded extractor behind the MedExtract API, on a machine of its own if need be."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import platform
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from engine import __version__
from engine.app import loop
from engine.app.builtins import builtin_registry
from engine.app.clock import SystemClock
from engine.app.logging import configure
from engine.app.metrics import CONTENT_TYPE, Metrics
from engine.app.notify import Notifier
from engine.app.observer import AppObserver
from engine.app.sitefiles import SiteFiles
from engine.config.load import load_site
from engine.config.problems import Location
from engine.config.references import References
from engine.config.yaml_nodes import Entry, MappingNode, ScalarNode
from engine.domain.document import Document
from engine.extraction.packs.load import load_packs
from engine.plugins.extractors.local import LocalSettings
from engine.plugins.extractors.local.pool import LocalExtractor
from engine.plugins.extractors.local.settings import at_site
from engine.ports.extractor import ExtractorUnavailable, ReadRequest
from engine.ports.plugin import Kind
from engine.web.auth import is_loopback
from engine.web.extractor_api import ExtractorServices, create_extractor_app
from engine.web.extractor_faults import Faults
from engine.web.extractor_gate import Gate
from engine.web.server import WebServer

BAD_CONFIGURATION, FAILED = 78, 1
_GRACE_SECONDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """The command's options; `keys` is a file or a reference (`${env:NAME}`), empty for the site's own file."""

    listen: str
    keys: str = ""
    readers: int = 0
    waiting: int = 16
    per_minute: int = 0
    test_faults: bool = False


class _Refused(Exception):
    """The command cannot start; the text is for the operator."""


def serve_extractor_until_told(site: Path, options: ServeOptions) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit code."""
    try:
        host, port = _address(options.listen)
        settings = _settings(site, options)
        keys = _keys(site, options.keys)
        return loop.run(_serve(settings, keys, (host, port), options))
    except (_Refused, ValueError) as problem:
        sys.stderr.write(f"{problem}\n")
        return BAD_CONFIGURATION


def _address(listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise _Refused("--listen: write HOST:PORT, like 127.0.0.1:8580")
    return host.strip("[]"), int(port)


def _settings(site: Path, options: ServeOptions) -> LocalSettings:
    """The site's settings of `local` where there is a site, else the defaults."""
    settings = LocalSettings()
    if (site / "conf" / "headrace.yaml").exists():
        loaded = load_site(site.resolve(), builtin_registry(), environ=os.environ)
        if not loaded.ok:
            raise _Refused("\n".join(map(str, loaded.errors)))
        found = [item.settings for item in loaded.of(Kind.EXTRACTOR) if isinstance(item.settings, LocalSettings)]
        if found:
            settings = found[0]
        if "readers" not in settings.model_fields_set:
            settings = settings.model_copy(update={"readers": loaded.site.workers.readers})
    settings = at_site(settings, site.resolve())
    return settings.model_copy(update={"readers": options.readers}) if options.readers else settings


def _keys(site: Path, given: str) -> list[str]:
    """The keys, one a line; without a file the site's own is made with one key, readable to its owner only."""
    if given.startswith("${"):
        return _lines(_referenced(site, given))
    try:
        if given:
            return _lines(Path(given).read_text("utf-8"))
        path = SiteFiles(site).extractor_keys()
        sys.stderr.write(f"keys: {path}\n")
        return _lines(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as problem:
        raise _Refused(f"--keys: {given or site}: {type(problem).__name__}") from None


def _referenced(site: Path, given: str) -> str:
    at = Location(file="--keys")
    tree = MappingNode(at=at, entries={"keys": Entry(at=at, node=ScalarNode(at=at, value=given))})
    resolved, problems = References(site, os.environ).resolve(tree)
    node = resolved.find("keys")
    if problems or not isinstance(node, ScalarNode):
        raise _Refused("\n".join(map(str, problems)))
    return str(node.value)


def _lines(text: str) -> list[str]:
    lines = [line.strip() for line in text.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


async def _serve(settings: LocalSettings, keys: list[str], address: tuple[str, int], options: ServeOptions) -> int:
    metrics = Metrics(version=__version__, python=platform.python_version())
    observer = AppObserver(configure("info"), metrics)
    clock = SystemClock()
    gate = Gate(
        keys, per_minute=options.per_minute, places=settings.readers + options.waiting, monotonic=clock.monotonic
    )
    extractor = LocalExtractor(settings, observer)
    services = ExtractorServices(
        read=extractor.read,
        gate=gate,
        clock=clock,
        observer=observer,
        languages=frozenset(load_packs().languages),
        max_document=settings.max_document,
        metrics_text=metrics.render,
        metrics_type=CONTENT_TYPE,
        version=__version__,
        faults=Faults() if options.test_faults else None,
    )
    server = WebServer(create_extractor_app(services), *address, grace=_GRACE_SECONDS)
    stopping = _stop_on_signals()
    try:
        await _warm_up(extractor)
        url = await server.start()
    except (OSError, ExtractorUnavailable) as problem:
        sys.stderr.write(f"cannot start: {problem}\n")
        await extractor.close()
        return FAILED
    _say_ready(url, address[0], faults=options.test_faults)
    notifier = Notifier(os.environ)
    notifier.send(READY="1", STATUS=f"listening on {url}")
    observer.note("extractor.ready", level="info", url=url)
    await stopping.wait()
    notifier.send(STOPPING="1")
    gate.closing = True
    await server.stop()
    await extractor.close()
    observer.note("extractor.stopped", level="info")
    return 0


async def _warm_up(extractor: LocalExtractor) -> None:
    """Read a line of text, so that readers that cannot start are an error now. Raises ExtractorUnavailable."""
    await extractor.start()
    data = b"Glucose 90 mg/dL"
    sha256 = hashlib.sha256(data).hexdigest()
    document = Document(sha256=sha256, media_type="text/plain", size_bytes=len(data), complete=True)
    await extractor.extract(ReadRequest(document=document, data=data))


def _stop_on_signals() -> asyncio.Event:
    stopping = asyncio.Event()
    running = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        running.add_signal_handler(number, stopping.set)
    return stopping


def _say_ready(url: str, host: str, *, faults: bool) -> None:
    """The one line on stdout that scripts wait for, and what an operator should know on stderr."""
    if not is_loopback(host):
        sys.stderr.write("documents and keys come unencrypted; let a proxy with TLS stand in front\n")
    if faults:
        sys.stderr.write("faults can be asked for: this service is for tests only\n")
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(f"ready {json.dumps({'http': url})}\n")
        sys.stdout.flush()
