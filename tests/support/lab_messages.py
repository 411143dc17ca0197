"""Small ORU and MDM messages for tests of what is read from them; synthetic people only."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from engine.domain.order import Inbound
from engine.ports.content import Content, Decoded

PDF = b"%PDF-1.4\n" + bytes(range(256)) * 12 + b"\nstartxref\n0\n%%EOF\n"
TIFF = b"II*\x00" + bytes(range(200)) * 9
HEAD = "MSH|^~\\&|LIS|LAB|EHR|HOSP|20260301101500||ORU^R01^ORU_R01|M1|P|2.5.1"
PID = "PID|1||4711^^^HOSP^MR||Marlow^Ada^Jane||19680512|F"
OBR = "OBR|1|P100|F200|24323-8^Metabolic panel^LN|||202603010815|||||||202603010900||||||||202603011000|||F"
NUMBER = "OBX|1|NM|2345-7^Glucose^LN||105|mg/dL^mg/dL^UCUM|70-110|N|||F"


def b64(data: bytes) -> str:
    """Base64 in one run."""
    return base64.b64encode(data).decode("ascii")


def ed(data: bytes, number: int = 1, *, name: str = "11502-2^Laboratory report^LN", status: str = "F") -> str:
    """An ED segment as most senders write it."""
    return f"OBX|{number}|ED|{name}|{number}|^AP^PDF^Base64^{b64(data)}||||||{status}"


def message(*lines: str, head: str = HEAD, pid: str = PID) -> bytes:
    """MSH and PID with these segments behind."""
    return "".join(f"{line}\r" for line in (head, pid, *lines) if line).encode()


def decoded(*lines: str, head: str = HEAD, pid: str = PID) -> Decoded:
    """What decode makes of such a message."""
    return Content(message(*lines, head=head, pid=pid)).decoded


def inbound(*lines: str, head: str = HEAD, pid: str = PID) -> Inbound:
    """Its clinical content."""
    return decoded(*lines, head=head, pid=pid).inbound


def files(found: Decoded) -> Sequence[bytes]:
    """The documents' bytes in order."""
    return [item.data for item in found.documents]
