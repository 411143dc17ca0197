"""The `fhir` directory against a stand-in server over real loopback sockets, question by question and fault by fault."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme

from engine.domain import matching
from engine.domain.patient import Decision, Demographics, Identifier, Match
from engine.plugins.directories.fhir import PLUGIN
from engine.plugins.directories.fhir.directory import FhirDirectory
from engine.ports.directory import DirectoryIncomplete, DirectoryUnavailable
from engine.ports.services import SiteServices
from tests.support import fhir_server as peer
from tests.support.fhir_server import HOSP, LAB, OTHER, Answer, FhirServer, patient
from tests.support.intake_fakes import CountingIds, RecordingObserver

pytestmark = pytest.mark.slow  # many examples; `make test` runs them, `make check` does not wait

ADA = patient("1", (HOSP, "1001"), (LAB, "L-7"), family="Marlow", given="Ada Jane", birth="1968-05-12", gender="female")
EVA = patient("2", (HOSP, "1002"), family="Marlow", given="Eva", birth="1968-05-12", gender="female")
BOB = patient("3", (HOSP, "2001"), family="Hart", given="Bob", birth="1950-01-02", gender="male")
SAID = Demographics(family="Marlow", given="Ada", birth_date="1968-05-12", sex="F")
NUMBER = Identifier(value="1001", authority="HOSP", type="MR")
RULES = matching.MatchRules(default_authority="HOSP")
DOWN = peer.json_answer(peer.outcome("exception"), 500)


class _QuickClock:
    """Waits take no time; the time of the machine otherwise stands still."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def now(self) -> Any:
        raise AssertionError("nobody asks")

    def monotonic(self) -> float:
        return 1.0

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)


class World:
    """A directory and what surrounds it."""

    def __init__(self, server: FhirServer, folder: Path, **settings: Any) -> None:
        self.server, self.clock, self.observer = server, _QuickClock(), RecordingObserver()
        values = {"base_url": server.url, "default_authority": "HOSP", "systems": peer.SYSTEMS, "timeout": "5s"}
        services = SiteServices(
            site=folder, node="n", clock=self.clock, ids=CountingIds(), observer=self.observer, name="mpi"
        )
        self.directory: FhirDirectory = PLUGIN.build(PLUGIN.settings.model_validate({**values, **settings}), services)

    async def mrns(self, person: Demographics) -> list[str]:
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
async def world(folder: Path, *patients: dict[str, Any], **settings: Any) -> AsyncIterator[World]:
    server = FhirServer(*(patients or (ADA, EVA, BOB)))
    with server.run():
        made = World(server, folder, **settings)
        try:
            yield made
        finally:
            await made.directory.close()


async def test_everybody_who_could_be_meant_is_shown(tmp_path: Path) -> None:
    """Number, birth date with either name, names with the year: the twin comes too, and the right one is matched."""
    async with world(tmp_path) as w:
        person = Demographics(**{**_fields(SAID), "identifiers": (NUMBER,)})
        assert await w.mrns(person) == ["1001", "1002"]
        assert (await w.decide(person)).decision is Decision.MATCH
        asked = [request.words for request in w.server.received[:5]]
        assert {"identifier": f"{HOSP}|1001", "_count": "50"} in asked
        assert {"family": "Marlow", "birthdate": "1968-05-12", "_count": "50"} in asked
        assert {"family": "Marlow", "given": "Ada", "birthdate": "1968", "_count": "50"} in asked
        assert w.observer.counted("directory_calls", directory="mpi", outcome="answered") == 10


def _fields(person: Demographics) -> dict[str, Any]:
    return {name: getattr(person, name) for name in Demographics.__dataclass_fields__}


async def test_no_patient_stands_in_an_address(tmp_path: Path) -> None:
    """Search, next pages that repeat the search, $match and $ihe-pix: POST, with nothing of the patient in the URL."""
    many = [patient(str(n), (HOSP, str(n)), family="Marlow", given="Ada", birth="1968-05-12") for n in range(5)]
    for settings in ({}, {"method": "match"}):
        async with world(tmp_path, *many, page_size=2, cross_reference=["LAB"], **settings) as w:
            w.server.repeats_search = True
            person = Demographics(**{**_fields(SAID), "identifiers": (Identifier(value="L-7", authority="LAB"),)})
            await w.mrns(person)
            assert {(request.method, bool(request.query)) for request in w.server.received} == {("POST", False)}


