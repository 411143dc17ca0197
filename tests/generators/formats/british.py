"""A British hospital's portal as HTML: tables inside tables, cells over several rows and columns, ranges in two lines, parts that nobody sees."""

from __future__ import annotations

from tests.generators.formats.html import escaped
from tests.generators.formats.model import HTML, Form, says
from tests.generators.fourth.formulas import (
    cholesterol,
    differential,
    filtration,
    mean_haemoglobin,
    minus,
    ratio,
    red,
    share,
)
from tests.generators.fourth.model import Case, Line, q, w

BLOOD = {
    "Full Blood Count": "Blood (EDTA)",
    "HbA1c": "Blood (EDTA)",
    "Coagulation Screen": "Plasma (citrate)",
    "Urine Dipstick": "Urine (MSU)",
}
TOP = """<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" lang="en-GB">
<head>
<meta http-equiv="Content-Type" content="text/html; charset=utf-8" />
<title>Results viewer - session 7781</title>
<style type="text/css">
<!--
body { font-family: Verdana, sans-serif; font-size: 11px }
td.res { text-align: right } tr.abn td.res { color: #c00; font-weight: bold }
.noprint, .prev { display: none } /* Potassium 9.9 mmol/L */
-->
</style>
<script type="text/javascript">
//<![CDATA[
var trend = [{"test": "Sodium", "value": "199", "units": "mmol/L", "range": "133 - 146"}];
if (trend.length < 2 && document.all) { document.write("<td>Urea</td><td>88.8</td>"); }
//]]>
</script>
</head>
<body bgcolor="#ffffff" onload="init();">
<noscript><p>This page works best with JavaScript.</p></noscript>
"""


def _head(case: Case) -> str:
    who, stamp = case.patient, "%d-%b-%Y %H:%M"
    nhs = f"999 {int(who.mrn) % 1000:03d} {int(who.mrn) // 7 % 10000:04d}"
    facts = (
        ("Patient", f"<b>{escaped(who.family.upper())}, {escaped(who.given)}</b>", "Hospital&nbsp;No", who.mrn), ("Date of birth", f"{who.birth_date:%d-%b-%Y} ({case.years}y)", "NHS&nbsp;No", nhs.replace(" ", "&nbsp;")),
        ("Sex", case.pick("Female", "Male"), "Lab&nbsp;episode", case.accession), ("Requested by", "Dr A Pemberton-Hale, Ward 6B", "Collected", f"{case.collected:{stamp}}"), ("Clinical details", "?sepsis, on warfarin, eGFR 34 last month", "Received", f"{case.received:{stamp}}"),
        ("Report status", "Final", "Reported", f"{case.reported:{stamp}}"),
    )  # fmt: skip
    rows = "\n".join(f'    <tr><td class="lbl">{a}:</td><td>{b}</td><td class="lbl">{c}:</td><td>{d}</td></tr>' for a, b, c, d in facts)  # fmt: skip
    return f"""<table width="100%" cellpadding="0" cellspacing="0" border="0"><tr><td>
  <table width="100%"><tr><td><img src="logo.gif" alt="" width="90" height="40" /></td>
  <td align="right"><font size="+1">{escaped(case.form.lab)}</font><br />Weir Road, Larkmead LK9 9ZZ<br />UKAS accredited medical laboratory No. 9999</td></tr></table>
</td></tr><tr><td>
  <table class="demog" width="100%">
{rows}
  </table>
</td></tr><tr><td>
<div class="noprint" style="display: none">Filter: <select name="days"><option>7 days</option><option>30 days</option></select> <input type="hidden" name="mrn" value="000000" /></div>
"""


