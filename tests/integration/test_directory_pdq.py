"""The `pdq-v2` directory against a stand-in supplier over real loopback sockets, query by query and fault by fault."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trustme
from hl7apy.parser import parse_message

from engine.app.clock import SystemClock
from engine.domain import matching
from engine.domain.patient import Decision, Demographics, Identifier, Match
from engine.plugins.directories.pdq import PLUGIN
from engine.plugins.directories.pdq.directory import PdqDirectory
from engine.ports.directory import DirectoryIncomplete, DirectoryUnavailable
from engine.ports.services import SiteServices
from tests.support import pdq_server as peer
from tests.support.intake_fakes import CountingIds, RecordingObserver
from tests.support.pdq_server import PdqServer, Person, Query, reply

pytestmark = pytest.mark.slow  # many examples; `make test` runs them, `make check` does not wait

ADA = Person({"HOSP": "1001", "LAB": "L-7"}, "Marlow^Ada^Jane^^^^L", "19680512")
EVA = Person({"HOSP": "1002"}, "Marlow^Eva^^^^^L", "19680512")
BOB = Person({"HOSP": "2001"}, "Hart^Bob^^^^^L", "19500102", "M")
SAID = Demographics(family="Marlow", given="Ada", birth_date="1968-05-12", sex="F")
NUMBER = Identifier(value="1001", authority="HOSP", type="MR")
LAB = Identifier(value="L-7", authority="LAB")
RULES = matching.MatchRules(default_authority="HOSP")


class _NoWait(SystemClock):
    """The machine's clock; waits between tries are cut short."""

    async def sleep(self, seconds: float) -> None:
        await super().sleep(0.0 if seconds == 0.5 else seconds)


class World:
    """A directory and what surrounds it."""

    def __init__(self, server: PdqServer, folder: Path, **settings: Any) -> None:
        self.server, self.observer = server, RecordingObserver()
        values = {
            "to": f"localhost:{server.port}", "default_authority": "HOSP", "authorities": peer.OIDS, "timeout": "5s",
        }  # fmt: skip
        services = SiteServices(
            site=folder, node="n", clock=_NoWait(), ids=CountingIds(), observer=self.observer, name="mpi"
        )
        self.directory: PdqDirectory = PLUGIN.build(PLUGIN.settings.model_validate({**values, **settings}), services)

    async def mrns(self, person: Demographics = SAID) -> list[str]:
        return sorted(record.mrn for record in await self.directory.candidates(person))

    async def decide(self, person: Demographics) -> Match:
        return matching.decide(person, await self.directory.candidates(person), RULES)

    async def down(self, person: Demographics = SAID) -> str:
        with pytest.raises(DirectoryUnavailable) as caught:
            await self.directory.candidates(person)
        assert not isinstance(caught.value, DirectoryIncomplete)
        return str(caught.value)

    async def shown(self, person: Demographics = SAID) -> list[str]:
        """Whom an answer shows that does not show everybody."""
        with pytest.raises(DirectoryIncomplete) as caught:
            await self.directory.candidates(person)
        return sorted(record.mrn for record in caught.value.found)


@asynccontextmanager
async def world(folder: Path, *people: Person, **settings: Any) -> AsyncIterator[World]:
    with PdqServer(*(people or (ADA, EVA, BOB))).run() as server:
        made = World(server, folder, **settings)
        try:
            yield made
        finally:
            await made.directory.close()


async def test_everybody_who_could_be_meant_is_shown(tmp_path: Path) -> None:
    """Number, birth date with either name, the date the other way round: the twin comes too, the right one is matched."""
    async with world(tmp_path) as w:
        person = replace(SAID, identifiers=(NUMBER,))
        assert await w.mrns(person) == ["1001", "1002"]
        assert (await w.decide(person)).decision is Decision.MATCH
        words = [query.words for query in w.server.received[:5]]
        assert {"3.1": "1001", "3.4.1": "HOSP", "3.4.2": "2.999.1", "3.4.3": "ISO"} in words
        assert {"5.1.1": "Marlow", "7": "19680512"} in words
        assert {"5.2": "Ada", "7": "19680512"} in words
        assert {"5.1.1": "Marlow", "5.2": "Ada", "7": "19681205"} in words
        assert w.server.connections <= 2
        assert len({query.control_id for query in w.server.received}) == len(w.server.received)


