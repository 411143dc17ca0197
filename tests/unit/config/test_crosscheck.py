from __future__ import annotations

import pytest

from tests.unit.config.site_folder import CHANNEL, SITE, load, shown, write_site


def test_names_of_the_engine_file_must_exist(tmp_path):
    """A stage that names an unknown directory or extractor is told, with the near name, settings wrong or not."""
    text = CHANNEL.replace("directory: patients", "directory: patiens").replace(
        "[local]", "[locl, local], threshold: x"
    )
    assert shown(load(write_site(tmp_path, lab=text))) == [
        "channels/lab.yaml:7:27: stages[1].with[0]: no extractor is called 'locl'; did you mean 'local'?",
        "channels/lab.yaml:7:52: stages[1].threshold: expected a number",
        "channels/lab.yaml:8:33: stages[2].directory: no directory is called 'patiens'; did you mean 'patients'?",
    ]


def test_a_name_taken_by_default_must_exist_too(tmp_path):
    """`reconcile` without a directory means `patients`; a site without it is told where to add it."""
    text = CHANNEL.replace(", directory: patients", "")
    assert shown(load(write_site(tmp_path, "version: 1\n", lab=text))) == [
        (
            "channels/lab.yaml:8:5: stages[2].directory: no directory is called 'patients'; "
            "add it to `directories:` in conf/headrace.yaml"
        )
    ]


def test_a_directory_with_a_mistake_is_not_also_unknown(tmp_path):
    """One mistake is told once: the directory is there, only wrong."""
    loaded = load(write_site(tmp_path, SITE.replace("path: conf/patients.csv", "pth: x"), lab=CHANNEL))
    assert shown(loaded) == ["conf/headrace.yaml:6:25: directories.patients.pth: unknown setting; did you mean 'path'?"]


def test_two_channels_of_one_name_are_both_named(tmp_path):
    """The second channel of a name is told with the place of the first; so is a listener taken twice."""
    assert shown(load(write_site(tmp_path, a=CHANNEL, b=CHANNEL, c="nothing\n"))) == [
        "channels/b.yaml:2:10: channel: the name 'lab-reports' is taken by the channel in channels/a.yaml:2:10",
        "channels/b.yaml:4:36: sources[0].listen: the address 127.0.0.1:2575 is taken by source 'lab' in channels/a.yaml:4:36",
        "channels/c.yaml:1:1: the file does not hold settings; it begins with `version: 1`",
    ]


@pytest.mark.parametrize(
    ("listen", "clash"),
    [
        ("127.0.0.1:8575", True), ("localhost:8575", True), ("127.0.0.1:2576", False), ("127.0.0.2:8575", False),
        ("[::1]:8575", False), ("127.0.0.1:0", False),
    ],
)  # fmt: skip
def test_a_listener_may_not_take_the_web_address(tmp_path, listen, clash):
    """The same port on the same host is a clash; other hosts, other ports and port 0 are not."""
    loaded = load(write_site(tmp_path, lab=CHANNEL.replace("127.0.0.1:2575", listen)))
    assert any("is taken by the web application" in line for line in shown(loaded)) is clash


def test_two_listeners_may_take_any_free_port(tmp_path):
    """Port 0 is another port each time; two of them do not clash."""
    one = CHANNEL.replace("127.0.0.1:2575", "127.0.0.1:0")
    assert shown(load(write_site(tmp_path, a=one, b=one.replace("channel: lab-reports", "channel: other")))) == []


def test_a_disabled_channel_holds_no_address(tmp_path):
    """A channel that does not run does not listen."""
    other = CHANNEL.replace("channel: lab-reports", "channel: other\nenabled: false")
    assert shown(load(write_site(tmp_path, a=CHANNEL, b=other))) == []


