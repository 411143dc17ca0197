"""Urinalysis: test strip, sediment and urine chemistry."""

from __future__ import annotations

from tests.generators.analytes.model import number, unit, words

STRIP = "Negative=Negativo;Trace=Trazas;1+;2+;3+"
HPF = "0-2;3-5;6-10;11-20;21-50"

URINE = (
    words("u_color", "5778-6", "Color|Urine Color", "Color|Color orina", "Yellow=Amarillo;Straw=Amarillo claro;Amber=Ámbar;Red=Rojo", normal=2, reference="Yellow=Amarillo"),
    words("u_clarity", "5767-9", "Appearance|Clarity", "Aspecto", "Clear=Transparente;Slightly Cloudy=Ligeramente turbio;Cloudy=Turbio;Turbid=Muy turbio", reference="Clear=Transparente"),
    number("u_sg", "Specific Gravity", "Densidad", unit("5811-5", "", 3, 1.005, 1.030), span=(1.001, 1.034)),
    number("u_ph", "pH|Urine pH", "pH|pH orina", unit("5803-2", "", 1, 5.0, 8.0), span=(5.0, 8.5)),
    words("u_protein", "20454-5", "Protein|Protein, Urine", "Proteínas|Proteínas en orina", STRIP, reference="Negative=Negativo"),
    words("u_glucose", "25428-4", "Glucose|Glucose, Urine", "Glucosa|Glucosa en orina", STRIP, reference="Negative=Negativo"),
    words("u_ketones", "2514-8", "Ketones", "Cuerpos cetónicos|Cetonas", STRIP, reference="Negative=Negativo"),
    words("u_bili", "5770-3", "Bilirubin|Bilirubin, Urine", "Bilirrubina|Bilirrubina en orina", STRIP, reference="Negative=Negativo"),
    words("u_blood", "5794-3", "Occult Blood|Blood, Urine", "Sangre|Hemoglobina en orina", STRIP, reference="Negative=Negativo"),
    words("u_nitrite", "5802-4", "Nitrite|Nitrites", "Nitritos", "Negative=Negativo;Positive=Positivo", reference="Negative=Negativo"),
    words("u_leuk", "5799-2", "Leukocyte Esterase|WBC Esterase", "Esterasa leucocitaria|Leucocitos (esterasa)", STRIP, reference="Negative=Negativo"),
    number("u_urobil", "Urobilinogen|Urobilinogen,Semi-Qn", "Urobilinógeno", unit("20405-7", "mg/dL|mg/dl", 1, 0.2, 1.0), span=(0.2, 8.0)),
    words("u_wbc", "5821-4", "WBC|WBC, Urine|White Blood Cells, Urine", "Leucocitos en sedimento|Leucocitos (sedimento)", "0-5;6-10;11-20;21-40", reference="0-5", spelling="/hpf|per HPF", graded=True),
    words("u_rbc", "13945-1", "RBC|RBC, Urine|Red Blood Cells, Urine", "Hematíes en sedimento|Hematíes (sedimento)", HPF, reference="0-2", spelling="/hpf|per HPF", graded=True),
    words("u_squam", "11277-1", "Squamous Epithelial Cells|Epithelial Cells, Squamous", "Células epiteliales escamosas|Células de descamación", "0-5;6-10;11-20", reference="0-5", spelling="/hpf|per HPF", graded=True),
    words("u_bact", "25145-4", "Bacteria", "Bacterias", "None Seen=No se observan;Few=Escasas;Moderate=Moderadas;Many=Abundantes", reference="None Seen=No se observan"),
    words("u_casts", "5796-8", "Hyaline Casts|Hyaline Cast", "Cilindros hialinos", "0-2;3-5;6-10", reference="0-2", spelling="/lpf|per LPF", graded=True),
    number("u_creat", "Creatinine, Random Urine|Creatinine, Urine", "Creatinina en orina", unit("2161-8", "mg/dL|mg/dl", 0, 20, 320, f=(20, 275)), span=(14, 390)),
    number("u_malb", "Microalbumin, Urine|Albumin, Urine", "Microalbúmina en orina|Albúmina en orina", unit("14957-5", "mg/dL|mg/dl", 1, None, 2.0, below=0.2, on="us"), unit("14957-5", "mg/L", 1, None, 20.0, x=10, below=2, on="es si es_units"), span=(0.1, 48)),
    number("u_acr", "Microalb/Creat Ratio|Albumin/Creatinine Ratio, Random Urine", "Cociente albúmina/creatinina|Índice albúmina/creatinina", unit("9318-7", "mg/g creat|mg/g", 0, None, 30), span=(2, 620)),
)  # fmt: skip
