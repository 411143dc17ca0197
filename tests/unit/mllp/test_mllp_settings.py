"""The settings of both MLLP plugins: the promised names and defaults, and what is refused."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from engine.plugins.destinations.mllp import PLUGIN as DESTINATION
from engine.plugins.sources.mllp import PLUGIN as SOURCE
from engine.ports.fields import HostPort
from engine.ports.plugin import Kind
from engine.ports.source import AckMode

MIB = 1024 * 1024


def test_source_defaults():
    """A source with an address alone has the documented limits."""
    settings = SOURCE.settings.model_validate({"listen": "127.0.0.1:2575"})
    assert settings.listen == (HostPort("127.0.0.1", 2575),)
    assert (settings.max_frame, settings.max_in_flight, settings.max_connections) == (64 * MIB, 256 * MIB, 1000)
    assert (settings.frame_timeout, settings.idle_timeout) == (60.0, 0.0)
    assert (settings.charset, settings.fallback_charsets) == ("auto", ("utf-8", "windows-1252"))
    assert (settings.tls, settings.allow, settings.framing) == (None, (), "lenient")
    assert (settings.ack.mode, settings.ack.on_store_error, settings.ack.application) == (
        "auto",
        "AR",
        "same_connection",
    )
    policy = settings.policy()
    mdm = {f"MDM^T{number:02}" for number in range(1, 12)}
    assert policy.types == {"ORU^R01", "ORU^R30", "ORU^R31", "ORU^R32"} | mdm
    assert policy.processing_ids == {"P"}
    assert {"2.1", "2.3", "2.5.1", "2.9"} <= policy.versions
    assert policy.ack_mode is AckMode.AUTO
    assert (policy.answer_empty, policy.answer_unparseable) == (True, True)
    assert (policy.limits.segments, policy.limits.fields, policy.limits.repetitions) == (50_000, 1_000, 10_000)


def test_source_with_everything():
    """Every key of the contract is taken and reaches the policy."""
    settings = SOURCE.settings.model_validate(
        {
            "listen": ["127.0.0.1:2575", "[::1]:2575"],
            "tls": {"cert": "c.pem", "key": "k.pem", "client_ca": "ca.pem", "min_version": "1.3"},
            "allow": ["10.0.0.0/8", "2001:db8::/32"],
            "max_frame": "1MiB",
            "frame_timeout": "5s",
            "idle_timeout": "10m",
            "max_connections": 5,
            "max_in_flight": "8MiB",
            "charset": "8859/1",
            "fallback_charsets": ["windows-1252"],
            "accept": {
                "types": ["ADT^*", "ORU"],
                "versions": ["2.3"],
                "processing_ids": ["P", "T"],
                "receiving_apps": ["A"],
            },
            "ack": {"mode": "enhanced", "on_store_error": "AE", "application": "acks"},
            "limits": {"segments": 10, "fields": 11, "repetitions": 12},
            "framing": "strict",
            "empty_frame": "ignore",
            "nak_unparseable": False,
        }
    )
    policy = settings.policy()
    assert (policy.types, policy.receiving_applications) == ({"ADT^*", "ORU"}, {"A"})
    assert (policy.ack_mode, policy.on_store_error) == (AckMode.ENHANCED, "AE")
    assert (policy.answer_empty, policy.answer_unparseable) == (False, False)
    assert (policy.limits.segments, policy.limits.fields, policy.limits.repetitions) == (10, 11, 12)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"listen": []},
        {"listen": "2575"},
        {"listen": "127.0.0.1:2575", "max_fram": "1MiB"},
        {"listen": "127.0.0.1:2575", "tls": {"cert": "c.pem"}},
        {"listen": "127.0.0.1:2575", "tls": {"cert": "c.pem", "key": "k.pem", "min_version": "1.0"}},
        {"listen": "127.0.0.1:2575", "allow": ["10.0.0.1/8"]},
        {"listen": "127.0.0.1:2575", "accept": {"types": ["oru^r01"]}},
        {"listen": "127.0.0.1:2575", "ack": {"on_store_error": "AA"}},
        {"listen": "127.0.0.1:2575", "max_frame": "512MiB"},
        {"listen": "127.0.0.1:2575", "max_connections": 0},
    ],
)
def test_source_refuses(settings):
    """Missing, misspelt and senseless settings are errors."""
    with pytest.raises(ValidationError):
        SOURCE.settings.model_validate(settings)


def test_destination_defaults():
    """A destination with an address alone behaves as documented."""
    settings = DESTINATION.settings.model_validate({"to": "ehr.example:2576"})
    assert (settings.connect_timeout, settings.ack_timeout) == (10.0, 30.0)
    assert (settings.retry.base, settings.retry.max, settings.retry.jitter, settings.rejects) == (
        1.0,
        300.0,
        "full",
        20,
    )
    assert (settings.on_ack, settings.err_hints, settings.circuit.after, settings.circuit.probe) == (
        "hl7",
        True,
        5,
        30.0,
    )
    assert (settings.in_flight, settings.message, settings.version) == (1, "ORU^R01", "2.5.1")
    assert (settings.attach_original, settings.required, settings.tls) == (True, True, None)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"to": "ehr"},
        {"to": "ehr:1", "in_flight": 17},
        {"to": "ehr:1", "message": "MDM^T02"},
        {"to": "ehr:1", "on_ack": {"AX": "done"}},
        {"to": "ehr:1", "on_ack": {"AE": "ignore"}},
        {"to": "ehr:1", "on_ack": "mirth"},
        {"to": "ehr:1", "tls": {"cert": "c.pem"}},
        {"to": "ehr:1", "rejects": -1},
        {"to": "ehr:1", "retry": {"jitter": "none"}},
    ],
)
def test_destination_refuses(settings):
    """What the sender cannot do is an error and not silently something else."""
    with pytest.raises(ValidationError):
        DESTINATION.settings.model_validate(settings)


def test_every_setting_explains_itself():
    """Each key has a description for the reference page."""
    for plugin in (SOURCE, DESTINATION):
        assert plugin.summary
        assert plugin.guarantees
        for name, info in plugin.settings.model_fields.items():
            assert info.description, name
    assert (SOURCE.kind, DESTINATION.kind) == (Kind.SOURCE, Kind.DESTINATION)


def test_schema_for_editors():
    """`listen` may be one address or a list, in the exported schema too."""
    listen = SOURCE.settings.model_json_schema()["properties"]["listen"]
    assert [item["type"] for item in listen["anyOf"]] == ["string", "array"]


@pytest.mark.parametrize(
    ("on_ack", "meanings"),
    [
        ("hl7", "done done park park retry retry wait"),
        ("mirth-like", "done done park park park park wait"),
        ("iris-like", "done done park park insist insist park"),
        ({"AE": "retry"}, "done done retry park retry retry wait"),
        ({"preset": "mirth-like", "AR": "retry", "other": "park"}, "done done park park retry park park"),
    ],
)
def test_table_of_answers(on_ack, meanings):
    """A preset is the whole table; a mapping changes single codes of a preset, of `hl7` unless it says otherwise."""
    table = DESTINATION.settings.model_validate({"to": "ehr:1", "on_ack": on_ack}).answers
    assert " ".join(table.meaning(code) for code in ("AA", "CA", "AE", "CE", "AR", "CR", "other")) == meanings
