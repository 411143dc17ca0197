"""The committed schemas and example files are what the models and the built-in plugins say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from engine.app.builtins import builtin_registry
from engine.config.explain import settings_keys
from engine.config.load import load_site
from engine.config.schema import channel_schema, site_schema
from engine.config.yaml_nodes import MappingNode, SequenceNode, parse, value_of
from engine.ports.plugin import Kind

ROOT = Path(__file__).parents[2]
CHANNELS = sorted((ROOT / "channels").glob("*.yaml"))
LISTS = {"sources": Kind.SOURCE, "stages": Kind.STAGE, "destinations": Kind.DESTINATION}


def tree_of(path: Path) -> MappingNode:
    tree = parse(path.read_bytes(), path.name).tree
    assert tree is not None
    return tree


def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((ROOT / "conf" / name).read_text(encoding="utf-8")))


def stale(committed: str, current: str) -> str:
    """What to do when a committed schema is not the current one; empty when it is."""
    return "" if committed == current else "run `headrace schema channel|headrace` and commit what it prints"


def test_the_committed_schemas_are_current():
    """conf/*.schema.json are byte for byte what the models and plugins give."""
    registry = builtin_registry()
    assert not stale((ROOT / "conf/channel.schema.json").read_text(encoding="utf-8"), channel_schema(registry))
    assert not stale((ROOT / "conf/headrace.schema.json").read_text(encoding="utf-8"), site_schema(registry))


def test_a_changed_setting_makes_the_schema_stale():
    """The guard bites: another default in the committed text is seen."""
    current = channel_schema(builtin_registry())
    assert stale(current.replace('"default": "64MiB"', '"default": "32MiB"'), current)


@pytest.mark.parametrize("path", CHANNELS, ids=lambda path: path.name)
def test_the_shipped_channels_agree_with_the_schema(path):
    """Every channel file of the repository passes the schema, and names it on its first line for editors."""
    assert list(validator("channel.schema.json").iter_errors(value_of(tree_of(path)))) == []
    first = path.read_text(encoding="utf-8").split("\n")[0]
    assert first == "# yaml-language-server: $schema=../conf/channel.schema.json"


def test_the_shipped_engine_file_agrees_with_the_schema():
    """conf/headrace.yaml passes its schema and names it."""
    path = ROOT / "conf/headrace.yaml"
    assert list(validator("headrace.schema.json").iter_errors(value_of(tree_of(path)))) == []
    assert path.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=headrace.schema.json\n")


def test_the_repository_is_a_site_without_a_problem():
    """`headrace check` on a fresh checkout has nothing to say, and one channel is enabled."""
    loaded = load_site(ROOT, builtin_registry(), environ={})
    assert [str(problem) for problem in loaded.problems] == []
    assert [channel.name for channel in loaded.channels if channel.config.enabled] == ["lab-reports"]


def test_the_smallest_channel_is_the_one_of_the_contract():
    """channels/lab-reports.yaml holds exactly the promised ten lines, comments aside."""
    assert value_of(tree_of(ROOT / "channels/lab-reports.yaml")) == {
        "version": 1,
        "channel": "lab-reports",
        "sources": [{"name": "lab", "use": "mllp", "listen": "127.0.0.1:2575"}],
        "stages": [
            {"use": "decode"},
            {"use": "extract", "with": ["local"]},
            {"use": "reconcile", "directory": "patients"},
            {"use": "dedupe"},
            {"use": "review"},
        ],
        "destinations": [{"name": "ehr", "use": "mllp", "to": "127.0.0.1:2576"}],
    }


def test_the_template_names_every_setting():
    """channels/northlab.yaml shows each setting of each plugin it uses, so that no new one stays unknown to admins."""
    tree, registry = tree_of(ROOT / "channels/northlab.yaml"), builtin_registry()
    missing = []
    for section, kind in LISTS.items():
        members = tree.find(section)
        assert isinstance(members, SequenceNode)
        for member in members.members:
            assert isinstance(member, MappingNode)
            use = member.text("use") or ""
            missing += [f"{section}.{use}.{key}" for key in unnamed(registry.get(kind, use).settings, member)]
    assert missing == []


def unnamed(model: object, node: MappingNode) -> list[str]:
    """Settings of the model, nested ones included, that the node does not show."""
    missing = []
    for key, annotation in settings_keys(model):
        below = node.find(key)
        if below is None:
            missing.append(key)
        elif isinstance(below, MappingNode):
            missing += [f"{key}.{deeper}" for deeper in unnamed(annotation, below)]
    return missing


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("use: decode", "use: decoed"), ("with: [local]", "wiht: [local]"), ("frame_timeout: 60s", "frame_timeout: 60"),
        ("max_frame: 64MiB", "max_frame: 64 MiB"), ('min_version: "1.2"', "min_version: 1.2"), ("AA: done", "AA: doen"),
        ("framing: lenient", "framing: loose"), ("auto: 0.97", "auto: 97"), ("attach_original: true", "attach_original: yes"),
        ('listen: "0.0.0.0:6661"', "listen: 6661"), ("mode: auto ", "mode: automatic "), ("segments: 50000", "segments: -1"),
        ("to: ehr-gw.example.org:6661", "too: ehr-gw.example.org:6661"), ("order_by: patient", "order_by: [patient]"),
        ("types: [ORU^R01, MDM^T02, MDM^T10]", "types: ORU^R01"), ("enabled: false", "enabled: off"),
    ],
)  # fmt: skip
def test_the_engine_and_the_schema_refuse_the_same_mistakes(old, new, tmp_path):
    """A mistake planted into the template is an error of `headrace check` and of the schema alike."""
    text = (ROOT / "channels/northlab.yaml").read_text(encoding="utf-8")
    assert text.count(old) >= 1
    text = text.replace(old, new, 1)
    (tmp_path / "conf").mkdir()
    (tmp_path / "channels").mkdir()
    (tmp_path / "conf/headrace.yaml").write_bytes((ROOT / "conf/headrace.yaml").read_bytes())
    (tmp_path / "channels/northlab.yaml").write_text(text, encoding="utf-8")
    loaded = load_site(tmp_path, builtin_registry(), environ={})
    assert loaded.errors
    assert all(problem.line and problem.column for problem in loaded.errors)
    tree = parse(text, "northlab.yaml").tree
    assert tree is not None
    assert list(validator("channel.schema.json").iter_errors(value_of(tree)))
