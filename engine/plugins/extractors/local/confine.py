"""What a reader process gives up before it sees a foreign byte: files, processes, the network.

Each limit is set where the system allows it; the names of those that are active are told to the engine.
Source: Linux seccomp(2), kernel uapi `linux/seccomp.h`, `linux/filter.h`, `linux/audit.h`; system call numbers from
`asm/unistd_64.h` and `asm-generic/unistd.h`.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 22, 2
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050000 | 1
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_FILES = 16
# pidfd_send_signal, io_uring, mounts, pidfd_open, clone3, openat2, pidfd_getfd, fchmodat2: alike everywhere.
_NEWER = (*range(424, 436), 437, 438, 442, 452)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Machine:
    """Audit number of an architecture, its refused system calls, and those that open files: number -> flags' place."""

    audit: int
    refused: tuple[int, ...]
    opening: tuple[tuple[int, int], ...]
    end: int


_MACHINES = {
    "x86_64": _Machine(
        audit=0xC000003E,
        # Sockets, processes and signals, changes of files, mounts and namespaces, kernel features, extended attributes.
        refused=(
            *range(41, 47), 49, 50, 53, *range(56, 60), 62, 76, 77, *range(82, 89), *range(90, 95), 101, 129, 133,
            135, 155, 161, 165, 166, 175, 188, 189, 190, *range(197, 201), 234, 235, 248, 249, 250, *range(258, 262),
            *range(263, 267), 268, 272, 280, 288, 297, 298, 304, 307, 308, *range(310, 312), 313, 316, 319, 321, 322,
            323, *_NEWER,
        ),
        opening=((2, 1), (257, 2)),
        end=0x40000000,
    ),
    "aarch64": _Machine(
        audit=0xC00000B7,
        refused=(
            *range(5, 8), *range(14, 17), *range(33, 42), 45, 46, *range(51, 56), 88, 92, 97, 105, 117,
            *range(129, 132), 138, *range(198, 204), 206, 207, 211, 212, *range(217, 222), *range(240, 243), 265,
            *range(268, 272), 273, 276, *range(279, 283), *_NEWER,
        ),
        opening=((56, 2),),
        end=0x40000000,
    ),
}  # fmt: skip


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def die_with(libc: ctypes.CDLL, parent: int) -> bool:
    """Ask the kernel to end this process with its parent, and never to gain rights; False when that is gone already."""
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    return os.getppid() == parent


def limit_resources(memory_bytes: int, most_bytes: int) -> Iterator[str]:
    """Cap address space, files and processes; yields the name of each limit that is set.

    Args:
        memory_bytes: address space of a reader that has no scans.
        most_bytes: what it may raise that to when the first scan comes.
    """
    wanted = (
        ("memory", resource.RLIMIT_AS, memory_bytes, most_bytes),
        ("core", resource.RLIMIT_CORE, 0, 0),
        ("file_size", resource.RLIMIT_FSIZE, 0, 0),
        ("files", resource.RLIMIT_NOFILE, _FILES, _FILES),
        ("processes", resource.RLIMIT_NPROC, 0, 0),
    )
    for name, what, least, most in wanted:
        try:
            resource.setrlimit(what, (least, most))
        except (ValueError, OSError):
            continue
        yield name


def filter_calls(libc: ctypes.CDLL) -> bool:
    """Refuse (EPERM) sockets, new processes, signals to others and writing to files from now on.

    Returns:
        Whether the filter is active; not so on other processors or where the kernel has no filters.
    """
    machine = _MACHINES.get(platform.machine())
    if machine is None or struct.calcsize("P") != 8:
        return False
    code = b"".join(_instructions(machine))
    buffer = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // 8, ctypes.addressof(buffer))
    return bool(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) == 0)


def _instructions(machine: _Machine) -> Iterable[bytes]:
    """The filter as an array of `struct sock_filter`: code, jumps if true and if false, operand."""

    def step(code: int, operand: int, true: int = 0, false: int = 0) -> bytes:
        return struct.pack("=HBBI", code, true, false, operand)

    yield step(_LOAD, _ARCHITECTURE)
    yield step(_EQUAL, machine.audit, true=1)
    yield step(_RETURN, _KILL)
    yield step(_LOAD, _NUMBER)
    yield step(_AT_LEAST, machine.end, false=1)
    yield step(_RETURN, _REFUSE)
    for number in machine.refused:
        yield step(_EQUAL, number, false=1)
        yield step(_RETURN, _REFUSE)
    for number, place in machine.opening:
        yield step(_EQUAL, number, false=4)
        yield step(_LOAD, _ARGUMENTS + 8 * place)
        yield step(_ANY_BIT, _WRITING, false=1)
        yield step(_RETURN, _REFUSE)
        yield step(_RETURN, _ALLOW)
    yield step(_RETURN, _ALLOW)
