from __future__ import annotations

from engine.ports.fields import HostPort
from tests.unit.config.site_folder import CHANNEL, SITE, load, shown, write_site


def test_the_environment_wins_over_the_engine_file(tmp_path):
    """`HEADRACE__SECTION__KEY` replaces a value, adds one to a section, and makes a missing section."""
    environ = {
        "HEADRACE__WEB__LISTEN": "127.0.0.1:9000",
        "HEADRACE__STORE__PATH": "var/other.db",
        "HEADRACE__WORKERS__MESSAGES": "4",
        "HEADRACE__NODE": '"7"',
        "HEADRACE_DSN": "not ours",
    }
    loaded = load(write_site(tmp_path, SITE, lab=CHANNEL), environ)
    assert shown(loaded) == []
    assert loaded.site.web.listen == HostPort("127.0.0.1", 9000)
    assert loaded.store.settings.path == "var/other.db"
    assert loaded.site.workers.messages == 4
    assert loaded.site.node == "7"


def test_names_with_hyphens_can_be_reached(tmp_path):
    """Shells allow no hyphen in a name: `_` also stands for it."""
    site = SITE.replace("  patients:", "  main-mpi: {use: file}\n  patients:")
    loaded = load(write_site(tmp_path, site, lab=CHANNEL), {"HEADRACE__DIRECTORIES__MAIN_MPI__PATH": "x.csv"})
    assert loaded.components[-2].settings.path == "x.csv"


def test_an_empty_section_can_be_filled(tmp_path):
    """A section whose key stands there without a value takes settings from the environment."""
    loaded = load(write_site(tmp_path, SITE + "logging:\n", lab=CHANNEL), {"HEADRACE__LOGGING__LEVEL": "debug"})
    assert shown(loaded) == []
    assert loaded.site.logging.level == "debug"


def test_a_wrong_override_is_told_by_its_name(tmp_path):
    """A mistake in a variable is located at the variable; lists and whole sections cannot be replaced."""
    environ = {
        "HEADRACE__WEB__LISEN": "x",
        "HEADRACE__WEB": "x",
        "HEADRACE__": "x",
        "HEADRACE__LOGGING__LEVEL": "loud",
        "HEADRACE__VERSION__X": "1",
    }
    assert shown(load(write_site(tmp_path, SITE, lab=CHANNEL), environ)) == [
        "$HEADRACE__: no setting has such a name; write HEADRACE__SECTION__KEY",
        "$HEADRACE__LOGGING__LEVEL: logging.level: expected 'debug', 'info', 'warning' or 'error'",
        "$HEADRACE__VERSION__X: version.x: only a single value can be set from the environment",
        "$HEADRACE__WEB: web: only a single value can be set from the environment",
        "$HEADRACE__WEB__LISEN: web.lisen: unknown setting; did you mean 'listen'?",
    ]


def test_a_secret_may_come_through_an_override(tmp_path):
    """References in a variable are followed like those in the file."""
    loaded = load(write_site(tmp_path, SITE, lab=CHANNEL), {"HEADRACE__STORE__PATH": "${env:DB}", "DB": "var/x.db"})
    assert loaded.store.settings.path == "var/x.db"
