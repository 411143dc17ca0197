"""extract: the first extractor that answers reads each file once; discrete results stay the lab's."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from pydantic import ValidationError

from engine.domain.dossier import Dossier
from engine.domain.outcome import Continue, ReleaseKind, plan_release
from engine.domain.report import LabReport
from engine.plugins.stages.extract import Extract, ExtractSettings
from engine.ports.extractor import ExtractorUnavailable, ReadRequest
from engine.ports.stage import StageRetry
from tests.support.dossiers import context, dossier_of, report, result
from tests.support.lab_messages import NUMBER, OBR, PDF, TIFF, ed, message


class _Reader:
    """Reads every document the same way, or is down."""

    def __init__(self, value: str = "105", *, down: bool = False) -> None:
        self.asked: list[str] = []
        self._value = value
        self._down = down

    async def extract(self, request: ReadRequest) -> LabReport:
        self.asked.append(request.document.sha256)
        if self._down:
            raise ExtractorUnavailable
        read = result(1, self._value, loinc_code="2345-7", numeric_value=Decimal(self._value))
        return report(request.document, read)

    async def close(self) -> None:
        """Nothing is held."""


async def _run(lines: tuple[str, ...], *readers: _Reader, **settings: object) -> Dossier:
    stage = Extract(ExtractSettings(**settings), readers)
    outcome = await stage.run(dossier_of(*lines), context(message(*lines)))
    assert isinstance(outcome, Continue)
    return outcome.dossier


async def test_the_next_extractor_reads_when_the_first_is_down() -> None:
    """Order of preference; the page's accession becomes a search key."""
    down, up = _Reader(down=True), _Reader()
    read = await _run((OBR, ed(PDF)), down, up)
    assert len(read.reports) == len(down.asked) == len(up.asked) == 1
    assert read.metadata["accession"] == "A-77"


@pytest.mark.parametrize(
    ("first", "second", "reasons"),
    [
        ("105", "105", []),
        ("105", "150", [("cross_check.disagrees", "results[r1].value")]),
    ],
)
async def test_compare_asks_all_and_holds_what_differs(first: str, second: str, reasons: list[tuple[str, str]]) -> None:
    """Both read; the first one's reading counts, and only a difference leaves a reason on it."""
    readers = _Reader(first), _Reader(second)
    read = await _run((OBR, ed(PDF)), *readers, compare=True, **{"with": ("a", "b")})
    assert [len(reader.asked) for reader in readers] == [1, 1]
    assert [(item.code, item.field) for item in read.all_reasons] == reasons
    assert [item.value for item in read.reports[0].results] == [first]


async def test_compare_goes_on_with_one_answer_and_says_so() -> None:
    """A service that is down stops nothing; the reading carries a warning that nothing was compared."""
    read = await _run((OBR, ed(PDF)), _Reader(down=True), _Reader(), compare=True, **{"with": ("a", "b")})
    assert read.all_reasons == ()
    assert len(read.reports[0].warnings) == 1


async def test_compare_without_any_answer_waits() -> None:
    """As without comparing."""
    with pytest.raises(StageRetry):
        await _run((OBR, ed(PDF)), _Reader(down=True), _Reader(down=True), compare=True, **{"with": ("a", "b")})


async def test_compare_takes_the_reading_that_has_results() -> None:
    """Where the first finds nothing the second one's results wait for a person."""
    read = await _run((OBR, ed(PDF)), _Forgetful(), _Reader(), compare=True, **{"with": ("a", "b")})
    assert [item.value for item in read.reports[0].results] == ["105"]
    assert [item.code for item in read.all_reasons] == ["extraction.no_results"]


def test_compare_needs_two() -> None:
    """One extractor, or the same twice, is a mistake of the configuration."""
    for names in (("local",), ("local", "local")):
        with pytest.raises(ValidationError, match="compare needs two"):
            ExtractSettings(compare=True, **{"with": names})


async def test_no_extractor_means_waiting() -> None:
    """Nothing is guessed and nothing lost: the message is tried again."""
    with pytest.raises(StageRetry):
        await _run((OBR, ed(PDF)), _Reader(down=True))


