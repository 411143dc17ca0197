"""Destinations: where results go.

Holds: one receiver each: builds the exact bytes once, sends them, reads the answer.
May import: ports and below.
May touch: its own connection.
Never: rebuild a payload, or take an answer that is not for the message in flight.
"""
