"""Reports of six languages on a frozen set of layouts: no wrong value and no wrong code may pass without a reason."""

from __future__ import annotations

import pytest

from bench.extraction import measure
from engine.extraction.packs import load_packs

pytestmark = pytest.mark.slow  # many examples; `make test` runs them, `make check` does not wait

NEW = (
    ("fr", "fr_ville"), ("fr", "fr_hopital"), ("de", "de_befund"), ("de", "de_praxis"),
    ("it", "it_referto"), ("it", "it_griglia"), ("pt", "br_blocos"), ("pt", "pt_tabela"),
    ("en", "us_hospital"), ("en", "uk_trust"), ("es", "es_hospital"), ("fr", "fr_double"), ("de", "de_klinik"),
    ("it", "it_ospedale"), ("pt", "br_hospital"), ("pt", "pt_hospital"),
)  # fmt: skip


@pytest.mark.parametrize(("language", "layout"), NEW)
def test_nothing_wrong_passes_in_silence(language: str, layout: str) -> None:
    """Every row is found, none is made up, and what is wrong carries a reason."""
    counts = measure(language, layout, load_packs(), seeds=(23, 51))
    assert counts["silent"] == 0
    assert counts["made_up"] == 0
    assert counts["miscoded_silent"] == 0
    assert (counts["missed"], counts["extra"]) == (0, 0)
    assert counts["right"] >= 0.99 * counts["rows"]
    assert counts["coded"] >= 0.98 * counts["rows"]
    assert min(counts["unit"], counts["range"], counts["flag"]) >= 0.99 * counts["rows"]
    assert counts["head"] >= 0.9 * counts["head_of"]
    assert counts["held"] <= 0.03 * counts["right"]
