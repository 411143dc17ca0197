from __future__ import annotations

import pytest

from engine.config.load import load_channel_text
from engine.config.problems import did_you_mean, listed
from tests.unit.config.site_folder import CHANNEL, NO_REFERENCES, SITE, load, shown, write_site
from tests.unit.config.toy_plugins import ToyRegistry


def complaints(text: str) -> list[str]:
    channel, problems = load_channel_text(text, "c.yaml", ToyRegistry(), references=NO_REFERENCES)
    assert channel is None
    return [str(problem) for problem in problems]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("version: 1", "version: 2", "c.yaml:1:10: version: expected 1"),
        ("version: 1\n", "", "c.yaml:1:1: version: required setting is missing"),
        ("use: decode", "usw: decode", "c.yaml:6:5: stages[0].use: required setting is missing"),
        ("{use: decode}", "decode", "c.yaml:6:5: stages[0]: expected a mapping (key: value); write `use:` and the plugin's name"),
        ("{use: decode}", "{use: 7}", "c.yaml:6:11: stages[0].use: expected text; put the value in quotes"),
        ("{use: decode}", "{use: decode, max_pages: 0}", "c.yaml:6:30: stages[0].max_pages: must be at least 1"),
        ("{use: decode}", "{use: decode, max_pages: 9999}", "c.yaml:6:30: stages[0].max_pages: must be at most 2000"),
        ("{use: decode}", "{use: decode, max_pages: true}", "c.yaml:6:30: stages[0].max_pages: expected a number"),
        ("{use: decode}", "{use: decode, pages: many}", "c.yaml:6:26: stages[0].pages: expected a whole number, or expected 'all'"),
        ("[local]", "local", "c.yaml:7:26: stages[1].with: expected a list"),
        ("with: [local]", "with: ~", "c.yaml:7:26: stages[1].with: expected a list; the key is there, its value is not"),
        ("with: [local]", "wiht: [local]", "c.yaml:7:20: stages[1].wiht: unknown setting; did you mean 'with'?"),
        ("with: [local]", "compare: no", "c.yaml:7:29: stages[1].compare: expected true or false"),
        ("with: [local]", 'compare: "true"', "c.yaml:7:29: stages[1].compare: expected true or false"),
        ("with: [local]", "compare: 1", "c.yaml:7:29: stages[1].compare: expected true or false"),
        ('"127.0.0.1:2575"', "2575", "c.yaml:4:36: sources[0].listen: not an address; write host:port, like 127.0.0.1:2575 or [::1]:2575"),
        ('listen: "127.0.0.1:2575"', "", "c.yaml:4:5: sources[0].listen: required setting is missing"),
        ('2575"', '2575", versions: [2.3]', "c.yaml:4:65: sources[0].versions[0]: expected text; put the value in quotes"),
        ('2575"', '2575", allow: [10.0.0.0/8, x]', "c.yaml:4:74: sources[0].allow[1]: not a network: 'x' does not appear to be an IPv4 or IPv6 network"),
        ('2575"', '2575", max_frame: 64Mb', "c.yaml:4:65: sources[0].max_frame: not a size; write bytes or a number with its unit, like 4096, 128KiB or 64MiB"),
        ('2575"', '2575", frame_timeout: 60', "c.yaml:4:69: sources[0].frame_timeout: not a duration; write a number with its unit, like 500ms, 30s, 10m, 4h or 90d"),
        ('2575"', '2575", ack: {mode: enhnced}', "c.yaml:4:66: sources[0].ack.mode: expected 'auto', 'original' or 'enhanced'; did you mean 'enhanced'?"),
        ('2575"', '2575", tls: {cert: x}', "c.yaml:4:59: sources[0].tls.key: required setting is missing"),
        ('2576"', '2576", on_ack: {AA: doen}', "c.yaml:12:63: destinations[0].on_ack.AA: expected 'done', 'park' or 'retry'; did you mean 'done'?"),
        ('2576"', '2576", on_ack: {XX: done}', "c.yaml:12:59: destinations[0].on_ack.XX: expected 'AA', 'AE' or 'AR'"),
        ("name: ehr", "name: e h r", "c.yaml:12:12: destinations[0].name: expected a name: up to 40 letters, digits, '-', '_' or '.', the first a letter or a digit"),
        ("sources:", "order_by: pateint\nsources:", "c.yaml:3:11: order_by: expected 'patient', 'order' or 'source'; did you mean 'patient'?"),
        ("sources:", "enabled: no\nsources:", "c.yaml:3:10: enabled: expected true or false"),
        ("sources:", "retain: {documents: 5h}\nsources:", "c.yaml:3:21: retain.documents: not a time to keep; write days or years, like 90d or 10y"),
        ("sources:", "tags: lab\nsources:", "c.yaml:3:7: tags: expected a list"),
    ],
)  # fmt: skip
def test_each_mistake_is_told_at_its_place_in_plain_words(old, new, complaint):
    """One planted mistake gives the expected line among the findings."""
    assert old in CHANNEL
    assert complaint in complaints(CHANNEL.replace(old, new, 1))


def test_of_a_choice_of_models_only_the_nearest_is_explained(tmp_path):
    """With two forms of `auth` the findings are about the form that was meant, not about both."""
    remote = "extractors:\n  far: {use: medextract, base_url: 'https://x', auth: {api_key: {header: X}}}\n"
    assert shown(load(write_site(tmp_path, SITE + remote, lab=CHANNEL))) == [
        "conf/headrace.yaml:8:65: extractors.far.auth.api_key.value: required setting is missing"
    ]


def test_the_suggestion_is_near_or_absent():
    """Near words are suggested whatever their case; far ones, numbers and novels are not."""
    assert did_you_mean("DEDUP", ["decode", "dedupe"]) == "did you mean 'dedupe'?"
    assert did_you_mean("oru^r01", ["ORU^R01"]) == "did you mean 'ORU^R01'?"
    assert did_you_mean("xyz", ["decode"]) == ""
    assert did_you_mean("1.0", ["1.2"]) == ""
    assert did_you_mean("d" * 100, ["d" * 99]) == ""
    assert did_you_mean(7, ["7"]) == ""


def test_words_are_listed_as_people_do():
    """A list of choices reads as a sentence."""
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b or c"
