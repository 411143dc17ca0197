"""What a lab report is.

Holds: the values the engine talks in (message, document, order, report, patient, reason, outcome) and their rules.
May import: the standard library's pure parts.
May touch: nothing; times and ids come as arguments.
Never: HL7 separators, SQL, files, clocks.
"""
