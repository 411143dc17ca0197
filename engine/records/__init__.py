"""What every durable store does alike, whatever database lies below it.

Holds: values and their columns, rows to views, what a search looks at, where a message stands, named SQL, hints.
May import: ports, domain.
May touch: the SQL files of the package it is told; it holds no connection.
Never: a statement or a database driver; what differs between databases stays in their stores.
"""
