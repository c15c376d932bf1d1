"""The other end, for tests: starts a server as Stepflow would, calls it, and answers what it asks."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import threading
from itertools import count
from pathlib import Path
from queue import Empty, Queue
from typing import Any, Callable, Iterable, Iterator

FOLDER = Path(__file__).parent
CAPABILITIES = {"cancel": True, "progress": True, "log": True, "idempotency_key": True}
# Long enough for a machine that is busy with other things.
PATIENCE = 60


class Refusal(Exception):
    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Runtime:
    """What both transports share: blobs, runs, and what was heard."""

    process: subprocess.Popen[bytes]

    def __init__(self) -> None:
        self.blobs: dict[str, Any] = {}
        self.heard: Queue[dict[str, Any]] = Queue()
        self.asked: list[dict[str, Any]] = []
        self.serve: dict[str, Callable[[dict[str, Any]], Any]] = {
            "blobs/put": self._put,
            "blobs/get": lambda params: {"data": self.blobs[params["blob_id"]], "blob_type": "data"},
            "runs/submit": self._submit,
        }

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(request)
        reply: dict[str, Any] = {"jsonrpc": "2.0", "id": request["id"]}
        try:
            if request["method"] not in self.serve:
                raise Refusal(-32601, f"no method {request['method']}")
            return {**reply, "result": self.serve[request["method"]](request["params"])}
        except Refusal as refusal:
            return {**reply, "error": {"code": refusal.code, "message": str(refusal)}}

    def ended(self) -> tuple[int, str]:
        """Its status, and what it wrote to stderr."""
        status = self.process.wait(timeout=PATIENCE)
        if self.process.stdin:
            self.process.stdin.close()
        return status, self.process.errors()  # type: ignore[attr-defined]

    def _put(self, params: dict[str, Any]) -> dict[str, Any]:
        id = f"blob{len(self.blobs)}"
        self.blobs[id] = params["data"]
        return {"blob_id": id}

    def _submit(self, params: dict[str, Any]) -> dict[str, Any]:
        """Each item is its input; one that is "bad" fails."""

        def outcome(value: Any) -> dict[str, Any]:
            if value == "bad":
                return {"outcome": "failed", "error": {"code": "COMPONENT_FAILED", "message": "a bad one"}}
            return {"outcome": "success", "result": value}

        outcomes = [outcome(value) for value in params["inputs"]]
        failed = sum(each["outcome"] == "failed" for each in outcomes)
        run = {"runId": "run1", "flowId": params["flowId"], "createdAt": "2026-01-01T00:00:00Z"}
        if not params["wait"]:
            return {**run, "status": "running", "items": {"total": len(outcomes), "running": len(outcomes)}}
        items = {"total": len(outcomes), "completed": len(outcomes) - failed, "failed": failed}
        results = [{"itemIndex": i, "status": "completed", "result": each} for i, each in enumerate(outcomes)]
        return {**run, "status": "failed" if failed else "completed", "items": items, "results": results}


class StdioRuntime(Runtime):
    def __init__(self, script: str, *arguments: str, greet: bool = True, reads: bool = True) -> None:
        super().__init__()
        self.process = start(script, *arguments, stdin=subprocess.PIPE)
        self._numbers = count(1)
        self._answers: dict[Any, Queue[dict[str, Any]]] = {}
        self._lock = threading.Lock()
        if reads:
            threading.Thread(target=self._read, daemon=True).start()
        if greet:
            self.hello = self.ask("initialize", {"runtime_protocol_version": 1, "capabilities": CAPABILITIES})
            self.notify("initialized", {})

    def ask(self, method: str, params: Any) -> dict[str, Any]:
        return self.wait(self.begin(method, params))

    def begin(self, method: str, params: Any) -> int:
        id = next(self._numbers)
        self._answers[id] = Queue()
        self.send({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
        return id

    def wait(self, id: int | str) -> dict[str, Any]:
        try:
            return self._answers.setdefault(id, Queue()).get(timeout=PATIENCE)
        except Empty:
            raise AssertionError(f"no answer to {id}") from None

    def call(self, component: str, input: Any = None, **more: Any) -> dict[str, Any]:
        return self.ask("components/execute", execution(component, input, **more))

    def notify(self, method: str, params: Any) -> None:
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    def send(self, message: Any) -> None:
        self.write(json.dumps(message).encode() + b"\n")

    def write(self, line: bytes) -> None:
        assert self.process.stdin
        with self._lock:
            self.process.stdin.write(line)
            self.process.stdin.flush()

    def close(self) -> tuple[int, str]:
        """Ends its stdin; its status, and what it wrote to stderr."""
        assert self.process.stdin
        self.process.stdin.close()
        return self.ended()

    def _reply(self, request: dict[str, Any]) -> None:
        reply = self.answer(request)
        try:
            self.send(reply)
        except (OSError, ValueError):
            pass  # it has ended in the meantime

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            message = json.loads(line)
            if "method" not in message:
                self._answers.setdefault(message["id"], Queue()).put(message)
            elif "id" in message:
                # Each by itself: one that waits holds up no other.
                threading.Thread(target=self._reply, args=(message,), daemon=True).start()
            else:
                self.heard.put(message)


class HttpRuntime(Runtime):
    def __init__(self, script: str, *, greet: bool = True) -> None:
        super().__init__()
        self.process = start(script, "--http", stdin=subprocess.DEVNULL)
        assert self.process.stdout
        self.port = json.loads(self.process.stdout.readline())["port"]
        self._numbers = count(1)
        if greet:
            self.hello = self.ask("initialize", {"runtime_protocol_version": 1, "capabilities": CAPABILITIES})
            self.notify("initialized", {})

    def ask(self, method: str, params: Any) -> dict[str, Any]:
        id = next(self._numbers)
        status, kind, lines = self.post({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
        if kind == "application/json":
            return json.loads(next(lines))
        assert status == 200 and kind == "text/event-stream", (status, kind)
        for line in lines:
            if not line.startswith(b"data: "):
                continue
            message = json.loads(line[len(b"data: ") :])
            if "method" not in message:
                assert message["id"] == id
                return message
            if "id" in message:
                assert self.post(self.answer(message))[0] == 202
            else:
                self.heard.put(message)
        raise AssertionError("the stream ended without an answer")

    def call(self, component: str, input: Any = None, **more: Any) -> dict[str, Any]:
        return self.ask("components/execute", execution(component, input, **more))

    def notify(self, method: str, params: Any) -> None:
        assert self.post({"jsonrpc": "2.0", "method": method, "params": params})[0] == 202

    def post(self, message: Any) -> tuple[int, str, Iterator[bytes]]:
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        return self.request("POST", "/", body, {})

    def request(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, str, Iterator[bytes]]:
        """The status, the type, and what comes: of a stream its lines, else one body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        usual = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
        connection.request(method, path, body, {**usual, **headers})
        response = connection.getresponse()
        status, kind = response.status, response.headers.get("Content-Type", "")
        if kind == "text/event-stream":
            return status, kind, self._lines(connection, response)
        said = response.read()
        connection.close()
        return status, kind, iter([said])

    def _lines(self, connection: http.client.HTTPConnection, response: Iterable[bytes]) -> Iterator[bytes]:
        try:
            yield from response
        finally:
            connection.close()

    def close(self) -> tuple[int, str]:
        self.process.terminate()
        return self.ended()


def execution(component: str, input: Any, **more: Any) -> dict[str, Any]:
    return {
        "component": component,
        "input": input,
        "attempt": 1,
        "observability": {"run_id": "run0", "step_id": "step"},
        "idempotency_key": "key",
        **more,
    }


def start(script: str, *arguments: str, stdin: int) -> subprocess.Popen[bytes]:
    # Unbuffered, what is printed before the server runs would be noise on its stdout, which Stepflow passes over.
    environment = {**os.environ, "PYTHONPATH": str(FOLDER.parent), "PYTHONUNBUFFERED": ""}
    process = subprocess.Popen(
        [sys.executable, str(FOLDER / script), *arguments],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        start_new_session=True,
    )
    # Read all the time: a server that waits for somebody to take its errors would end no test.
    said: list[bytes] = []
    stderr = process.stderr
    assert stderr
    reader = threading.Thread(target=lambda: said.extend(stderr), daemon=True)
    reader.start()

    def errors() -> str:
        reader.join(PATIENCE)
        stderr.close()
        if process.stdout:
            process.stdout.close()
        return b"".join(said).decode()

    process.errors = errors  # type: ignore[attr-defined]
    return process
