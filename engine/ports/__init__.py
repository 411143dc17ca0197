"""What the engine calls, as small promises.

Holds: one Protocol a file (store, blobs, source, stage, destination, extractor, directory, clock) and the Plugin spec.
May import: extraction, mapping, documents, domain, hl7v2.
May touch: nothing; a port only declares.
Never: an implementation, a default that does I/O, a word of SQL.
"""
