"""A stand-in FHIR R4 server over real loopback sockets: Patient search, $match, $ihe-pix, and a script of faults."""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
import unicodedata
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

HOSP, LAB, OTHER = "urn:oid:2.999.1", "urn:oid:2.999.2", "urn:oid:2.999.3"
SYSTEMS = {"HOSP": HOSP, "LAB": LAB}
KNOWN = {"identifier", "family", "given", "birthdate", "_id", "_count", "page"}


@dataclass(frozen=True)
class Request:
    """One request as it came in; header names in lower case."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: Mapping[str, str]
    body: bytes

    @property
    def words(self) -> dict[str, str]:
        """Search words of query and form together, the last of each."""
        is_form = self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        form = parse_qs(self.body.decode()) if is_form else {}
        return {name: values[-1] for name, values in {**self.query, **form}.items()}


@dataclass(frozen=True)
class Answer:
    """What goes back; `cut` sends half of it and hangs up."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False


Act = Callable[[Request], Answer]


def patient(key: str, *numbers: tuple[str, str], family: str, given: str, birth: str, **more: Any) -> dict[str, Any]:
    """A Patient resource; `numbers` are (system, value)."""
    return {
        "resourceType": "Patient",
        "id": key,
        "identifier": [{"system": system, "value": value} for system, value in numbers],
        "name": [{"use": "official", "family": family, "given": given.split()}],
        "birthDate": birth,
        **more,
    }


def json_answer(content: Any, status: int = 200, **headers: str) -> Answer:
    return Answer(status=status, body=json.dumps(content).encode(), headers=headers)


def outcome(code: str, severity: str = "error") -> dict[str, Any]:
    return {"resourceType": "OperationOutcome", "issue": [{"severity": severity, "code": code}]}


def always(answer: Answer) -> Act:
    return lambda _: answer


def bundle(resources: Sequence[dict[str, Any]], **more: Any) -> dict[str, Any]:
    entries = [{"resource": one, "search": {"mode": "match"}} for one in resources]
    return {"resourceType": "Bundle", "type": "searchset", "entry": entries, **more}


