from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from engine.config.schema import channel_schema, site_schema
from engine.config.yaml_nodes import parse, value_of
from tests.unit.config.site_folder import CHANNEL, SITE
from tests.unit.config.toy_plugins import ToyRegistry

CHANNEL_VALIDATOR = Draft202012Validator(json.loads(channel_schema(ToyRegistry())))
SITE_VALIDATOR = Draft202012Validator(json.loads(site_schema(ToyRegistry())))


def read(text: str):
    tree = parse(text, "f.yaml").tree
    assert tree is not None
    return value_of(tree)


def test_the_schemas_are_schemas():
    """Both are valid draft 2020-12."""
    Draft202012Validator.check_schema(CHANNEL_VALIDATOR.schema)
    Draft202012Validator.check_schema(SITE_VALIDATOR.schema)


def test_good_files_agree_with_the_schema():
    """What the engine accepts, the schema accepts."""
    full = CHANNEL.replace(
        '2575"',
        '2575", max_frame: 4096, frame_timeout: 60s, allow: [10.0.0.0/8], ack: {mode: original}, tls: {cert: c, key: k}',
    )
    for text in (CHANNEL, full, CHANNEL.replace('"127.0.0.1:2576"', '"${env:EHR}"')):
        assert list(CHANNEL_VALIDATOR.iter_errors(read(text))) == []
    for text in (SITE, "version: 1\n", SITE.replace("{use: sqlite", "{use: sqlite")):
        assert list(SITE_VALIDATOR.iter_errors(read(text))) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("version: 1", "version: 2"), ("version: 1\n", ""), ("channel: lab-reports", "channel: Lab Reports"),
        ("sources:", "titel: x\nsources:"), ("sources:", "enabled: 'no'\nsources:"), ("sources:", "order_by: pateint\nsources:"),
        ("use: decode", "usw: decode"), ("use: dedupe", "use: dedup"), ("{use: review}", "review"),
        ("[local]", "local"), ("with: [local]", "wiht: [local]"), ("with: [local]", "threshold: 2"),
        ("with: [local]", "compare: yes"), ('"127.0.0.1:2575"', "2575"), ('listen: "127.0.0.1:2575"', "allow: []"),
        ('2575"', '2575", max_frame: 64Mb'), ('2575"', '2575", frame_timeout: 60'), ('2575"', '2575", frame_timeout: 1 h'),
        ('2575"', '2575", ack: {mode: maybe}'), ('2575"', '2575", tls: {cert: x}'), ('2576"', '2576", on_ack: {AA: gone}'),
        ("name: ehr", "name: e h r"), ("name: ehr", "name: ehr, id: ehr"), ("sources:", "retain: {documents: 5h}\nsources:"),
    ],
)  # fmt: skip
def test_each_planted_mistake_in_a_channel_fails_the_schema(old, new):
    """What the engine refuses, an editor with the schema marks."""
    assert old in CHANNEL
    assert list(CHANNEL_VALIDATOR.iter_errors(read(CHANNEL.replace(old, new, 1))))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("use: sqlite", "use: sqlit"), ("path: var/headrace.db", "pth: x"), ('listen: "127', 'lisen: "127'),
        ("patients:", "'a b':"), ("use: file, ", ""), ("version: 1", "version: '1'"), ("web:", "workers: {messages: 0}\nweb:"),
        ("web:", "logging: {level: loud}\nweb:"),
    ],
)  # fmt: skip
def test_each_planted_mistake_in_the_engine_file_fails_the_schema(old, new):
    """The same for conf/headrace.yaml."""
    assert old in SITE
    assert list(SITE_VALIDATOR.iter_errors(read(SITE.replace(old, new, 1))))


def test_settings_explain_themselves_in_the_editor():
    """Descriptions, defaults with their unit, and the plugins' summaries reach the schema."""
    definitions = CHANNEL_VALIDATOR.schema["$defs"]
    listener = definitions["source.mllp"]["properties"]
    assert listener["listen"]["description"] == "Where it listens."
    assert listener["max_frame"]["default"] == "64MiB"
    assert listener["frame_timeout"]["default"] == "1m"
    assert {"const": "mllp", "description": "A toy."} in definitions["source"]["properties"]["use"]["oneOf"]
    assert definitions["stage.extract"]["properties"]["with"]["default"] == ["local"]


@pytest.mark.slow
def test_the_text_does_not_depend_on_the_run():
    """Another process with another hash seed writes the same bytes, though settings have sets as defaults."""
    code = (
        "from engine.config.schema import channel_schema, site_schema\n"
        "from tests.unit.config.toy_plugins import ToyRegistry\n"
        "print(channel_schema(ToyRegistry()) + site_schema(ToyRegistry()), end='')"
    )
    root = Path(__file__).parents[3]
    command = [sys.executable, "-c", code]
    seeds = ("1", "2")
    runs = [
        subprocess.run(command, cwd=root, env={"PYTHONHASHSEED": seed}, capture_output=True, check=True).stdout
        for seed in seeds
    ]
    assert runs[0] == runs[1]
    assert runs[0].decode() == channel_schema(ToyRegistry()) + site_schema(ToyRegistry())
