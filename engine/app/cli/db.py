"""`headrace db`: what an administrator does to the store of a site."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol, cast

from engine.app.cli.at_rest import loaded_site, surroundings
from engine.app.cli.client import FAILED, TRY_AGAIN, USAGE, Unavailable
from engine.app.compose import build_parts
from engine.app.retaining import retention_rules
from engine.config.models import parse_days
from engine.domain.message import END_STATES
from engine.pipeline.retention import Rule
from engine.ports.directory import DirectoryUnavailable
from engine.ports.register import CopiedRegister
from engine.ports.store import MessageQuery, Prunable, Store, StoreError, StoreLocked
from engine.ports.store_life import Upkeep

OK = 0
_BATCH = 1000
_PAGE = 500
Registers = Mapping[str, CopiedRegister]


class _Kept(Store, Upkeep, Protocol):
    """A store with what an administrator does to it."""


def backup(site: Path, target: Path) -> int:
    """Copy the store and the patient indexes into an empty folder, beside a running engine or without."""

    def act(store: _Kept, registers: Registers) -> int:
        done = store.backup(target.absolute())
        _say(f"{done.messages} messages and {done.blobs} large bodies, {_size(done.size_bytes)}, in {target}")
        for name, register in registers.items():
            place = _copy_of(target, name)
            place.parent.mkdir(mode=0o700, exist_ok=True)
            _say(f"{register.back_up(place)} records of the patient index {name}")
        return OK

    return _with_store(site, act)


def restore(site: Path, source: Path) -> int:
    """Make the store from a backup; nothing is sent before a person resumes the queues."""

    def act(store: _Kept, registers: Registers) -> int:
        done = store.restore(source.absolute())
        _say(f"{done.messages} messages and {done.blobs} large bodies, {_size(done.size_bytes)}, from {source}")
        for name, register in registers.items():
            place = _copy_of(source, name)
            if place.is_file():
                _say(f"{register.restore(place)} records of the patient index {name}")
            else:
                _say(f"the patient index {name} is not in the backup and stays as it is")
        return _say("all sending is paused: look at the queues, then `headrace queue resume --all`")

    return _with_store(site, act)


def check(site: Path) -> int:
    """Print everything wrong with the store; 0 when it is sound, 1 when not."""

    def act(store: _Kept, registers: Registers) -> int:
        found = [*store.check(), *(line for register in registers.values() for line in register.faults())]
        for line in found:
            _say(line)
        return FAILED if found else _say("ok: the store is sound")

    return _with_store(site, act)


def upgrade(site: Path) -> int:
    """Bring the schema up to date without starting the engine."""

    def act(store: _Kept, _registers: Registers) -> int:
        state = store.upgrade()
        if state.found == state.newest:
            return _say(f"schema {state.newest}: nothing to do")
        return _say(f"schema {state.found} is now {state.newest}")

    return _with_store(site, act)


def prune(site: Path, *, bodies: str, messages: str, dry_run: bool) -> int:
    """Remove what is older than asked, or than `retain:` says when nothing is asked."""
    try:
        asked = [
            Rule(what=what, keep=timedelta(days=parse_days(text)))
            for what, text in ((Prunable.BODIES, bodies), (Prunable.MESSAGES, messages))
            if text
        ]
    except ValueError as problem:
        sys.stderr.write(f"{problem}\n")
        return USAGE

    def act(store: _Kept, _registers: Registers) -> int:
        rules = asked or retention_rules(loaded_site(site.absolute()))
        if not rules:
            return _say("nothing to do: no age was given and no channel has `retain:`")
        return asyncio.run(_prune(site.absolute(), store, rules, dry_run=dry_run))

    return _with_store(site, act)


async def _prune(site: Path, store: _Kept, rules: list[Rule], *, dry_run: bool) -> int:
    clock = surroundings(site).clock
    await store.open()
    try:
        for rule in rules:
            where = f" of {rule.channel}" if rule.channel else ""
            if dry_run:
                count, words = await _count(store, rule, clock.now() - rule.keep), "would go at most"
            else:
                count, words = await _remove(store, rule, clock.now() - rule.keep), "removed"
            _say(f"{rule.what}{where} older than {rule.keep.days} days: {words} {count}")
        if not dry_run:
            swept = await store.sweep(older_than=clock.now() - timedelta(days=1))
            _say(f"large bodies that nothing names: removed {swept.files}, {_size(swept.size_bytes)}")
    finally:
        await store.close()
    return OK


async def _remove(store: Store, rule: Rule, before: datetime) -> int:
    total = 0
    while gone := await store.prune(rule.what, before=before, channel=rule.channel, limit=_BATCH):
        total += gone
    return total


async def _count(store: Store, rule: Rule, before: datetime) -> int:
    """Finished messages received before; some may have lost their bodies already. Other things are not counted."""
    if rule.what not in {Prunable.BODIES, Prunable.MESSAGES}:
        return 0
    total = 0
    for state in END_STATES:
        last: int | None = None
        while True:
            page = await store.search(
                MessageQuery(channel=rule.channel, state=state, until=before, before=last, limit=_PAGE)
            )
            total += len(page)
            if len(page) < _PAGE:
                break
            last = page[-1].sequence
    return total


def _copy_of(backup: Path, name: str) -> Path:
    """The file of a patient index in a backup."""
    return backup.absolute() / "directories" / f"{name}.db"


def _with_store(site: Path, act: Callable[[_Kept, Registers], int]) -> int:
    """Run `act` on the store, not opened, and the patient indexes by name; trouble is one line and an exit code."""
    folder = site.absolute()
    try:
        parts = build_parts(loaded_site(folder), surroundings(folder))
        registers = {name: one for name, one in parts.directories.items() if isinstance(one, CopiedRegister)}
        return act(_kept(parts.store), registers)
    except Unavailable as problem:
        sys.stderr.write(f"{problem}\n")
        return problem.exit_code
    except StoreLocked as problem:
        sys.stderr.write(f"{problem}: stop the engine first\n")
        return TRY_AGAIN
    except (StoreError, DirectoryUnavailable, ImportError, OSError) as problem:
        sys.stderr.write(f"{problem}\n")
        return FAILED


def _kept(store: Store) -> _Kept:
    if not callable(getattr(store, "upgrade", None)):
        raise Unavailable("this store is kept by tools of its own", FAILED)
    return cast("_Kept", store)


def _say(text: str) -> int:
    sys.stdout.write(f"{text}\n")
    return OK


def _size(count: int) -> str:
    return f"{count / (1 << 20):.1f} MiB"
