"""The systemd units are tight, complete and start what exists."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from engine.app.cli.main import app

FOLDER = Path(__file__).parents[2] / "systemd"
UNIT = FOLDER / "headrace.service"
UNITS = [UNIT, FOLDER / "headrace-extractor.service"]
MOST_EXPOSED = 2.0
TIGHT = {
    "NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "yes", "PrivateTmp": "yes", "PrivateDevices": "yes",
    "PrivateMounts": "yes", "PrivateIPC": "yes", "PrivateUsers": "yes", "ProtectProc": "invisible", "ProcSubset": "pid",
    "ProtectClock": "yes", "ProtectControlGroups": "yes", "ProtectHostname": "yes", "ProtectKernelLogs": "yes",
    "ProtectKernelModules": "yes", "ProtectKernelTunables": "yes", "CapabilityBoundingSet": "", "AmbientCapabilities": "",
    "RestrictSUIDSGID": "yes", "RestrictNamespaces": "yes", "RestrictRealtime": "yes", "LockPersonality": "yes",
    "MemoryDenyWriteExecute": "yes", "SystemCallArchitectures": "native", "SystemCallErrorNumber": "EPERM", "LimitCORE": "0",
    "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX", "UMask": "0077", "StateDirectoryMode": "0700", "User": "headrace",
}  # fmt: skip
"""With these the exposure was measured as 1.1 (systemd 252)."""


def settings_of(text: str) -> dict[str, list[str]]:
    """Every value of every key of a unit, in order."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


def loose(unit: Mapping[str, list[str]]) -> list[str]:
    """Directives that are not as tight as they were measured."""
    return [key for key, value in TIGHT.items() if unit.get(key) != [value]]


def exposure(path: Path) -> float:
    """Systemd's own figure, 0 to 10; where its tool is not installed, the measured one while every directive stands."""
    tool = shutil.which("systemd-analyze")
    if tool is None:
        return 1.1 if not loose(settings_of(path.read_text(encoding="utf-8"))) else 10.0
    command = [tool, "security", "--offline=true", "--no-pager", str(path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", said)
    assert found is not None
    return float(found[1])


UNIT_SETTINGS = settings_of(UNIT.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_every_measured_directive_stands(path):
    """No directive that tightens a unit was dropped or loosened."""
    assert loose(settings_of(path.read_text(encoding="utf-8"))) == []


@pytest.mark.slow
@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_the_exposure_is_low(path):
    """Systemd's own judgement of a unit is at most 2.0 of 10."""
    assert exposure(path) <= MOST_EXPOSED


def test_the_extractor_unit_starts_what_exists():
    """Its command is one that the command line takes, and its keys come as a credential that the unit loads."""
    unit = settings_of(UNITS[1].read_text(encoding="utf-8"))
    words = unit["ExecStart"][0].split()[1:]
    command = cast("TyperGroup", get_command(app))
    site, rest = words[1], words[2:]
    parsed = command.commands[rest[0]].make_context(rest[0], ["--site", site, *rest[1:]])
    assert parsed.params["site"] == Path(site)
    loaded = unit["LoadCredential"][0].partition(":")[0]
    assert words[words.index("--keys") + 1] == f"%d/{loaded}"
    assert unit["StateDirectory"] == [Path(site).name]


@pytest.mark.slow
def test_a_loosened_unit_is_seen(tmp_path):
    """The guard bites: without the filter, the namespaces and the capabilities the figure is above the limit."""
    dropped = ("SystemCall", "Restrict", "Capability", "Protect", "Private")
    kept = [line for line in UNIT.read_text(encoding="utf-8").splitlines() if not line.startswith(dropped)]
    copy = tmp_path / "headrace.service"
    copy.write_text("\n".join(kept), encoding="utf-8")
    assert exposure(copy) > MOST_EXPOSED
    assert "SystemCallArchitectures" in loose(settings_of("\n".join(kept)))


def test_readers_may_limit_themselves():
    """The filter starts from @system-service and never takes prlimit64 or fork away from the document readers."""
    filters = UNIT_SETTINGS["SystemCallFilter"]
    assert filters[0] == "@system-service"
    assert not any(word in line for line in filters[1:] for word in ("@default", "@process", "prlimit64", "prctl"))


def test_the_service_speaks_with_systemd():
    """Ready, alive and stop are wired: notify, watchdog, SIGTERM to the engine alone; there is no reload to promise."""
    assert UNIT_SETTINGS["Type"] == ["notify"]
    assert UNIT_SETTINGS["WatchdogSec"] == ["30s"]
    assert UNIT_SETTINGS["KillMode"] == ["mixed"]
    assert "ExecReload" not in UNIT_SETTINGS


def test_a_wrong_configuration_is_not_tried_again():
    """Exit codes 2 and 78 stay failed; every other end is restarted."""
    assert UNIT_SETTINGS["Restart"] == ["always"]
    assert UNIT_SETTINGS["RestartPreventExitStatus"] == ["2 78"]


def test_unit_and_fragments_speak_of_the_same_places():
    """The user of the unit is made by sysusers, and its site by tmpfiles, with the settings linked in."""
    site = re.search(r"--site (\S+) run$", UNIT_SETTINGS["ExecStart"][0])
    assert site is not None
    assert f" {site[1]} " in (FOLDER / "headrace.sysusers.conf").read_text(encoding="utf-8")
    assert UNIT_SETTINGS["StateDirectory"] == [Path(site[1]).name]
    fragments = (FOLDER / "headrace.tmpfiles.conf").read_text(encoding="utf-8")
    for name in ("conf", "channels"):
        assert re.search(rf"^L {site[1]}/{name} +- - - - /etc/headrace/{name}$", fragments, re.MULTILINE)
        assert re.search(rf"^d /etc/headrace/{name} ", fragments, re.MULTILINE)
