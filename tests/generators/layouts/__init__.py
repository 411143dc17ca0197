"""Layouts: the reports of different laboratories.

Holds: one module per invented laboratory's report form.
May import: the content, the sheet and the panels of the generators.
May touch: nothing.
Never: two forms that differ only in colour; a reader must be tried on different geometry.
"""

from __future__ import annotations

from tests.generators.layouts import es_clasico, sectioned, us_chem
from tests.generators.layouts.model import Layout

LAYOUTS: dict[str, Layout] = {layout.name: layout for layout in (us_chem.LAYOUT, sectioned.LAYOUT, es_clasico.LAYOUT)}

__all__ = ["LAYOUTS", "Layout"]
