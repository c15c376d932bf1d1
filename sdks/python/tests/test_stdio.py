"""What is stdio's own: lines, processes, and how they end. Each test has a server of its own."""

from __future__ import annotations

import json
import os
import select
import signal
import threading
import unittest
from typing import Any

from tests.runtime import StdioRuntime, execution


class Stdio(unittest.TestCase):
    def start(self, **options: Any) -> StdioRuntime:
        runtime = StdioRuntime("server.py", **options)

        def stop() -> None:
            if runtime.process.poll() is None:
                runtime.process.kill()
                runtime.ended()

        self.addCleanup(stop)
        return runtime

    def test_the_long_form_of_old_runtimes_works_and_no_extension_is_used(self):
        runtime = self.start(greet=False)
        hello = runtime.ask("initialize", {"runtime_protocol_version": 1, "protocol_prefix": "$"})
        self.assertEqual(hello["result"], {"server_protocol_version": 1})
        params = {"component": "/keep", "input": [1], "attempt": 1, "step_id": "s", "run_id": "r", "flow_id": "f"}
        self.assertEqual(runtime.ask("components/execute", params)["result"]["output"], [1])
        about = runtime.ask("components/execute", {**params, "component": "/about"})["result"]["output"]
        self.assertEqual((about["run"], about["step"], about["flow"]), ("r", "s", "f"))
        camel = runtime.ask("initialize", {"runtimeProtocolVersion": 1, "capabilities": {"blobApiUrl": "http://x"}})
        self.assertEqual(camel["result"], {"serverProtocolVersion": 1})
        wrong = runtime.ask("initialize", {"runtime_protocol_version": 2})
        self.assertIn("speaks protocol version 2", wrong["error"]["message"])
        status, errors = runtime.close()
        self.assertEqual(status, 0)
        self.assertIn("info: keeping", errors)
        self.assertTrue(runtime.heard.empty())

    def test_whatever_is_printed_goes_to_stderr_and_stdin_is_nobodys(self):
        runtime = self.start()
        self.assertEqual(runtime.call("/say", "this")["result"]["output"], "")
        _, errors = runtime.close()
        for line in ("printed before the server runs", "printed this", "from a child", "written to 1"):
            self.assertIn(line, errors)

    def test_64_blocking_calls_run_at_once_and_runs_within_calls_have_threads_left(self):
        runtime = self.start()
        ids = [runtime.begin("components/execute", execution("/meet", 64)) for _ in range(64)]
        self.assertEqual([runtime.wait(id)["result"]["output"] for id in ids], [64] * 64)

        # All of them wait for the runtime, which calls this server for its answer.
        def put(params: Any) -> Any:
            return {"blob_id": runtime.call("/echo", params["data"])["result"]["output"]}

        runtime.serve["blobs/put"] = put
        ids = [runtime.begin("components/execute", execution("/meet_then_ask", 63)) for _ in range(63)]
        self.assertEqual([runtime.wait(id)["result"]["output"] for id in ids], ["63"] * 63)
        runtime.close()

    def test_no_answer_waits_for_the_end_of_a_call_behind_it(self):
        runtime = self.start()
        for component, behind in (("/echo", "/sleep"), ("/about", "/sleep_async")):
            for count in (1, 2, 20):
                first = runtime.call("/echo")["id"] + 1
                calls = [(component, 1)] * count + [(behind, 1000)]
                lines = [
                    {"jsonrpc": "2.0", "id": f"{component}{first + i}", "method": "components/execute", "params": each}
                    for i, each in enumerate(execution(*call) for call in calls)
                ]
                runtime.write(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
                for line in lines[:-1]:
                    self.assertIn("result", runtime.wait(line["id"]))
        runtime.process.kill()

    def test_a_cancelled_call_is_answered_at_once(self):
        runtime = self.start()
        asleep = runtime.begin("components/execute", execution("/sleep_async", 1000))
        looking = runtime.begin("components/execute", execution("/until_cancelled", None))
        runtime.serve["runs/get"] = lambda params: threading.Event().wait()
        waiting = runtime.begin("components/execute", execution("/wait_for_runtime", None))
        self.assertEqual(runtime.heard.get(timeout=60)["params"]["message"], "started")
        while not runtime.asked:
            os.sched_yield()
        for id in (asleep, looking, waiting):
            runtime.notify("components/cancel", {"id": id})
        self.assertEqual(runtime.wait(asleep)["error"]["data"]["type"], "StepflowCancelled")
        self.assertEqual(runtime.wait(looking)["result"]["output"], "stopped")
        self.assertEqual(runtime.wait(waiting)["error"]["data"]["type"], "StepflowCancelled")
        runtime.notify("components/cancel", {"id": 4711})
        runtime.notify("components/cancel", None)
        self.assertEqual(runtime.call("/echo", 1)["result"]["output"], 1)
        runtime.close()

    def test_a_call_that_is_cancelled_before_its_turn_never_starts(self):
        runtime = self.start()
        ids = [runtime.begin("components/execute", execution("/until_cancelled", None)) for _ in range(64)]
        for _ in ids:
            self.assertEqual(runtime.heard.get(timeout=60)["params"]["message"], "started")
        waiting = runtime.begin("components/execute", execution("/until_cancelled", None))
        runtime.notify("components/cancel", {"id": waiting})
        for id in ids:
            runtime.notify("components/cancel", {"id": id})
        self.assertEqual([runtime.wait(id)["result"]["output"] for id in ids], ["stopped"] * 64)
        self.assertEqual(runtime.wait(waiting)["error"]["data"]["type"], "StepflowCancelled")
        runtime.close()

    def test_a_line_that_cannot_be_read_ends_its_call_and_nothing_else(self):
        runtime = self.start()
        head = b'{"jsonrpc":"2.0","id":"x","method":"components/execute","params":'
        for rest in (b"NaN}", b"\xff}", b"{", b'{"a":' + b"[" * 200_000, b"1" * 5000 + b"}x"):
            runtime.write(head + rest + b"\n")
            self.assertEqual(runtime.wait("x")["error"]["code"], -32600)
        for line in (
            b"noise",
            b"[]",
            b"7",
            b'{"id":1}',
            b'{"jsonrpc":"2.0","id":{},"method":"x"}',
            b'{"jsonrpc":"2.0"}',
        ):
            runtime.write(line + b"\n")
        runtime.write(
            b"\xef\xbb\xbf"
            + json.dumps({"jsonrpc": "2.0", "id": "y", "method": "components/list"}).encode()
            + b"\r\n\r\n"
        )
        self.assertIn("result", runtime.wait("y"))
        runtime.send({"jsonrpc": "2.0", "id": "unknown", "result": {}})
        runtime.send({"jsonrpc": "2.0", "id": 7, "result": {}})
        self.assertEqual(runtime.call("/echo", 1)["result"]["output"], 1)
        self.assertEqual(runtime.close()[0], 0)

    def test_a_line_that_is_too_long_ends_its_call_and_is_not_kept(self):
        runtime = self.start()
        runtime.write(b'{"jsonrpc":"2.0","id":"x","method":"components/execute","params":"')
        for _ in range(80):
            runtime.write(b"x" * 1024 * 1024)
        self.assertIn("more than 64 MiB", runtime.wait("x")["error"]["message"])
        runtime.write(b'"}\n')
        self.assertEqual(runtime.call("/echo", 1)["result"]["output"], 1)
        runtime.close()

    def test_a_runtime_that_does_not_read_is_waited_for_and_notifications_are_dropped(self):
        runtime = self.start(greet=False, reads=False)
        runtime.send({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {"capabilities": {"log": True}}})
        for id in range(1, 31):
            params = execution("/chatter" if id == 1 else "/large", 20_000 if id == 1 else 1_000_000)
            runtime.send({"jsonrpc": "2.0", "id": id, "method": "components/execute", "params": params})
        assert runtime.process.stdout
        select.select([runtime.process.stdout], [], [], 60)
        answered, logs = set(), 0
        while len(answered) < 31:
            message = json.loads(runtime.process.stdout.readline())
            if "method" in message:
                logs += 1
            else:
                self.assertNotIn("error", message)
                answered.add(message["id"])
        self.assertLess(logs, 20_000)
        status, errors = runtime.close()
        self.assertEqual(status, 0)
        self.assertIn("messages were dropped", errors)

    def test_when_stdin_ends_what_is_done_soon_is_answered_and_the_process_ends(self):
        runtime = self.start()
        answered = runtime.begin("components/execute", execution("/sleep_async", 0.01))
        self.assertEqual(runtime.close()[0], 0)
        self.assertIn("result", runtime.wait(answered))

    def test_a_runtime_that_reads_no_more_ends_the_process_in_good_order(self):
        runtime = self.start(greet=False, reads=False)
        runtime.process.stdout.close()
        runtime.begin("components/execute", execution("/echo", 1))
        status, errors = runtime.ended()
        self.assertEqual(status, 0)
        self.assertIn("left in good order", errors)

    def test_when_stdin_ends_no_call_and_no_thread_keeps_the_process_alive(self):
        runtimes = []
        for component, input in (
            ("/sleep", 1000),
            ("/sleep_async", 1000),
            ("/stay", None),
            ("/wait_for_runtime", None),
        ):
            runtime = self.start()
            id = runtime.begin("components/execute", execution(component, input))
            if component == "/stay":
                runtime.wait(id)
            runtimes.append(runtime)
        for runtime in runtimes:
            runtime.process.stdin.close()
        self.assertEqual([runtime.ended()[0] for runtime in runtimes], [0, 0, 0, 0])

    def test_sigterm_ends_the_process_whatever_it_does(self):
        runtime = self.start()
        for component in ("/sleep", "/sleep_async"):
            runtime.begin("components/execute", execution(component, 1000))
        runtime.process.send_signal(signal.SIGTERM)
        status, errors = runtime.ended()
        self.assertEqual(status, 143)
        self.assertIn("left in good order", errors)


if __name__ == "__main__":
    unittest.main()
