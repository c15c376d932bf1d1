"""The process of a server: what becomes of its standard files, and how it ends."""

from __future__ import annotations

import _thread
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Callable, Optional

if TYPE_CHECKING:
    from .server import StepflowServer

MOMENT_SECONDS = 0.5
_LOOK_SECONDS = 1


def take_over() -> tuple[int, int]:
    """The protocol's two ends, out of reach of print, of libraries in C, and of processes that are started."""
    source, target = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    # What was printed before, and waits there, goes to stderr as well.
    if sys.stdout is not None:
        sys.stdout.flush()
    sys.stdout = sys.stderr
    if hasattr(os, "set_blocking"):
        for end in (source, target):
            os.set_blocking(end, True)
    return source, target


class End:
    """How the process ends.

    A signal may come at any point of the main thread, even between its last look and the wait that it begins, which
    nothing interrupts then. So what it begins runs in a thread of its own, and who waits looks again now and then.
    """

    def __init__(self, server: StepflowServer) -> None:
        self.status = 0
        self._server = server
        self._lock = threading.Lock()
        self._began = threading.Event()
        self._wake: Optional[Callable[[], Any]] = None
        self._taken: list[signal.Signals] = []

    def begin(self, status: int) -> None:
        with self._lock:
            if self._began.is_set():
                return
            self.status = status
            self._began.set()
        threading.Thread(target=self._watch, name="stepflow-end", daemon=True).start()
        self._server.close()
        if self._wake:
            self._wake()

    def begin_on_signals(self) -> None:
        """SIGTERM, and Ctrl-C."""
        # Python takes signals in its main thread only; elsewhere they do what they always do.
        if threading.current_thread() is not threading.main_thread():
            return
        taken = [signal.SIGTERM]
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            taken.append(signal.SIGINT)
        for number in taken:
            signal.signal(number, self._hear)
        self._taken = taken
        if hasattr(os, "register_at_fork"):
            _leave_out_forked(taken)

    def wait(self) -> None:
        """Until it begins."""
        while not self._began.wait(_LOOK_SECONDS):
            pass

    async def wait_in_loop(self) -> None:
        """The same, while the loop goes on."""
        import asyncio

        loop = asyncio.get_running_loop()
        began = loop.create_future()

        def look() -> None:
            if began.done():
                return
            if self._began.is_set():
                began.set_result(None)
            else:
                loop.call_later(_LOOK_SECONDS, look)

        self._wake = lambda: loop.call_soon_threadsafe(look)
        look()
        await began

    def wait_for_calls(self) -> None:
        """A moment until they end by themselves, and another once they are cancelled."""
        for _ in range(2):
            deadline = time.monotonic() + MOMENT_SECONDS
            while not self._server.is_idle() and time.monotonic() < deadline:
                time.sleep(0.005)
            if self._server.is_idle():
                return
            self._server.cancel()

    def exit(self) -> None:
        # While Python ends it gives signals back to the system, and a second one would be what the process died of.
        for number in self._taken:
            signal.signal(number, signal.SIG_IGN)
        if self.status:
            sys.exit(self.status)

    # ---

    def _hear(self, number: int, frame: object) -> None:
        # Whatever lock the main thread holds: this takes none.
        _thread.start_new_thread(self.begin, (128 + number,))

    def _watch(self) -> None:
        # Threads of the author's, a call that hears nothing: none of them keeps the process alive.
        time.sleep(5 * MOMENT_SECONDS)
        os._exit(self.status)


# ---


def _leave_out_forked(taken: list[signal.Signals]) -> None:
    """A process that a component forks is no server, and ends at a signal as any other."""

    def give_back() -> None:
        for number in taken:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, taken)

    # One that comes before it is given back waits.
    os.register_at_fork(
        before=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, taken),
        after_in_parent=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, taken),
        after_in_child=give_back,
    )
