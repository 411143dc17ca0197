"""Tells systemd how the service is: ready, stopping, alive."""

from __future__ import annotations

import socket
from collections.abc import Mapping


class Notifier:
    """Speaks sd_notify; does nothing when the service was not started by systemd.

    Source: systemd sd_notify(3); an address that starts with `@` is in the abstract namespace.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._address = environ.get("NOTIFY_SOCKET", "")
        microseconds = environ.get("WATCHDOG_USEC", "")
        self.watchdog_seconds = int(microseconds) / 2_000_000 if microseconds.isdecimal() else 0.0
        """Half the interval in which systemd wants a sign of life; 0 when it wants none."""

    def send(self, **states: str) -> None:
        """Send `KEY=value` lines; a lost datagram is no error of ours."""
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        text = "\n".join(f"{key}={value}" for key, value in states.items())
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            try:
                channel.sendto(text.encode("utf-8"), address)
            except OSError:
                return
