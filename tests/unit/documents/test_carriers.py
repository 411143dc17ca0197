"""Every shape in which senders put a file into a field."""

from __future__ import annotations

import base64

import pytest

from engine.documents.carriers import CarrierFault, best_candidate, looks_like_base64, open_carried
from engine.domain.document import Carried, OpenedDocument

PDF = b"%PDF-1.4\n" + bytes(range(256)) * 3 + b"\xfb\xff\xfe~~~???\nstartxref\n0\n%%EOF\n"
B64 = base64.b64encode(PDF).decode()
URL = base64.urlsafe_b64encode(PDF).decode()


def carried(*parts: str, encoding: str = "Base64", is_text: bool = False) -> Carried:
    return Carried(location="OBX[3]-5", order_index=0, parts=parts, encoding=encoding, is_text=is_text)


def wrapped(text: str, sign: str, width: int = 76) -> str:
    return sign.join(text[i : i + width] for i in range(0, len(text), width))


@pytest.mark.parametrize(
    "item",
    [
        carried(B64),
        carried(B64, encoding=""),
        carried(B64, encoding="A"),
        carried(B64, encoding="Hex"),
        carried(B64.rstrip("=")),
        carried(URL),
        carried(URL.rstrip("=")),
        carried("data:application/pdf;base64," + B64),
        carried(wrapped(B64, "\r\n")),
        carried(wrapped(B64, "\r")),
        carried(wrapped(B64, "\\.br\\")),
        carried(wrapped(B64, "\\X0D\\\\X0A\\")),
        carried(wrapped(B64, "\\X0D0A\\")),
        carried(wrapped(B64, "\\X000d\\")),
        carried(wrapped(B64, " \n\t")),
        carried("\ufeff" + B64),
        carried(PDF.hex(), encoding="Hex"),
        carried(PDF.hex().upper(), encoding="Base64"),
        carried(wrapped(PDF.hex(), "\r\n"), encoding=""),
        carried(B64[:301], B64[301:600], B64[600:]),
        carried(*(base64.b64encode(PDF[i : i + 100]).decode() for i in range(0, len(PDF), 100))),
        carried(*(base64.b64encode(PDF[i : i + 100]).decode().rstrip("=") for i in range(0, len(PDF), 100))),
        carried(*(base64.b64encode(PDF[i : i + 100]).decode() for i in range(0, len(PDF), 100)), encoding=""),
        carried("", B64, ""),
        carried(B64, encoding="", is_text=True),
        carried(*wrapped(B64, "\n").split("\n"), encoding="", is_text=True),
    ],
)
def test_the_file_comes_out_whole(item: Carried) -> None:
    """However the base64 or hex was written, the very bytes of the file come out and count as complete."""
    opened = open_carried(item)
    assert isinstance(opened, OpenedDocument)
    assert opened.data == PDF
    assert (opened.document.media_type, opened.document.complete) == ("application/pdf", True)
    assert opened.document.size_bytes == len(PDF)


@pytest.mark.parametrize("cut", [401, 402, 403, 404])
def test_cut_base64_is_incomplete(cut: int) -> None:
    """Base64 that stops early gives what is there, marked incomplete, and never fails."""
    opened = open_carried(carried(B64[:cut]))
    assert isinstance(opened, OpenedDocument)
    assert PDF.startswith(opened.data)
    assert not opened.document.complete


def test_stray_characters_make_it_incomplete() -> None:
    """A few foreign characters inside base64 are dropped, but the file is not trusted to be whole."""
    opened = open_carried(carried(B64[:200] + "é" + B64[200:]))
    assert isinstance(opened, OpenedDocument)
    assert not opened.document.complete


def test_text_lines_are_joined() -> None:
    """Text parts become one UTF-8 text with a newline between parts, blank lines kept."""
    opened = open_carried(carried("Glucosa  105 mg/dL", "", "Señal", encoding="", is_text=True))
    assert isinstance(opened, OpenedDocument)
    assert opened.data == "Glucosa  105 mg/dL\n\nSeñal".encode()
    assert opened.document.media_type == "text/plain"


def test_escaped_text_in_ed() -> None:
    """Encoding A carries text as it is, also where it would pass for base64."""
    opened = open_carried(carried("{\\rtf1\\ansi Glucose}", encoding="A"))
    assert isinstance(opened, OpenedDocument)
    assert opened.document.media_type == "application/rtf"


@pytest.mark.parametrize("encoding", ["Base64", "Hex", "", "A"])
def test_text_under_a_wrong_encoding(encoding: str) -> None:
    """A text report declared as base64 or hex stays text: it is never decoded to rubbish."""
    text = "Glucose      105   mg/dL    70 - 110\nSodium  140  mmol/L  135 - 145"
    opened = open_carried(carried(text, encoding=encoding))
    assert isinstance(opened, OpenedDocument)
    assert opened.data == text.encode()


@pytest.mark.parametrize("parts", [(), ("",), ("  \r\n ",)])
def test_nothing_is_a_fault(parts: tuple[str, ...]) -> None:
    """An empty field gives a fault that names the place and no content."""
    fault = open_carried(carried(*parts))
    assert fault == CarrierFault(reason_code="document.unreadable", location="OBX[3]-5", text="The field is empty.")


def test_helpers() -> None:
    """Bare base64 is told from words, and the longest component is the data."""
    assert looks_like_base64(B64)
    assert looks_like_base64("data:application/pdf;base64,JVBERi0=")
    assert not looks_like_base64("Glucose 105 mg/dL, see the note on the second page of this report, please.")
    assert not looks_like_base64("Glucose")
    assert best_candidate(("", "AP", "PDF", "Base64", B64)) == B64
    assert best_candidate(()) == ""
