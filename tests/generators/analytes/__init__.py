"""The stock of analytes: printed names, units, ranges and codes.

Holds: about 150 common laboratory tests as labs print them in English and Spanish, each unit with its LOINC code.
May import: the standard library.
May touch: nothing.
Never: a code that was not looked up for exactly this analyte, unit dimension and specimen.

This material contains content from LOINC (https://loinc.org), copyright Regenstrief Institute, Inc. and the LOINC
Committee, available at no cost under the licence at https://loinc.org/license.
"""

from __future__ import annotations

from tests.generators.analytes.blood import BLOOD
from tests.generators.analytes.chemistry import CHEMISTRY
from tests.generators.analytes.endocrine import ENDOCRINE
from tests.generators.analytes.french import FRENCH
from tests.generators.analytes.german import GERMAN
from tests.generators.analytes.italian import ITALIAN
from tests.generators.analytes.model import Analyte, Unit
from tests.generators.analytes.portuguese import PORTUGUESE
from tests.generators.analytes.serology import SEROLOGY
from tests.generators.analytes.tongue import Tongue, answer_of, names_of
from tests.generators.analytes.urine import URINE

STOCK: dict[str, Analyte] = {analyte.key: analyte for analyte in (*BLOOD, *CHEMISTRY, *ENDOCRINE, *SEROLOGY, *URINE)}

TONGUES: dict[str, Tongue] = {"fr": FRENCH, "de": GERMAN, "it": ITALIAN, "pt": PORTUGUESE}

__all__ = ["STOCK", "TONGUES", "Analyte", "Tongue", "Unit", "answer_of", "names_of"]
