from __future__ import annotations

import pytest

from engine.config.references import References
from engine.config.yaml_nodes import parse, value_of
from tests.unit.config.site_folder import CHANNEL, SITE, load, shown, write_site


def resolve(text: str, folder, environ=None):
    tree = parse(text, "f.yaml").tree
    assert tree is not None
    resolved, problems = References(folder, environ or {}).resolve(tree)
    return value_of(resolved), [str(problem) for problem in problems]


def test_the_three_kinds_of_reference(tmp_path):
    """Environment, file (without its line end) and systemd credential are put in, whole or within a text."""
    (tmp_path / "key.txt").write_text("file secret\n")
    (tmp_path / "creds").mkdir()
    (tmp_path / "creds" / "api.key").write_text("cred secret")
    environ = {"USER_PW": "env secret", "CREDENTIALS_DIRECTORY": str(tmp_path / "creds")}
    text = 'a: ${env:USER_PW}\nb: ${file:key.txt}\nc: ["${cred:api.key}"]\nd: postgres://u:${env:USER_PW}@h/${env:USER_PW}\n'
    assert resolve(text, tmp_path, environ) == (
        {"a": "env secret", "b": "file secret", "c": ["cred secret"], "d": "postgres://u:env secret@h/env secret"},
        [],
    )


def test_what_a_reference_brings_is_text_and_final(tmp_path):
    """A value from outside stays text and is not read again for references."""
    assert resolve("a: ${env:X}\n", tmp_path, {"X": "${env:Y} 7"}) == ({"a": "${env:Y} 7"}, [])
    assert resolve("a: ${env:X}\n", tmp_path, {"X": "7"}) == ({"a": "7"}, [])


def test_the_characters_themselves_can_be_written(tmp_path):
    """`$${` stands for `${`; a lone dollar is a dollar."""
    assert resolve("a: $${env:X} $5\n", tmp_path) == ({"a": "${env:X} $5"}, [])


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a: ${env:NONE}\n", "f.yaml:1:4: a: the environment variable NONE is not set"),
        ("a: {b: ['${file:none.txt}']}\n", "f.yaml:1:9: a.b[0]: cannot read 'none.txt': No such file or directory"),
        ("a: ${cred:x}\n", "f.yaml:1:4: a: no credentials for 'x': CREDENTIALS_DIRECTORY is not set; it is set by systemd when the unit has LoadCredential="),
        ("a: ${vault:x}\n", "f.yaml:1:4: a: '${vault:x}' is no reference; a reference is ${env:NAME}, ${file:PATH} or ${cred:NAME}; $${ stands for the characters ${"),
        ("a: ${X}\n", "f.yaml:1:4: a: '${X}' is no reference; a reference is ${env:NAME}, ${file:PATH} or ${cred:NAME}; $${ stands for the characters ${"),
        ("a: x${env:Y\n", "f.yaml:1:4: a: a '${' without its '}'; a reference is ${env:NAME}, ${file:PATH} or ${cred:NAME}; $${ stands for the characters ${"),
        ('a: "${file:\\0}"\n', "f.yaml:1:4: a: cannot read '?': not a file that can be read"),
        ("a: ${file:.}\n", "f.yaml:1:4: a: cannot read '.': not a file that can be read"),
    ],
)  # fmt: skip
def test_a_reference_that_leads_nowhere_is_told_at_its_place(tmp_path, text, complaint):
    """Missing secrets and misspelt references are located and never stop the other checks."""
    assert resolve(text, tmp_path)[1] == [complaint]


def test_a_credential_name_is_no_path(tmp_path):
    """A credential cannot climb out of systemd's folder."""
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert resolve("a: ${cred:../x}\n", tmp_path, environ)[1] == ["f.yaml:1:4: a: '../x' is no name of a credential"]


@pytest.mark.parametrize(
    ("content", "why"), [(b"\xff", "is not text"), (b"x" * 262_145, "is larger than 262144 bytes")]
)
def test_a_secret_file_must_be_a_text_of_sane_size(tmp_path, content, why):
    """Binary and huge files are refused."""
    (tmp_path / "k").write_bytes(content)
    assert resolve("a: ${file:k}\n", tmp_path)[1] == [f"f.yaml:1:4: a: 'k' {why}"]


def test_a_missing_secret_is_told_once(tmp_path):
    """The value that could not be put in is not complained about as well."""
    channel = CHANNEL.replace('"127.0.0.1:2576"', '"${env:EHR}"')
    assert shown(load(write_site(tmp_path, lab=channel))) == [
        "channels/lab.yaml:12:32: destinations[0].to: the environment variable EHR is not set"
    ]


@pytest.mark.parametrize(
    ("auth", "base"),
    [("{bearer: '${env:KEY}'}", "'${env:KEY}'"), ("{bearer: '${env:KEY}', x: 1}", "'https://x'"), ("'${env:KEY}'", "'https://x'")],
)  # fmt: skip
def test_no_message_and_no_repr_holds_a_secret(tmp_path, auth, base):
    """Whatever is wrong around a secret, its value is in no problem and in no repr of what was loaded."""
    remote = f"extractors:\n  far: {{use: medextract, base_url: {base}, auth: {auth}}}\n"
    loaded = load(write_site(tmp_path, SITE + remote, lab=CHANNEL), {"KEY": "hunter2-hunter2"})
    assert not loaded.ok
    assert "hunter2" not in repr(loaded)
    assert "hunter2" not in "".join(shown(loaded))


def test_a_secret_in_the_clear_is_a_warning(tmp_path):
    """A secret written in the file works and is told; one by reference is silent."""
    remote = "extractors:\n  far: {use: medextract, base_url: 'https://x', auth: {bearer: %s}}\n"
    plain = load(write_site(tmp_path, SITE + remote % "abc", lab=CHANNEL))
    assert shown(plain) == [
        (
            "conf/headrace.yaml:8:64: warning: extractors.far.auth.bearer: a secret is written in the file; "
            "refer to it: ${cred:NAME}, ${file:PATH} or ${env:NAME}"
        )
    ]
    assert plain.ok
    referred = load(write_site(tmp_path, SITE + remote % "'${env:KEY}'", lab=CHANNEL), {"KEY": "abc"})
    assert shown(referred) == []


def test_a_reason_that_repeats_a_secret_is_not_shown(tmp_path):
    """A plugin whose own check quotes the secret is silenced; the same check quoting a written value is not."""
    site = SITE.replace("use: sqlite, path: var/headrace.db", "use: postgres, dsn: '%s'").replace(
        "files, path: var/blobs", "store"
    )
    hidden = shown(load(write_site(tmp_path, site % "${env:DSN}", lab=CHANNEL), {"DSN": "hunter2"}))
    assert hidden == [
        "conf/headrace.yaml:2:8: store: these settings do not fit together (not shown: the reason repeats a secret)"
    ]
    plain = shown(load(write_site(tmp_path, site % "nohost", lab=CHANNEL)))
    assert plain == ["conf/headrace.yaml:2:8: store: no host in nohost"]


def test_a_secret_in_a_map_of_settings_is_found(tmp_path):
    """Secrets written out are told wherever the plugin's settings hold them."""
    site = SITE.replace("use: sqlite, path: var/headrace.db", "use: postgres, dsn: x, pool: {a: {bearer: b}}")
    loaded = load(write_site(tmp_path, site.replace("files, path: var/blobs", "store"), lab=CHANNEL))
    assert [(problem.path, problem.slug) for problem in loaded.problems] == [
        ("store.pool.a.bearer", "config.secret_in_file")
    ]
