"""Words that laboratories print over columns and before the facts of the head, by language."""

from __future__ import annotations

from collections.abc import Mapping

HEADINGS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "en": {
        "name": ("Test", "Test Name", "Analyte", "Investigation", "Component", "Examination", "Assay", "Parameter"),
        "value": ("Result", "Results", "Value", "Your Value", "Current Result", "Observed Value"),
        "flag": ("Flag", "Abn", "Abnormal", "H/L", ""),
        "unit": ("Units", "Unit", "Unit of Measure", "UOM"),
        "range": ("Reference Range", "Reference Interval", "Ref Range", "Normal Range", "Expected Values", "Bio. Ref. Interval", "Reference"),
        "previous": ("Previous", "Previous Result", "Prior", "Last Result", "Previous Value"),
        "method": ("Method", "Methodology", "Technique"),
        "place": ("Lab", "Site", "Perf. Lab"),
    },
    "es": {
        "name": ("Prueba", "Determinación", "Análisis", "Examen", "Parámetro", "Estudio", "Magnitud"),
        "value": ("Resultado", "Resultados", "Valor", "Valor obtenido"),
        "flag": ("Alarma", "Nota", "*", ""),
        "unit": ("Unidades", "Unidad", "Unid.", "U. Medida"),
        "range": ("Valores de referencia", "Intervalo de referencia", "Valores normales", "Rango de referencia", "V. Referencia", "Referencia", "Intervalo biológico de referencia"),
        "previous": ("Anterior", "Resultado anterior", "Res. anterior", "Previo", "Último resultado"),
        "method": ("Método", "Técnica", "Metodología"),
        "place": ("Lab.", "Sección", "Centro"),
    },
    "fr": {
        "name": ("Analyse", "Examen", "Paramètre", "Examens", "Désignation"),
        "value": ("Résultat", "Résultats", "Valeur"),
        "flag": ("", "Alerte", "N/H"),
        "unit": ("Unité", "Unités"),
        "range": ("Valeurs de référence", "Valeurs usuelles", "Intervalle de référence", "Normales", "Réf.", "Valeurs physiologiques"),
        "previous": ("Antériorité", "Antériorités", "Résultat antérieur", "Antérieur", "Précédent"),
        "method": ("Méthode", "Technique"),
        "place": ("Site", "Labo"),
    },
    "de": {
        "name": ("Untersuchung", "Analyse", "Parameter", "Test", "Bezeichnung", "Messgröße", "Analyt"),
        "value": ("Ergebnis", "Messwert", "Wert", "Resultat", "Befund"),
        "flag": ("", "+/-", "Bew.", "Hinweis"),
        "unit": ("Einheit", "Einh.", "Dimension", "Maßeinheit"),
        "range": ("Referenzbereich", "Normbereich", "Normalbereich", "Ref.-Bereich", "Normwerte", "Referenz", "Referenzintervall"),
        "previous": ("Vorwert", "Vorbefund", "Letzter Wert", "Vorergebnis"),
        "method": ("Methode", "Verfahren"),
        "place": ("Labor", "Ort"),
    },
    "it": {
        "name": ("Esame", "Analisi", "Prestazione", "Descrizione esame", "Esami", "Parametro"),
        "value": ("Risultato", "Risultati", "Valore", "Esito"),
        "flag": ("", "Segn.", "*"),
        "unit": ("Unità di misura", "U.M.", "Unità", "UdM"),
        "range": ("Valori di riferimento", "Intervallo di riferimento", "Valori normali", "Val. Rif.", "Riferimento", "V.R."),
        "previous": ("Precedente", "Risultato precedente", "Valore precedente", "Prec."),
        "method": ("Metodo", "Metodica", "Tecnica"),
        "place": ("Sede", "Lab."),
    },
    "pt": {
        "name": ("Exame", "Análise", "Parâmetro", "Determinação", "Exames"),
        "value": ("Resultado", "Resultados", "Valor", "Valor obtido"),
        "flag": ("", "Alerta", "*"),
        "unit": ("Unidade", "Unidades", "Unid."),
        "range": ("Valores de referência", "Valor de referência", "Intervalo de referência", "Referência", "Valores normais", "V. Ref."),
        "previous": ("Anterior", "Resultado anterior", "Último resultado", "Res. anterior"),
        "method": ("Método", "Metodologia", "Técnica"),
        "place": ("Lab.", "Local"),
    },
}  # fmt: skip
"""Column headings by language and fact."""

