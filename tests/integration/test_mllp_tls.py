"""TLS and mutual TLS, both directions, with certificates made for the test."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import Any, Self

import pytest
import trustme

from engine.pipeline.intake import FrameIntake
from engine.plugins.destinations.mllp import PLUGIN as DESTINATION
from engine.plugins.sources.mllp import PLUGIN as SOURCE
from engine.ports.destination import Verdict
from engine.ports.services import DestinationServices, SourceServices
from engine.ports.store import QueuedDelivery
from tests.support.intake_fakes import NOON, AcceptingStore, CountingIds, HandClock, RecordingObserver
from tests.support.mllp_peer import Peer, Recv, ScriptedServer, Send, UntilEof, ack, block

MESSAGE = b"MSH|^~\\&|LIS|LAB|HR|HOSP|20260105||ORU^R01|M1|P|2.5.1\rPID|1||1\r"


class Certificates:
    """An authority with one server and one client certificate on disk, and a foreign authority."""

    def __init__(self, folder: Path) -> None:
        self.authority, self.foreign = trustme.CA(), trustme.CA()
        self.folder = folder
        self.ca = self._write("ca.pem", self.authority.cert_pem.bytes())
        self.foreign_ca = self._write("foreign.pem", self.foreign.cert_pem.bytes())
        self.server = self.issue("server", "localhost", "127.0.0.1")
        self.client = self.issue("client", "lab.example.org")

    def _write(self, name: str, data: bytes) -> str:
        path = self.folder / name
        path.write_bytes(data)
        return str(path)

    def issue(self, name: str, *hosts: str, foreign: bool = False) -> dict[str, str]:
        issued = (self.foreign if foreign else self.authority).issue_cert(*hosts)
        chain = b"".join(item.bytes() for item in issued.cert_chain_pems)
        key = self._write(f"{name}.key", issued.private_key_pem.bytes())
        return {"cert": self._write(f"{name}.pem", chain), "key": key}

    def client_context(self, client: dict[str, str] | None = None, **kwargs: Any) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.ca)
        for name, value in kwargs.items():
            setattr(context, name, value)
        if client:
            context.load_cert_chain(client["cert"], client["key"])
        return context

    def server_context(self, *, ask: bool = False) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server["cert"], self.server["key"])
        if ask:
            context.load_verify_locations(self.ca)
            context.verify_mode = ssl.CERT_REQUIRED
        return context


@pytest.fixture(scope="module")
def certificates(tmp_path_factory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


class Listener:
    """A started TLS source."""

    def __init__(self, **settings: Any) -> None:
        self.observer, self.store, self.clock = RecordingObserver(), AcceptingStore(), HandClock()
        intake = FrameIntake(store=self.store, clock=self.clock, ids=CountingIds(), observer=self.observer)
        services = SourceServices(
            name="lab", channel="labs", intake=intake, clock=self.clock, ids=CountingIds(), observer=self.observer
        )
        self.source = SOURCE.build(SOURCE.settings.model_validate({"listen": "127.0.0.1:0", **settings}), services)
        self.address = ""

    async def __aenter__(self) -> Self:
        self.address = (await self.source.start())[0]
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.source.stop()

    def errors(self, reason: str) -> int:
        return self.observer.counted("frame_errors", reason=reason)


async def refused(address: str, context: ssl.SSLContext) -> bool:
    """Whether a client with this context gets no answer (TLS 1.3 shows a refusal only at the first read)."""
    try:
        peer = await Peer.connect(address, context=context)
    except (ssl.SSLError, ConnectionError):
        return True
    try:
        return b"MSA" not in await peer.ask(MESSAGE)
    except (ssl.SSLError, ConnectionError, asyncio.IncompleteReadError):
        return True
    finally:
        await peer.close()


async def test_tls_exchange(certificates):
    """Messages and answers, a pipelined one right behind the handshake and a large one, travel encrypted."""
    async with Listener(tls=certificates.server) as listener:
        peer = await Peer.connect(listener.address, context=certificates.client_context())
        await peer.send(block(MESSAGE) * 3)
        assert [b"MSA|AA|M1" in await peer.answer() for _ in range(3)] == [True] * 3
        large = MESSAGE.replace(b"|M1|", b"|M2|") + b"OBX|1|ED|||" + b"QUJD" * 300_000 + b"\r"
        assert b"MSA|AA|M2" in await peer.ask(large)
        assert listener.store.messages[-1].raw == large
        await peer.close()


async def test_plain_text_on_a_tls_port(certificates):
    """A sender that does not speak TLS is refused and counted; nothing is stored."""
    async with Listener(tls=certificates.server) as listener:
        peer = await Peer.connect(listener.address)
        await peer.send(block(MESSAGE))
        assert b"MSA" not in await peer.rest()
        assert listener.errors("tls_handshake") == 1
        assert listener.store.messages == []


async def test_old_versions_are_refused(certificates):
    """`min_version: "1.3"` refuses TLS 1.2, which is taken by default."""
    old = {"maximum_version": ssl.TLSVersion.TLSv1_2}
    async with Listener(tls={**certificates.server, "min_version": "1.3"}) as listener:
        assert await refused(listener.address, certificates.client_context(**old))
    async with Listener(tls=certificates.server) as listener:
        assert not await refused(listener.address, certificates.client_context(**old))


async def test_client_certificates(certificates):
    """With `client_ca` a sender needs a certificate of that authority."""
    foreign = certificates.issue("foreign-client", "evil.example.org", foreign=True)
    async with Listener(tls={**certificates.server, "client_ca": certificates.ca}) as listener:
        assert await refused(listener.address, certificates.client_context())
        assert await refused(listener.address, certificates.client_context(foreign))
        peer = await Peer.connect(listener.address, context=certificates.client_context(certificates.client))
        assert b"MSA|AA|M1" in await peer.ask(MESSAGE)
        await peer.close()
        while listener.source._hub.connections:
            await asyncio.sleep(0)
        assert listener.errors("tls_handshake") == 2
        assert len(listener.store.messages) == 1


async def test_networks_are_checked_before_the_handshake(certificates):
    """A peer outside `allow` gets no handshake."""
    async with Listener(tls=certificates.server, allow=["192.0.2.0/24"]) as listener:
        with pytest.raises((ConnectionError, ssl.SSLError)):
            await Peer.connect(listener.address, context=certificates.client_context())
        assert listener.errors("peer_not_allowed") == 1


async def test_open_handshakes_count_as_connections(certificates):
    """A peer that connects and says nothing takes a place, and `stop` does not wait for it."""
    async with Listener(tls=certificates.server, max_connections=1) as listener:
        silent = await Peer.connect(listener.address)
        while not listener.source._hub.connections:
            await asyncio.sleep(0)
        assert await (await Peer.connect(listener.address)).rest() == b""
        assert listener.errors("too_many_connections") == 1
    assert await silent.rest() == b""


async def test_reload(certificates, tmp_path):
    """After a reload new connections see the new certificate, old ones go on; a broken file changes nothing."""
    first, second = certificates.issue("first", "127.0.0.1"), certificates.issue("second", "localhost")
    paths = {name: tmp_path / name for name in ("cert", "key")}
    for name, path in paths.items():
        path.write_bytes(Path(first[name]).read_bytes())
    async with Listener(tls={name: str(path) for name, path in paths.items()}) as listener:
        with pytest.raises(ssl.SSLCertVerificationError):
            await Peer.connect(listener.address, context=certificates.client_context(), server_hostname="localhost")
        old = await Peer.connect(listener.address, context=certificates.client_context(), server_hostname="127.0.0.1")
        paths["cert"].write_bytes(b"not a certificate")
        with pytest.raises(OSError, match="PEM"):
            listener.source.reload()
        for name, path in paths.items():
            path.write_bytes(Path(second[name]).read_bytes())
        listener.source.reload()
        new = await Peer.connect(listener.address, context=certificates.client_context(), server_hostname="localhost")
        assert b"MSA|AA" in await old.ask(MESSAGE)
        assert b"MSA|AA" in await new.ask(MESSAGE)
        await old.close()
        await new.close()


async def test_start_fails_without_certificate(certificates, tmp_path):
    """A missing or unusable file stops the start."""
    listener = Listener(tls={**certificates.server, "cert": str(tmp_path / "missing.pem")})
    with pytest.raises(FileNotFoundError):
        await listener.source.start()


def delivery() -> QueuedDelivery:
    return QueuedDelivery(
        id="D", message_id="M1", sequence=1, ordering_key="k", control_id="M1", body=MESSAGE,
        media_type="application/hl7-v2", attempts=0, rejects=0, queued_at=NOON,
    )  # fmt: skip


async def send(address: str, **tls: Any):
    services = DestinationServices(
        name="ehr", channel="labs", clock=HandClock(), ids=CountingIds(), observer=RecordingObserver()
    )
    destination = DESTINATION.build(DESTINATION.settings.model_validate({"to": address, "tls": tls}), services)
    async with asyncio.timeout(20):
        receipts = [await destination.deliver(delivery()) for _ in range(2)]
    await destination.close()
    return receipts


@pytest.mark.parametrize(
    ("tls", "verdict", "error"),
    [
        ({"ca": "ca"}, Verdict.DONE, ""),
        ({"ca": "ca", "server_name": "localhost"}, Verdict.DONE, ""),
        ({"ca": "ca", "server_name": "other.example.org"}, Verdict.UNREACHED, "tls"),
        ({"ca": "foreign_ca"}, Verdict.UNREACHED, "tls"),
        ({}, Verdict.UNREACHED, "tls"),
        ({"ca": "missing"}, Verdict.UNREACHED, "tls"),
    ],
)
async def test_destination_checks_the_receiver(certificates, tls, verdict, error):
    """Only a certificate of the right authority with the right name is sent to; both messages share a connection."""
    chosen = {key: getattr(certificates, value, value) for key, value in tls.items()}
    script = [Recv(), Send(ack()), Recv(), Send(ack()), UntilEof()]
    server = ScriptedServer([script])
    async with server.run(context=certificates.server_context()):
        receipts = await send(server.address, **chosen)
    assert [(item.verdict, item.error) for item in receipts] == [(verdict, error)] * 2
    assert server.connections == (1 if verdict is Verdict.DONE else 0)


async def test_destination_shows_its_certificate(certificates):
    """A receiver that asks for a certificate gets ours; without one the word is `tls`."""
    server = ScriptedServer([[Recv(), Send(ack()), Recv(), Send(ack()), UntilEof()]])
    async with server.run(context=certificates.server_context(ask=True)):
        receipts = await send(server.address, ca=certificates.ca, **certificates.client)
        assert [item.verdict for item in receipts] == [Verdict.DONE] * 2
        receipts = await send(server.address, ca=certificates.ca)
        assert [item.verdict for item in receipts] == [Verdict.UNREACHED] * 2
        assert receipts[0].error in {"tls", "closed"}


async def test_destination_to_source(certificates):
    """Our sender and our listener understand each other over mutual TLS."""
    async with Listener(tls={**certificates.server, "client_ca": certificates.ca}) as listener:
        receipts = await send(listener.address, ca=certificates.ca, **certificates.client)
        assert [(item.verdict, item.ack_code) for item in receipts] == [(Verdict.DONE, "AA")] * 2
        assert len(listener.store.messages) == 1