async def test_by_get_where_the_server_needs_it(tmp_path: Path) -> None:
    """`requests: get` searches by address, the way of servers without `_search`."""
    async with world(tmp_path, requests="get") as w:
        assert await w.mrns(SAID) == ["1001", "1002"]
        assert {(request.method, request.path) for request in w.server.received} == {("GET", "/fhir/Patient")}


@pytest.mark.parametrize("repeats", [True, False])
async def test_all_pages_are_read(tmp_path: Path, repeats: bool) -> None:
    """Next links are followed to the end, opaque ones and those that repeat the search."""
    many = [patient(str(n), (HOSP, str(n)), family="Marlow", given="Ada", birth="1968-05-12") for n in range(7)]
    async with world(tmp_path, *many, page_size=3) as w:
        w.server.repeats_search = repeats
        assert len(await w.mrns(SAID)) == 7


@pytest.mark.parametrize("limits", [{"max_candidates": 4}, {"max_pages": 2, "page_size": 2}])
async def test_too_many_is_a_persons_decision(tmp_path: Path, limits: dict[str, int]) -> None:
    """More people than may be read: what was read is shown, and said to be not everybody."""
    many = [patient(str(n), (HOSP, str(n)), family="Marlow", given="Ada", birth="1968-05-12") for n in range(7)]
    async with world(tmp_path, *many, **limits) as w:
        assert len(await w.shown()) == 4


async def test_a_server_that_passes_over_the_search_is_not_believed(tmp_path: Path) -> None:
    """Everybody for every question: more than may be read, so nobody is matched on it."""
    many = [patient(str(n), (HOSP, str(n)), family="Marlow", given="Ada", birth="1968-05-12") for n in range(9)]
    async with world(tmp_path, *many, max_candidates=5) as w:
        w.server.ignores = {"identifier", "family", "given", "birthdate"}
        await w.shown(Demographics(identifiers=(Identifier(value="3", authority="HOSP"),)))


async def test_a_refused_question_is_a_persons_decision(tmp_path: Path) -> None:
    """400 to one of the questions: not tried again, the rest is shown, and it is noted without content."""
    async with world(tmp_path) as w:
        refusal = peer.json_answer(peer.outcome("too-costly"), 400)
        w.server.usual = lambda asked: refusal if asked.words.get("family") == "Ada" else w.server.by_itself(asked)
        assert await w.shown() == ["1001", "1002"]
        (note,) = w.observer.events("directory.no_answer")
        assert (note["reason"], note["status"], note["directory"]) == ("question_refused", 400, "mpi")
        assert "Marlow" not in str(w.observer.notes)


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        (DOWN, "server_error"),
        (Answer(status=503), "server_error"),
        (Answer(body=b"{not json"), "not_json"),
        (Answer(body=b"[" * 50_000), "not_json"),
        (Answer(body=b"<html>", headers={"Content-Encoding": "gzip"}), "answer_encoded"),
        (Answer(body=b'{"resourceType": "Bundle"}', cut=True), "connection_cut"),
        (peer.json_answer(ADA), "wrong_shape"),
        (peer.json_answer([1]), "wrong_shape"),
        (peer.json_answer({**peer.bundle([]), "type": "collection"}), "wrong_shape"),
        (peer.json_answer({**peer.bundle([]), "entry": "many"}), "wrong_shape"),
        (peer.json_answer({**peer.bundle([]), "entry": [{"fullUrl": "x"}]}), "wrong_shape"),
        (peer.json_answer(peer.bundle([{"resourceType": "Observation", "id": "1"}])), "wrong_shape"),
        (peer.json_answer(peer.outcome("exception")), "wrong_shape"),
        (Answer(body=b" " * 70_000), "answer_too_long"),
        (Answer(status=302, headers={"Location": "http://localhost:1/"}), "redirect"),
        (Answer(status=401), "denied"),
        (Answer(status=403), "denied"),
        (Answer(status=404), "client_error"),
        (Answer(status=405), "client_error"),
        (Answer(status=415), "client_error"),
        (peer.json_answer({**peer.bundle([]), "link": [{"relation": "next", "url": "http://127.0.0.1:1/x"}]}), "wrong_answer"),
        (peer.json_answer({**peer.bundle([]), "link": [{"relation": "next", "url": "/fhir?name=x"}]}), "wrong_answer"),
        (peer.json_answer({**peer.bundle([]), "link": [{"relation": "next", "url": "/fhirx?p=1"}]}), "wrong_answer"),
        (peer.json_answer({**peer.bundle([]), "link": [{"relation": "next", "url": "//u@[::1/x"}]}), "wrong_answer"),
        (peer.json_answer({**peer.bundle([]), "link": [{"relation": "next", "url": "http://localhost:99999/fhir?p=1"}]}), "wrong_answer"),
        (peer.json_answer({**peer.bundle([]), "link": [{"relation": "next", "url": 7}]}), "wrong_shape"),
    ],
)  # fmt: skip
async def test_without_a_usable_answer_nobody_is_guessed(tmp_path: Path, fault: Answer, word: str) -> None:
    """Errors, garbage, cut and foreign answers, in search and in $match: the message waits, the log says why."""
    for method in ("search", "match"):
        async with world(tmp_path, max_answer=60_000, method=method, breaker={"failures": 99}) as w:
            w.server.usual = peer.always(fault)
            assert await w.down() == word
            assert {note["reason"] for note in w.observer.events("directory.no_answer")} == {word}


