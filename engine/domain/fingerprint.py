"""The identity of a report's content, for recognising the same report when it comes again."""

from __future__ import annotations
