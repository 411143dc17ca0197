"""What can go wrong with a call, and what each trouble means for the next one."""

from __future__ import annotations

from enum import Enum


class Cause(Enum):
    """Why a call brought no answer: a word for the log, and what follows from it.

    Each value is (word, worth another try, lies in what was sent, speaks against the service).
    """

    CONNECT = ("connect", True, False, True)
    TIMEOUT = ("timeout", True, False, True)
    CUT = ("connection_cut", True, False, True)
    POOL = ("pool_timeout", True, False, False)
    SERVER = ("server_error", True, False, True)
    RATE = ("rate_limited", True, False, False)
    NOT_JSON = ("not_json", True, False, True)
    WRONG_SHAPE = ("wrong_shape", False, False, True)
    TOO_LONG = ("answer_too_long", False, False, True)
    ENCODED = ("answer_encoded", False, False, True)
    REDIRECT = ("redirect", False, False, True)
    DENIED = ("denied", False, False, True)
    CLIENT_ERROR = ("client_error", False, False, True)
    REFUSED = ("document_refused", False, True, False)
    QUESTION = ("question_refused", False, True, False)
    NOT_OURS = ("wrong_answer", False, False, True)
    TLS = ("tls", False, False, True)
    NOT_ACCEPTED = ("not_accepted", False, True, False)
    TOO_LARGE = ("document_too_large", False, True, False)
    NO_TURN = ("no_turn", False, False, False)
    OPEN = ("circuit_open", False, False, False)
    CLOSED = ("closed", False, False, False)

    @property
    def word(self) -> str:
        """The word for logs."""
        return self.value[0]

    @property
    def again(self) -> bool:
        """Whether the same call may succeed in a moment."""
        return self.value[1]

    @property
    def in_document(self) -> bool:
        """Whether the service would refuse this document, or this question, for ever."""
        return self.value[2]

    @property
    def counts(self) -> bool:
        """Whether the circuit breaker counts it as a failure of the service."""
        return self.value[3]


class CallFailed(Exception):
    """A call that brought no answer. Holds a cause and figures, never content.

    Attributes:
        status: of the HTTP answer, 0 without one.
        retry_after: seconds the service asks to wait, None when it does not.
    """

    log_safe = True

    def __init__(self, cause: Cause, *, status: int = 0, retry_after: float | None = None) -> None:
        super().__init__(f"{cause.word} {status}" if status else cause.word)
        self.cause = cause
        self.status = status
        self.retry_after = retry_after


_STATUS = {
    400: Cause.REFUSED,
    401: Cause.DENIED,
    403: Cause.DENIED,
    408: Cause.SERVER,
    413: Cause.REFUSED,
    415: Cause.REFUSED,
    422: Cause.REFUSED,
    425: Cause.SERVER,
    429: Cause.RATE,
}


def cause_of(status: int) -> Cause:
    """What an HTTP status other than 200 means."""
    if status in _STATUS:
        return _STATUS[status]
    if status in (500, 502, 503, 504):
        return Cause.SERVER
    return Cause.REDIRECT if 300 <= status < 400 else Cause.CLIENT_ERROR
