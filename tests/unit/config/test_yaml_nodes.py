from __future__ import annotations

import pytest
import yaml

from engine.config.problems import Location, Severity
from engine.config.yaml_nodes import MAX_DEPTH, MappingNode, SequenceNode, parse, value_of
from engine.config.yaml_text import MAX_BYTES, syntax_problem


def read(text: str | bytes):
    """The value of a good file."""
    parsed = parse(text, "f.yaml")
    assert parsed.problems == ()
    assert parsed.tree is not None
    return value_of(parsed.tree)


def complaints(text: str | bytes) -> list[str]:
    return [str(problem) for problem in parse(text, "f.yaml").problems]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("no", "no"), ("on", "on"), ("Yes", "Yes"), ("0123", "0123"), ("12:30", "12:30"), ("2024-02-01", "2024-02-01"),
        ("0x1F", "0x1F"), ("0o17", "0o17"), ("1_000", "1_000"), (".inf", ".inf"), ("1e999", "1e999"), ("2.5.1", "2.5.1"),
        ("127.0.0.1:2575", "127.0.0.1:2575"), ("=", "="), ("<<", "<<"), ("'7'", "7"), ('"true"', "true"),
        ("1234567890123456789", "1234567890123456789"), ("7", 7), ("-7", -7), ("+7", 7), ("0", 0), ("2.3", 2.3),
        ("-.5", -0.5), ("1.", "1."), ("1e3", 1000.0), ("true", True), ("FALSE", False), ("null", None), ("~", None), ("", None),
    ],
)  # fmt: skip
def test_scalars_mean_what_yaml_12_core_says_and_nothing_more(written, meant):
    """Words of YAML 1.1 (no, on, dates, octal, sexagesimal) stay text; only plain decimals, true, false, null do not."""
    found = read(f"a: {written}\n")["a"]
    assert found == meant
    assert type(found) is type(meant)


def test_keys_are_always_text():
    """Keys such as `on`, `1` and `null` are the words written, so that settings can be called anything."""
    assert read("on: 1\n1: 2\nnull: 3\ntrue: 4\n") == {"on": 1, "1": 2, "null": 3, "true": 4}


def test_every_key_and_value_knows_its_place():
    """Line and column count from 1 and point at the first character, in block and in flow style."""
    tree = parse("a:\n  - {b: 1, c: [2]}\n", "f.yaml").tree
    assert tree is not None
    member = tree.find("a")
    assert isinstance(member, SequenceNode)
    flow = member.members[0]
    assert isinstance(flow, MappingNode)
    assert flow.at == Location("f.yaml", 2, 5)
    assert flow.entries["c"].at == Location("f.yaml", 2, 12)
    assert flow.entries["c"].node.at == Location("f.yaml", 2, 15)


