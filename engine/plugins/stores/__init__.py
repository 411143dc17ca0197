"""Durable stores, one folder each.

Holds: adapters of the Store port.
May import: ports, domain, and the one database driver of the adapter.
May touch: the database's own folder or server, threads, tasks.
Never: a rule about reports; a store keeps what it is told and answers what it is asked.
"""