def test_an_open_listener_without_tls_is_a_warning(tmp_path):
    """Patient data in the clear on the network is told; with TLS or on loopback nothing is."""
    opened = CHANNEL.replace("127.0.0.1:2575", "0.0.0.0:2575")
    loaded = load(write_site(tmp_path, lab=opened))
    assert shown(loaded) == [
        (
            "channels/lab.yaml:4:36: warning: sources[0].listen: listens for other machines without TLS: "
            "patient data crosses the network in the clear; add `tls:`, or listen on 127.0.0.1 behind a tunnel"
        )
    ]
    assert loaded.ok
    secured = opened.replace(':2575"', ':2575", tls: {cert: c.pem, key: "${env:K}"}')
    assert shown(load(write_site(tmp_path, lab=secured), {"K": "k"})) == []


def test_an_open_web_application_is_a_warning(tmp_path):
    """The web application speaks plain HTTP; on other than loopback that is told."""
    loaded = load(write_site(tmp_path, SITE.replace("127.0.0.1:8575", "0.0.0.0:8575"), lab=CHANNEL))
    assert shown(loaded) == [
        (
            "conf/headrace.yaml:4:15: warning: web.listen: the web application is reachable from other machines over plain HTTP; "
            "put a TLS proxy in front"
        )
    ]


def test_an_application_ack_goes_to_a_destination_of_the_channel(tmp_path):
    """`ack.application` names the same connection, or a destination that exists."""
    text = CHANNEL.replace(':2575"', ':2575", ack: {application: %s}')
    assert shown(load(write_site(tmp_path, lab=text % "ehr"))) == []
    assert shown(load(write_site(tmp_path, lab=text % "same_connection"))) == []
    assert shown(load(write_site(tmp_path, lab=text % "her"))) == [
        "channels/lab.yaml:4:73: sources[0].ack.application: no destination of this channel is called 'her'; did you mean 'ehr'?"
    ]


def test_files_do_not_go_with_a_shared_store(tmp_path):
    """PostgreSQL is for several nodes; blobs in one node's files would be missing on the others."""
    site = SITE.replace("use: sqlite, path: var/headrace.db", "use: postgres, dsn: x")
    assert shown(load(write_site(tmp_path, site, lab=CHANNEL))) == [
        (
            "conf/headrace.yaml:3:14: blobs.use: files on one machine do not go with a store that several machines share; "
            "write `blobs: {use: store}` or `use: s3`"
        )
    ]
    stored = site.replace("use: files, path: var/blobs", "use: store")
    assert shown(load(write_site(tmp_path, stored, lab=CHANNEL))) == []


def test_only_a_shared_store_keeps_large_bodies_itself(tmp_path):
    """SQLite has no place for them: `blobs: {use: store}` is refused with it, at the place it is written."""
    site = SITE.replace("use: files, path: var/blobs", "use: store")
    assert shown(load(write_site(tmp_path, site, lab=CHANNEL))) == [
        (
            "conf/headrace.yaml:3:14: blobs.use: the sqlite store keeps no large bodies itself; "
            "write `blobs: {use: files}`, or leave `blobs:` out"
        )
    ]


def test_files_by_default_do_not_go_with_a_shared_store_either(tmp_path):
    """Without `blobs:` a site has files; with PostgreSQL it must say where large bodies go."""
    site = SITE.replace("use: sqlite, path: var/headrace.db", "use: postgres, dsn: x")
    site = site.replace("blobs: {use: files, path: var/blobs}\n", "")
    (line,) = shown(load(write_site(tmp_path, site, lab=CHANNEL)))
    assert "blobs.use: files on one machine do not go with" in line


def test_a_site_that_receives_nothing_is_a_warning(tmp_path):
    """No channel, or only disabled ones: told, not refused."""
    for channels in ({}, {"lab": CHANNEL.replace("version: 1", "version: 1\nenabled: false")}):
        loaded = load(write_site(tmp_path, **channels))
        assert shown(loaded) == [
            (
                "conf/headrace.yaml:1:1: warning: no channel is enabled: the engine will not receive anything; "
                "put a channel into channels/*.yaml"
            )
        ]
        assert loaded.ok
