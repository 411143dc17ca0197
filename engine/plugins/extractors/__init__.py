"""Extractors: who reads a document.

Holds: the embedded reader in disposable processes, and clients of remote ones.
May import: ports and below.
May touch: its own processes or connection.
Never: open a foreign document in the main process.
"""
