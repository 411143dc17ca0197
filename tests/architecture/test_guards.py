"""What has no place in the engine or in any file of the project, and proof that each ban bites."""

from __future__ import annotations

import re

import pytest

from tests.architecture.bans import GUARDED, offences
from tests.architecture.tree import ENGINE, ROOT, dotted, modules, text_files

# Spelled in pieces, so that this file is not its own finding.
HOSTS = tuple("".join(parts) for parts in (
    ("py", "pi.org"), ("python", "hosted"), ("arti", "factory"), ("jf", "rog"), ("npm", "js.org"), ("index", "-url"), ("code", "artifact"),
))  # fmt: skip
MACHINE_PATHS = re.compile(r"(?<![\w.{}~$])/(?:" r"ro" r"ot|ho" r"me|wo" r"rk|Us" r"ers)/\w")


def test_the_engine_does_nothing_banned() -> None:
    """No module of the engine asserts, evaluates, prints, opens, rolls dice or asks the clock outside its place."""
    assert [fault for path in modules(ENGINE) for fault in offences(dotted(path), path.read_text())] == []


@pytest.mark.parametrize(
    ("module", "source", "what"),
    [
        ("engine.domain.planted", "assert True\n", "assert"),
        ("engine.domain.planted", "eval('1')\n", "eval()"),
        ("engine.app.planted", "exec('1')\n", "exec()"),
        ("engine.app.planted", "breakpoint()\n", "breakpoint()"),
        ("engine.app.planted", "__import__('os')\n", "__import__()"),
        ("engine.plugins.stores.planted", "import pickle\n", "import pickle"),
        ("engine.plugins.stores.planted", "from marshal import loads\n", "import marshal"),
        ("engine.pipeline.planted", "def f():\n    import shelve\n", "import shelve"),
        ("engine.app.cli.planted", "print('x')\n", "print()"),
        ("engine.documents.planted", "open('x')\n", "open()"),
        ("engine.web.planted", "with open('x') as f: pass\n", "open()"),
        ("engine.web.planted", "try: pass\nexcept: pass\n", "broad except"),
        ("engine.web.planted", "try: pass\nexcept Exception: pass\n", "broad except"),
        ("engine.web.planted", "try: pass\nexcept (ValueError, BaseException): pass\n", "broad except"),
        ("engine.web.planted", "import builtins\ntry: pass\nexcept builtins.Exception: pass\n", "broad except"),
        ("engine.web.planted", "import contextlib\nwith contextlib.suppress(Exception): pass\n", "broad except"),
        ("engine.pipeline.worker", "try: pass\nexcept Exception: pass\ntry: pass\nexcept Exception: pass\n", "second broad except of the module"),
        ("engine.app.planted", "from datetime import datetime\ndatetime.now()\n", "datetime.now"),
        ("engine.plugins.stages.planted", "import datetime\ndatetime.datetime.utcnow()\n", "datetime.utcnow"),
        ("engine.plugins.stages.planted", "import datetime\ndatetime.date.today()\n", "date.today"),
        ("engine.plugins.stages.planted", "import time\nf = time.time\n", "time.time"),
        ("engine.plugins.stages.planted", "from time import time\n", "from time import time"),
        ("engine.config.planted", "import os\nos.environ['X']\n", "os.environ"),
        ("engine.config.planted", "import os\nos.getenv('X')\n", "os.getenv"),
        ("engine.plugins.stages.planted", "from os import environ\n", "from os import environ"),
        ("engine.plugins.stages.planted", "import random\n", "import random"),
        ("engine.web.planted", "from secrets import token_hex\n", "import secrets"),
        ("engine.domain.planted", "x = 1  # TODO later\n", "leftover TODO"),
        ("engine.domain.planted", '"""FIXME."""\n', "leftover FIXME"),
    ],
)  # fmt: skip
def test_the_ban_bites(module: str, source: str, what: str) -> None:
    """Each ban finds the mistake it is for."""
    assert any(fault.endswith(f": {what}") for fault in offences(module, source)), offences(module, source)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        (
            "engine.app.clock",
            "import time, random, secrets\nfrom datetime import datetime\ntime.time()\ndatetime.now()\n",
        ),
        ("engine.app.planted", "import os\nos.environ['X']\nopen('x')\n"),
        ("engine.app.supervise", "try: pass\nexcept Exception: pass\n"),
        ("engine.pipeline.planted", "self.clock.now()\ntry: pass\nexcept ValueError: pass\n"),
        ("engine.web.auth", "import secrets\n"),
        ("engine.domain.planted", "# evaluate, printed, reopened\nmethodology = 1\n"),
    ],
)
def test_what_is_allowed_passes(module: str, source: str) -> None:
    """The bans leave alone what has its place, and words that only look alike."""
    assert offences(module, source) == []


