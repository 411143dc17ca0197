"""Synthetic people, lab reports and HL7 messages whose truth is known before anything reads them.

Holds: generators of patients, panels, PDF and text reports, bad documents and vendor-dialect messages.
May import: the standard library and fpdf2; scans also pypdfium2 and Pillow.
May touch: nothing; seeds and times are arguments, the same arguments give the same bytes.
Never: the engine or its parser; the truth must not depend on what is measured against it.
"""
