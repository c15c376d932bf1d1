"""Components that bring signals. With `--loop` one is a coroutine, so that the main thread runs an event loop."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import threading
import time
from typing import Optional

from stepflow_py import StepflowServer

# A shell may have started the tests in the background, where Ctrl-C is nobody's.
signal.signal(signal.SIGINT, signal.default_int_handler)
server = StepflowServer()


@server.component
def signal_this_thread(number: int) -> None:
    """The main thread is not woken: as if the signal had come just before it began to wait."""
    signal.pthread_kill(threading.get_ident(), number)
    time.sleep(1000)


@server.component
def fork_and_terminate() -> Optional[int]:
    """How a process ends that was forked from this one."""
    process = multiprocessing.get_context("fork").Process(target=time.sleep, args=(1000,))
    process.start()
    process.terminate()
    process.join()
    return process.exitcode


async def in_loop() -> None:
    pass


if "--loop" in sys.argv:
    server.component(in_loop)

if __name__ == "__main__":
    server.run()