async def test_the_query_is_what_the_profile_says(tmp_path: Path) -> None:
    """QBP^Q22 of 2.5 that hl7apy accepts; who asks whom, how many, the charset, and the domains to return."""
    msh = {"sending_app": "HR", "sending_facility": "H", "receiving_app": "PDS", "receiving_facility": "MPI"}
    async with world(tmp_path, msh=msh, page_size=20) as w:
        await w.mrns(Demographics(birth_date="1968-05-12"))
        (query,) = w.server.received
    assert parse_message(query.data.decode()).validate()
    assert (query.kind, query.segments["MSH"][11]) == ("QBP^Q22^QBP_Q21", "2.5")
    assert [query.segments["MSH"][place] for place in (2, 3, 4, 5)] == ["HR", "H", "PDS", "MPI"]
    assert (query.name, query.most, query.charset) == ("IHE PDQ Query", "20^RD", "UNICODE UTF-8")
    async with world(tmp_path, domains=["HOSP", "LAB"]) as w:
        await w.mrns()
    # The profile's own: hl7apy knows neither this field nor more than one repetition of QPD-3.
    assert w.server.received[0].parameters[5] == "^^^HOSP&2.999.1&ISO~^^^LAB&2.999.2&ISO"


@pytest.mark.parametrize(("name", "charset"), [("Müller", "8859/1"), ("Łuczak", "UNICODE UTF-8")])
async def test_names_go_and_come_in_their_charset(tmp_path: Path, name: str, charset: str) -> None:
    """MSH-18 of the query and of the answer are each taken at their word."""
    person = Person({"HOSP": "7"}, f"{name}^Ada", "19680512")
    async with world(tmp_path, person) as w:
        w.server.usual = lambda query: reply(query, person.pid(), charset=charset)
        (record,) = await w.directory.candidates(replace(SAID, family=name))
        assert record.family == name


async def test_a_name_the_charset_lacks_is_a_persons_decision(tmp_path: Path) -> None:
    """A question that cannot be written is not asked in other letters."""
    async with world(tmp_path, charset="8859/1") as w:
        assert await w.shown(replace(SAID, family="Łuczak", identifiers=(NUMBER,))) == ["1001"]


async def test_wildcards_where_the_supplier_takes_them(tmp_path: Path) -> None:
    """`wildcard: true` finds the longer name by its beginning."""
    compound = Person({"HOSP": "9"}, "Marlow-Hart^Adalind", "19680512")
    async with world(tmp_path, compound) as w:
        assert await w.mrns() == []
    async with world(tmp_path, compound, wildcard=True) as w:
        assert await w.mrns() == ["9"]


async def test_continuations_are_read_to_the_end(tmp_path: Path) -> None:
    """DSC: the same query and tag, a new MSH-10, the pointer of the answer before."""
    many = [Person({"HOSP": str(n)}, "Marlow^Ada", "19680512") for n in range(5)]
    async with world(tmp_path, *many, connections=1) as w:
        w.server.page = 2
        assert len(await w.mrns()) == 5
        tag = w.server.received[0].tag
        first, second, third = (query for query in w.server.received if query.tag == tag)
        assert [query.pointer for query in (first, second, third)] == ["", "2", "4"]
        assert first.segments["QPD"] == second.segments["QPD"]


@pytest.mark.parametrize("limits", [{"max_candidates": 4}, {"max_pages": 2}])
async def test_too_many_is_a_persons_decision(tmp_path: Path, limits: dict[str, int]) -> None:
    """More people than may be read: what was read is shown, and said to be not everybody."""
    many = [Person({"HOSP": str(n)}, "Marlow^Ada", "19680512") for n in range(9)]
    async with world(tmp_path, *many, **limits) as w:
        w.server.page = 2
        assert await w.shown()
        # What is still to come is cancelled, once a query, on a line that goes on working.
        found = {query.tag for query in w.server.received if query.words["7"] == "19680512" and len(query.words) == 2}
        assert sorted(w.server.cancelled) == sorted(found)
        assert w.server.connections <= 2


async def test_a_supplier_that_keeps_some_back_is_not_believed(tmp_path: Path) -> None:
    """More hits than people and no pointer, a pointer that does not move, a PID without a number: not everybody."""
    for act in (
        lambda query: reply(query, ADA.pid(), hits="3"),
        lambda query: reply(query, ADA.pid(), pointer="x"),
        lambda query: reply(query, ADA.pid(), "PID|||||Marlow^Ada||19680512|F"),
        lambda query: reply(query, ADA.pid(), replace(EVA, numbers={"HOSP": "1001"}).pid()),
    ):
        async with world(tmp_path) as w:
            w.server.usual = act
            assert await w.shown() == ["1001"]


def _broken(data: bytes | None) -> peer.Act:
    return lambda _: data


