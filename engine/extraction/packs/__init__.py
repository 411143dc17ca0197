"""The data the reader works with: units, analytes with their codes, and languages.

Holds: YAML packs and their loader.
May import: the unit table and the folding of the reader.
May touch: its own package resources, once per load.
Never: keep anything between loads.
"""

from __future__ import annotations

from engine.extraction.packs.load import load_packs
from engine.extraction.packs.model import Analyte, Code, Language, Packs

__all__ = ["Analyte", "Code", "Language", "Packs", "load_packs"]
