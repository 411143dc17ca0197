"""`headrace demo`: the main job on synthetic reports, from a lab's socket to an EHR's, with every outcome checked.

The engine runs as its own process on a temporary site and is spoken to from outside only: MLLP in, MLLP out, the API.
The reports come from the project's generators, which know the truth and nothing of the engine.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import signal
import sys
import tempfile
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

from engine.app.cli.demo_cluster import play_cluster
from engine.app.cli.demo_ehr import StandIn
from engine.app.cli.demo_node import DemoFailed, Running, node_process
from engine.app.cli.demo_report import Outcome, as_json, judge, print_outcomes
from engine.app.cli.wire import Client, NoAnswer
from engine.hl7v2.ack import read_ack

_SETTLE_SECONDS = 120.0
_ACK_SECONDS = 30.0
_CHANNEL = """\
version: 1
channel: lab-reports
title: Lab reports to the EHR
sources:
  - {{name: lab, use: mllp, listen: "127.0.0.1:0"}}
  - {{name: portal, use: mllp, listen: "127.0.0.1:0"}}
stages:
  - {{use: decode}}
  - {{use: extract, with: [local]}}
  - {{use: reconcile, directory: patients}}
  - {{use: dedupe}}
  - {{use: review}}
destinations:
  - {{name: ehr, use: mllp, to: "127.0.0.1:{port}"}}
"""
_SITE = """\
version: 1
web: {listen: "127.0.0.1:0"}
directories:
  patients: {use: file, path: conf/patients.csv, default_authority: HOSP}
"""


def run_demo(*, keep: bool, svg: Path | None, as_json: bool) -> int:
    """Play the demo; 0 only if everything came out as it should."""
    return _run(_play(keep=keep, svg=svg, json_wanted=as_json))


def run_cluster() -> int:
    """Play the cluster; 0 only if every promise held."""
    return _run(play_cluster())


def _run(play: Coroutine[Any, Any, int]) -> int:
    try:
        return asyncio.run(play)
    except DemoFailed as problem:
        sys.stderr.write(f"demo: {problem}\n")
        return 1
    except KeyboardInterrupt:
        return 130


def _generators() -> Any:
    """The demo set of the project's generators; they live in the source tree, not in the package."""
    try:
        return importlib.import_module("tests.generators.demo")
    except ImportError as problem:
        raise DemoFailed(
            f"the synthetic reports are in the source checkout; run `make demo` there ({problem})"
        ) from None


async def _play(*, keep: bool, svg: Path | None, json_wanted: bool) -> int:
    generators = _generators()
    cases: Sequence[Any] = generators.demo_set()
    with tempfile.TemporaryDirectory(prefix="headrace-demo-") as folder:
        site = Path(folder)
        async with StandIn() as ehr:
            _write_site(site, ehr.port, generators.demo_patients())
            async with node_process(site) as running:
                doors = dict(zip(generators.DOORS, running.ports, strict=True))
                acks = [await _send(doors[case.door], case.raw) for case in cases]
                items = await _settled(running)
                outcomes = [
                    judge(case, ack, await _found(running, case, items), ehr.received, generators.canonical)
                    for case, ack in zip(cases, acks, strict=True)
                ]
                _show(outcomes, svg=svg, json_wanted=json_wanted)
                if keep:
                    await _wait(running, site)
    return 0 if all(item.right for item in outcomes) else 1


def _show(outcomes: Sequence[Outcome], *, svg: Path | None, json_wanted: bool) -> None:
    if json_wanted:
        sys.stdout.write(json.dumps(as_json(outcomes), ensure_ascii=False, indent=2) + "\n")
    else:
        print_outcomes(outcomes, svg)


def _write_site(site: Path, ehr_port: int, patients: str) -> None:
    (site / "conf").mkdir()
    (site / "channels").mkdir()
    (site / "conf" / "headrace.yaml").write_text(_SITE, encoding="utf-8")
    (site / "conf" / "patients.csv").write_text(patients, encoding="utf-8")
    (site / "channels" / "lab-reports.yaml").write_text(_CHANNEL.format(port=ehr_port), encoding="utf-8")


async def _send(port: int, raw: bytes) -> str:
    """Send one message on a connection of its own, as a lab's interface would after a pause; returns MSA-1."""
    client = await Client.connect("127.0.0.1", port)
    try:
        ack = read_ack(await client.ask(raw, _ACK_SECONDS))
    except NoAnswer:
        return "none"
    finally:
        await client.close()
    return ack.code if ack else "unreadable"


async def _get(running: Running, path: str) -> Any:
    import httpx

    headers = {"Authorization": f"Bearer {running.token}"}
    async with httpx.AsyncClient(base_url=running.web, headers=headers, trust_env=False, timeout=30.0) as client:
        answer = await client.get(path)
    if answer.status_code != 200:
        raise DemoFailed(f"the API answered {answer.status_code}")
    return answer.json()


async def _settled(running: Running) -> list[dict[str, Any]]:
    """All messages, once none is on its way any more."""
    moving = {"received", "processing", "queued"}
    try:
        async with asyncio.timeout(_SETTLE_SECONDS):
            while True:
                items: list[dict[str, Any]] = (await _get(running, "/api/v1/messages?limit=500"))["items"]
                waiting = [one for item in items for one in item["deliveries"] if one["state"] in ("queued", "sending")]
                if not waiting and not any(item["state"] in moving for item in items):
                    return items
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise DemoFailed("messages are still on their way after two minutes") from None


async def _found(running: Running, case: Any, items: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The case's message with its report, None for a retransmission (no new message came into being)."""
    if not case.state:
        return None
    item = next((one for one in items if one["control_id"] == case.control_id), None)
    if item is None:
        return None
    detail: dict[str, Any] = await _get(running, f"/api/v1/messages/{item['id']}")
    return detail


async def _wait(running: Running, site: Path) -> None:
    link = site / "var" / "setup-link"
    sys.stdout.write(f"\nstill running: {running.web}\n")
    if link.exists():
        sys.stdout.write(f"open the pages once with {link.read_text(encoding='ascii').strip()}\n")
    sys.stdout.write(f"site {site}, MLLP 127.0.0.1:{running.mllp_port}; Ctrl-C ends it\n")
    sys.stdout.flush()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
