"""decode: what cannot be read becomes a reason, never a loss."""

from __future__ import annotations

import pytest

from engine.domain.dossier import Dossier
from engine.domain.outcome import Continue, Filtered, Outcome
from engine.extraction.packs.load import load_packs
from engine.plugins.stages.decode import Decode
from tests.support.dossiers import context
from tests.support.lab_messages import HEAD, NUMBER, OBR, PDF, PID, ed, message

TXA = "TXA|1|LAB^Lab report^L|AP||20260301|||||||D2^LIS||P9|F9||LA"


def _mdm(event: str) -> str:
    return HEAD.replace("ORU^R01^ORU_R01", f"MDM^{event}^MDM_T02")


async def _decode(raw: bytes) -> Outcome:
    return await Decode().run(Dossier(), context(raw))


async def _reasons(raw: bytes) -> list[tuple[str, str]]:
    outcome = await _decode(raw)
    assert isinstance(outcome, Continue)
    return [(item.code, item.field) for item in outcome.dossier.reasons]


@pytest.mark.parametrize(
    ("raw", "reasons"),
    [
        (message(OBR, NUMBER), []),
        (message(OBR, ed(PDF)), []),
        (message(OBR), [("extraction.no_results", "")]),
        (message(OBR, ed(PDF[:900])), [("document.truncated", "OBX[1]-5")]),
        (
            message(OBR, "OBX|1|RP|R^Report^L||http://lab.example/r^LIS^AP^PDF||||||F"),
            [("document.unreadable", "OBX[1]-5")],
        ),
        (message(PID, OBR, NUMBER), [("patient.two_in_message", "PID")]),
        (message(OBR, NUMBER).replace(b"Ada", b"Ad\xe9lie"), [("charset.guessed", "MSH-18")]),
        (message(OBR, ed(PDF, status="W")), [("result.withdrawn", "OBX[1]-5")]),
        (message(OBR, NUMBER[:-1] + "D"), []),
        (message(TXA, head=_mdm("T11")), [("result.withdrawn", "TXA-12")]),
        (b"no message at all", [("message.unreadable", "")]),
    ],
)
async def test_what_is_odd_is_told(raw: bytes, reasons: list[tuple[str, str]]) -> None:
    """Each oddity has its code and place; a discrete result taken back passes as the lab sent it."""
    assert await _reasons(raw) == reasons


@pytest.mark.parametrize("event", ["T01", "T03", "T05", "T07", "T09"])
async def test_a_notification_without_a_document_is_filtered(event: str) -> None:
    """It brings nothing to send; with a document or a broken one it goes on."""
    assert isinstance(await _decode(message(TXA, head=_mdm(event))), Filtered)
    assert isinstance(await _decode(message(TXA, ed(PDF), head=_mdm(event))), Continue)
    assert isinstance(await _decode(message(TXA, "OBX|1|RP|R^R^L||x^y||||||F", head=_mdm(event))), Continue)


async def test_search_keys_come_from_the_message() -> None:
    """Sender and order numbers can be looked for."""
    outcome = await _decode(message(OBR, NUMBER))
    assert outcome.dossier.metadata == {"sender": "LAB", "filler": "F200", "placer": "P100"}


async def test_results_are_untouched_unless_asked() -> None:
    """Byte for byte by default; with `normalise` the lab's code and unit become alternates."""
    line = "OBX|1|NM|NA^Sodium^L||140|mmol/l|136-145|N|||F"
    raw = message("OBR|1|P100|F200|X^Panel^L|||20260301||||||||SER", line)
    plain = await Decode().run(Dossier(), context(raw))
    rewritten = await Decode(load_packs()).run(Dossier(), context(raw))
    assert plain.dossier.inbound is not None
    assert rewritten.dossier.inbound is not None
    assert plain.dossier.inbound.orders[0].observations[0].er7 == line
    fields = rewritten.dossier.inbound.orders[0].observations[0].er7.split("|")
    assert (fields[3].split("^")[0], fields[3].split("^")[2:]) == ("2951-2", ["LN", "NA", "Sodium", "L"])
    assert fields[6] == "mmol/L^mmol/L^UCUM^mmol/l^^L"
    assert fields[4:6] + fields[7:] == ["", "140", "136-145", "N", "", "", "F"]
