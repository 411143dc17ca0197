"""The errors of the wire language: whose fault it is, and what the peer is told."""

from __future__ import annotations


class ProtocolError(Exception):
    """A rule of HL7 v2 or MLLP was broken.

    The text names a place, a kind or a length, never the content of a message.

    Attributes:
        location: where it happened in the field's own notation, `OBX[3]-5`; empty when there is no place.
    """

    def __init__(self, text: str, *, location: str = "") -> None:
        super().__init__(f"{location}: {text}" if location else text)
        self.location = location


class LocalProtocolError(ProtocolError):
    """Our own code asked for something the wire language forbids: a defect on this side, nothing was sent."""


class WriterError(LocalProtocolError):
    """The writer refused a value, or what it built does not read back as what was asked for."""


class RemoteProtocolError(ProtocolError):
    """The peer broke the rules.

    Attributes:
        ack_code: what MSA-1 would say in original mode (table 0008).
        error_code: what ERR-3 would say (table 0357).
    """

    def __init__(self, text: str, *, ack_code: str = "AE", error_code: str = "100", location: str = "") -> None:
        super().__init__(text, location=location)
        self.ack_code = ack_code
        self.error_code = error_code


class Er7Error(RemoteProtocolError):
    """Bytes that are no ER7 message (no MSH): after the ACK this parks the message, before it the answer is AR 100."""


class TimeError(RemoteProtocolError):
    """Text that is no HL7 date or time; ERR-3 would be 102, data type error."""
