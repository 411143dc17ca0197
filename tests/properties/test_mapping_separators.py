"""A message means the same whatever separators it is written with."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.hl7v2.escapes import Delimiters, escape
from engine.ports.content import Content
from tests.support.examples import examples

_TEXT = st.text(alphabet="abcXYZ 019.,-|^~\\&!@#$%*é", max_size=12)
_SEPARATORS = st.permutations("!@#$%*|^~\\&").map(lambda signs: signs[:5])


def _message(delimiters: Delimiters, texts: list[str]) -> bytes:
    """The same content in these separators: all texts escaped, structure around them."""

    def put(*parts: str) -> str:
        return delimiters.component.join(parts)

    a, b, c, d = (escape(text, delimiters) for text in texts)
    f, r = delimiters.field, delimiters.repetition
    segments = [
        f.join(("PID", "1", "", put("4711", "", "", "HOSP", "MR") + r + put("9", "", "", "REG"), "", put("Marlow", a))),
        f.join(("NTE", "1", "L", a)),
        f.join(("ORC", "RE", put("P1", "LAB"))),
        f.join(("OBR", "1", put("P1", "LAB"), put("F1", "LAB"), put("X", b, "L"), "", "", "20260301")),
        f.join(("NTE", "1", "L", b)),
        f.join(("OBX", "1", "CWE", put("C", c, "L", "718-7", "", "LN"), "", put(d, "x", "L"), "", "", "H" + r + "A")),
        f.join(("NTE", "1", "L", c)),
        f.join(("OBX", "2", "SN", put("S", "s", "L"), "", put(">", "50"), put("mg/dL", b, "UCUM"))),
        f.join(("OBX", "3", "TX", put("T", "t", "L"), "", d + r + a)),
    ]
    head = f"MSH{f}{delimiters.encoding}{f}LIS{f}LAB{f}{f}{f}20260301{f}{f}{put('ORU', 'R01')}{f}M1{f}P{f}2.5.1" + f * 6
    return "".join(f"{line}\r" for line in (head + "UNICODE UTF-8", *segments)).encode()


@settings(deadline=None, max_examples=examples(80))
@given(signs=_SEPARATORS, texts=st.lists(_TEXT, min_size=4, max_size=4))
def test_other_separators_give_the_same_content(signs: list[str], texts: list[str]) -> None:
    """Reading a message in foreign separators gives the Inbound of the same message in the standard ones."""
    foreign = Delimiters(
        field=signs[0], component=signs[1], repetition=signs[2], escape=signs[3], subcomponent=signs[4]
    )
    standard = Content(_message(Delimiters(), texts)).decoded
    assert Content(_message(foreign, texts)).decoded == standard
