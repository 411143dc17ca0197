"""A site with laboratories on one side and an EHR on the other, through as many lives of the engine as a test wants."""

from __future__ import annotations

import contextlib
import json
import os
import random
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.faults.launcher import PLANTED
from tests.faults.ledger import Ledger, Verdict, audit
from tests.faults.work import Parcel, Patients
from tests.generators.patients import write_csv
from tests.support.site import CHANNEL, Ehr, Engine, Lab, accept, ack_code, ehr_listening, until

SITE = """\
version: 1
web: {{listen: "127.0.0.1:0"}}
store: {store}
blobs: {blobs}
directories:
  patients: {{use: file, path: conf/patients.csv, default_authority: HOSP}}
"""
SQLITE = "{use: sqlite, path: var/headrace.db, inline: 4KiB, min_free: 1MiB}"
FILES = "{use: files, path: var/blobs}"
QUICK = ", ack_timeout: 500ms, connect_timeout: 2s, retry: {base: 20ms, max: 100ms}"
BACKLOG = 60
"""Messages acknowledged and not yet at the EHR, above which laboratories wait."""
PATIENCE = 100
"""How many hundredths of a second a laboratory waits for the backlog to shrink."""
PAUSE = threading.Event()
"""Never set: waiting on it is how a driver lets the engine live for a while."""


def let_pass(seconds: float) -> None:
    """Leave the engine alone for that long: a fault that comes at a moment has to wait for it."""
    PAUSE.wait(seconds)


def write_site(
    folder: Path,
    patients: Patients,
    ehr: int,
    *,
    destination: str = QUICK,
    store: str = SQLITE,
    blobs: str = FILES,
    source: str = "",
) -> Path:
    """A site whose store puts bodies of 4 KiB into files, so that both ways of keeping them are under test."""
    (folder / "conf").mkdir(parents=True)
    (folder / "channels").mkdir()
    (folder / "conf" / "headrace.yaml").write_text(SITE.format(store=store, blobs=blobs), encoding="utf-8")
    (folder / "conf" / "patients.csv").write_text(write_csv(list(patients.people)), encoding="utf-8")
    text = CHANNEL.format(ehr=ehr, source=source, destination=destination)
    (folder / "channels" / "lab-reports.yaml").write_text(text, encoding="utf-8")
    return folder


class Door:
    """Where the laboratories find the engine now; several doors when several nodes listen."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._open: list[tuple[str, int]] = []
        self.closing = False

    def open(self, address: tuple[str, int]) -> None:
        with self._changed:
            self._open.append(address)
            self._changed.notify_all()

    def shut(self, address: tuple[str, int]) -> None:
        with self._changed:
            self._open = [one for one in self._open if one != address]

    def close(self) -> None:
        """No laboratory begins another message."""
        with self._changed:
            self.closing = True
            self._changed.notify_all()

    def find(self, dice: random.Random) -> tuple[str, int]:
        """Wait for an engine; a load balancer would do the same."""
        with self._changed:
            while not self._open:
                self._changed.wait(1.0)
            return dice.choice(self._open)


class HastyLab(Lab):
    """A laboratory's interface that gives an answer up after eight seconds."""

    def __init__(self, address: tuple[str, int]) -> None:
        super().__init__(address)
        self._socket.settimeout(8.0)


class Laboratory(threading.Thread):
    """Sends its patients' messages one after the other; each again and again until it is acknowledged."""

    def __init__(
        self, door: Door, ledger: Ledger, parcels: Iterator[Parcel], dice: random.Random, backlog: Callable[[], int]
    ) -> None:
        super().__init__(daemon=True)
        self._backlog = backlog
        self._door = door
        self._ledger = ledger
        self._parcels = parcels
        self._dice = dice
        self.gone = threading.Event()
        self.start()

    def run(self) -> None:
        parcel = next(self._parcels)
        while not self._door.closing or parcel.control_id in self._ledger.sent:
            if self.gone.is_set():
                return
            with contextlib.suppress(OSError), HastyLab(self._door.find(self._dice)) as lab:
                while not self.gone.is_set():
                    self._ledger.offer(parcel)
                    code = ack_code(lab.send(parcel.data))
                    self._ledger.answer(parcel, code)
                    if code != "AA":
                        let_pass(0.05)
                        break
                    if self._door.closing:
                        return
                    parcel = next(self._parcels)
                    self._have_patience()
            let_pass(0.01)

    def _have_patience(self) -> None:
        """Intake goes before work in the engine: without a pause the queue would only grow and no fault hit a delivery.

        Patience ends, for an engine whose deliveries stand still has to be offered messages too.
        """
        for _ in range(PATIENCE):
            if self._backlog() <= BACKLOG or self._door.closing or self.gone.is_set():
                return
            let_pass(0.01)


class RudeEhr:
    """An EHR that now and then does not answer, answers for another message, or answers twice."""

    def __init__(self, dice: random.Random, share: float) -> None:
        self._dice = dice
        self.share = share
        self.rude = 0

    def __call__(self, message: bytes) -> bytes | None:
        if self._dice.random() >= self.share:
            return accept(message)
        self.rude += 1
        return self._dice.choice(
            [None, b"", accept(message, control_id=b"SOMEBODY-ELSE"), accept(message)[:25], accept(message) * 2]
        )