def test_the_guarded_places_exist() -> None:
    """Each module that may catch everything is there and does so; an allowance nobody uses is withdrawn."""
    for module in sorted(GUARDED):
        path = ROOT.joinpath(*module.split(".")).with_suffix(".py")
        assert offences("engine.planted", path.read_text()) != [], module


def leaks(text: str) -> list[str]:
    """Registry hosts and paths of somebody's machine in a text."""
    return [host for host in HOSTS if host in text.lower()] + [found[0] for found in MACHINE_PATHS.finditer(text)]


def test_no_file_names_a_registry_or_a_machine() -> None:
    """The project builds from any index on any machine: no file names one."""
    assert {name: found for name, text in text_files() if (found := leaks(text))} == {}


@pytest.mark.parametrize(
    "text",
    [*(f"see https://{host}/simple" for host in HOSTS), *(f"cd /{top}/x" for top in ("root", "home", "work", "Users"))],
)
def test_a_planted_host_or_path_is_seen(text: str) -> None:
    """The search for hosts and paths finds each of them."""
    assert leaks(text) != []


@pytest.mark.parametrize(
    "text", ["see /etc/headrace", "the home/work address", "docs/home/page", "${HOME}/x", "https://x.test/home/y"]
)
def test_ordinary_paths_pass(text: str) -> None:
    """The search leaves alone what belongs to no machine."""
    assert leaks(text) == []


def lock_faults(text: str) -> list[str]:
    """What makes a lock unusable for `pip install --require-hashes`, or tied to one index."""
    logical = [
        line for line in text.replace("\\\n", " ").splitlines() if line.strip() and not line.lstrip().startswith("#")
    ]
    faults = [
        f"not pinned: {line.split()[0]}"
        for line in logical
        if not re.match(r"[A-Za-z0-9._-]+(\[[\w,-]+\])?==\S+", line)
    ]
    faults += [f"no hash: {line.split()[0]}" for line in logical if "--hash=sha256:" not in line]
    return faults + [
        f"address: {line.split()[0]}" for line in text.splitlines() if "://" in line or line.startswith("-")
    ]


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_locks_carry_hashes_and_no_addresses(name: str) -> None:
    """Every requirement of a lock is pinned and hashed, and no lock says where to download from."""
    text = (ROOT / name).read_text()
    assert text.count("==") > 10
    assert lock_faults(text) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a>=1 --hash=sha256:00\n", "not pinned: a>=1"),
        ("a==1\n", "no hash: a==1"),
        ("a @ https://x.test/a.whl --hash=sha256:00\n", "address: a"),
        ("--find-links https://x.test\n", "address: --find-links"),
    ],
)  # fmt: skip
def test_a_faulty_lock_is_seen(text: str, fault: str) -> None:
    """The check of the locks catches a missing pin, a missing hash and an address."""
    assert fault in lock_faults(text)


def pins(name: str) -> dict[str, str]:
    """The versions a lock pins, by name."""
    return dict(re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))


def test_what_is_tested_is_what_is_installed() -> None:
    """Both locks pin the same version of every library that the product needs."""
    tested = pins("requirements-dev.lock")
    assert {name: version for name, version in pins("requirements.lock").items() if tested.get(name) != version} == {}