def _row(one: Line, specimen: str, rows: int) -> str:
    cells = [f'<td rowspan="{rows}" valign="top">{escaped(specimen)}</td>'] if rows else []
    cells += [
        f"<td>&nbsp;&nbsp;{escaped(one.test.name)}</td>",
        f'<td class="res">{escaped(one.value)}</td>',
        f"<td>{escaped(one.flag) or '&nbsp;'}</td>",
        f"<td>{escaped(one.test.unit) or '&nbsp;'}</td>",
        f'<td nowrap="nowrap">{escaped(one.reference) or "&nbsp;"}</td>',
    ]
    text = ('<tr class="abn">' if one.state else "<tr>") + "".join(cells) + "</tr>\n"
    if one.test.key in {"na", "crp"}:
        text += f'<tr class="prev" style="display:none"><td>&nbsp;&nbsp;{escaped(one.test.name)}</td><td>777</td><td>High</td><td>{escaped(one.test.unit)}</td><td>previous</td></tr>\n'
    if one.comment:
        text += f'<tr><td colspan="5" style="padding-left:24px"><i>{escaped(one.comment)}</i></td></tr>\n'
    return text


def write(case: Case) -> tuple[bytes, int]:
    """The page."""
    out = [TOP, _head(case), '<table class="results" width="100%" border="1" cellspacing="0">\n<thead><tr>']
    out += [f"<th>{head}</th>" for head in ("Specimen", "Test", "Result", "Flag", "Units", "Reference range")]
    out.append("</tr></thead>\n<tbody>\n")
    for title, group in case.sections():
        out.append(f'<tr><th colspan="6" align="left" bgcolor="#dde6f0">{escaped(title)}</th></tr>\n')
        tall = len(group) + sum(bool(one.comment) for one in group)  # hidden rows take no room
        for place, one in enumerate(group):
            out.append(_row(one, BLOOD.get(title, "Serum"), 0 if place else tall))
    out.append("<!-- <tr><td>Serum</td><td>Amylase</td><td>555</td></tr> -->\n</tbody></table>\n")
    out.append("<p>Awaited: Vitamin D, Urine culture</p>\n<p>Flags are set against the adult range of the patient's sex.<br />Authorised by Dr Honor Cuthbertson, Consultant Chemical Pathologist.</p>\n")  # fmt: skip
    out.append('</td></tr></table>\n<p class="noprint" style="display:none">Your session ends in 15:00</p>\n</body>\n</html>\n')  # fmt: skip
    return "".join(out).encode(), 1


