"""What the engine keeps in a site's `var` folder beside the store: token, set-up link, and where it listens."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_PRIVATE = 0o600
_FOLDER = 0o700


@dataclass(frozen=True, slots=True)
class SiteFiles:
    """The small files of one site."""

    site: Path

    @property
    def var(self) -> Path:
        """The folder; made private at first use."""
        return self.site / "var"

    def prepare(self) -> None:
        """Make the folder. Raises OSError."""
        self.var.mkdir(mode=_FOLDER, parents=True, exist_ok=True)

    def admin_token(self) -> str:
        """The bearer token of this machine's administrator, made at the first start. Raises OSError."""
        path = self.var / "admin.token"
        if not path.exists():
            write_private(path, f"hrt_{secrets.token_urlsafe(32)}\n")
        return path.read_text(encoding="ascii").strip()

    def extractor_keys(self) -> Path:
        """The keys of `headrace serve-extractor`; the file is made with one key at its first start. Raises OSError."""
        path = self.var / "extractor.keys"
        if not path.exists():
            self.prepare()
            write_private(path, f"hrx_{secrets.token_urlsafe(32)}\n")
        return path

    def setup_secret(self) -> str:
        """The secret of the one-time set-up link while it is unused; empty afterwards. Raises OSError."""
        used, link = self.var / "setup-used", self.var / "setup-link"
        if used.exists():
            return ""
        if not link.exists():
            write_private(link, f"{secrets.token_urlsafe(24)}\n")
        return link.read_text(encoding="ascii").strip().rsplit("/", 1)[-1]

    def publish_setup(self, base_url: str, secret: str) -> Path | None:
        """Write the whole link, now that the address is known; returns where it is, None when it was used."""
        if not secret:
            return None
        path = self.var / "setup-link"
        write_private(path, f"{base_url}/setup/{secret}\n")
        return path

    def setup_used(self) -> None:
        """The link worked once; it goes."""
        write_private(self.var / "setup-used", "")
        (self.var / "setup-link").unlink(missing_ok=True)

    def publish(self, running: Mapping[str, object]) -> None:
        """Say where the running engine listens, for the command line."""
        write_private(self.var / "running.json", json.dumps(running) + "\n")

    def unpublish(self) -> None:
        """The engine has stopped."""
        (self.var / "running.json").unlink(missing_ok=True)

    def running(self) -> Mapping[str, object] | None:
        """What the running engine published, or None. The process may have died since; callers connect and see."""
        try:
            found = json.loads((self.var / "running.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None


def write_private(path: Path, content: str | bytes) -> None:
    """Replace a file of mode 0600 in one step, so that no reader ever sees half of it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _PRIVATE)
    try:
        os.write(handle, content.encode("utf-8") if isinstance(content, str) else content)
        os.fsync(handle)
    finally:
        os.close(handle)
    temporary.replace(path)
