"""The names in French, German, Italian and Portuguese lead to one analyte each."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from engine.extraction.folding import fold
from engine.extraction.packs import load_packs

NAMES = Path(__file__).parents[3] / "engine" / "extraction" / "packs" / "names.yaml"


@pytest.mark.parametrize("language", ["fr", "de", "it", "pt"])
def test_each_name_leads_to_its_analyte_alone(language: str) -> None:
    """Every listed analyte exists and no name of any language belongs to a second one."""
    packs = load_packs()
    for owner, names in yaml.safe_load(NAMES.read_text("utf-8")).items():
        assert owner in packs.analytes
        assert names[language]
        assert {packs.aliases[fold(name)] for name in names[language]} == {(owner,)}
