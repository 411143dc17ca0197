"""A plugin: a name, a settings model, and a build function.

Built-ins are an explicit tuple in `engine.app.builtins`; third parties register entry points in the group
`headrace.plugins` named `kind:name` whose value is a module-level `Plugin`. Only plugins named in a configuration are
loaded. A component's settings explain themselves: description, example, unit in the words, secrets as `SecretStr`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

API_VERSION = 1
"""Checked before a plugin is built; raised when a port changes incompatibly."""


class Kind(StrEnum):
    """What a plugin is used as."""

    SOURCE = "source"
    STAGE = "stage"
    DESTINATION = "destination"
    EXTRACTOR = "extractor"
    DIRECTORY = "directory"
    STORE = "store"
    BLOBS = "blobs"


class Settings(BaseModel):
    """Base of every settings model: unknown keys are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


SettingsT = TypeVar("SettingsT", bound=Settings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin(Generic[SettingsT]):
    """What a plugin module offers.

    Attributes:
        settings: validated by `engine.config`; problems get file:line:column.
        build: called with (settings, services) of the kind; imports what is heavy only here.
        summary: one sentence for `headrace doctor` and the reference page.
        guarantees: what it promises on delivery, order and repetition.
    """

    kind: Kind
    name: str
    settings: type[SettingsT]
    build: Callable[[SettingsT, Any], Any]
    summary: str
    guarantees: str = ""
    api: int = API_VERSION
