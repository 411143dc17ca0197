"""Whatever stands in a file, loading gives settings or located problems."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.config.load import load_channel_text, load_site
from engine.config.problems import Severity
from engine.config.yaml_nodes import parse, scalar_of
from tests.unit.config.site_folder import CHANNEL, NO_REFERENCES, SITE
from tests.unit.config.toy_plugins import ToyRegistry

CHANNEL_FULL = (
    CHANNEL + "retain: {documents: 90d}\nalerts:\n  - {when: x, level: page}\ntags: [a, b]\norder_by: order\n"
)
TOKENS = [
    "- ", "{", "}", "[", "]", ": ", "\n", "  ", "\t", "&a ", "*a", "!!str ", "---\n", "...", "?", "|", ">", "'", '"', "#",
    "${env:X}", "${file:k}", "${", "$${", "~", "no", "0x1", "1e400", "-1", "9" * 30, "\x00", "\ufeff", "\x85", "\u2028", "ä",
    "use: ", "name: ", "version: 1", "listen", "with", "%YAML 1.1\n", "<<: ", "\\x", "\r",
]  # fmt: skip


def must_hold(raw: bytes | str) -> None:
    """A channel without errors, or errors that each have a place in the file, on one line."""
    channel, problems = load_channel_text(raw, "c.yaml", ToyRegistry(), references=NO_REFERENCES)
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    assert (channel is None) == bool(errors)
    lines = (raw if isinstance(raw, str) else raw.decode("utf-8", "replace")).count("\n") + 2
    for problem in problems:
        assert "\n" not in str(problem)
        assert problem.file == "c.yaml"
        assert problem.column >= 1
        assert 1 <= problem.line <= lines + str(raw).count("\r") + str(raw).count("\x85") + str(raw).count("\u2028")


@given(st.binary(max_size=300))
def test_any_bytes_give_settings_or_located_problems(raw):
    """No bytes bring another exception, and no problem is without a place."""
    must_hold(raw)


@given(st.lists(st.sampled_from(TOKENS) | st.text(max_size=4), max_size=40).map("".join))
def test_any_yaml_like_text_gives_settings_or_located_problems(text):
    """Texts made of YAML's own signs reach deep into the reader and never break it."""
    must_hold(text)


@given(st.data())
def test_a_damaged_good_file_gives_settings_or_located_problems(data):
    """A good channel file with pieces cut out, doubled or put in is read or told, from the first to the last byte."""
    text = CHANNEL_FULL
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        stop = data.draw(st.integers(start, min(len(text), start + 40)))
        piece = data.draw(st.sampled_from([*TOKENS, "", text[start:stop] * 2]))
        text = text[:start] + piece + text[stop:]
    must_hold(text)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@given(
    value=VALUES,
    where=st.sampled_from(
        ["sources", "stages", "destinations", "retain", "alerts", "shadow", "tests", "tags", "channel"]
    ),
)
def test_any_value_in_any_section_is_read_or_told(value, where):
    """JSON of any shape in place of a section, or of a component's setting, is read or told."""
    import json

    written = json.dumps(value, ensure_ascii=True)
    kept = (
        "\n".join(line for line in CHANNEL.split("\n") if not line.startswith(where)) if where == "channel" else CHANNEL
    )
    must_hold(
        f"{kept}{where}2: 1\n{where}: {written}\n"
        if where == "channel"
        else f"version: 1\nchannel: a\n{where}: {written}\n"
    )
    must_hold(CHANNEL.replace("use: decode", f"use: decode, max_pages: {written}").replace("[local]", written))


@given(st.data())
def test_a_damaged_engine_file_gives_a_site_or_located_problems(data):
    """The same for conf/headrace.yaml: there is always a site with defaults, and a reason where it is not to be used."""
    text = SITE + "extractors:\n  far: {use: medextract, base_url: 'https://x', auth: {bearer: '${env:K}'}}\n"
    start = data.draw(st.integers(0, len(text)))
    stop = data.draw(st.integers(start, len(text)))
    text = text[:start] + data.draw(st.sampled_from([*TOKENS, ""])) + text[stop:]

    def reader(path: Path, limit: int) -> bytes:
        if path.name == "headrace.yaml":
            return text.encode()
        raise FileNotFoundError

    loaded = load_site(Path("/nonexistent"), ToyRegistry(), environ={"K": "hunter2"}, read_file=reader)
    assert loaded.site.version == 1
    assert all(problem.file == "conf/headrace.yaml" and problem.line for problem in loaded.problems)
    assert "hunter2" not in repr(loaded)
    assert loaded.errors or (loaded.store.use and loaded.blobs.use)


@given(st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), max_size=30))
def test_quoted_text_comes_back_as_it_was(text):
    """Any text written as a double-quoted scalar, with escapes as JSON writes them, is that text."""
    import json

    parsed = parse(f"a: {json.dumps(text)}\n", "f.yaml")
    assert parsed.tree is not None
    assert parsed.tree.text("a") == text


@given(st.integers(-(10**17), 10**17))
def test_a_decimal_number_is_that_number(number):
    """Whole numbers as Python and JSON write them are read as such."""
    assert scalar_of(str(number)) == number


@pytest.mark.parametrize("name", ["HEADRACE__WEB__LISTEN", "HEADRACE__A__B", "HEADRACE__STORE"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.text(max_size=20))
def test_any_override_is_taken_or_told(name, value, tmp_path):
    """No value of a variable brings an exception."""

    def reader(path: Path, limit: int) -> bytes:
        if path.name == "headrace.yaml":
            return SITE.encode()
        raise FileNotFoundError

    load_site(tmp_path, ToyRegistry(), environ={name: value}, read_file=reader)