class FhirServer:
    """Holds patients; plays `script` one act a request before it answers by itself.

    Attributes:
        received: requests for patients, in order.
        usual: in place of its own answers.
        repeats_search: next links name the search again instead of an opaque page.
        tokens: bearers it takes; None takes anybody. The token endpoint gives out `t1`, `t2` ...
        lenient: passes over search parameters it does not know.
        ignores: search parameters it passes over although it knows them.
    """

    def __init__(self, *patients: dict[str, Any]) -> None:
        self.patients = list(patients)
        self.received: list[Request] = []
        self.script: deque[Act] = deque()
        self.usual: Act | None = None
        self.repeats_search = False
        self.tokens: set[str] | None = None
        self.token_requests = 0
        self.ignores: set[str] = set()
        self.scheme, self.port = "http", 0
        self.released = threading.Event()
        self._pages: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        return f"{self.scheme}://localhost:{self.port}/fhir"

    def silent(self, _: Request) -> Answer:
        """Says nothing until the test is over."""
        self.released.wait(30)
        return Answer(status=500)

    def answer(self, request: Request) -> Answer:
        if request.path == "/token":
            self.token_requests += 1
            return json_answer({"access_token": f"t{self.token_requests}", "token_type": "bearer", "expires_in": 600})
        self.received.append(request)
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self.tokens is not None and bearer not in self.tokens:
            return json_answer(outcome("login"), 401)
        if self.script:
            return self.script.popleft()(request)
        if self.usual is not None:
            return self.usual(request)
        return self.by_itself(request)

    def by_itself(self, request: Request) -> Answer:
        if request.path == "/fhir/Patient/$match":
            return self._match(json.loads(request.body))
        if request.path == "/fhir/Patient/$ihe-pix":
            return self._pix(request)
        by_post = request.method == "POST" and request.path == "/fhir/Patient/_search"
        if not by_post and (request.method, request.path) not in {("GET", "/fhir/Patient"), ("GET", "/fhir")}:
            return json_answer(outcome("not-supported"), 404)
        return self._search(request.words)

    def _search(self, words: dict[str, str]) -> Answer:
        if "_getpages" in words:
            words = self._pages[int(words["_getpages"])]
        unknown = set(words) - KNOWN
        if unknown:
            return json_answer(outcome("not-supported"), 400)
        found = [one for one in self.patients if self._fits(one, words)]
        size, page = int(words.get("_count", "100")), int(words.get("page", "0"))
        links = []
        if (page + 1) * size < len(found):
            following = {**words, "page": str(page + 1)}
            self._pages.append(following)
            opaque = f"{self.url}?_getpages={len(self._pages) - 1}"
            again = f"{self.url}/Patient?{urlencode(following)}"
            links.append({"relation": "next", "url": again if self.repeats_search else opaque})
        return json_answer(bundle(found[page * size : (page + 1) * size], link=links, total=len(found)))

    def _fits(self, one: dict[str, Any], words: dict[str, str]) -> bool:
        wanted = {name: value for name, value in words.items() if name not in self.ignores}
        names = one.get("name", [])
        tests = {
            "_id": lambda value: one["id"] == value,
            "identifier": lambda value: _has(one, value),
            "family": lambda value: any(_begins(name.get("family", ""), value) for name in names),
            "given": lambda value: any(_begins(given, value) for name in names for given in name.get("given", [])),
            "birthdate": lambda value: one.get("birthDate", "").startswith(value),
        }
        return all(tests[name](value) for name, value in wanted.items() if name in tests)

    def _match(self, parameters: dict[str, Any]) -> Answer:
        given = {item["name"]: item for item in parameters["parameter"]}
        wanted = given["resource"]["resource"]
        numbers = {item["value"] for item in wanted.get("identifier", [])}
        found = [
            one
            for one in self.patients
            if numbers & {item["value"] for item in one["identifier"]} or one["birthDate"] == wanted.get("birthDate")
        ]
        made = bundle(found[: given["count"]["valueInteger"]])
        for place, entry in enumerate(made["entry"]):
            entry["search"] = {"mode": "match", "score": 1.0 - place / 100}
        return json_answer(made)

    def _pix(self, request: Request) -> Answer:
        words = request.words
        if not words:
            words = {item["name"]: item["valueString"] for item in json.loads(request.body)["parameter"]}
        system = words["sourceIdentifier"].partition("|")[0]
        if system not in (HOSP, LAB):
            return json_answer(outcome("code-invalid"), 400)
        owners = [one for one in self.patients if _has(one, words["sourceIdentifier"])]
        if not owners:
            return json_answer(outcome("not-found"), 404)
        targets = [item for one in owners for item in one["identifier"] if item["system"] == words["targetSystem"]]
        parameters = [{"name": "targetIdentifier", "valueIdentifier": item} for item in targets]
        return json_answer({"resourceType": "Parameters", "parameter": parameters})

    @contextlib.contextmanager
    def run(self, context: ssl.SSLContext | None = None) -> Iterator[FhirServer]:
        """Listen on a free loopback port until the end of the block."""
        server = ThreadingHTTPServer(("127.0.0.1", self.port), _handler(self))
        server.daemon_threads = True
        server.block_on_close = False
        if context is not None:
            self.scheme = "https"
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = server.server_address[1]
        listening = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        listening.start()
        try:
            yield self
        finally:
            self.released.set()
            server.shutdown()
            server.server_close()
            listening.join()


def _has(one: dict[str, Any], token: str) -> bool:
    system, bar, value = token.rpartition("|")
    return any(item["value"] == value and (not bar or item["system"] == system) for item in one["identifier"])


def _begins(name: str, wanted: str) -> bool:
    return _folded(name).startswith(_folded(wanted.replace("\\", "")))


def _folded(text: str) -> str:
    return "".join(one for one in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(one))


def _handler(owner: FhirServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30
        wbufsize = 1 << 16
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            size = int(self.headers.get("content-length", "0"))
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.command, parts.path, parse_qs(parts.query), headers, self.rfile.read(size))
            answer = owner.answer(request)
            with contextlib.suppress(OSError):  # who asked may have hung up
                self.send_response(answer.status)
                for name, value in {"Content-Type": "application/fhir+json", **answer.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body[: len(answer.body) // 2] if answer.cut else answer.body)
                self.wfile.flush()
            self.close_connection = self.close_connection or answer.cut

        do_GET = do_POST = _serve  # noqa: N815 - the library's names

        def log_message(self, *_: Any) -> None:
            """Nothing on stderr."""

    return Handler
