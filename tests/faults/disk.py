"""A disk that remembers every write and fsync, and can show what it would have held had the power gone at any moment.

Below SQLite an apsw file layer records; for the blob files the `os` functions they use are wrapped. The model is strict:
a write is on the disk when its file was fsynced afterwards; a new name, a rename or a removal when its folder was (SQLite
fsyncs the folder itself when it first fsyncs a new log, so its names count from then). Of what was not fsynced an image
holds nothing, or any subset, with writes torn at 512 bytes.
"""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw

SECTOR = 512


@dataclass(slots=True)
class Inode:
    """One file: what is surely on the disk, and what was written since."""

    solid: bytearray = field(default_factory=bytearray)
    loose: list[tuple[int, bytes | None]] = field(default_factory=list)

    def apply(self, data: bytearray, offset: int, written: bytes | None) -> None:
        """A write, or with None a truncation to `offset`."""
        if written is None:
            del data[offset:]
            return
        if len(data) < offset:
            data.extend(bytes(offset - len(data)))
        data[offset : offset + len(written)] = written

    def harden(self) -> None:
        for offset, written in self.loose:
            self.apply(self.solid, offset, written)
        self.loose.clear()

    def image(self, dice: random.Random | None) -> bytes:
        """The content after the cut; without dice nothing loose survives."""
        data = bytearray(self.solid)
        for offset, written in self.loose if dice else ():
            if written is None:
                if dice is not None and dice.random() < 0.5:
                    self.apply(data, offset, None)
                continue
            for start in range(0, len(written), SECTOR):
                if dice is not None and dice.random() < 0.5:
                    self.apply(data, offset + start, written[start : start + SECTOR])
        return bytes(data)


@dataclass(frozen=True, slots=True)
class Op:
    """One thing that happened. `kind`: name, unname, write, truncate, sync, sync_folder, promise."""

    kind: str
    path: str = ""
    offset: int = 0
    data: bytes = b""


class Tape:
    """Everything that happened, in order."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.ops: list[Op] = []
        self.lock = threading.RLock()

    def inside(self, path: Any) -> str | None:
        """The path relative to the root, or None when it is none of ours."""
        text = os.fspath(path) if isinstance(path, str | os.PathLike) else ""
        is_ours = text == str(self.root) or text.startswith(f"{self.root}{os.sep}")
        return os.path.relpath(text, self.root) if is_ours else None

    def add(self, kind: str, path: str = "", offset: int = 0, data: bytes = b"") -> None:
        with self.lock:
            self.ops.append(Op(kind, path, offset, bytes(data)))

    def promise(self, words: str) -> None:
        """Somebody was told that this is safe."""
        self.add("promise", words)


class TapedDisk(apsw.VFS):
    """SQLite's file layer, recording."""

    def __init__(self, tape: Tape, name: str) -> None:
        self.tape = tape
        super().__init__(name, "")

    def xOpen(self, name: apsw.URIFilename | str | None, flags: list[int]) -> apsw.VFSFile:
        return TapedFile(name, flags, self.tape)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        super().xDelete(filename, syncdir)
        path = self.tape.inside(filename)
        if path is not None:
            self.tape.add("unname", path)
            if syncdir:
                self.tape.add("sync_folder", os.path.dirname(path))


class TapedFile(apsw.VFSFile):
    def __init__(self, name: apsw.URIFilename | str | None, flags: list[int], tape: Tape) -> None:
        self._tape = tape
        text = name.filename() if isinstance(name, apsw.URIFilename) else name
        self._path = tape.inside(text) if text else None
        self._is_new = self._path is not None and not os.path.exists(text or "")
        super().__init__("", name, flags)
        if self._path is not None and self._is_new:
            tape.add("name", self._path)

    def _note(self, kind: str, offset: int = 0, data: bytes = b"") -> None:
        if self._path is not None:
            self._tape.add(kind, self._path, offset, data)

    def xWrite(self, data: bytes, offset: int) -> None:
        super().xWrite(data, offset)
        self._note("write", offset, data)

    def xTruncate(self, newsize: int) -> None:
        super().xTruncate(newsize)
        self._note("truncate", newsize)

    def xSync(self, flags: int) -> None:
        super().xSync(flags)
        self._note("sync")
        if self._path is not None and self._is_new:
            self._is_new = False
            self._tape.add("sync_folder", os.path.dirname(self._path))