async def test_pages_that_lead_in_a_circle_are_no_answer(tmp_path: Path) -> None:
    """A next link that was followed before: the server's fault; after `$match` one means that there are more."""
    circle = peer.json_answer({**peer.bundle([ADA]), "link": [{"relation": "next", "url": "/fhir?p=1"}]})
    async with world(tmp_path) as w:
        w.server.usual = peer.always(circle)
        assert await w.down() == "wrong_answer"
    async with world(tmp_path, method="match") as w:
        w.server.usual = peer.always(circle)
        assert await w.shown() == ["1001"]


async def test_silence_ends_by_the_time_limit(tmp_path: Path) -> None:
    """A server that says nothing costs the time of a question, twice."""
    async with world(tmp_path, timeout="100ms", tries=2) as w:
        w.server.usual = w.server.silent
        assert await w.down() == "timeout"
        assert set(w.clock.waits) == {0.5}


async def test_nobody_listens(tmp_path: Path) -> None:
    """A refused connection: unavailable."""
    async with world(tmp_path, base_url="http://localhost:1", tries=1) as w:
        assert await w.down() == "connect"


async def test_passing_trouble_is_tried_again(tmp_path: Path) -> None:
    """A 500 on the first try of a question does not reach the message."""
    async with world(tmp_path) as w:
        w.server.script.extend([peer.always(DOWN), peer.always(DOWN)])
        assert await w.mrns(SAID) == ["1001", "1002"]
        assert w.observer.events("directory.no_answer") == []


async def test_a_failing_server_is_left_alone(tmp_path: Path) -> None:
    """After failures in a row the server is not asked any more."""
    async with world(tmp_path, tries=1, breaker={"failures": 3}, connections=1) as w:
        w.server.usual = peer.always(DOWN)
        await w.down()
        before = len(w.server.received)
        assert await w.down() == "circuit_open"
        assert len(w.server.received) == before
        assert w.observer.counted("directory_circuit_open", directory="mpi") == 1


async def test_match_shows_candidates_and_scores_are_not_believed(tmp_path: Path) -> None:
    """$match (ITI-119): one question in the body; the first of the list with score 1.0 is not taken for the patient."""
    async with world(tmp_path, EVA, ADA, BOB, method="match") as w:
        match = await w.decide(SAID)
        assert (match.decision, match.record.mrn if match.record else "") == (Decision.MATCH, "1001")
        (request,) = w.server.received
        given = {item["name"]: item for item in json.loads(request.body)["parameter"]}
        assert request.path == "/fhir/Patient/$match"
        assert given["onlyCertainMatches"] == {"name": "onlyCertainMatches", "valueBoolean": False}
        assert given["resource"]["resource"] == {
            "resourceType": "Patient",
            "name": [{"family": "Marlow", "given": ["Ada"]}],
            "birthDate": "1968-05-12",
            "gender": "female",
        }


async def test_a_full_list_of_matches_is_a_persons_decision(tmp_path: Path) -> None:
    """As many as were asked for: there may be more, ranked by a rule we do not know."""
    async with world(tmp_path, method="match", max_candidates=2) as w:
        assert await w.shown() == ["1001", "1002"]