@pytest.mark.parametrize(
    ("act", "word"),
    [
        (_broken(None), "connection_cut"),
        (_broken(b"raw:\x0bMSH|^~\\&|PDS"), "timeout"),
        (_broken(b"hello"), "wrong_shape"),
        (_broken(b"MSH|^~\\&|PDS||||20260101||ACK|1|P|2.5\r"), "wrong_shape"),
        (_broken(b"raw:" + b"x" * 9_000_000 + b"\x1c\r"), "wrong_shape"),
        (_broken(b"raw:\x0bMSH|" + b"x" * 20_000_000), "wrong_shape"),
        (lambda q: reply(q, ADA.pid(), control_id="OTHER"), "wrong_answer"),
        (lambda q: reply(q, ADA.pid(), tag="OTHER"), "wrong_answer"),
        (lambda q: reply(q, ADA.pid(), kind="RSP^K23^RSP_K23"), "wrong_shape"),
        (lambda q: reply(q, ADA.pid(), status="XX"), "wrong_shape"),
        (lambda q: reply(q, ADA.pid(), status="NF"), "wrong_shape"),
        (lambda q: reply(q, status="AE", code="AE"), "server_error"),
        (lambda q: reply(q, status="AE", code="AE", errors=("ERR|||207|E",)), "server_error"),
        (lambda q: reply(q, status="AR", code="AR", errors=("ERR|||204|E",)), "server_error"),
        (lambda q: reply(q, status="AR", code="AR", errors=("ERR|||200|E",)), "client_error"),
        (lambda q: reply(q, code="AE", status="OK"), "server_error"),
        (lambda q: reply(q).split(b"QAK")[0], "wrong_shape"),
    ],
)  # fmt: skip
async def test_without_a_usable_answer_nobody_is_guessed(tmp_path: Path, act: peer.Act, word: str) -> None:
    """Cut, garbage, huge and foreign answers, errors: the message waits, the log says why."""
    async with world(tmp_path, tries=1, timeout="300ms") as w:
        w.server.usual = act
        assert await w.down(Demographics(identifiers=(NUMBER,))) == word
        assert {note["reason"] for note in w.observer.events("directory.no_answer")} == {word}


async def test_silence_ends_by_the_time_limit(tmp_path: Path) -> None:
    """A supplier that says nothing costs the time of a query, twice, and a connection each time."""
    async with world(tmp_path, timeout="100ms", connections=1) as w:
        w.server.usual = w.server.silent
        assert await w.down(Demographics(identifiers=(NUMBER,))) == "timeout"
        assert w.server.connections == 2


async def test_nobody_listens(tmp_path: Path) -> None:
    """A refused connection: unavailable, and after failures in a row nobody is called any more."""
    async with world(tmp_path, to="localhost:1", tries=1, breaker={"failures": 2}) as w:
        assert [await w.down(Demographics(identifiers=(NUMBER,))) for _ in range(3)] == [
            "connect", "connect", "circuit_open",
        ]  # fmt: skip
        assert w.observer.counted("directory_circuit_open", directory="mpi") == 1


async def test_after_a_wrong_answer_the_line_is_thrown_away(tmp_path: Path) -> None:
    """The right answer to the second try comes on a new connection; the first one's is not trusted any more."""
    async with world(tmp_path, connections=1) as w:
        w.server.script.extend([lambda q: reply(q, BOB.pid(), control_id="OTHER"), peer.always(None)])
        assert await w.down(Demographics(identifiers=(NUMBER,))) == "wrong_answer"
        assert await w.mrns(Demographics(identifiers=(NUMBER,))) == ["1001"]
        assert w.server.connections == 3


async def test_who_asked_may_leave(tmp_path: Path) -> None:
    """A cancelled search costs its connection: the late answer must not meet the next query."""
    async with world(tmp_path, connections=1) as w:
        asked, release = threading.Event(), threading.Event()

        def late(query: Query) -> bytes:
            asked.set()
            release.wait(20)
            return w.server.by_itself(query)

        w.server.script.append(late)
        search = asyncio.create_task(w.mrns(Demographics(identifiers=(NUMBER,))))
        await asyncio.to_thread(asked.wait, 20)
        search.cancel()
        with pytest.raises(asyncio.CancelledError):
            await search
        release.set()
        assert await w.mrns(Demographics(identifiers=(NUMBER,))) == ["1001"]
        assert w.server.connections == 2


async def test_a_refused_query_is_a_persons_decision(tmp_path: Path) -> None:
    """AE with an error of the query: not tried again, the rest is shown, and it is noted without content."""

    def act(query: Query) -> bytes:
        is_it = query.words.get("5.1.1") == "Ada"
        errors = ("ERR||QPD^1^3|103|E",)
        return reply(query, status="AE", code="AE", errors=errors) if is_it else w.server.by_itself(query)

    async with world(tmp_path) as w:
        w.server.usual = act
        assert await w.shown() == ["1001", "1002"]
        (note,) = w.observer.events("directory.no_answer")
        assert (note["reason"], note["status"]) == ("question_refused", 103)
        assert "Marlow" not in str(w.observer.notes)