@dataclass
class Life:
    """One process of the engine; `engine` is None when it died before it was ready."""

    process: subprocess.Popen[bytes]
    engine: Engine | None = None
    said: list[str] = field(default_factory=list)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    @property
    def is_over(self) -> bool:
        return self.process.poll() is not None


class Field:
    """Everything around the engine. Leave it with the context manager; ask `settle` for the verdict."""

    def __init__(
        self, folder: Path, seed: int, *, rude: float = 0.0, laboratories: int = 6, ehr_port: int = 0, **site: str
    ) -> None:
        self.dice = random.Random(seed)
        self.patients = Patients(seed)
        self.ledger = Ledger()
        self.door = Door()
        self.rude = RudeEhr(random.Random(seed + 1), rude)
        self.stuck: list[str] = []
        self._stack = contextlib.ExitStack()
        self._labs: list[Laboratory] = []
        self._count = laboratories
        self._lives: list[Life] = []
        self._settings = site
        self._folder = folder
        self._ehr_port = ehr_port
        self.site = folder / "site"

    def __enter__(self) -> Self:
        self.ehr: Ehr = self._stack.enter_context(ehr_listening())
        self.ehr.behave = self.rude
        write_site(self.site, self.patients, self._ehr_port or self.ehr.port, **self._settings)
        share = len(self.patients.people) // self._count
        self._labs = [
            Laboratory(
                self.door,
                self.ledger,
                self.patients.stream(range(n * share, (n + 1) * share)),
                random.Random(n),
                lambda: len(self.ledger.acked) - len(self.ehr.received),
            )
            for n in range(self._count)
        ]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for lab in self._labs:
            lab.gone.set()
        for life in self._lives:
            if not life.is_over:
                life.kill()
            if life.process.stdout is not None:
                life.process.stdout.close()
        self._stack.close()

    def start(self, plan: dict[str, Any] | None = None, *, site: Path | None = None, wait: float = 30.0) -> Life:
        """Start a process and wait until it listens or is gone; with a plan, through the launcher that breaks things."""
        folder = site or self.site
        head = ["-m", "tests.faults.launcher", json.dumps(plan)] if plan is not None else ["-m", "engine"]
        with (folder / "engine.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *head, "--site", str(folder), "run"],
                stdout=subprocess.PIPE, stderr=log, env={**os.environ, "NO_COLOR": "1"},
            )  # fmt: skip
        life = Life(process)
        self._lives.append(life)
        life.engine = _ready(life, folder, wait)
        if life.engine is not None:
            self.door.open(life.engine.mllp)
        return life

    def bury(self, life: Life) -> None:
        """The process is gone, or shall be: the laboratories look for another."""
        if life.engine is not None:
            self.door.shut(life.engine.mllp)
        if not life.is_over:
            life.kill()

    def wait_for(self, count: int, what: str = "acknowledgements") -> None:
        """Until so many messages more were acknowledged."""
        goal = len(self.ledger.acked) + count
        until(lambda: len(self.ledger.acked) >= goal, what)

    def expect(self, count: int, what: str, seconds: float = 20.0) -> None:
        """The same, but a process that is stuck is noted: what was promised is still to be looked for after a restart."""
        try:
            goal = len(self.ledger.acked) + count
            until(lambda: len(self.ledger.acked) >= goal, what, seconds)
        except AssertionError:
            self.stuck.append(f"stuck: no {what}")

    def settle(self, life: Life) -> Verdict:
        """Let the laboratories finish, the EHR be polite and the engine come to rest; then compare the ledgers."""
        if life.engine is None:
            raise AssertionError(f"the engine did not start: {self.log_end()}")
        self.rude.share = 0.0
        self.door.close()
        for lab in self._labs:
            lab.join(60.0)
            if lab.is_alive():
                raise AssertionError("a laboratory is still waiting for its acknowledgement")
        engine = life.engine
        until(lambda: at_rest(engine), "messages on their way", 120.0)
        found = audit(self.ledger, engine.messages(), list(self.ehr.received))
        return replace(found, faults=(*self.stuck, *found.faults))

    @property
    def planted(self) -> int:
        """How many planted failures happened so far."""
        return (self.site / "engine.log").read_bytes().count(PLANTED) if (self.site / "engine.log").exists() else 0

    def log_end(self) -> str:
        return (self.site / "engine.log").read_text(encoding="utf-8", errors="replace")[-1500:]


def at_rest(engine: Engine, states: Sequence[str] = ("received", "processing", "queued")) -> bool:
    """Whether nothing is on its way; asks for one message of each state, however many there are."""
    return not any(engine.get(f"/api/v1/messages?state={state}&limit=1")["items"] for state in states)


def _ready(life: Life, site: Path, wait: float) -> Engine | None:
    """Read lines until the ready line, the end of the process, or the deadline."""
    stream = life.process.stdout
    if stream is None:
        return None
    end = time.monotonic() + wait
    buffer = b""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while (left := end - time.monotonic()) > 0:
            if not selector.select(left):
                break
            data = os.read(stream.fileno(), 65536)
            if not data:
                life.process.wait()
                break
            buffer += data
            for line in buffer.split(b"\n")[:-1]:
                if line.startswith(b"ready "):
                    found = json.loads(line[6:])
                    host, _, port = found["mllp"][0].rpartition(":")
                    return Engine(site=site, process=life.process, mllp=(host, int(port)), web=found["web"])
    return None
