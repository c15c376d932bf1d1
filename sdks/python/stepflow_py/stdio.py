"""A server over stdin and stdout: one message a line. Whatever else the program prints goes to stderr.

1. The thread that reads never writes and runs no component: a cancellation is heard whatever the calls do.
2. A runtime that does not read holds up no coroutine until much waits for it: then who has an answer waits, and log
   and progress messages are dropped.
3. When stdin ends, calls have a moment to end, are cancelled, have another, and the process ends, whatever still runs.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections import deque
from queue import SimpleQueue
from typing import TYPE_CHECKING, Callable

from . import wire
from .call import error_line
from .process import MOMENT_SECONDS, End, take_over

if TYPE_CHECKING:
    import asyncio

    from .server import StepflowServer

_CHUNK_BYTES = 256 * 1024
_BATCH_BYTES = 1024 * 1024
# So many answers are worth a write of their own: the runtime goes on with them while the next are made.
_SOME_LINES = 16
_SOON_SECONDS = 0.001
# What a pipe takes at once where it takes anything.
_PIPE_BYTES = getattr(select, "PIPE_BUF", 512)
# What may wait for the runtime to read it.
_MOST_WAITING_BYTES = 8 * 1024 * 1024


def serve_stdio(server: StepflowServer) -> None:
    """Until stdin ends, SIGTERM, or Ctrl-C."""
    source, target = take_over()
    end = End(server)
    # Before the first answer: who has it may end the server.
    end.begin_on_signals()
    link = StdioLink(target, server.threads.has_jobs, lambda: end.begin(0))
    server.threads.on_rest = link.flush
    for name, work in (("write", link.write_all), ("read", lambda: _read(source, server, link, end))):
        threading.Thread(target=work, name=f"stepflow-{name}", daemon=True).start()
    if server.needs_loop():
        import asyncio

        asyncio.run(_run_loop(server, end))
    else:
        end.wait()
        end.wait_for_calls()
    link.finish()
    end.exit()


class StdioLink:
    """Lines on their way out. Who has an answer writes it, with what came before it, a few answers at once where more
    come soon; what would hold up the event loop or the thread that reads is written by a thread of its own."""

    is_shared = False

    def __init__(self, target: int, is_busy: Callable[[], bool], on_gone: Callable[[], None]) -> None:
        """`is_busy`: more answers come soon. `on_gone`: the runtime reads no more; what is still to be said is lost."""
        self._target = target
        self._is_busy = is_busy
        self._on_gone = on_gone
        self._lines: deque[bytes] = deque()
        self._room = threading.Condition()
        self._waiting = 0
        self._writing = threading.Lock()
        self._written = 0.0
        self._is_free = _look_at(target)
        self._is_scheduled = False
        self._is_gone = False
        self._calls: SimpleQueue[None] = SimpleQueue()
        self._is_called = False
        self._is_last = False
        self._is_done = threading.Event()

    def send(self, line: bytes) -> None:
        self._put(line)
        self.flush()

    def answer(self, line: bytes, may_wait: bool) -> None:
        self._put(line)
        if not may_wait:
            self.flush()
        elif not (self._is_busy() and self._is_soon_enough()):
            self._write_unless(False)

    def answer_in_loop(self, line: bytes, loop: asyncio.AbstractEventLoop) -> None:
        self._put(line)
        if not self._is_soon_enough():
            self._write_in_loop()
        elif not self._is_scheduled:
            self._is_scheduled = True
            loop.call_soon(self._write_in_loop)

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

    def flush(self) -> None:
        """Calls the thread that writes."""
        if self._lines and not self._is_called:
            self._is_called = True
            self._calls.put(None)

    def write_all(self) -> None:
        """Until `finish`."""
        while not self._is_last:
            self._calls.get()
            self._is_called = False
            while self._lines:
                with self._writing:
                    self._write()
        self._is_done.set()

    def finish(self) -> None:
        """Waits a moment for what is to be written."""
        self._is_last = True
        self._calls.put(None)
        self._is_done.wait(MOMENT_SECONDS)

    # ---

    def _put(self, line: bytes) -> None:
        with self._room:
            self._waiting += len(line)
        self._lines.append(line)

    def _is_soon_enough(self) -> bool:
        """When the next answer is there: what comes one by one costs the runtime more than what comes together."""
        return len(self._lines) < _SOME_LINES and time.monotonic() - self._written < _SOON_SECONDS

    def _write_in_loop(self) -> None:
        """The loop never waits."""
        self._is_scheduled = False
        self._write_unless(self._waiting > _PIPE_BYTES or not self._is_free())

    def _write_unless(self, is_left: bool) -> None:
        """To the thread that writes."""
        if not is_left and self._writing.acquire(blocking=False):
            try:
                self._write()
            finally:
                self._writing.release()
        self.flush()

    def _write(self) -> None:
        """What has come together; with the lock held."""
        lines, batch, size = self._lines, [], 0
        while lines and size < _BATCH_BYTES:
            line = lines.popleft()
            batch.append(line)
            size += len(line)
        if not self._is_gone:
            try:
                _write(self._target, b"".join(batch))
            except OSError:
                self._is_gone = True
                self._on_gone()
        self._written = time.monotonic()
        with self._room:
            self._waiting -= size
            self._room.notify_all()


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
            server.go()
            parts = [lines[-1]] if lines[-1] else []
            size = len(lines[-1])
            is_dropping = False
        if size > wire.MAX_MESSAGE_BYTES:
            _refuse(b"".join(parts[:2]), link)
            parts, size, is_dropping = [], 0, True
    if parts:
        server.handle(b"".join(parts), link)
        server.go()
    end.begin(0)


def _refuse(head: bytes, link: StdioLink) -> None:
    most = wire.megabytes(wire.MAX_MESSAGE_BYTES)
    why = f"a message of more than {most}: keep large values as blobs and pass their ids"
    link.answer(error_line(wire.begun_id(head), wire.WireError(wire.INVALID_REQUEST, why)), may_wait=False)


def _look_at(target: int) -> Callable[[], bool]:
    """Whether a short write would not wait."""
    if not hasattr(select, "poll"):
        return lambda: False
    poll = select.poll()
    poll.register(target, select.POLLOUT)
    return lambda: bool(poll.poll(0))


def _write(target: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(target, left) :]
