"""The wire language: MLLP framing, header peek, ER7 core, escapes, charsets, acknowledgements, batches, writer.

Holds: bytes to events, bytes to messages and back, and every answer a peer can get
May import: the standard library's pure parts; `hl7` (python-hl7) in er7.py alone
May touch: nothing; bytes, text and times are arguments, and notes are return values
Never: decide what a result means, log, or put a message's content into an error text
"""
