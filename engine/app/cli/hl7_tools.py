"""`headrace hl7`: look into HL7 v2 files."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from engine.app.cli.wire import read_messages
from engine.hl7v2 import er7
from engine.hl7v2.errors import Er7Error

OK, FAILED, USAGE = 0, 1, 2
_PATH = re.compile(
    r"^(?P<segment>[A-Z][A-Z0-9]{2})(?:\[(?P<occurrence>\d+)\])?"
    r"(?:[-.](?P<field>\d+)(?:\[(?P<repetition>\d+)\])?(?:\.(?P<component>\d+)(?:\.(?P<sub>\d+))?)?)?$"
)
_LONGEST_SHOWN = 100


def _messages(file: Path) -> list[er7.Er7Message] | None:
    try:
        return [er7.parse(raw) for raw in read_messages(file)]
    except OSError as problem:
        sys.stderr.write(f"{file}: {problem.strerror}\n")
    except Er7Error as problem:
        sys.stderr.write(f"{file}: {problem}\n")
    return None


def show_file(file: Path) -> int:
    """Print every field that holds something, one a line, with its place."""
    messages = _messages(file)
    if messages is None:
        return FAILED
    for message in messages:
        for segment in message.segments:
            _show_segment(segment)
        for note in message.notes:
            sys.stdout.write(f"note: {note}\n")
    return OK


def _show_segment(segment: er7.Segment) -> None:
    sys.stdout.write(f"{segment.location()}\n")
    for number in range(1, segment.field_count + 1):
        raw = segment.raw_field(number)
        if raw:
            text = raw if len(raw) <= _LONGEST_SHOWN else f"{raw[:_LONGEST_SHOWN]}… ({len(raw)} characters)"
            sys.stdout.write(f"  {segment.name}-{number:<3} {text}\n")


def get_value(path: str, file: Path) -> int:
    """Print one value: `PID-5.1`, `OBX[3]-5`, `PID-3[2].4`, or a whole segment `OBX[3]`; 1 when it is empty."""
    found = _PATH.match(path)
    if found is None:
        sys.stderr.write(f"{path}: not a path like MSH-10, PID-5.1 or OBX[3]-5\n")
        return USAGE
    messages = _messages(file)
    if messages is None:
        return FAILED
    occurrence = int(found["occurrence"] or 1)
    segments = messages[0].all(found["segment"]) if messages else ()
    if not 0 < occurrence <= len(segments):
        sys.stderr.write(f"{path}: no such segment\n")
        return FAILED
    value = _value(segments[occurrence - 1], found)
    sys.stdout.write(f"{value}\n")
    return OK if value else FAILED


def _value(segment: er7.Segment, found: re.Match[str]) -> str:
    if found["field"] is None:
        return segment.text
    field, repetition = int(found["field"]), int(found["repetition"] or 1)
    if found["component"] is None:
        repetitions = segment.texts(field)
        if found["repetition"] is None:
            return segment.raw_field(field) if len(repetitions) > 1 else next(iter(repetitions), "")
        return repetitions[repetition - 1] if 0 < repetition <= len(repetitions) else ""
    return segment.value(field, int(found["component"]), int(found["sub"] or 1), repetition)


def validate_file(file: Path) -> int:
    """Check structure, cardinality and data types with hl7apy; prints `valid` or the first problem, without content."""
    messages = _messages(file)
    if messages is None:
        return FAILED
    good = True
    for number, message in enumerate(messages, start=1):
        problem = _problem(message)
        good = good and not problem
        sys.stdout.write(f"message {number}: {problem or 'valid'}\n")
    return OK if good else FAILED


def _problem(message: er7.Er7Message) -> str:
    """What hl7apy says first against the message, empty when it says nothing.

    Only 2.2, 2.4, 2.5, 2.5.1 and 2.6 are checked by tables that work (hl7apy 1.3.5).
    """
    from hl7apy.exceptions import HL7apyException
    from hl7apy.parser import parse_message
    from hl7apy.validation import Validator

    text = "".join(f"{segment.text}\r" for segment in message.segments)
    try:
        Validator.validate(parse_message(text, find_groups=True))
    except HL7apyException as problem:
        words = str(problem)
        return f"{type(problem).__name__}: {words}" if len(words) <= _LONGEST_SHOWN else type(problem).__name__
    except (ValueError, KeyError, AttributeError, IndexError, TypeError) as problem:
        return f"cannot be checked ({type(problem).__name__})"
    return ""
