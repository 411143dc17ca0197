"""Properties of the number parser: whatever a lab prints, no digit and no sign is lost and no magnitude is guessed."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from engine.extraction.numbers import Vote, parse_number, take_vote
from engine.extraction.ranges import parse_range

WHOLE = st.integers(min_value=0, max_value=9_999_999)
PLACES = st.integers(min_value=0, max_value=5)
SIGNS = st.sampled_from(["", "-"])
STYLES = st.sampled_from([(".", ""), (".", ","), (",", ""), (",", "."), (",", "'"), (".", " ")])
COMPARATORS = st.sampled_from(["", "<", ">", "<=", ">=", "≤", "≥", "< ", "> "])


def printed(whole: int, fraction: str, style: tuple[str, str]) -> str:
    decimal, thousands = style
    head = f"{whole:,}".replace(",", thousands)
    return head + (decimal + fraction if fraction else "")


@given(SIGNS, WHOLE, st.text("0123456789", max_size=5), STYLES, COMPARATORS)
def test_the_true_value_is_always_among_the_readings(
    sign: str, whole: int, fraction: str, style: tuple[str, str], comparator: str
) -> None:
    """Whatever the separators, the value that was meant is one of the readings, sign and digits included."""
    number = parse_number(comparator + sign + printed(whole, fraction, style))
    assert number is not None
    meant = Decimal(sign + str(whole) + ("." + fraction if fraction else ""))
    assert meant in number.readings
    assert (number.comparator == "") == (comparator == "")


@given(SIGNS, WHOLE, st.text("0123456789", max_size=5), STYLES)
def test_a_sure_reading_is_the_meant_one_or_the_sign_can_mean_two_things(
    sign: str, whole: int, fraction: str, style: tuple[str, str]
) -> None:
    """A single reading is right; two readings happen only for one sign with three digits behind it."""
    text = printed(whole, fraction, style)
    number = parse_number(sign + text)
    assert number is not None
    if number.sure:
        assert number.readings[0] == Decimal(sign + str(whole) + ("." + fraction if fraction else ""))
    else:
        assert sum(text.count(mark) for mark in ".,") == 1
        assert len(text) - max(text.rfind("."), text.rfind(",")) == 4


@given(SIGNS, WHOLE, st.text("0123456789", max_size=5), STYLES)
def test_the_documents_own_habit_never_gives_a_wrong_magnitude(
    sign: str, whole: int, fraction: str, style: tuple[str, str]
) -> None:
    """With the document's decimal sign known, the value is the meant one."""
    decimal, _ = style
    vote = Vote(dot=5, comma=0) if decimal == "." else Vote(dot=0, comma=5)
    number = parse_number(sign + printed(whole, fraction, style))
    assert number is not None
    assert number.resolve(vote) == Decimal(sign + str(whole) + ("." + fraction if fraction else ""))


@given(WHOLE, st.text("0123456789", min_size=1, max_size=2), st.sampled_from([".", ","]))
def test_digits_stay_as_printed(whole: int, fraction: str, decimal: str) -> None:
    """5.10 stays 5.10: trailing zeros are part of the result."""
    number = parse_number(f"{whole}{decimal}{fraction}")
    assert number is not None
    assert str(number.readings[0]) == f"{whole}.{fraction}"


@given(st.text(max_size=30))
def test_any_text_is_a_number_or_not(text: str) -> None:
    """The parsers answer or decline; they never fail, and a number keeps all its digits."""
    number = parse_number(text)
    parse_range(text)
    if number is not None:
        digits = "".join(c for c in text if c.isdigit())
        assert all(
            "".join(c for c in format(r, "f") if c.isdigit()).lstrip("0") == digits.lstrip("0") for r in number.readings
        )


@given(st.lists(st.decimals(min_value=0, max_value=999, places=2), min_size=3, max_size=20))
def test_vote_follows_the_page(values: list[Decimal]) -> None:
    """Numbers with two decimals all vote for the sign they are printed with."""
    assert take_vote([f"{value}" for value in values]).decimal == "."
    assert take_vote([f"{value}".replace(".", ",") for value in values]).decimal == ","


@given(st.integers(-50, 500), st.integers(0, 500), st.sampled_from([" - ", "-", " – ", " to ", " a "]))
def test_ranges_keep_their_ends(low: int, width: int, between: str) -> None:
    """Both ends of a printed range come back, negative ones with their sign."""
    found = parse_range(f"{low}{between}{low + width}")
    assert found is not None
    assert found.limits(Vote()) == (Decimal(low), Decimal(low + width))
