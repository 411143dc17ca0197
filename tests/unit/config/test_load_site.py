from __future__ import annotations

from pathlib import Path

import pytest

from engine.config.load import load_site
from engine.config.problems import ConfigError, Severity
from engine.ports.fields import HostPort
from engine.ports.plugin import Kind
from tests.unit.config.site_folder import CHANNEL, SITE, load, shown, write_site
from tests.unit.config.toy_plugins import ToyRegistry


def test_the_smallest_site_of_the_design_loads(tmp_path):
    """The two files of the design give typed components with their names, settings and places, and no problem."""
    loaded = load(write_site(tmp_path, lab=CHANNEL))
    assert shown(loaded) == []
    assert loaded.ok
    (channel,) = loaded.channels
    assert channel.name == "lab-reports"
    assert channel.file == "channels/lab.yaml"
    assert [component.name for component in channel.components] == [
        "lab", "decode", "extract", "reconcile", "dedupe", "review", "ehr",
    ]  # fmt: skip
    assert channel.sources[0].settings.listen == HostPort("127.0.0.1", 2575)
    assert channel.stages[1].settings.with_ == ("local",)
    assert (channel.stages[1].location.line, channel.stages[1].path) == (7, "stages[1]")
    assert loaded.store.use == "sqlite"
    assert loaded.blobs.settings.path == "var/blobs"


def test_missing_sections_have_safe_defaults(tmp_path):
    """An engine file of one line gives sqlite and files under var/, the web on loopback and the local extractor."""
    loaded = load(
        write_site(tmp_path, "version: 1\n", lab=CHANNEL.replace("  - {use: reconcile, directory: patients}\n", ""))
    )
    assert shown(loaded) == []
    assert loaded.store.settings.path == "var/headrace.db"
    assert loaded.blobs.use == "files"
    assert [component.name for component in loaded.of(Kind.EXTRACTOR)] == ["local"]
    assert loaded.site.web.listen == HostPort("127.0.0.1", 8575)
    assert loaded.site.workers.messages == 16


def test_a_folder_that_is_no_site_is_told_with_a_hint(tmp_path):
    """Without conf/headrace.yaml there is one located error that says how to make a site, and no traceback."""
    loaded = load(tmp_path)
    assert shown(loaded)[0] == (
        "conf/headrace.yaml:1:1: there is no such file; a site is a folder with conf/headrace.yaml; `headrace init` makes one"
    )
    assert not loaded.ok


def test_all_mistakes_of_all_files_are_told_at_once(tmp_path):
    """Wrong words in the engine file and in two channels come in one list, by file and place."""
    site = SITE.replace("use: sqlite", "use: sqlit").replace("web: {listen:", "web: {lisen:")
    one = CHANNEL.replace("dedupe", "dedup").replace("use: decode", "use: decode, max_pages: many")
    two = "version: 1\nchannel: Two\nsources: []\ntitel: x\n"
    loaded = load(write_site(tmp_path, site, a=one, b=two))
    assert shown(loaded) == [
        "conf/headrace.yaml:2:14: store.use: no store is called 'sqlit'; did you mean 'sqlite'?",
        "conf/headrace.yaml:4:7: web.lisen: unknown setting; did you mean 'listen'?",
        "channels/a.yaml:6:30: stages[0].max_pages: expected a whole number",
        "channels/a.yaml:9:11: stages[3].use: no stage is called 'dedup'; did you mean 'dedupe'?",
        "channels/b.yaml:1:1: warning: the channel has no destinations: messages are kept and go nowhere",
        "channels/b.yaml:2:10: channel: expected a channel's name: up to 40 small letters, digits or '-'",
        "channels/b.yaml:3:10: sources: needs at least 1",
        "channels/b.yaml:4:1: titel: unknown setting; did you mean 'title'?",
    ]
    assert loaded.channels == ()
    with pytest.raises(ConfigError) as caught:
        loaded.store  # noqa: B018 - the property raises
    assert caught.value.problems == loaded.errors


def test_a_component_that_cannot_be_imported_is_told(tmp_path):
    """A plugin whose library is missing is a located error that names the library."""
    folder = write_site(
        tmp_path, SITE.replace("use: sqlite, path: var/headrace.db", "use: postgres, dsn: x"), lab=CHANNEL
    )
    loaded = load_site(folder, ToyRegistry(broken="postgres"), environ={})
    assert shown(loaded) == [
        (
            "conf/headrace.yaml:2:14: store.use: the store 'postgres' cannot be loaded (asyncpg is missing); "
            "install headrace[postgres] or the package that brings it"
        )
    ]


def test_a_plugin_for_another_api_is_refused(tmp_path):
    """The plugin API is checked before anything is built."""
    loaded = load_site(write_site(tmp_path, lab=CHANNEL), ToyRegistry(api=2), environ={})
    assert "is made for plugin API 2, this engine has 1" in shown(loaded)[0]


def test_only_plugins_that_are_used_are_imported(tmp_path):
    """Loading asks the registry for the plugins named in the files and for no other."""
    registry = ToyRegistry()
    load_site(write_site(tmp_path, lab=CHANNEL), registry, environ={})
    assert (Kind.STORE, "postgres") not in registry.asked
    assert (Kind.SOURCE, "folder") not in registry.asked
    assert (Kind.SOURCE, "mllp") in registry.asked


def test_a_revision_names_the_bytes_of_a_channel(tmp_path):
    """The same file has the same revision, a changed comment another."""
    first = load(write_site(tmp_path, lab=CHANNEL)).channels[0].revision
    again = load(tmp_path).channels[0].revision
    changed = load(write_site(tmp_path, lab=CHANNEL + "# x\n")).channels[0].revision
    assert first == again != changed
    assert len(first) == 12


