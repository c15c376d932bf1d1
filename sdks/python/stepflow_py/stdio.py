"""A server over stdin and stdout: one message a line. Whatever else the program prints goes to stderr.

1. The thread that reads never writes and runs no component: a cancellation is heard whatever the calls do.
2. All lines go through one thread, which writes what has come together as one piece, and waits as long as the runtime
   does not read. What may wait there is bounded: who has an answer waits, log and progress messages are dropped.
3. When stdin ends, calls have a moment to end, are cancelled, have another, and the process ends, whatever still runs.
"""

from __future__ import annotations

import os
import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Callable, Optional

from . import wire
from .call import error_line
from .process import MOMENT_SECONDS, End, take_over

if TYPE_CHECKING:
    from .server import StepflowServer

_CHUNK_BYTES = 256 * 1024
_BATCH_BYTES = 1024 * 1024
# What may wait for the runtime to read it.
_MOST_WAITING_BYTES = 8 * 1024 * 1024


def serve_stdio(server: StepflowServer) -> None:
    """Until stdin ends, SIGTERM, or Ctrl-C."""
    source, target = take_over()
    link = StdioLink(target)
    end = End(server)
    for name, work in (
        ("write", lambda: link.write_all(lambda: end.begin(0))),
        ("read", lambda: _read(source, server, link, end)),
    ):
        threading.Thread(target=work, name=f"stepflow-{name}", daemon=True).start()
    end.begin_on_signals()
    if server.needs_loop():
        import asyncio

        asyncio.run(_run_loop(server, end))
    else:
        end.wait()
        end.wait_for_calls()
    link.finish()
    end.exit()


class StdioLink:
    """Lines on their way out."""

    is_shared = False

    def __init__(self, target: int) -> None:
        self._target = target
        self._lines: SimpleQueue[Optional[bytes]] = SimpleQueue()
        self._room = threading.Condition()
        self._waiting = 0
        self._is_done = threading.Event()

    def send(self, line: bytes) -> None:
        with self._room:
            self._waiting += len(line)
        self._lines.put(line)

    answer = send

    def send_if_room(self, line: bytes) -> bool:
        if self.is_full():
            return False
        self.send(line)
        return True

    def is_full(self) -> bool:
        return self._waiting > _MOST_WAITING_BYTES

    def wait_for_room(self) -> None:
        with self._room:
            self._room.wait_for(lambda: not self.is_full())

    def write_all(self, on_gone: Callable[[], None]) -> None:
        """Until `finish`. `on_gone`: the runtime reads no more; what is still to be said goes nowhere."""
        get, get_nowait = self._lines.get, self._lines.get_nowait
        is_gone = False
        line: Optional[bytes] = b""
        while line is not None:
            line = get()
            batch, size = [], 0
            while line is not None:
                batch.append(line)
                size += len(line)
                if size >= _BATCH_BYTES:
                    break
                try:
                    line = get_nowait()
                except Empty:
                    break
            try:
                if not is_gone:
                    _write(self._target, b"".join(batch))
            except OSError:
                is_gone = True
                on_gone()
            with self._room:
                self._waiting -= size
                self._room.notify_all()
        self._is_done.set()

    def finish(self) -> None:
        """Waits a moment for what is to be written."""
        self._lines.put(None)
        self._is_done.wait(MOMENT_SECONDS)


# ---


async def _run_loop(server: StepflowServer, end: End) -> None:
    import asyncio

    loop = asyncio.get_running_loop()
    server.use_loop(loop)
    await end.wait_in_loop()
    await loop.run_in_executor(None, end.wait_for_calls)


def _read(source: int, server: StepflowServer, link: StdioLink, end: End) -> None:
    parts: list[bytes] = []
    size = 0
    is_dropping = False
    while True:
        try:
            chunk = os.read(source, _CHUNK_BYTES)
        except OSError:
            chunk = b""
        if not chunk:
            break
        if b"\n" not in chunk:
            if not is_dropping:
                parts.append(chunk)
                size += len(chunk)
        else:
            lines = chunk.split(b"\n")
            if parts:
                lines[0] = b"".join((*parts, lines[0]))
            first = 1 if is_dropping else 0
            for line in lines[first:-1]:
                if len(line) > wire.MAX_MESSAGE_BYTES:
                    _refuse(line, link)
                elif line and not line.isspace():
                    server.handle(line, link)
            parts = [lines[-1]] if lines[-1] else []
            size = len(lines[-1])
            is_dropping = False
        if size > wire.MAX_MESSAGE_BYTES:
            _refuse(b"".join(parts[:2]), link)
            parts, size, is_dropping = [], 0, True
    if parts:
        server.handle(b"".join(parts), link)
    end.begin(0)


def _refuse(head: bytes, link: StdioLink) -> None:
    most = wire.megabytes(wire.MAX_MESSAGE_BYTES)
    why = f"a message of more than {most}: keep large values as blobs and pass their ids"
    link.send(error_line(wire.begun_id(head), wire.WireError(wire.INVALID_REQUEST, why)))


def _write(target: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(target, left) :]
