"""`headrace dry-run`: one file through a channel's stages; nothing is stored, nothing is sent."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from engine.app.cli.at_rest import loaded_site, surroundings
from engine.app.cli.client import Unavailable
from engine.app.cli.explained import print_report
from engine.app.cli.listen import shown
from engine.app.cli.wire import read_messages
from engine.app.compose import Parts, Surroundings, build_parts
from engine.domain.dossier import Dossier
from engine.domain.message import ContentKind, MessageId
from engine.domain.outcome import Continue, Done, Duplicate, Filtered, plan_release
from engine.hl7v2.header import peek
from engine.mapping import report_json
from engine.pipeline import release
from engine.pipeline.plan import ChannelPlan, Reading
from engine.ports.content import Content
from engine.ports.stage import StageContext, StageRetry
from engine.ports.store import Fingerprint, FingerprintOwner, NewDelivery, WorkItem

OK, FAILED, USAGE, NEEDS_REVIEW, TRY_AGAIN = 0, 1, 2, 3, 75


@dataclass(slots=True)
class _NoHistory:
    """A store that has seen nothing: a dry run never finds duplicates."""

    async def find_fingerprints(self, fingerprints: Collection[Fingerprint]) -> list[FingerprintOwner]:
        """Nothing came before."""
        del fingerprints
        return []


def dry_run_file(site: Path, channel: str, file: Path, *, explain: bool, out: Path | None, as_json: bool) -> int:
    """Run; 0 when all of it would leave, 3 when something would wait for a person."""
    folder, out = site.resolve(), out.resolve() if out else None
    try:
        raw = _read(file)
        os.chdir(folder)
        around = surroundings(folder)
        parts = build_parts(loaded_site(folder), around, history=_NoHistory())
    except (OSError, ImportError) as problem:
        sys.stderr.write(f"{problem}\n")
        return USAGE
    except Unavailable as problem:
        sys.stderr.write(f"{problem}\n")
        return problem.exit_code
    plan = parts.plans.get(channel)
    if plan is None:
        sys.stderr.write(f"no enabled channel is called {channel!r}; there are: {', '.join(sorted(parts.plans))}\n")
        return USAGE
    try:
        run = asyncio.run(_run(parts, plan, raw, file.name, around))
    except StageRetry as problem:
        sys.stderr.write(f"a stage cannot finish now: {problem.why}\n")
        return TRY_AGAIN
    return _Printer(explain=explain, out=out, as_json=as_json).print(run)


def _read(file: Path) -> bytes:
    """One message in wire form, or a document as it is."""
    raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    if raw[:1] == b"\x0b" or peek(raw).has_msh:
        return read_messages(file)[0] if str(file) != "-" else raw.strip(b"\x0b\x1c\r\n") + b"\r"
    return raw


@dataclass(frozen=True, slots=True, kw_only=True)
class _DryRun:
    """What would come of the message."""

    dossier: Dossier
    ending: str
    stages: tuple[tuple[str, str], ...]
    deliveries: tuple[NewDelivery, ...]


async def _run(parts: Parts, plan: ChannelPlan, raw: bytes, name: str, around: Surroundings) -> _DryRun:
    kind = ContentKind.ER7 if peek(raw).has_msh else ContentKind.DOCUMENT
    reading = next(iter(plan.readings.values()), Reading())
    content = Content(raw, kind=kind, charset=reading.charset, fallbacks=reading.fallbacks, file_name=name)
    now = around.clock.now()
    context = StageContext(
        message_id=MessageId("dry-run"), channel=plan.name, content=content, now=now, is_rehearsal=True
    )
    dossier, seen = Dossier(), list[tuple[str, str]]()
    try:
        for planned in plan.stages:
            outcome = await planned.stage.run(dossier, context)
            seen.append((planned.id, _said(dossier, outcome.dossier)))
            dossier = outcome.dossier
            if not isinstance(outcome, Continue):
                return _DryRun(dossier=dossier, ending=_ending(outcome), stages=tuple(seen), deliveries=())
    finally:
        for extractor in parts.extractors.values():
            await extractor.close()
    item = WorkItem(
        id=context.message_id, sequence=0, channel=plan.name, source="dry-run", kind=kind, message_type="",
        control_id="", file_name=name, received_at=now, raw=raw, sha256=hashlib.sha256(raw).hexdigest(),
    )  # fmt: skip
    transition = release.finish(item, plan, dossier, content, now)
    ending = plan_release(dossier).kind.value
    return _DryRun(dossier=dossier, ending=ending, stages=tuple(seen), deliveries=transition.deliveries)


def _ending(outcome: Filtered | Duplicate | Done) -> str:
    if isinstance(outcome, Done):
        return "nothing; the patient index would change"
    return f"filtered: {outcome.why}" if isinstance(outcome, Filtered) else "duplicate"


def _said(before: Dossier, after: Dossier) -> str:
    """What a stage added, in a few words."""
    words = []
    if len(after.documents) != len(before.documents):
        words.append(f"{len(after.documents)} documents")
    if after.inbound is not before.inbound and after.inbound is not None:
        words.append(f"{after.inbound.observation_count} discrete results")
    if len(after.reports) != len(before.reports):
        words.append(f"{sum(len(report.results) for report in after.reports)} results read")
    if after.patient is not before.patient and after.patient is not None:
        words.append(f"patient: {after.patient.decision.value} by {after.patient.step}, {after.patient.score:.3f}")
    new = [item.code for item in after.all_reasons if item not in before.all_reasons]
    return ", ".join([*words, *dict.fromkeys(new)]) or "nothing new"


class _Printer:
    """Shows a dry run."""

    def __init__(self, *, explain: bool, out: Path | None, as_json: bool) -> None:
        self._explain = explain
        self._out = out
        self._as_json = as_json

    def print(self, run: _DryRun) -> int:
        waits = plan_release(run.dossier).reasons
        if self._out is not None:
            self._save(run)
        if self._as_json:
            self._print_json(run)
        else:
            self._print_text(run)
        return NEEDS_REVIEW if waits else OK

    def _save(self, run: _DryRun) -> None:
        out = self._out
        if out is None:
            return
        out.mkdir(parents=True, exist_ok=True)
        for delivery in run.deliveries:
            (out / f"{delivery.destination}.hl7").write_bytes(delivery.body)

    def _print_json(self, run: _DryRun) -> None:
        shown_run = {
            "release": run.ending,
            "stages": [{"stage": stage, "said": said} for stage, said in run.stages],
            "reasons": list(run.dossier.all_reasons),
            "reports": [report_json.to_dict(report) for report in run.dossier.reports],
            "built": {item.destination: item.body.decode("utf-8", "replace") for item in run.deliveries},
        }
        sys.stdout.write(report_json.dumps(shown_run) + "\n")

    def _print_text(self, run: _DryRun) -> None:
        from rich.console import Console

        console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
        for stage, said in run.stages:
            console.print(f"[bold]{stage:10}[/] ", end="")
            console.print(said, markup=False)
        if self._explain:
            for report in run.dossier.reports:
                print_report(console, report_json.loads(report_json.dumps(report_json.to_dict(report))))
        for item in run.dossier.all_reasons:
            console.print(f"[yellow]{item.code}[/] ", end="")
            console.print(f"{item.text} {item.field}".rstrip(), markup=False)
        console.print(f"would leave now: [bold]{run.ending}[/]")
        for delivery in run.deliveries:
            console.print(f"to {delivery.destination}, {len(delivery.body):,} bytes:", markup=False)
            console.print(shown(delivery.body), markup=False)
