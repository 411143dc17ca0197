"""Talking to other machines, for whichever plugin has to.

Holds: a client for one HTTP address with identity, pace and circuit; a line to an MLLP peer; their settings and TLS.
May import: ports, hl7v2; httpx and pydantic.
May touch: sockets it opened itself, certificate files; the clock only through its port.
Never: know what is asked or answered, wait for ever, follow a redirect, put content into a log or an error.
"""
