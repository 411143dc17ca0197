"""Layouts: the reports of different laboratories.

Holds: one module per invented laboratory's report form.
May import: the content, the sheet and the panels of the generators.
May touch: nothing.
Never: two forms that differ only in colour; a reader must be tried on different geometry.
"""

from __future__ import annotations

from tests.generators.layouts import (
    br_blocos,
    br_hospital,
    cumulative,
    de_befund,
    de_klinik,
    de_praxis,
    es_clasico,
    es_hospital,
    fr_double,
    fr_hopital,
    fr_ville,
    grid,
    it_griglia,
    it_ospedale,
    it_referto,
    monospace,
    pt_hospital,
    pt_tabela,
    reordered,
    sectioned,
    twin_tables,
    uk_trust,
    us_chem,
    us_hospital,
)
from tests.generators.layouts.model import Layout

LAYOUTS: dict[str, Layout] = {
    module.LAYOUT.name: module.LAYOUT
    for module in (
        us_chem, sectioned, es_clasico, grid, twin_tables, reordered, monospace, cumulative,
        fr_ville, fr_hopital, de_befund, de_praxis, it_referto, it_griglia, br_blocos, pt_tabela,
        us_hospital, uk_trust, es_hospital, fr_double, de_klinik, it_ospedale, br_hospital, pt_hospital,
    )
}  # fmt: skip

__all__ = ["LAYOUTS", "Layout"]
