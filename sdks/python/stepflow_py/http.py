"""A server over HTTP: `POST /` takes a message, `GET /health` says that it is there. An answer is JSON, or a stream of
events where the component says or asks something before it; what the runtime answers comes by a POST of its own.

1. A connection has one request at a time; what comes after it waits, unread once it is much.
2. Who sends no whole request in time, one that is too long, or none that HTTP knows, gets an answer that says so,
   and the connection ends.
3. A connection that is lost cancels the call whose answer was to go there.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Optional, cast

from . import wire
from .http_messages import MOST_HEAD_BYTES, Refused, Request, head
from .process import End, take_over

if TYPE_CHECKING:
    from .server import StepflowServer

_MOST_WAITING_BYTES = 8 * 1024 * 1024
_REQUEST_SECONDS = 60
_IDLE_SECONDS = 75


def serve_http(server: StepflowServer, host: str, port: int) -> None:
    """Until SIGTERM or Ctrl-C. Announces its port as a line on stdout, `{"port": N}`."""
    _, target = take_over()
    end = End(server)
    end.begin_on_signals()
    asyncio.run(_run(server, host, port, target, end))
    end.exit()


# ---


async def _run(server: StepflowServer, host: str, port: int, target: int, end: End) -> None:
    loop = asyncio.get_running_loop()
    server.use_loop(loop)
    instance = os.urandom(8).hex()
    try:
        listener = await loop.create_server(lambda: _Connection(server, instance), host, port, backlog=1024)
    except OSError as error:
        sys.exit(f"cannot listen on {host}:{port}: {error}")
    said = {"port": listener.sockets[0].getsockname()[1]}
    os.write(target, json.dumps(said).encode() + b"\n")
    await end.wait_in_loop()
    listener.close()
    await loop.run_in_executor(None, end.wait_for_calls)


class _Connection(asyncio.Protocol):
    def __init__(self, server: StepflowServer, instance: str) -> None:
        self.loop = asyncio.get_running_loop()
        self.instance = instance
        # The reader is slow: what is to be written waits with the reply, where it is counted.
        self.is_paused = False
        self.transport: asyncio.Transport = cast(asyncio.Transport, None)  # there once the connection is made
        self._server = server
        self._received = bytearray()
        self._request: Optional[Request] = None
        self._reply: Optional[_Reply] = None
        self._timer: Optional[asyncio.TimerHandle] = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._wait(_IDLE_SECONDS)

    def connection_lost(self, exc: Optional[Exception]) -> None:
        self._stop_waiting()
        reply, self._reply = self._reply, None
        if reply:
            self._server.cancel_for(reply)
            reply.drop()

    def pause_writing(self) -> None:
        self.is_paused = True

    def resume_writing(self) -> None:
        self.is_paused = False
        if self._reply:
            self._reply.flush()

    def data_received(self, data: bytes) -> None:
        self._received += data
        self._advance()

    def done(self, is_last: bool) -> None:
        """The answer is written."""
        self._reply = None
        if is_last:
            self.transport.close()
            return
        self._wait(_IDLE_SECONDS)
        self.transport.resume_reading()
        # Not from here: a thousand requests that came at once would be a thousand frames.
        self.loop.call_soon(self._advance)

    # ---

    def _advance(self) -> None:
        try:
            while not self._reply and not self.transport.is_closing():
                if not self._request:
                    self._request = self._read_head()
                    if not self._request:
                        return
                body = self._request.read_body(self._received)
                if body is None:
                    return
                request, self._request = self._request, None
                self._stop_waiting()
                self._answer(request, body)
            # Somebody who sends ahead waits.
            if len(self._received) > MOST_HEAD_BYTES:
                self.transport.pause_reading()
        except Refused as refused:
            self._refuse(refused)

    def _read_head(self) -> Optional[Request]:
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            if len(self._received) > MOST_HEAD_BYTES:
                raise Refused(431, f"the header is longer than {MOST_HEAD_BYTES} bytes")
            if self._received:
                self._wait(_REQUEST_SECONDS)
            return None
        begun = bytes(self._received[:end])
        del self._received[: end + 4]
        self._wait(_REQUEST_SECONDS)
        request = Request(begun)
        if request.headers.get("expect", "").lower() == "100-continue":
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return request

    def _answer(self, request: Request, body: bytes) -> None:
        reply = _Reply(self, request)
        self._reply = reply
        if request.method == "GET" and request.path == "/health":
            moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            said = {"status": "healthy", "instanceId": self.instance, "timestamp": moment, "service": "stepflow_py"}
            return reply.end(200, json.dumps(said).encode())
        request.check()
        if not self._server.handle(body, reply):
            reply.end(202, b"")
        self._server.go()

    def _refuse(self, refused: Refused) -> None:
        error = {"code": wire.INVALID_REQUEST, "message": str(refused), "data": {}}
        body = json.dumps({"jsonrpc": "2.0", "id": None, "error": error}).encode()
        self.transport.write(head(refused.status, self.instance, len(body), is_last=True) + body)
        self._reply = None
        self.transport.close()

    def _wait(self, seconds: float) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = self.loop.call_later(seconds, self._expire)

    def _stop_waiting(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _expire(self) -> None:
        if self._request or self._received:
            self._refuse(Refused(408, f"the request did not come within {_REQUEST_SECONDS} s"))
        else:
            self.transport.close()


class _Reply:
    """The way back to one request. Threads may use it."""

    is_shared = True

    def __init__(self, connection: _Connection, request: Request) -> None:
        self._connection = connection
        self._request = request
        self._is_stream = False
        self._room = threading.Condition()
        self._lines: list[bytes] = []
        self._waiting = 0
        # The last of the lines is the answer.
        self._is_answered = False
        self._is_lost = False
        self._is_scheduled = False

    def answer(self, line: bytes, may_wait: bool) -> None:
        self._put(line, is_answer=True)

    def answer_in_loop(self, line: bytes, loop: asyncio.AbstractEventLoop) -> None:
        with self._room:
            self._keep(line, is_answer=True)
        self.flush()

    def send(self, line: bytes) -> None:
        self._put(line, is_answer=False)

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
        """In the loop: writes what has come together."""
        with self._room:
            self._is_scheduled = False
            if self._connection.is_paused or not self._lines:
                return
            lines = self._take()
            is_answered = self._is_answered
        if is_answered and len(lines) == 1 and not self._is_stream:
            # A message that could not be read is the one kind that HTTP itself refuses.
            is_refusal = b'"error":{"code":-32600,' in lines[0][:200]
            return self.end(400 if is_refusal else 200, lines[0])
        self._stream(lines, is_answered)

    def drop(self) -> None:
        """The connection is lost: nothing is kept for it."""
        with self._room:
            self._is_lost = True
            self._take()

    def end(self, status: int, body: bytes) -> None:
        connection, is_last = self._connection, self._request.is_last
        connection.transport.write(head(status, connection.instance, len(body), is_last) + body)
        connection.done(is_last)

    # ---

    def _put(self, line: bytes, is_answer: bool) -> None:
        loop = self._connection.loop
        with self._room:
            if loop.is_closed():
                return
            self._keep(line, is_answer)
            if self._is_scheduled:
                return
            self._is_scheduled = True
        loop.call_soon_threadsafe(self.flush)

    def _keep(self, line: bytes, is_answer: bool) -> None:
        """With the lock held."""
        if self._is_lost:
            return
        self._lines.append(line)
        self._waiting += len(line)
        self._is_answered = is_answer

    def _take(self) -> list[bytes]:
        """With the lock held."""
        lines, self._lines, self._waiting = self._lines, [], 0
        self._room.notify_all()
        return lines

    def _stream(self, lines: list[bytes], is_answered: bool) -> None:
        pieces = []
        is_chunked = self._request.is_1_1
        if not self._is_stream:
            self._is_stream = True
            pieces.append(head(200, self._connection.instance, None, self._is_last, is_chunked))
        events = b"".join(b"data: " + line + b"\n" for line in lines)
        pieces.append(b"%x\r\n%b\r\n" % (len(events), events) if is_chunked else events)
        if is_answered and is_chunked:
            pieces.append(b"0\r\n\r\n")
        self._connection.transport.write(b"".join(pieces))
        if is_answered:
            self._connection.done(self._is_last)

    @property
    def _is_last(self) -> bool:
        # A stream to HTTP/1.0 has no other end.
        return self._request.is_last or not self._request.is_1_1