@pytest.mark.parametrize("requests", ["post", "get"])
async def test_a_foreign_number_is_cross_referenced(tmp_path: Path, requests: str) -> None:
    """$ihe-pix (ITI-83): the laboratory's number leads to ours, and the demographics confirm it."""
    ada = {**ADA, "identifier": [{"system": HOSP, "value": "1001"}]}
    shadow = {"resourceType": "Parameters", "parameter": [
        {"name": "targetIdentifier", "valueIdentifier": {"system": HOSP, "value": "1001"}},
        {"name": "targetIdentifier", "valueIdentifier": {"system": OTHER, "value": "9"}},
        {"name": "targetId", "valueReference": {"reference": "Patient/1"}},
    ]}  # fmt: skip
    async with world(tmp_path, ada, BOB, cross_reference=["LAB"], requests=requests, connections=1) as w:
        w.server.script.append(peer.always(peer.json_answer(shadow)))
        person = Demographics(
            identifiers=(Identifier(value="L-7", authority="LAB"),), family="Marlow", given="Ada", birth_date="1968-05"
        )
        match = await w.decide(person)
        assert (match.decision, match.step) == (Decision.MATCH, "identifier")
        assert w.server.received[0].path == "/fhir/Patient/$ihe-pix"


@pytest.mark.parametrize(
    ("answer", "is_whole"),
    [
        (peer.json_answer(peer.outcome("not-found"), 404), True),
        (peer.json_answer(peer.outcome("code-invalid"), 400), False),
        (peer.json_answer(peer.outcome("code-invalid"), 403), False),
    ],
)
async def test_a_number_nobody_has_is_told_from_a_question_refused(
    tmp_path: Path, answer: Answer, is_whole: bool
) -> None:
    """404 with not-found is an answer; an unknown domain makes it a person's decision."""
    async with world(tmp_path, cross_reference=["LAB"]) as w:
        w.server.script.append(peer.always(answer))
        person = Demographics(**{**_fields(SAID), "identifiers": (Identifier(value="X", authority="LAB"),)})
        assert (await w.mrns(person) if is_whole else await w.shown(person)) == ["1001", "1002"]


async def test_cross_referencing_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    """A plain 404 is a wrong address, not an answer."""
    async with world(tmp_path, cross_reference=["LAB"]) as w:
        w.server.script.append(peer.always(Answer(status=404)))
        person = Demographics(identifiers=(Identifier(value="X", authority="LAB"),))
        assert await w.down(person) == "client_error"


async def test_a_merged_patient_comes_with_the_survivor(tmp_path: Path) -> None:
    """replaced-by is followed, over two steps; the old number leads to a person with the survivor as candidate."""
    old = {**patient("8", (HOSP, "0800"), family="Marlow", given="Ada", birth="1968-05-12"), "active": False}
    old["link"] = [{"type": "replaced-by", "other": {"reference": "Patient/9"}}]
    middle = patient("9", (HOSP, "0900"), family="Marlowe", given="Adda", birth="1967-05-12")
    middle["link"] = [{"type": "replaced-by", "other": {"reference": "Patient/1/_history/2"}}]
    async with world(tmp_path, old, middle, ADA) as w:
        person = Demographics(identifiers=(Identifier(value="0800", authority="HOSP"),), family="Marlow", given="Ada")
        match = await w.decide(person)
        assert (match.decision, match.reason_code) == (Decision.REVIEW, "patient.merged")
        assert match.record is not None
        assert match.record.mrn == "1001"


async def test_a_record_out_of_use_is_never_matched(tmp_path: Path) -> None:
    """active: false without a survivor, and a survivor that is not there: a person decides."""
    gone = {**ADA, "active": False}
    lost = {**ADA, "link": [{"type": "replaced-by", "other": {"reference": "Patient/404"}}]}
    for resource in (gone, lost):
        async with world(tmp_path, resource) as w:
            person = Demographics(**{**_fields(SAID), "identifiers": (NUMBER,)})
            assert (await w.decide(person)).decision is Decision.REVIEW


async def test_two_living_records_of_one_number_are_not_told_apart(tmp_path: Path) -> None:
    """Two resources in use with the same number: somebody would be hidden by the other, so a person decides."""
    async with world(tmp_path, ADA, {**EVA, "identifier": ADA["identifier"]}) as w:
        assert await w.shown() == ["1001"]


