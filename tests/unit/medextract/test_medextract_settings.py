"""Settings and dialects of the remote extractor."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from engine.plugins.extractors.medextract.dialect import DialectError, accepts, form_fields, load_dialect
from engine.plugins.extractors.medextract.settings import MedExtractSettings

SHIPPED = ("medextract-guide", "medextract-v2", "medextract-v1")


def made(**values: Any) -> MedExtractSettings:
    return MedExtractSettings.model_validate(values)


def test_the_contracts_example_is_accepted() -> None:
    """The settings as the reference shows them, in an admin's own notation."""
    found = made(
        dialect="medextract-guide", base_url="https://api.medextract.io/", auth={"bearer": "abc"}, timeout="60s",
        retry={"attempts": 4, "base": "500ms", "max": "10s"}, rate={"requests": 10, "per": "1m"}, fallback="local",
    )  # fmt: skip
    assert (found.base_url, found.timeout, found.retry.base) == ("https://api.medextract.io", 60.0, 0.5)
    assert made() == made(dialect="medextract-guide", timeout="60s", rate={"requests": 10, "per": "1m"})


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"auth": {}}, "exactly one of"),
        ({"auth": {"bearer": "a", "api_key": {"value": "b"}}}, "exactly one of"),
        ({"auth": {"bearer": "two words"}}, "holds blanks"),
        ({"auth": {"bearer": "a\r\nX-Evil: 1"}}, "holds blanks"),
        ({"auth": {"bearer": ""}}, "is empty"),
        ({"auth": {"api_key": {"value": "a", "header": "X: Y"}}}, "not the name of a header"),
        ({"base_url": "api.medextract.io"}, "not an address"),
        ({"base_url": "ftp://x.test"}, "not an address"),
        ({"base_url": "https://user:pw@x.test"}, "without user"),
        ({"base_url": "https://x.test/?key=1"}, "without user, query"),
        ({"base_url": "http://x.test"}, "unencrypted"),
        ({"base_url": "http://192.0.2.1"}, "unencrypted"),
        ({"auth": {"oauth2": {"token_url": "http://x.test/t", "client_id": "a", "client_secret": "b"}}}, "unencrypted"),
        ({"dialect": "nonsense"}, "String should match"),
        ({"verify": False}, "Extra inputs"),
        ({"rate": {"requests": 0}}, "greater than or equal to 1"),
    ],
)
def test_mistakes_are_named(values: dict[str, Any], words: str) -> None:
    """What cannot be, or would be dangerous, is refused at the check, in words."""
    with pytest.raises(ValidationError, match=words):
        made(**values)


@pytest.mark.parametrize("url", ["http://localhost:9000", "http://127.0.0.1:9000", "http://[::1]:9000"])
def test_plain_http_stays_on_this_machine(url: str) -> None:
    """Loopback needs no encryption; another machine needs a word of the admin's."""
    assert made(base_url=url).base_url == url
    assert made(base_url="http://x.test", allow_http=True).allow_http


def test_secrets_are_not_shown() -> None:
    """Neither the settings nor an error about them show a secret."""
    shown = repr(made(auth={"oauth2": {"token_url": "https://x.test", "client_id": "a", "client_secret": "hush-hush"}}))
    assert "hush" not in shown
    with pytest.raises(ValidationError) as caught:
        made(auth={"bearer": "hush hush"})
    assert "hush" not in str(caught.value.errors(include_input=False))


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_dialects_load(name: str) -> None:
    """Each is what its file name says, takes PDF, and knows where results are."""
    dialect = load_dialect(name, Path())
    assert dialect.name == name
    assert accepts(dialect.accepts, "application/pdf")
    assert {"results", "result.value", "bundle"} <= set(dialect.shape.fields)


def test_a_base_with_the_version_is_not_given_it_twice() -> None:
    """Both forms of the vendor's base address lead to the same endpoint."""
    guide = load_dialect("medextract-guide", Path())
    for base in ("https://x.test", "https://x.test/v1"):
        assert guide.url(base, "application/pdf") == "https://x.test/v1/extract"
    assert guide.url("https://x.test/proxy", "application/pdf") == "https://x.test/proxy/v1/extract"


def test_form_fields_can_be_changed() -> None:
    """The site's own fields win over the dialect's; the language goes where the dialect says."""
    v2 = load_dialect("medextract-v2", Path())
    assert form_fields(v2, "es", {"format": "fhir"}) == {"format": "fhir", "language": "es"}
    assert form_fields(load_dialect("medextract-v1", Path()), "es", {}) == {}


def test_media_types_by_pattern() -> None:
    """Exact names and whole families."""
    assert accepts(("image/*",), "image/png")
    assert not accepts(("image/*", "application/pdf"), "text/plain")


def test_a_sites_own_dialect(tmp_path: Path) -> None:
    """A JSON file of the site describes another service; its mistakes name file and place."""
    shipped = load_dialect("medextract-v2", Path()).model_dump()
    (tmp_path / "own.json").write_text(json.dumps({**shipped, "name": "own"}))
    assert load_dialect("own.json", tmp_path).name == "own"
    shipped["request"]["paths"] = {"*": "https://elsewhere.test/x"}
    (tmp_path / "bad.json").write_text(json.dumps(shipped))
    with pytest.raises(DialectError, match=r"bad\.json: request\.paths"):
        load_dialect("bad.json", tmp_path)
    with pytest.raises(DialectError, match="FileNotFoundError"):
        load_dialect("none.json", tmp_path)
