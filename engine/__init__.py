"""headrace: an MLLP interface engine that turns embedded lab reports into coded results.

Holds: the rooms of the engine; read their cards from `hl7v2` and `domain` upwards.
May import: nothing.
May touch: nothing.
Never: code; a room is always the better place.
"""

__version__ = "0.1.0"
