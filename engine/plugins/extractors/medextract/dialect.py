"""Dialects: what is sent where, and where an answer holds what. Data, one JSON file each."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from engine.mapping.medextract import AnswerShape

_Endpoint = Annotated[str, StringConstraints(pattern=r"^/[A-Za-z0-9/._~-]*$")]


class DialectError(ValueError):
    """A dialect file cannot be used; names the file and the kind of trouble."""

    log_safe = True


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DialectRequest(_Part):
    """What is sent: endpoints by media type, the file's field, fixed form fields, and the language's field."""

    paths: dict[str, _Endpoint] = Field(min_length=1)
    file: str = Field(min_length=1)
    form: dict[str, str]
    language: str


class DialectAnswer(_Part):
    """Where an answer holds what; see `engine.mapping.medextract.AnswerShape`."""

    confidence_scale: Literal[1, 100] = 1
    fields: dict[str, tuple[str, ...]]


class Dialect(_Part):
    """One dialect of the API."""

    name: str
    summary: str
    accepts: tuple[str, ...]
    request: DialectRequest
    answer: DialectAnswer

    @property
    def shape(self) -> AnswerShape:
        """The answer's shape for the mapping."""
        return AnswerShape(fields=self.answer.fields, confidence_scale=self.answer.confidence_scale)

    def url(self, base: str, media_type: str) -> str | None:
        """The endpoint for a media type, None when there is none.

        A base that already ends in the path's version (`https://host/v1`) is not given it twice.
        """
        path = self.request.paths.get(media_type, self.request.paths.get("*"))
        if path is None:
            return None
        version = "/" + path.split("/")[1]
        return base + (path[len(version) :] if base.endswith(version) else path)


def accepts(patterns: tuple[str, ...], media_type: str) -> bool:
    """Whether a media type is on a list like `application/pdf`, `image/*`."""
    return any(fnmatch.fnmatchcase(media_type, pattern) for pattern in patterns)


def load_dialect(name: str, site: Path) -> Dialect:
    """A dialect of this package, or of a JSON file relative to the site.

    Raises:
        DialectError: the file is missing or describes no dialect.
    """
    shipped = resources.files("engine.plugins.extractors.medextract") / "dialects" / f"{name}.json"
    try:
        text = (site / name).read_text("utf-8") if name.endswith(".json") else shipped.read_text("utf-8")
        return Dialect.model_validate_json(text)
    except (OSError, UnicodeDecodeError) as problem:
        raise DialectError(f"{name}: {type(problem).__name__}") from None
    except ValidationError as problem:
        first = problem.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        raise DialectError(f"{name}: {place}: {first['msg']}") from None


def form_fields(dialect: Dialect, language: str, more: Mapping[str, str]) -> dict[str, str]:
    """The form fields of one request, without the file."""
    spoken = {dialect.request.language: language} if dialect.request.language else {}
    return {**dialect.request.form, **spoken, **more}
