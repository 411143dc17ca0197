"""The same content as lines of text, as labs without a document system send it in TX or FT."""

from __future__ import annotations

from tests.generators.content import Report, age, sex_word, status_word

HEADS = {
    "en": ("TEST", "RESULT", "FLAG", "UNITS", "REFERENCE RANGE"),
    "es": ("PRUEBA", "RESULTADO", "IND", "UNIDADES", "VALORES DE REFERENCIA"),
    "fr": ("ANALYSE", "RESULTAT", "IND", "UNITE", "VALEURS DE REFERENCE"),
    "de": ("UNTERSUCHUNG", "ERGEBNIS", "", "EINHEIT", "NORMBEREICH"),
    "it": ("ESAME", "ESITO", "", "UNITA DI MISURA", "VALORI DI RIFERIMENTO"),
    "pt": ("EXAME", "RESULTADO", "", "UNIDADE", "VALORES DE REFERENCIA"),
}
LABELS = {
    "en": ("PATIENT", "MRN", "DOB", "SEX", "AGE", "ACCESSION", "COLLECTED", "RECEIVED", "REPORTED", "ORDERED BY", "STATUS"),
    "es": ("PACIENTE", "N.HISTORIA", "F.NACIMIENTO", "SEXO", "EDAD", "N.PETICION", "EXTRACCION", "RECEPCION", "INFORME", "SOLICITANTE", "ESTADO"),
    "fr": ("PATIENT", "N.PATIENT", "NE(E) LE", "SEXE", "AGE", "DOSSIER", "PRELEVE LE", "RECU LE", "EDITE LE", "PRESCRIPTEUR", "STATUT"),
    "de": ("PATIENT", "PATIENTEN-NR", "GEBOREN", "GESCHLECHT", "ALTER", "AUFTRAGS-NR", "ABNAHME", "EINGANG", "BEFUNDDATUM", "EINSENDER", "STATUS"),
    "it": ("PAZIENTE", "COD.PAZIENTE", "DATA NASCITA", "SESSO", "ETA", "ACCETTAZIONE", "PRELIEVO", "RICEVUTO", "REFERTO", "RICHIEDENTE", "STATO"),
    "pt": ("PACIENTE", "PRONTUARIO", "NASCIMENTO", "SEXO", "IDADE", "PEDIDO", "COLETA", "RECEBIDO", "EMISSAO", "SOLICITANTE", "ESTADO"),
}  # fmt: skip
CLOSINGS = {
    "en": "END OF REPORT", "es": "FIN DEL INFORME", "fr": "FIN DU COMPTE RENDU", "de": "ENDE DES BEFUNDES",
    "it": "FINE DEL REFERTO", "pt": "FIM DO RELATORIO",
}  # fmt: skip
COLUMNS = (38, 14, 6, 18)


def _head(report: Report) -> list[str]:
    who, order, labels = report.patient, report.order, LABELS[report.language]
    day = {"en": "%m/%d/%Y", "de": "%d.%m.%Y"}.get(report.language, "%d/%m/%Y")
    stamp = f"{day} %H:%M"
    name = f"{who.family}, {who.given} {who.middle}".strip().upper()
    return [
        report.lab.name.upper(),
        f"{', '.join(report.lab.lines)}   TEL {report.lab.phone}",
        "",
        f"{labels[0] + ':':<14}{name:<36}{labels[1]}: {who.mrn}",
        f"{labels[2] + ':':<14}{who.birth_date:{day}}   {labels[3]}: {sex_word(report)}   {labels[4]}: {age(report)}",
        f"{labels[5] + ':':<14}{order.accession:<24}{labels[10]}: {status_word(report)}",
        f"{labels[6] + ':':<14}{order.collected:{stamp}}   {labels[7]}: {order.received:{stamp}}",
        f"{labels[8] + ':':<14}{order.reported:{stamp}}   {labels[9]}: {order.provider}",
        "",
    ]


def _line(cells: tuple[str, ...]) -> str:
    out = ""
    for cell, width in zip(cells, (*COLUMNS, 0), strict=True):
        out += f"{cell:<{width}}" if len(cell) < width or not width else f"{cell}  "
    return out.rstrip()


def draw_text(report: Report) -> list[str]:
    """The lines, at most about 100 characters wide, columns by blanks."""
    heads = HEADS[report.language]
    lines = [*_head(report), _line(heads), "-" * 98]
    for section in report.sections:
        lines += ["", section.title]
        lines += [_line((f"  {row.name}", row.value, row.flag, row.unit, row.reference)) for row in section.rows]
    return [*lines, "", f"{report.lab.director}", f"*** {CLOSINGS[report.language]} ***"]