SEXES = "M: {} - {}\nF: {} - {}".format
DIP = ("Negative", "Trace", "+", "++")
FORM = Form(write=write, media_type=HTML, says=says(
    "uk_portal_html", "en", "Larkmead General Hospital Pathology", "{day:%y}.{number:07d}", span="{low} - {high}", upper="< {high}", lower="> {low}", flags={"LL": "Low", "L": "Low", "H": "High", "HH": "High", "A": "Abnormal"},
    sections=(
        ("Full Blood Count", (
            q("Haemoglobin", "g/L", 130, 180, 0, "718-7", women=(115, 165), reference=SEXES(130, 180, 115, 165), key="hgb"), q("White cell count", "10*9/L", 3.6, 11.0, 1, "6690-2", key="wbc"), q("Platelets", "10*9/L", 140, 400, 0, "777-3", remark="Film: platelet clumping, count approximate."), q("Red cell count", "10*12/L", 4.50, 6.50, 2, "789-8", women=(3.80, 5.80), reference=SEXES("4.50", "6.50", "3.80", "5.80"), formula=red(1000)),
            q("Haematocrit", "L/L", 0.40, 0.54, 3, "4544-3", women=(0.37, 0.47), reference=SEXES("0.400", "0.540", "0.370", "0.470"), formula=ratio("hgb", "mchc")), q("MCV", "fL", 80.0, 100.0, 1, "787-2", key="mcv"), q("MCH", "pg", 27.0, 32.0, 1, "785-6", formula=mean_haemoglobin(0.001)), q("MCHC", "g/L", 315, 355, 0, "786-4", key="mchc"), q("RDW", "%", 11.0, 15.0, 1, "788-0"),
            q("Neutrophils", "10*9/L", 1.80, 7.50, 2, "751-8", formula=share("neut")), q("Lymphocytes", "10*9/L", 1.00, 4.00, 2, "731-0", formula=share("lymph")), q("Monocytes", "10*9/L", 0.20, 0.80, 2, "742-7", formula=share("mono")), q("Eosinophils", "10*9/L", 0.00, 0.40, 2, "711-2", formula=share("eos")), q("Basophils", "10*9/L", 0.00, 0.10, 2, "704-7", formula=share("baso")),
        )),
        ("Coagulation Screen", (q("Prothrombin time", "secs", 10.0, 13.5, 1, "5902-2"), q("INR", "", None, None, 1, "6301-6", around=1.6, remark="Target range for VTE or AF: 2.0 - 3.0."), q("APTT", "secs", 24.0, 35.0, 1, "14979-9"), q("Fibrinogen (Clauss)", "g/L", 1.5, 4.0, 1, "3255-7"))),
        ("Urea and Electrolytes", (
            q("Sodium", "mmol/L", 133, 146, 0, "2951-2", key="na"), q("Potassium", "mmol/L", 3.5, 5.3, 1, "2823-3"), q("Chloride", "mmol/L", 95, 108, 0, "2075-0"), q("Urea", "mmol/L", 2.5, 7.8, 1, "22664-7"), q("Creatinine", "µmol/L", 59, 104, 0, "14682-9", women=(45, 84), reference=SEXES(59, 104, 45, 84), key="creatinine"), q("eGFR (CKD-EPI 2021)", "mL/min/1.73m²", 60, None, 0, "98979-8", formula=filtration(1 / 88.4), above=90),
        )),
        ("Liver Function Tests", (
            q("Total bilirubin", "µmol/L", None, 21, 0, "14631-6"), q("ALT", "U/L", None, 41, 0, "1742-6", women=(None, 33), reference="M: < 41\nF: < 33"), q("Alkaline phosphatase", "U/L", 30, 130, 0, "6768-6"), q("Gamma GT", "U/L", None, 60, 0, "2324-2", women=(None, 40), reference="M: < 60\nF: < 40"), q("Albumin", "g/L", 35, 50, 0, "1751-7"), q("Total protein", "g/L", 60, 80, 0, "2885-2"),
        )),
        ("Bone Profile and Inflammation", (q("Calcium", "mmol/L", 2.20, 2.60, 2, "2000-8"), q("Inorganic phosphate", "mmol/L", 0.80, 1.50, 2, "14879-1"), q("Magnesium", "mmol/L", 0.70, 1.00, 2, "2601-3"), q("C-reactive protein", "mg/L", None, 5, 0, "1988-5", key="crp", below=1))),
        ("Lipids", (
            q("Cholesterol", "mmol/L", None, None, 1, "14647-2", key="chol", formula=cholesterol(2.2)), q("HDL cholesterol", "mmol/L", 1.0, None, 1, "14646-4", key="hdl"), q("Triglycerides", "mmol/L", None, 1.7, 1, "14927-8", key="trig"), q("LDL cholesterol (calculated)", "mmol/L", None, 3.0, 1, "39469-2", key="ldl"), q("Non-HDL cholesterol", "mmol/L", None, 4.0, 1, "70204-3", formula=minus("chol", "hdl")),
        )),
        ("Thyroid and Haematinics", (q("TSH", "mU/L", 0.27, 4.20, 2, "3016-3", below=0.01), q("Free T4", "pmol/L", 12.0, 22.0, 1, "14920-3"), q("Ferritin", "µg/L", 30, 400, 0, "2276-4", women=(13, 150), reference=SEXES(30, 400, 13, 150)), q("Vitamin B12", "ng/L", 197, 771, 0, "2132-9", below=150), q("Serum folate", "µg/L", 3.9, 26.8, 1, "2284-8"))),
        ("HbA1c", (q("HbA1c (IFCC)", "mmol/mol", None, 42, 0, "59261-8", remark="48 mmol/mol or more is consistent with diabetes."),)),
        ("Urine Dipstick", (w("Leucocytes", DIP, "5799-2"), w("Nitrite", ("Negative", "Positive"), "5802-4"), w("Protein", DIP, "20454-5"), w("Blood", DIP, "5794-3"), w("Glucose", DIP, "25428-4"), w("Ketones", DIP, "2514-8"))),
    ),
    unprinted=differential(),
))  # fmt: skip
