"""What is HTTP's own: its headers, its ways to be wrong, and connections that are lost."""

from __future__ import annotations

import json
import socket
import unittest
from typing import Any

from tests.runtime import HttpRuntime, execution

HEADERS = b"Host: x\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n"


def request_of(component: str, input: Any, version: str = "1.1", more: bytes = b"") -> bytes:
    """An execution as it is sent."""
    message = {"jsonrpc": "2.0", "id": 1, "method": "components/execute", "params": execution(component, input)}
    body = json.dumps(message).encode()
    length = b"Content-Length: %d\r\n\r\n" % len(body)
    return b"POST / HTTP/%b\r\n" % version.encode() + HEADERS + more + length + body


class Http(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.runtime = HttpRuntime("server.py")

    @classmethod
    def tearDownClass(cls) -> None:
        cls.runtime.close()

    def open(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.runtime.port), timeout=60)
        self.addCleanup(connection.close)
        return connection

    def raw(self, request: bytes) -> bytes:
        """What comes until the server closes."""
        connection = self.open()
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))

    def test_health_says_that_it_is_there(self):
        status, kind, said = self.runtime.request("GET", "/health", b"", {})
        self.assertEqual((status, kind), (200, "application/json"))
        self.assertEqual(json.loads(next(said))["status"], "healthy")

    def test_a_request_that_is_not_meant_for_it_is_refused_with_the_reason(self):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "components/list", "params": {}}).encode()
        for status, method, path, headers in (
            (415, "POST", "/", {"Content-Type": "text/plain"}),
            (406, "POST", "/", {"Accept": "application/json"}),
            (403, "POST", "/", {"Origin": "http://example.com"}),
            (404, "POST", "/other", {}),
            (405, "GET", "/", {}),
            (405, "OPTIONS", "/", {}),
        ):
            said, _, answer = self.runtime.request(method, path, body, headers)
            self.assertEqual(said, status)
            self.assertTrue(json.loads(next(answer))["error"]["message"])
        self.assertEqual(self.runtime.request("POST", "/", body, {"Accept": "*/*"})[0], 200)

    def test_a_body_that_is_not_a_message_is_answered_with_400(self):
        for body in (b"", b"x", b"[]", b"\xff", b"[" * 100_000, b'{"jsonrpc":"2.0","id":7,"method":"x","params":NaN}'):
            status, _, answer = self.runtime.post(body)
            error = json.loads(next(answer))
            self.assertEqual((status, error["error"]["code"]), (400, -32600), body[:50])
        self.assertEqual(error["id"], 7)

    def test_what_is_not_http_ends_the_connection_with_the_reason(self):
        for request, status in (
            (b"hello\r\n\r\n", b"400"),
            (b"POST / HTTP/1.1\r\n" + HEADERS + b"Content-Length: x\r\n\r\n", b"400"),
            (b"POST / HTTP/1.1\r\n" + HEADERS + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", b"400"),
            (b"POST / HTTP/1.1\r\n" + HEADERS + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", b"400"),
            (b"POST / HTTP/1.1\r\n" + HEADERS + b"Content-Length: 67108865\r\n\r\n", b"413"),
            (b"POST / HTTP/1.1\r\n" + HEADERS + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n", b"400"),
            (b"POST / HTTP/1.1\r\n" + HEADERS + b"Transfer-Encoding: chunked\r\n\r\n4000001\r\n", b"413"),
            (b"POST / HTTP/1.1\r\nX: " + b"x" * 100_000, b"431"),
        ):
            self.assertEqual(self.raw(request)[9:12], status, request[:80])

    def test_requests_come_in_pieces_in_chunks_and_one_after_the_other(self):
        whole = request_of("/echo", 1)
        body = whole.partition(b"\r\n\r\n")[2]
        chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:10], body[10:])) + b"0\r\n\r\n"
        last = b"POST / HTTP/1.1\r\n" + HEADERS + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
        self.assertEqual(self.raw(whole * 500 + last).count(b'"output":1'), 501)
        connection = self.open()
        for byte in whole:
            connection.sendall(bytes([byte]))
        self.assertIn(b"200 OK", connection.recv(65536))

    def test_http_1_0_gets_its_answer_and_a_stream_that_ends_with_the_connection(self):
        self.assertIn(b'"output":1', self.raw(request_of("/echo", 1, "1.0")))
        said = self.raw(request_of("/chatter", 2, "1.0"))
        self.assertEqual(said.count(b"data: "), 3)
        self.assertNotIn(b"chunked", said)

    def test_a_lost_connection_cancels_its_call(self):
        connection = self.open()
        connection.sendall(request_of("/until_cancelled", None))
        said = b""
        while b"started" not in said:
            said += connection.recv(65536)
        connection.close()
        self.assertIs(self.runtime.call("/has_stopped")["result"]["output"], True)

    def test_another_runtime_that_announced_nothing_is_told_nothing(self):
        params = execution("/chatter", 3)
        del params["idempotency_key"]
        _, kind, answer = self.runtime.post(
            {"jsonrpc": "2.0", "id": 1, "method": "components/execute", "params": params}
        )
        self.assertEqual((kind, json.loads(next(answer))["result"]["output"]), ("application/json", 3))

    def test_a_slow_reader_gets_the_answer_and_what_it_does_not_read_is_bounded(self):
        said = self.raw(request_of("/chatter", 40_000, more=b"Connection: close\r\n"))
        self.assertIn(b'"output":40000', said)
        self.assertTrue(said.endswith(b"\r\n0\r\n\r\n"))
        self.assertLess(len(said), 20 * 1024 * 1024)


class HttpProcess(unittest.TestCase):
    def test_sigterm_ends_it_in_good_order_whatever_is_printed(self):
        runtime = HttpRuntime("server.py")
        self.assertEqual(runtime.call("/say", "this")["result"]["output"], "")
        connection = socket.create_connection(("127.0.0.1", runtime.port), timeout=60)
        self.addCleanup(connection.close)
        connection.sendall(request_of("/sleep_async", 1000))
        self.assertEqual(runtime.call("/echo", 1)["result"]["output"], 1)
        status, errors = runtime.close()
        self.assertEqual(status, 143)
        for line in ("printed this", "from a child", "left in good order"):
            self.assertIn(line, errors)

    def test_a_port_that_is_taken_is_an_error_of_one_line(self):
        import subprocess

        from tests.runtime import start

        with socket.create_server(("127.0.0.1", 0)) as taken:
            process: Any = start("server.py", "--http", "--port", str(taken.getsockname()[1]), stdin=subprocess.DEVNULL)
            self.assertEqual(process.wait(60), 1)
            errors = process.errors()
        self.assertIn("cannot listen on 127.0.0.1:", errors)
        self.assertNotIn("Traceback", errors)


if __name__ == "__main__":
    unittest.main()