async def test_a_foreign_number_is_cross_referenced(tmp_path: Path) -> None:
    """PIX (ITI-9) at another machine: the laboratory's number leads to ours, and the demographics confirm it."""
    shown = replace(ADA, numbers={"HOSP": "1001"})
    with PdqServer(ADA).run() as manager:
        pix = {"authorities": ["LAB"], "to": f"localhost:{manager.port}"}
        async with world(tmp_path, shown, EVA, pix=pix) as w:
            match = await w.decide(replace(SAID, identifiers=(LAB,), birth_date="1968-05"))
            assert (match.decision, match.step) == (Decision.MATCH, "identifier")
        (query,) = manager.received
        assert (query.kind, query.name) == ("QBP^Q23^QBP_Q21", "IHE PIX Query")
        assert query.parameters == ["L-7^^^LAB&2.999.2&ISO", "^^^HOSP&2.999.1&ISO"]


async def test_a_number_nobody_has_is_told_from_a_question_refused(tmp_path: Path) -> None:
    """204 at QPD-3.1 and NF are answers; an unknown domain makes it a person's decision."""
    unknown = Identifier(value="X", authority="LAB")
    async with world(tmp_path, pix={"authorities": ["LAB"]}) as w:
        assert await w.mrns(replace(SAID, identifiers=(unknown,))) == ["1001", "1002"]
    for place in ("QPD^1^3^1^4", "QPD^1^4^1"):
        async with world(tmp_path, pix={"authorities": ["LAB"]}, connections=1) as w:
            error = f"ERR||{place}|204|E"
            w.server.script.append(lambda q, error=error: reply(q, status="AE", code="AE", errors=(error,)))
            assert await w.shown(replace(SAID, identifiers=(unknown,))) == ["1001", "1002"]


async def test_numbers_of_others_are_told_apart_by_oid(tmp_path: Path) -> None:
    """Another hospital's HOSP with its own OID, and a number without authority, are not this hospital's."""
    async with world(tmp_path) as w:
        w.server.usual = lambda query: reply(query, "PID|||1001^^^HOSP&9.9&ISO^MR||Marlow^Ada||19680512|F")
        match = await w.decide(replace(SAID, identifiers=(NUMBER,)))
        assert (match.decision, match.reason_code) == (Decision.REVIEW, "patient.unknown")
    for is_own, decision in ((False, Decision.REVIEW), (True, Decision.MATCH)):
        async with world(tmp_path, bare_is_own=is_own) as w:
            w.server.usual = lambda query: reply(query, "PID|||1001||Marlow^Ada||19680512|F")
            assert (await w.decide(replace(SAID, identifiers=(NUMBER,)))).decision is decision


async def test_names_and_death_are_read(tmp_path: Path) -> None:
    """The legal name wherever it stands, the maiden name beside it; PID-29 and PID-30."""
    pid = "PID|||1001^^^HOSP||Quill^Ada^^^^^M~Marlow&van^Ada^Jane^^^^L||19680512|F" + "|" * 21 + "20240503|Y"
    async with world(tmp_path) as w:
        w.server.usual = lambda query: reply(query, pid)
        (record,) = await w.directory.candidates(SAID)
    assert (record.family, record.given, record.middle, record.deceased_date) == ("Marlow", "Ada", "Jane", "2024-05-03")
    assert [(name.family, name.given) for name in record.other_names] == [("Quill", "Ada")]
    async with world(tmp_path) as w:
        w.server.usual = lambda query: reply(query, pid.replace("20240503", ""))
        (record,) = await w.directory.candidates(SAID)
    assert record.deceased_date == "0001-01-01"


async def test_client_certificates_are_shown_and_the_suppliers_is_checked(tmp_path: Path) -> None:
    """mTLS; without trust in the supplier's authority nothing is asked."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    ours = authority.issue_cert("headrace.test")
    ours.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    ours.private_key_pem.write_to_path(tmp_path / "key.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    files = {name: str(tmp_path / f"{name}.pem") for name in ("ca", "cert", "key")}
    with PdqServer(ADA, EVA).run(context) as server:
        for tls in (files, {"ca": files["ca"]}, {}):
            w = World(server, tmp_path, tls=tls, tries=1)
            if tls == files:
                assert await w.mrns() == ["1001", "1002"]
            else:
                assert await w.down() in {"tls", "connection_cut"}
                assert len(server.received) == 4
            await w.directory.close()
