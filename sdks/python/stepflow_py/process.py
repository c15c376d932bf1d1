"""The process of a server: what becomes of its standard files, and how it ends."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .server import StepflowServer

MOMENT_SECONDS = 0.5


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
    """How the process ends."""

    def __init__(self, server: StepflowServer) -> None:
        self.began = threading.Event()
        self.status = 0
        self._server = server

    def begin(self, status: int) -> None:
        if self.began.is_set():
            return
        self.status = status
        self.began.set()
        self._server.close()
        threading.Thread(target=self._watch, name="stepflow-end", daemon=True).start()

    def wait_for_calls(self) -> None:
        """A moment until they end by themselves, and another once they are cancelled."""
        for _ in range(2):
            deadline = time.monotonic() + MOMENT_SECONDS
            while not self._server.is_idle() and time.monotonic() < deadline:
                time.sleep(0.005)
            if self._server.is_idle():
                return
            self._server.cancel()

    def begin_on_sigterm(self) -> None:
        # Python takes signals in its main thread only; elsewhere SIGTERM ends the process as it always does.
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, lambda number, frame: self.begin(128 + signal.SIGTERM))

    def exit(self) -> None:
        if self.status:
            sys.exit(self.status)

    def _watch(self) -> None:
        # Threads of the author's, a call that hears nothing: none of them keeps the process alive.
        time.sleep(5 * MOMENT_SECONDS)
        os._exit(self.status)