@contextmanager
def taped(tape: Tape) -> Iterator[None]:
    """Record what Python code does to files below the root."""
    names: dict[int, str] = {}
    places: dict[int, int] = {}
    real = {name: getattr(os, name) for name in ("open", "close", "write", "fsync", "rename", "mkdir", "unlink")}

    def open_(path: Any, flags: int, *args: Any, **named: Any) -> int:
        inside = tape.inside(path)
        is_new = inside is not None and flags & os.O_CREAT and not os.path.exists(path)
        handle: int = real["open"](path, flags, *args, **named)
        if inside is not None:
            names[handle], places[handle] = inside, 0
            if is_new:
                tape.add("name", inside)
        return handle

    def close(handle: int) -> None:
        names.pop(handle, None)
        real["close"](handle)

    def write(handle: int, data: bytes) -> int:
        count: int = real["write"](handle, data)
        if handle in names:
            tape.add("write", names[handle], places[handle], bytes(data[:count]))
            places[handle] += count
        return count

    def fsync(handle: int) -> None:
        real["fsync"](handle)
        if handle in names:
            is_folder = (tape.root / names[handle]).is_dir()
            tape.add("sync_folder" if is_folder else "sync", names[handle])

    def rename(old: Any, new: Any, **named: Any) -> None:
        with tape.lock:
            real["rename"](old, new, **named)
            inside = tape.inside(new)
            if inside is not None:
                tape.add("rename", inside, data=str(tape.inside(old)).encode())

    def mkdir(path: Any, *args: Any, **named: Any) -> None:
        real["mkdir"](path, *args, **named)
        inside = tape.inside(path)
        if inside is not None:
            tape.add("folder", inside)

    def unlink(path: Any, **named: Any) -> None:
        real["unlink"](path, **named)
        inside = tape.inside(path)
        if inside is not None:
            tape.add("unname", inside)

    fakes: dict[str, Callable[..., Any]] = {
        "open": open_, "close": close, "write": write, "fsync": fsync, "rename": rename, "mkdir": mkdir, "unlink": unlink
    }  # fmt: skip
    for name, fake in fakes.items():
        setattr(os, name, fake)
    try:
        yield
    finally:
        for name, function in real.items():
            setattr(os, name, function)


class Platter:
    """Plays a tape up to a moment and writes the image that a power cut would have left."""

    def __init__(self, tape: Tape) -> None:
        self._ops = list(tape.ops)
        self.at = 0
        self._now: dict[str, Inode | None] = {}
        self._solid: dict[str, Inode | None] = {}
        self.promised: list[str] = []

    def play(self, until: int) -> None:
        """Let everything before that moment happen."""
        while self.at < until:
            self._step(self._ops[self.at])
            self.at += 1

    def _step(self, op: Op) -> None:
        inode = self._now.get(op.path)
        match op.kind:
            case "name":
                self._now[op.path] = Inode()
            case "folder":
                self._now[op.path] = None
            case "unname":
                self._now.pop(op.path, None)
            case "rename":
                self._now[op.path] = self._now.pop(op.data.decode())
            case "write" if inode is not None:
                inode.loose.append((op.offset, op.data))
            case "truncate" if inode is not None:
                inode.loose.append((op.offset, None))
            case "sync" if inode is not None:
                inode.harden()
            case "sync_folder":
                self._sync_folder("" if op.path == "." else op.path)
            case "promise":
                self.promised.append(op.path)

    def _sync_folder(self, folder: str) -> None:
        for path in [path for path in self._solid if os.path.dirname(path) == folder]:
            if path not in self._now:
                del self._solid[path]
        for path, inode in self._now.items():
            if os.path.dirname(path) == folder:
                self._solid[path] = inode

    def materialise(self, folder: Path, dice: random.Random | None) -> None:
        """Write the image; with dice a random part of what was not fsynced survives, names too."""
        held = dict(self._solid)
        if dice is not None:
            held |= {path: inode for path, inode in self._now.items() if path not in held and dice.random() < 0.5}
        for path in sorted(held):
            if any(str(parent) not in held for parent in Path(path).parents if str(parent) != "."):
                continue
            inode, target = held[path], folder / path
            if inode is None:
                target.mkdir(exist_ok=True)
            else:
                target.write_bytes(inode.image(dice))
