"""The plugins there are: the built-ins by name, third parties by entry point. A plugin is imported when asked for."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from engine.ports.plugin import Kind, Plugin

GROUP = "headrace.plugins"
BUILT_IN: tuple[tuple[Kind, str, str], ...] = (
    (Kind.SOURCE, "mllp", "engine.plugins.sources.mllp"),
    (Kind.STAGE, "decode", "engine.plugins.stages.decode"),
    (Kind.STAGE, "extract", "engine.plugins.stages.extract"),
    (Kind.STAGE, "reconcile", "engine.plugins.stages.reconcile"),
    (Kind.STAGE, "dedupe", "engine.plugins.stages.dedupe"),
    (Kind.STAGE, "review", "engine.plugins.stages.review"),
    (Kind.STAGE, "index", "engine.plugins.stages.index"),
    (Kind.DESTINATION, "mllp", "engine.plugins.destinations.mllp"),
    (Kind.EXTRACTOR, "local", "engine.plugins.extractors.local"),
    (Kind.EXTRACTOR, "medextract", "engine.plugins.extractors.medextract"),
    (Kind.DIRECTORY, "file", "engine.plugins.directories.file"),
    (Kind.DIRECTORY, "fhir", "engine.plugins.directories.fhir"),
    (Kind.DIRECTORY, "pdq-v2", "engine.plugins.directories.pdq"),
    (Kind.DIRECTORY, "index", "engine.plugins.directories.index"),
    (Kind.DIRECTORY, "sql", "engine.plugins.directories.sql"),
    (Kind.STORE, "sqlite", "engine.plugins.stores.sqlite"),
    (Kind.STORE, "postgres", "engine.plugins.stores.postgres"),
    (Kind.BLOBS, "files", "engine.plugins.blobs.files"),
    (Kind.BLOBS, "store", "engine.plugins.blobs.store"),
    (Kind.BLOBS, "s3", "engine.plugins.blobs.s3"),
)


class PluginClash(Exception):  # two plugins of one name is a state of the installation
    """Two distributions offer a plugin of the same kind and name."""


class PluginRegistry:
    """Plugins by kind and name; implements `engine.config.components.Registry`."""

    def __init__(self, third_party: Iterable[EntryPoint] = ()) -> None:
        self._modules = {(kind, name): module for kind, name, module in BUILT_IN}
        self._entries: dict[tuple[Kind, str], EntryPoint] = {}
        for entry in third_party:
            kind_word, _, name = entry.name.partition(":")
            key = (Kind(kind_word), name)
            if key in self._modules or key in self._entries:
                raise PluginClash(f"{entry.name} is offered twice; remove one of the distributions")
            self._entries[key] = entry

    def names(self, kind: Kind) -> tuple[str, ...]:
        """The plugins of a kind, sorted."""
        return tuple(sorted(name for found, name in (*self._modules, *self._entries) if found is kind))

    def get(self, kind: Kind, name: str) -> Plugin[Any]:
        """The plugin of that name.

        Raises:
            LookupError: there is none.
            ImportError: it needs a library that is not installed.
        """
        key = (kind, name)
        if key in self._modules:
            plugin = importlib.import_module(self._modules[key]).PLUGIN
        elif key in self._entries:
            plugin = self._entries[key].load()
        else:
            raise LookupError(name)
        if not isinstance(plugin, Plugin):
            raise ImportError(f"{kind}:{name} is no plugin")  # noqa: TRY004 - the caller knows LookupError, ImportError
        return plugin


def builtin_registry() -> PluginRegistry:
    """The registry of this installation: built-ins and entry points."""
    return PluginRegistry(entry_points(group=GROUP))
