"""A made-up table in the form of a LOINC release: its columns, none of its content. Numbers begin with 97, names are invented."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

COLUMNS = (
    "LOINC_NUM", "COMPONENT", "PROPERTY", "TIME_ASPCT", "SYSTEM", "SCALE_TYP", "METHOD_TYP", "CLASS", "STATUS", "CLASSTYPE",
    "SHORTNAME", "EXTERNAL_COPYRIGHT_NOTICE", "EXAMPLE_UCUM_UNITS", "LONG_COMMON_NAME", "DisplayName",
)  # fmt: skip
VARIANT_COLUMNS = (
    "LOINC_NUM", "COMPONENT", "PROPERTY", "TIME_ASPCT", "SYSTEM", "SCALE_TYP", "METHOD_TYP", "CLASS", "SHORTNAME",
    "LONG_COMMON_NAME", "RELATEDNAMES2", "LinguisticVariantDisplayName",
)  # fmt: skip


def code(number: int) -> str:
    """A code with its check digit (Luhn, mod 10)."""
    digits = [int(one) for one in reversed(str(number))]
    total = sum(digits[1::2]) + sum(sum(divmod(2 * one, 10)) for one in digits[::2])
    return f"{number}-{-total % 10}"


def row(number: int, component: str, **fields: str) -> dict[str, str]:
    """An active laboratory test, a mass concentration in serum unless `fields` say otherwise."""
    values = {
        "LOINC_NUM": code(number), "COMPONENT": component, "PROPERTY": "MCnc", "TIME_ASPCT": "Pt", "SYSTEM": "Ser/Plas",
        "SCALE_TYP": "Qn", "CLASS": "CHEM", "STATUS": "ACTIVE", "CLASSTYPE": "1", "SHORTNAME": f"{component} SerPl-mCnc",
        "EXAMPLE_UCUM_UNITS": "ng/mL", "LONG_COMMON_NAME": f"{component} [Mass/volume] in Serum or Plasma",
        "DisplayName": f"{component} (S/P) [Mass/Vol]",
    }  # fmt: skip
    return values | fields


def as_csv(rows: Sequence[dict[str, str]], columns: Sequence[str] = COLUMNS) -> str:
    """The rows as the release writes them."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", extrasaction="ignore", quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
