"""Pages of words to a LabReport.

Holds: layout, rows, the cell grammar, numbers, units, codes, confidence and checks; the packs are its data.
May import: mapping, documents, domain.
May touch: its own packs (package data, read once).
Never: guess a value, convert a unit, correct a number, or drop a row that looks like a result.
"""
