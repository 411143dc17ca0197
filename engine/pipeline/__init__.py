"""The use cases.

Holds: intake, routing, the worker that runs stages, delivery, retry, review and replay, all over ports.
May import: ports and everything below it.
May touch: asyncio tasks; the store, the clock and the network only through ports.
Never: name a concrete plugin, write SQL, open a socket.
"""
