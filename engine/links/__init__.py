"""Talking to other machines, and to processes of our own, for whichever plugin has to.

Holds: clients of an HTTP address (identity, pace, circuit) and an MLLP peer, settings and TLS; processes to ask once.
May import: ports, hl7v2; httpx and pydantic.
May touch: sockets and processes it opened itself, certificate files; the clock only through its port.
Never: know what is asked or answered, wait for ever, follow a redirect, put content into a log or an error.
"""
