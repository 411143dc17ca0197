"""When to try again."""

from __future__ import annotations

from engine.ports.clock import Ids
from engine.ports.destination import RetryPolicy

_LARGEST_EXPONENT = 30


def backoff_seconds(attempt: int, policy: RetryPolicy, ids: Ids) -> float:
    """Exponential back-off with full jitter: between nothing and `base * 2**(attempt - 1)`, capped.

    Args:
        attempt: how often it failed so far, from 1.
        policy: base and cap in seconds.
        ids: the dice.

    Source: M. Brooker, Exponential Backoff and Jitter, 2015; a tenth of the span is kept as a floor so that a
        receiver that answers at once with a refusal is not asked in a tight loop.
    """
    span = min(policy.longest_seconds, policy.base_seconds * 2.0 ** min(attempt - 1, _LARGEST_EXPONENT))
    return ids.uniform(span / 10.0, span)
