"""A temporary site, the engine on it as a process of its own, and a stand-in EHR that knows nothing of the engine's code."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

VT, FS, CR = b"\x0b", b"\x1c", b"\r"
END = FS + CR
DEADLINE = 180.0

CHANNEL = """\
version: 1
channel: lab-reports
sources:
  - {{name: lab, use: mllp, listen: "127.0.0.1:0"{source}}}
stages:
  - {{use: decode}}
  - {{use: extract, with: [local]}}
  - {{use: reconcile, directory: patients}}
  - {{use: dedupe}}
  - {{use: review}}
destinations:
  - {{name: ehr, use: mllp, to: "127.0.0.1:{ehr}"{destination}}}
"""
SITE = """\
version: 1
web: {listen: "127.0.0.1:0"}
directories:
  patients: {use: file, path: conf/patients.csv, default_authority: HOSP}
"""


def make_site(folder: Path, *, ehr: int, patients: str, source: str = "", destination: str = "") -> Path:
    """Write the smallest site; `source` and `destination` are further settings as YAML flow text."""
    (folder / "conf").mkdir(parents=True)
    (folder / "channels").mkdir()
    (folder / "conf" / "headrace.yaml").write_text(SITE, encoding="utf-8")
    (folder / "conf" / "patients.csv").write_text(patients, encoding="utf-8")
    text = CHANNEL.format(ehr=ehr, source=source, destination=destination)
    (folder / "channels" / "lab-reports.yaml").write_text(text, encoding="utf-8")
    return folder


def until(condition: Callable[[], Any], what: str, seconds: float = DEADLINE) -> Any:
    """Poll an outside fact of another process until it holds; the deadline only bounds a failing test."""
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < end, f"still waiting for {what}"
        threading.Event().wait(0.02)


def is_moving(item: dict[str, Any]) -> bool:
    """Whether something of the message is still on its way; a message in review may have deliveries that are."""
    waiting = [one for one in item["deliveries"] if one["state"] in ("queued", "sending")]
    return item["state"] in ("received", "processing", "queued") or bool(waiting)


@dataclass
class Engine:
    """A running `headrace run`."""

    site: Path
    process: subprocess.Popen[bytes]
    mllp: tuple[str, int]
    web: str

    @property
    def token(self) -> str:
        return (self.site / "var" / "admin.token").read_text(encoding="ascii").strip()

    @property
    def log(self) -> str:
        return (self.site / "engine.log").read_text(encoding="utf-8", errors="replace")

    def get(self, path: str) -> Any:
        request = urllib.request.Request(self.web + path, headers={"Authorization": f"Bearer {self.token}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            body = answer.read()
        return json.loads(body) if "json" in answer.headers["content-type"] else body

    def messages(self, **query: str) -> list[dict[str, Any]]:
        """Every message, over all pages."""
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            words = {**query, "limit": "500", **({"cursor": cursor} if cursor else {})}
            page = self.get("/api/v1/messages?" + "&".join(f"{key}={value}" for key, value in words.items()))
            found += page["items"]
            cursor = page["next"]
            if not cursor:
                return found

    def settled(self) -> list[dict[str, Any]]:
        """All messages once none is on its way."""

        def look() -> list[dict[str, Any]]:
            items = self.messages()
            moving = [item for item in items if is_moving(item)]
            return [] if moving or not items else items

        return list(until(look, "messages on their way"))

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=DEADLINE)


@contextlib.contextmanager
def running(site: Path) -> Iterator[Engine]:
    """Start the engine and wait for its ready line; it is ended whatever happens."""
    with (site / "engine.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "engine", "--site", str(site), "run"],
            stdout=subprocess.PIPE, stderr=log, env={**os.environ, "NO_COLOR": "1"},
        )  # fmt: skip
    try:
        yield _ready(process, site)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _ready(process: subprocess.Popen[bytes], site: Path) -> Engine:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(b"ready "):
            found = json.loads(line[6:])
            host, _, port = found["mllp"][0].rpartition(":")
            return Engine(site=site, process=process, mllp=(host, int(port)), web=found["web"])
    raise AssertionError(f"the engine ended: {(site / 'engine.log').read_text(errors='replace')[-2000:]}")


class Lab:
    """A lab's interface over a raw socket."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._socket = socket.create_connection(address, timeout=30)
        self._buffer = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def write(self, data: bytes) -> None:
        self._socket.sendall(data)

    def read(self) -> bytes:
        """One answer; raises ConnectionError when the connection ends first."""
        while END not in self._buffer:
            data = self._socket.recv(65536)
            if not data:
                raise ConnectionError("closed")
            self._buffer += data
        frame, _, self._buffer = self._buffer.partition(END)
        return frame.lstrip(VT)

    def send(self, message: bytes) -> bytes:
        self.write(VT + message + END)
        return self.read()


def ack_code(answer: bytes) -> str:
    """MSA-1 of an answer."""
    msa = next(line for line in answer.split(CR) if line.startswith(b"MSA|"))
    return msa.split(b"|")[1].decode()


def acked_id(answer: bytes) -> str:
    """MSA-2 of an answer."""
    msa = next(line for line in answer.split(CR) if line.startswith(b"MSA|"))
    return msa.split(b"|")[2].decode()


@dataclass
class Ehr:
    """A receiver over raw sockets; `behave` may be replaced by a test: message -> answer bytes, or None to hang up."""

    received: list[bytes] = field(default_factory=list)
    behave: Callable[[bytes], bytes | None] = field(default_factory=lambda: accept)
    port: int = 0

    def control_ids(self) -> list[str]:
        return [message.split(b"|", 10)[9].decode() for message in self.received]


def accept(message: bytes, code: str = "AA", control_id: bytes | None = None) -> bytes:
    """A framed ACK."""
    asked = message.split(b"|", 10)[9]
    return (
        VT + b"MSH|^~\\&|EHR|HOSP|HEADRACE||20260101||ACK^R01^ACK|A1|P|2.5.1\rMSA|" + code.encode() + b"|"
        + (asked if control_id is None else control_id) + CR + END
    )  # fmt: skip


@contextlib.contextmanager
def ehr_listening(port: int = 0) -> Iterator[Ehr]:
    """A stand-in EHR on a free loopback port, one thread a connection."""
    ehr = Ehr()
    listener = socket.create_server(("127.0.0.1", port))
    ehr.port = listener.getsockname()[1]
    stopping = threading.Event()
    open_sockets: list[socket.socket] = []

    def serve(peer: socket.socket) -> None:
        buffer = b""
        with contextlib.suppress(OSError):
            while not stopping.is_set():
                data = peer.recv(1 << 20)
                if not data:
                    break
                buffer += data
                while END in buffer:
                    frame, _, buffer = buffer.partition(END)
                    message = frame.lstrip(VT)
                    ehr.received.append(message)
                    answer = ehr.behave(message)
                    if answer is None:
                        peer.close()
                        return
                    peer.sendall(answer)
        peer.close()

    def listen() -> None:
        with contextlib.suppress(OSError):
            while True:
                peer, _ = listener.accept()
                open_sockets.append(peer)
                threading.Thread(target=serve, args=(peer,), daemon=True).start()

    threading.Thread(target=listen, daemon=True).start()
    try:
        yield ehr
    finally:
        stopping.set()
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for peer in open_sockets:
            with contextlib.suppress(OSError):
                peer.shutdown(socket.SHUT_RDWR)
            peer.close()
