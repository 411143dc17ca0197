"""Sources: where messages come from.

Holds: listeners and pollers that hand frames to the one entrance (`ports.source.Intake`).
May import: ports and below.
May touch: its sockets or folders, through asyncio.
Never: parse beyond the frame, store, or answer on its own authority.
"""
