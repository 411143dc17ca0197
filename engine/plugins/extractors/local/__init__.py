"""local: the embedded extractor, in disposable reader processes.

A foreign document is opened only in a process that may be thrown away: limits on memory, processor time and wall
time, no inherited environment, a filter on system calls, one document at a time. A crash or hang costs that process
and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.plugins.extractors.local.card import PLUGIN
    from engine.plugins.extractors.local.settings import LocalSettings

__all__ = ["PLUGIN", "LocalSettings"]


def __getattr__(name: str) -> Any:
    """Import card and settings when they are asked for: a reader process imports this package and needs neither."""
    if name not in __all__:
        raise AttributeError(name)
    from engine.plugins.extractors.local import card, settings

    return getattr(card if name == "PLUGIN" else settings, name)