LABELS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "en": {
        "patient": ("Patient", "Patient Name", "Name"), "family": ("Surname", "Last Name"), "given": ("Forename", "First Name"), "birth": ("DOB", "Date of Birth", "D.O.B."),
        "sex": ("Sex", "Gender"), "mrn": ("MRN", "Patient ID", "Hospital No"), "accession": ("Accession", "Accession No", "Lab No", "Specimen ID"),
        "collected": ("Collected", "Collection Date", "Date Collected"), "received": ("Received", "Date Received"), "reported": ("Reported", "Report Date", "Date Reported"), "doctor": ("Ordering Physician", "Requested by", "Ordered By"),
    },
    "es": {
        "patient": ("Paciente", "Nombre", "Nombre del paciente"), "family": ("Apellidos",), "given": ("Nombre",), "birth": ("F. Nacimiento", "Fecha de nacimiento", "Fecha nac."),
        "sex": ("Sexo",), "mrn": ("NHC", "Historia", "Nº Historia"), "accession": ("Petición", "Nº Petición", "Nº de muestra", "Nº Solicitud"),
        "collected": ("Fecha de extracción", "Extracción", "Toma de muestra"), "received": ("Recepción", "Fecha de recepción"), "reported": ("Fecha informe", "Fecha de validación", "Emisión"), "doctor": ("Médico", "Solicitante", "Dr. solicitante"),
    },
    "fr": {
        "patient": ("Patient", "Nom du patient"), "family": ("Nom",), "given": ("Prénom",), "birth": ("Né(e) le", "Date de naissance", "DDN"),
        "sex": ("Sexe",), "mrn": ("IPP", "N° patient", "Identifiant"), "accession": ("N° dossier", "Dossier", "N° de demande"),
        "collected": ("Prélevé le", "Prélèvement du", "Date de prélèvement"), "received": ("Reçu le", "Réception"), "reported": ("Édité le", "Date d'édition", "Validé le"), "doctor": ("Prescripteur", "Médecin prescripteur"),
    },
    "de": {
        "patient": ("Patient", "Name", "Patient/in"), "family": ("Name", "Nachname"), "given": ("Vorname",), "birth": ("Geb.-Datum", "Geburtsdatum", "geb. am"),
        "sex": ("Geschlecht",), "mrn": ("Patienten-Nr.", "Pat.-ID", "Pat.-Nr."), "accession": ("Auftragsnummer", "Auftrags-Nr.", "Labornummer", "Tagesnummer"),
        "collected": ("Entnahme", "Abnahme", "Entnahmedatum"), "received": ("Eingang", "Probeneingang", "Materialeingang"), "reported": ("Befunddatum", "Befund vom", "Ausgang"), "doctor": ("Einsender", "Anforderer"),
    },
    "it": {
        "patient": ("Paziente", "Nominativo", "Sig./Sig.ra"), "family": ("Cognome",), "given": ("Nome",), "birth": ("Data di nascita", "Nato/a il", "Data nascita"),
        "sex": ("Sesso",), "mrn": ("Codice paziente", "ID paziente"), "accession": ("N. richiesta", "Richiesta n.", "Accettazione n.", "N. accettazione"),
        "collected": ("Data prelievo", "Prelievo"), "received": ("Data accettazione", "Ricevuto"), "reported": ("Data referto", "Refertato il"), "doctor": ("Medico", "Medico richiedente"),
    },
    "pt": {
        "patient": ("Paciente", "Nome", "Utente"), "family": ("Sobrenome", "Apelido"), "given": ("Nome",), "birth": ("Data de nascimento", "Data nasc.", "Nascimento"),
        "sex": ("Sexo",), "mrn": ("Prontuário", "Nº utente", "Registro"), "accession": ("Nº pedido", "Pedido", "Protocolo", "Requisição"),
        "collected": ("Coleta", "Data da coleta", "Data de colheita"), "received": ("Recebido em", "Recepção"), "reported": ("Emissão", "Data de emissão", "Liberado em"), "doctor": ("Médico", "Médico solicitante"),
    },
}  # fmt: skip
"""Labels of the head by language and fact."""

REMARKS: Mapping[str, tuple[str, ...]] = {
    "en": ("Fasting status was not given.", "Slight haemolysis, may affect potassium.", "Results were checked by repeat analysis."),
    "es": ("Suero ligeramente hemolizado.", "Resultado comprobado.", "Se recomienda control en 3 meses."),
    "fr": ("Sérum légèrement hémolysé.", "Résultat contrôlé.", "A contrôler selon le contexte clinique."),
    "de": ("Probe leicht hämolytisch.", "Wert durch Wiederholung bestätigt.", "Kontrolle empfohlen."),
    "it": ("Siero lievemente emolizzato.", "Dato verificato.", "Si consiglia controllo."),
    "pt": ("Soro levemente hemolisado.", "Resultado confirmado.", "Sugere-se correlação clínica."),
}  # fmt: skip
"""Sentences that stand alone between sections; none of them holds a result."""
METHODS = ("Enzymatic", "ISE", "ECLIA", "CLIA", "Turbidimetry", "Photometry", "IFCC", "HPLC", "Flow cytometry")
SECTION_WORDS = {
    "en": "Specimen",
    "es": "Muestra",
    "fr": "Nature",
    "de": "Material",
    "it": "Materiale",
    "pt": "Material",
}
PAGE_WORDS = {
    "en": ("Page", "of"),
    "es": ("Página", "de"),
    "fr": ("Page", "sur"),
    "de": ("Seite", "von"),
    "it": ("Pagina", "di"),
    "pt": ("Página", "de"),
}
"""`Page 1 of 2` in each language."""
