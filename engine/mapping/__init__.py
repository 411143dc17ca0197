"""Between the domain and the formats others speak.

Holds: message_in (ORU, MDM to Inbound), oru_out (to ORU^R01), report_json and fhir_out (LabReport), medextract.
May import: domain, hl7v2.
May touch: nothing.
Never: decide anything about a patient or a value; a mapping says the same thing in other words.
"""
