"""A server that is asked to end ends, whatever its threads wait for."""

from __future__ import annotations

import os
import signal
import threading
import unittest
from http.client import HTTPException
from typing import Callable, Union

from stepflow_py import StepflowServer
from tests.runtime import HttpRuntime, StdioRuntime

KINDS: dict[str, Callable[[], Union[StdioRuntime, HttpRuntime]]] = {
    "stdio": lambda: StdioRuntime("ending_server.py"),
    "stdio with a loop": lambda: StdioRuntime("ending_server.py", "--loop"),
    "HTTP": lambda: HttpRuntime("ending_server.py"),
}


class Ends(unittest.TestCase):
    def start_all(self) -> dict[str, Union[StdioRuntime, HttpRuntime]]:
        runtimes = {kind: start() for kind, start in KINDS.items()}
        for runtime in runtimes.values():
            self.addCleanup(runtime.process.kill)
        return runtimes

    def test_a_signal_that_does_not_wake_the_main_thread_ends_the_process(self):
        started = [(number, self.start_all()) for number in (signal.SIGTERM, signal.SIGINT)]
        for number, runtimes in started:
            for runtime in runtimes.values():
                threading.Thread(target=call, args=(runtime, number), daemon=True).start()
        for number, runtimes in started:
            for kind, runtime in runtimes.items():
                with self.subTest(f"{kind}, {number!r}"):
                    self.assertEqual(runtime.ended()[0], 128 + number)

    def test_two_signals_end_it_once(self):
        for kind, runtime in self.start_all().items():
            with self.subTest(kind):
                for number in (signal.SIGINT, signal.SIGTERM):
                    runtime.process.send_signal(number)
                status, errors = runtime.ended()
                self.assertIn(status, (130, 143))
                self.assertNotIn("Traceback", errors)

    @unittest.skipUnless(hasattr(os, "fork"), "there is no fork")
    def test_a_process_that_a_component_forks_ends_at_a_signal_as_any_other(self):
        for kind, runtime in self.start_all().items():
            with self.subTest(kind):
                answer = runtime.call("/fork_and_terminate")
                self.assertEqual(answer["result"]["output"], -signal.SIGTERM)
                self.assertEqual(runtime.close()[0], 0 if isinstance(runtime, StdioRuntime) else 143)

    def test_a_call_is_in_flight_until_its_answer_is_handed_over(self):
        server = StepflowServer()
        idle: list[bool] = []
        answered = threading.Event()

        class Link:
            is_shared = False

            def answer(self, line: bytes, may_wait: bool) -> None:
                idle.append(server.is_idle())
                answered.set()

            def is_full(self) -> bool:
                return False

        server.component(lambda: 1, name="one")
        server.handle(
            b'{"jsonrpc":"2.0","id":1,"method":"components/execute","params":{"component":"/one"}}',
            Link(),  # type: ignore[arg-type]
        )
        server.go()
        answered.wait(60)
        self.assertEqual(idle, [False])


def call(runtime: Union[StdioRuntime, HttpRuntime], number: int) -> None:
    try:
        runtime.call("/signal_this_thread", number)
    except (OSError, HTTPException, AssertionError):
        pass  # it has ended, with or without an answer


if __name__ == "__main__":
    unittest.main()
