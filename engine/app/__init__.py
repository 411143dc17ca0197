"""The composition root.

Holds: the command line, the registry of plugins, the engine that puts a site together, supervision, log and metrics.
May import: everything.
May touch: the environment, signals, standard streams, the site's var folder; the real clock and dice are made here.
Never: a rule about messages, patients or values; those have rooms of their own.
"""