async def test_a_patient_that_cannot_be_read_is_not_passed_over(tmp_path: Path) -> None:
    """A broken resource among good ones: the good ones are shown, and said to be not everybody."""
    async with world(tmp_path) as w:
        w.server.usual = peer.always(peer.json_answer(peer.bundle([ADA, {**EVA, "name": "Eva"}])))
        assert await w.shown() == ["1001"]


async def test_who_asked_may_leave(tmp_path: Path) -> None:
    """A candidate search that is cancelled in mid-question leaves a client that works."""
    async with world(tmp_path) as w:
        asked, release = threading.Event(), threading.Event()

        def late(request: peer.Request) -> Answer:
            asked.set()
            release.wait(20)
            return w.server.by_itself(request)

        w.server.usual = late
        search = asyncio.create_task(w.mrns(SAID))
        await asyncio.to_thread(asked.wait, 20)
        search.cancel()
        with pytest.raises(asyncio.CancelledError):
            await search
        w.server.usual = None
        release.set()
        assert await w.mrns(SAID) == ["1001", "1002"]


async def test_a_token_is_fetched_and_renewed_when_refused(tmp_path: Path) -> None:
    """OAuth2 client credentials: one token for all questions, another one after a 401."""
    server = FhirServer(ADA, EVA)
    with server.run():
        token_url = server.url.removesuffix("/fhir") + "/token"
        auth = {"oauth2": {"token_url": token_url, "client_id": "headrace", "client_secret": "s3cret", "scope": "x"}}
        w = World(server, tmp_path, auth=auth)
        server.tokens = {"t1"}
        assert await w.mrns(SAID) == ["1001", "1002"]
        assert server.token_requests == 1
        server.tokens = {"t2"}
        assert await w.mrns(SAID) == ["1001", "1002"]
        assert server.token_requests == 2
        await w.directory.close()


async def test_client_certificates_are_shown_and_the_servers_is_checked(tmp_path: Path) -> None:
    """MTLS with files of the site; without trust in the server's authority nothing is asked."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    ours = authority.issue_cert("headrace.test")
    ours.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    ours.private_key_pem.write_to_path(tmp_path / "key.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    server = FhirServer(ADA, EVA)
    with server.run(context):
        for tls, works in (
            ({"ca": "ca.pem", "cert": "cert.pem", "key": "key.pem"}, True),
            ({"ca": "ca.pem"}, False),
            (None, False),
        ):
            w = World(server, tmp_path, tls=tls, tries=1)
            if works:
                assert await w.mrns(SAID) == ["1001", "1002"]
            else:
                assert await w.down() in {"connect", "connection_cut"}
            await w.directory.close()


async def test_renewed_certificates_are_used_without_a_restart(tmp_path: Path) -> None:
    """A certificate of an authority that is not trusted any more fails; new files in its place work at the next try."""
    old, new = trustme.CA(), trustme.CA()
    (tmp_path / "ca.pem").write_bytes(old.cert_pem.bytes())
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    new.issue_cert("localhost").configure_cert(context)
    with FhirServer(ADA, EVA).run(context) as server:
        w = World(server, tmp_path, tls={"ca": "ca.pem"}, tries=1, breaker={"failures": 99})
        assert await w.down() == "connect"
        (tmp_path / "ca.pem").write_bytes(b"half a file")
        assert await w.down() == "tls"
        (tmp_path / "ca.pem").write_bytes(new.cert_pem.bytes())
        assert await w.mrns(SAID) == ["1001", "1002"]
        await w.directory.close()


async def test_what_is_special_in_a_search_is_escaped(tmp_path: Path) -> None:
    """A comma, a bar, a dollar or a backslash in a name or number stays one value."""
    async with world(tmp_path) as w:
        person = Demographics(
            identifiers=(Identifier(value="1|2,3", authority="HOSP"), Identifier(value="$x", authority="")),
            family="Mar\\low,", birth_date="1968-05-12",
        )  # fmt: skip
        await w.mrns(person)
        asked = [request.words for request in w.server.received]
        assert {item.get("identifier") for item in asked} == {f"{HOSP}|1\\|2\\,3", "\\$x", None}
        assert "Mar\\\\low\\," in {item.get("family") for item in asked}