def test_columns_count_characters_not_bytes():
    """A place after an umlaut or a character outside the BMP is still the editor's column."""
    assert complaints('"ä😀": 1\n"ä😀": 2\n')[0].startswith("f.yaml:2:1: ")
    assert complaints('{"ä😀": 1, b: 2, b: 3}\n') == ["f.yaml:1:17: b: 'b' is set twice; the first is in line 1"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a: 1\nb: 2\na: 3\n", "f.yaml:3:1: a: 'a' is set twice; the first is in line 1"),
        ("x:\n  - a: 1\n    a: 2\n", "f.yaml:3:5: x[0].a: 'a' is set twice; the first is in line 2"),
        ("a: &x 1\n", "f.yaml:1:4: a: an anchor (&) is not allowed; write the value out"),
        ("a: *x\n", "f.yaml:1:4: a: an alias (*) is not allowed; write the value out"),
        ("a: !!str 1\n", "f.yaml:1:4: a: a tag (!) is not allowed; quote the value to make it text"),
        ("a: !!python/object/apply:os.system [ls]\n", "f.yaml:1:4: a: a tag (!) is not allowed; quote the value to make it text"),
        ("? [a]\n: b\n", "f.yaml:1:3: a key must be a word, not a list or a mapping"),
        ("a: 1\n---\nb: 1\n", "f.yaml:2:1: a second document begins here; one file, one document"),
        ("", "f.yaml:1:1: the file is empty; it begins with `version: 1`"),
        ("# only a comment\n", "f.yaml:1:1: the file is empty; it begins with `version: 1`"),
        ("- a\n", "f.yaml:1:1: the file does not hold settings; it begins with `version: 1`"),
        ("a:\n\tb: 1\n", "f.yaml:2:1: a tab; YAML is indented with spaces"),
        ("a: b: c\n", "f.yaml:1:5: a ':' where none may stand; quote the value if it holds ': '"),
        ("a:\n  b: 1\n c: 2\n", "f.yaml:3:2: the indentation or a bracket does not fit"),
        ("a: [1, 2\n", "f.yaml:2:1: a '[' without its ']', or a missing comma"),
        ("a: {b: 1\n", "f.yaml:2:1: a '{' without its '}', or a missing comma"),
        ("a: 'x\n", "f.yaml:2:1: a quote that is never closed"),
        ("a: @x\n", "f.yaml:1:4: not valid YAML here"),
        ("tls: {key: ${cred:k}}\n", 'f.yaml:1:13: a \'{\' without its \'}\', or a missing comma; put quotes around "${…}" between braces or brackets'),
        (b"a: 1\nb: \xff\n", "f.yaml:2:4: not UTF-8 from here on; save the file as UTF-8"),
        (b"a: 1\nb: x\x00y\n", "f.yaml:2:5: the control character U+0000 may not stand in YAML"),
        ("a: \ud800\n", "f.yaml:1:4: the control character U+D800 may not stand in YAML"),
        ("a: 1".encode("utf-16"), "f.yaml:1:1: the file is UTF-16; save it as UTF-8"),
        (b"#" * (MAX_BYTES + 1), "f.yaml:1:1: the file is larger than 262144 bytes"),
    ],
)  # fmt: skip
def test_what_is_refused_is_told_in_one_located_line(text, complaint):
    """Each kind of broken file gives one line with its place, and no text of the file but a key."""
    assert complaints(text)[0] == complaint


def test_a_byte_order_mark_is_told_and_passed_over():
    """Notepad's byte order mark is a warning; the file is read as if it were not there."""
    parsed = parse(b"\xef\xbb\xbfa: 1\n", "f.yaml")
    assert [problem.severity for problem in parsed.problems] == [Severity.WARNING]
    assert parsed.tree is not None
    assert value_of(parsed.tree) == {"a": 1}
    assert parsed.tree.entries["a"].at == Location("f.yaml", 1, 1)


def test_windows_line_ends_do_not_move_places():
    """CR LF is one line end."""
    assert complaints("a: 1\r\nb: 2\r\nb: 3\r\n") == ["f.yaml:3:1: b: 'b' is set twice; the first is in line 2"]


def test_nesting_is_bounded():
    """Brackets beyond the depth limit are told where they pass it; sixty thousand of them are told too."""
    assert complaints("a: " + "[" * 60) == [f"f.yaml:1:{4 + MAX_DEPTH}: nested more than {MAX_DEPTH} deep"]
    assert complaints("a: " + "[" * 60_000) == ["f.yaml:1:204: more than 200 brackets are open here"]


def test_everything_wrong_is_told_at_once():
    """A duplicate key, a tag and an anchor in one file are three findings, in order."""
    found = complaints("a: 1\na: 2\nb: !t 1\nc: &x 2\n")
    assert [line.split(":")[1] for line in found] == ["2", "3", "4"]


def test_a_long_or_ragged_key_is_shown_on_one_line():
    """A key with a line end or of great length cannot tear or flood a message."""
    long = "k" * 500
    (complaint,) = complaints('"a\\nb": 1\n"a\\nb": 2\n')
    assert "\n" not in complaint
    (flood,) = complaints(f"{long}: 1\n{long}: 2\n")
    assert len(flood) < 250


def test_a_node_does_not_show_its_value():
    """The tree holds secrets after they were put in; its repr must not."""
    tree = parse("a: geheim\n", "f.yaml").tree
    assert "geheim" not in repr(tree)


def test_a_complaint_without_a_place_is_about_the_file():
    """Should the library ever complain without a mark, the file itself is the place."""
    problem = syntax_problem(yaml.YAMLError("x"), "a: 1", "f.yaml")
    assert str(problem) == "f.yaml:1:1: this is not YAML"