def test_names_are_given_made_unique_or_asked_for(tmp_path):
    """Stages get numbered names; two destinations of one plugin must be named; a name is used once."""
    text = CHANNEL.replace(
        "  - {use: dedupe}", "  - {use: decode}\n  - {id: last, use: dedupe}\n  - {name: last, use: dedupe}"
    )
    text = text.replace(
        '{name: ehr, use: mllp, to: "127.0.0.1:2576"}', '{use: mllp, to: "h:1"}\n  - {use: mllp, to: "h:2"}'
    )
    assert shown(load(write_site(tmp_path, lab=text))) == [
        "channels/lab.yaml:11:5: stages[5]: the name 'last' is taken in line 10",
        "channels/lab.yaml:14:5: destinations[0]: needs a name: another destination here is called or uses 'mllp'; add `name:`",
        "channels/lab.yaml:15:5: destinations[1]: needs a name: another destination here is called or uses 'mllp'; add `name:`",
    ]
    good = CHANNEL.replace("{use: dedupe}", "{use: decode}\n  - {use: decode}").replace("{name: ehr, use", "{use")
    (channel,) = load(write_site(tmp_path, lab=good)).channels
    assert [stage.name for stage in channel.stages] == [
        "decode",
        "extract",
        "reconcile",
        "decode-2",
        "decode-3",
        "review",
    ]
    assert channel.destinations[0].name == "mllp"


def test_name_and_id_together_are_one_too_many(tmp_path):
    """`id` is another word for `name`; both at once are an error."""
    loaded = load(write_site(tmp_path, lab=CHANNEL.replace("name: ehr", "name: ehr, id: ehr2")))
    assert shown(loaded) == ["channels/lab.yaml:12:5: destinations[0]: `name` and `id` mean the same; keep one"]


@pytest.mark.parametrize(
    "section",
    [
        "alerts: [{when: queue.ehr.oldest > 5m, level: page}]",
        "shadow: {compare_with: old, match: [PID-3.1], target: {concordance: 0.98, reports: 500}}",
        "tests: [{name: one, input: tests/x.hl7, expect: {ack: AA, emit.ehr: {OBX.count: 15}}}]",
    ],
)
def test_what_does_nothing_yet_is_said(tmp_path, section):
    """Sections without effect in this version are checked, kept, and never silently ignored."""
    key = section.split(":")[0]
    loaded = load(write_site(tmp_path, lab=CHANNEL + section + "\n"))
    assert shown(loaded) == [
        f"channels/lab.yaml:13:1: warning: {key}: '{key}' is read but does nothing in this version"
    ]
    assert getattr(loaded.channels[0].config, key)


def test_retention_is_in_days():
    """Days and years are read; a year holds 366 days so that nothing goes early; hours are no time to keep."""
    from engine.config.models import Retention, parse_days

    assert Retention.model_validate({"documents": "90d", "messages": "10y"}).messages == 3660
    with pytest.raises(ValueError, match="days or years"):
        parse_days("5h")


def test_a_yml_file_is_not_overlooked(tmp_path):
    """A channel saved as .yml would never run; that is told."""
    folder = write_site(tmp_path, lab=CHANNEL)
    (folder / "channels" / "other.yml").write_text(CHANNEL)
    assert shown(load(folder)) == [
        "channels/other.yml:1:1: warning: the file is not read; a channel's file ends in .yaml"
    ]


def test_editors_hidden_files_are_left_alone(tmp_path):
    """A lock file beside a channel being edited is no channel."""
    folder = write_site(tmp_path, lab=CHANNEL)
    (folder / "channels" / ".#lab.yaml").symlink_to("user@host.1234")
    assert shown(load(folder)) == []


def test_a_channel_that_went_away_is_told(tmp_path):
    """A dangling link is a located error without the hint for a missing site."""
    folder = write_site(tmp_path, lab=CHANNEL)
    (folder / "channels" / "zzz.yaml").symlink_to("gone.yaml")
    assert shown(load(folder)) == ["channels/zzz.yaml:1:1: there is no such file"]


def test_a_folder_in_place_of_a_file_is_told(tmp_path):
    """What is not a regular file is a located error."""
    folder = write_site(tmp_path, lab=CHANNEL)
    (folder / "channels" / "zzz.yaml").mkdir()
    assert shown(load(folder)) == ["channels/zzz.yaml:1:1: cannot be read: not a regular file"]


def test_problems_speak_json(tmp_path):
    """Programs get the same findings as fields."""
    problem = load(write_site(tmp_path, lab=CHANNEL.replace("dedupe", "dedup"))).problems[0]
    assert problem.as_json() == {
        "file": "channels/lab.yaml",
        "line": 9,
        "column": 11,
        "path": "stages[3].use",
        "severity": "error",
        "slug": "config.unknown_plugin",
        "message": "no stage is called 'dedup'",
        "hint": "did you mean 'dedupe'?",
    }
    assert problem.severity is Severity.ERROR


def test_the_reader_is_given(tmp_path):
    """Files are read by the function passed in, with a bound on their size."""
    limits: list[int] = []

    def reader(path: Path, limit: int) -> bytes:
        limits.append(limit)
        return path.read_bytes()

    assert load_site(write_site(tmp_path, lab=CHANNEL), ToyRegistry(), environ={}, read_file=reader).ok
    assert limits == [(1 << 18) + 1] * 2