async def test_one_file_sent_twice_is_read_once() -> None:
    """Labs attach the whole report to each order."""
    reader = _Reader()
    lines = (OBR, ed(PDF), "OBR|2|P101|F201|X^Other^L", ed(PDF), ed(TIFF, 2))
    assert len((await _run(lines, reader)).reports) == len(reader.asked) == 2


@pytest.mark.parametrize(("wish", "asked"), [("skip", 0), ("extract", 1)])
async def test_documents_beside_discrete_results(wish: str, asked: int) -> None:
    """The lab's own results are taken unless the channel wants the page read too."""
    reader = _Reader()
    read = await _run((OBR, NUMBER, ed(PDF, 2)), reader, when_discrete=wish)
    assert (len(reader.asked), len(read.reports)) == (asked, asked)


@pytest.mark.parametrize("kind", ["TX", "ST"])
async def test_a_remark_is_no_reason_to_skip(kind: str) -> None:
    """A line of text beside a PDF does not keep it from being read."""
    read = await _run((OBR, f"OBX|1|{kind}|C^Comment^L||See report||||||F", ed(PDF, 2)), _Reader())
    assert len(read.reports) == 1


@pytest.mark.parametrize(("value", "reasons"), [("105", []), ("150", [("cross_check.disagrees", "OBX[1]")])])
async def test_cross_check_holds_what_disagrees(value: str, reasons: list[tuple[str, str]]) -> None:
    """The page's value against the OBX of the same code; nothing read is sent."""
    read = await _run((OBR, NUMBER, ed(PDF, 2)), _Reader(value), cross_check=True)
    assert [(item.code, item.field) for item in read.reasons] == reasons
    assert read.reports == ()


async def test_cross_check_and_extract_do_both() -> None:
    """Asked for both, the reading is compared and kept."""
    read = await _run((OBR, NUMBER, ed(PDF, 2)), _Reader("150"), cross_check=True, when_discrete="extract")
    assert [item.code for item in read.reasons] == ["cross_check.disagrees"]
    assert len(read.reports) == 1


async def test_the_wish_for_unreadable_documents_is_kept() -> None:
    """`on_unreadable` reaches the release rule."""
    assert (await _run((OBR, ed(PDF)), _Reader(), on_unreadable="hold")).gate.on_unreadable == "hold"


async def test_a_document_that_is_not_in_the_message_any_more_waits() -> None:
    """The dossier names a file the bytes do not hold: never a silent nothing."""
    dossier = dossier_of(OBR, ed(PDF))
    gone = replace(dossier, documents=(replace(dossier.documents[0], sha256="0" * 64),))
    with pytest.raises(StageRetry):
        await Extract(ExtractSettings(), [_Reader()]).run(gone, context(message(OBR, ed(PDF))))


class _Forgetful(_Reader):
    """Answers without results, reasons or the document's digest."""

    async def extract(self, request: ReadRequest) -> LabReport:
        self.asked.append(request.document.sha256)
        return LabReport(engine="foreign")


async def test_an_empty_answer_is_never_silent() -> None:
    """Whatever an extractor forgets, the report is bound to its document and says that nothing was read."""
    read = await _run((OBR, ed(PDF)), _Forgetful())
    assert read.report_on(read.documents[0].sha256) is read.reports[0]
    assert [item.code for item in read.all_reasons] == ["extraction.no_results"]


@pytest.mark.parametrize(("minutes", "is_late"), [(9, False), (10, True)])
async def test_after_its_time_a_message_goes_on_unread(minutes: int, is_late: bool) -> None:
    """Before, it waits; then the original leaves alone and a person is told to replay it."""
    stage = Extract(ExtractSettings(give_up_after="10m"), (_Reader(down=True),))
    raw = message(OBR, ed(PDF))
    now = context(raw)
    waiting = replace(now, received_at=now.now - timedelta(minutes=minutes))
    if not is_late:
        with pytest.raises(StageRetry):
            await stage.run(dossier_of(OBR, ed(PDF)), waiting)
        return
    outcome = await stage.run(dossier_of(OBR, ed(PDF)), waiting)
    assert isinstance(outcome, Continue)
    assert [item.code for item in outcome.dossier.all_reasons] == ["extraction.late"]
    assert plan_release(outcome.dossier).kind is ReleaseKind.ORIGINAL
