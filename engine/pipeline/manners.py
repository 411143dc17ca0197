"""What follows from a header apart from its time and its control id, worked out once for each kind of header.

A sender's headers differ in MSH-7, MSH-10 and at most MSH-13 and MSH-9; the answer's rules, the policy's verdict and
the constant parts of the answer depend on none of the first three.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from types import MappingProxyType

from engine.domain.reasons import Reason
from engine.hl7v2.ack import AckCode, AckError, AckForm, Mode, mode_of, wants, wants_application
from engine.hl7v2.header import Header
from engine.pipeline import routing
from engine.pipeline.routing import HeaderWords, Route
from engine.ports.source import AcceptPolicy, AckMode, Origin

_KINDS_MAX = 256
_KIND_BYTES = 1024
_ENHANCED = MappingProxyType({AckCode.AA: AckCode.CA, AckCode.AE: AckCode.CE, AckCode.AR: AckCode.CR})
_CONDITIONS = frozenset({b"AL", b"NE", b"ER", b"SU"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How messages with headers of one kind are taken and answered by one source.

    Attributes:
        policy: of the source.
        is_ack: MSH-9 says that it is an acknowledgement.
        mode: which rules the answer follows.
        warning: a word of MSH-15 or MSH-16 that the table does not know.
        answers_always: whatever MSH-15 says by saying nothing.
        is_awaited: MSH-16 asks for an application acknowledgement, of success or of failure.
        positive: MSA-1 of the positive answer, or None where none is due.
        error: why the header alone is reason enough to refuse, or None.
        message_type: MSH-9.1 and .2; `label` is its form for metrics and log.
        sender: who numbers the messages: the source with MSH-3 and MSH-4, as a digest.
        reasons: what was read into an incomplete header.
        form: the constant parts of the answer.
    """

    policy: AcceptPolicy
    is_ack: bool
    mode: Mode
    warning: str | None
    answers_always: bool
    is_awaited: bool
    positive: AckCode | None
    error: AckError | None
    message_type: str
    label: str
    sender: str
    reasons: tuple[Reason, ...]
    form: AckForm

    def code(self, original: AckCode) -> AckCode:
        """MSA-1: the code of original mode, or its counterpart of enhanced mode."""
        return _ENHANCED[original] if self.mode is Mode.ENHANCED else original


class Desk:
    """One source as intake knows it: its route, its policy, and the kinds of headers it has seen."""

    __slots__ = ("_kinds", "_origin", "policy", "route")

    def __init__(self, origin: Origin, policy: AcceptPolicy, route: Route) -> None:
        self.policy = policy
        self.route = route
        self._origin = origin
        self._kinds: dict[tuple[bytes, ...], Manner] = {}

    def manner(self, header: Header) -> Manner:
        """What follows from this header; kept for a bounded number of kinds of MSH of a sensible length."""
        if not header.has_msh:
            return self._make(header)
        fields = header.fields
        kind = fields[:6] + fields[8:9] + fields[10:12] + fields[14:16] + fields[17:18]
        found = self._kinds.get(kind)
        if found is None:
            found = self._make(header)
            if sum(map(len, kind)) <= _KIND_BYTES:
                if len(self._kinds) >= _KINDS_MAX:
                    self._kinds.clear()
                self._kinds[kind] = found
        return found

    def _make(self, header: Header) -> Manner:
        policy, words = self.policy, HeaderWords.of(header)
        mode, warning = _mode(header, policy)
        forced = policy.ack_mode is AckMode.ENHANCED and header.accept_ack.strip().upper() not in _CONDITIONS
        positive = AckCode.CA if mode is Mode.ENHANCED else AckCode.AA
        return Manner(
            policy=policy,
            is_ack=header.message_code == "ACK",
            mode=mode,
            warning=warning,
            answers_always=forced,
            is_awaited=any(wants_application(header, mode, code) for code in (AckCode.AA, AckCode.AE)),
            positive=positive if forced or wants(header, mode, positive) else None,
            error=routing.not_for_us(header, words, policy),
            message_type=words.type_event,
            label=routing.type_label(words.type_event, policy),
            sender=_sender(header, self._origin),
            reasons=routing.header_reasons(words),
            form=AckForm(header),
        )


def _mode(header: Header, policy: AcceptPolicy) -> tuple[Mode, str | None]:
    """Which rules the answer follows, and what MSH-15 or MSH-16 says that is no word of the table."""
    if policy.ack_mode is AckMode.ORIGINAL or not header.has_msh:
        return Mode.ORIGINAL, None
    mode, warning = mode_of(header)
    return Mode.ENHANCED if policy.ack_mode is AckMode.ENHANCED else mode, warning


def _sender(header: Header, origin: Origin) -> str:
    source = f"{origin.channel}\x1f{origin.source}".encode("utf-8", "replace")
    parts = (source, header.sending_application, header.sending_facility)
    return hashlib.sha256(b"\x1e".join(parts)).hexdigest()[:16]
