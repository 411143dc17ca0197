"""Directories: who the patients are.

Holds: lookups that return every record that could be the person.
May import: ports and below, links.
May touch: its own file, table or connection.
Never: decide; `domain.matching` does.
"""
