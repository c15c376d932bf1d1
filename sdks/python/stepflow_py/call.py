"""One call of a component: from its request to its answer, and what it asks of the runtime in between."""

from __future__ import annotations

import sys
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Callable, Optional, Protocol

from . import wire
from .component import Component
from .context import StepflowContext, StepflowSyncContext
from .exceptions import ComponentError, InvalidInput, StepflowCancelled, StepflowError, StepflowFailed, StepflowRefused
from .output import to_json, write_result

if TYPE_CHECKING:
    import asyncio

    from .server import StepflowServer


class Link(Protocol):
    """The way back to whoever sent the request."""

    # Over HTTP several runtimes may ask the same server.
    is_shared: bool

    def answer(self, line: bytes, may_wait: bool) -> None:
        """The last line for a request. `may_wait`: a runtime that does not read may hold up the thread that calls."""
        ...

    def answer_in_loop(self, line: bytes, loop: asyncio.AbstractEventLoop) -> None:
        """The same, from a coroutine."""
        ...

    def send(self, line: bytes) -> None: ...

    def send_if_room(self, line: bytes) -> bool:
        """False: too much waits there already, and it was dropped."""
        ...

    def is_full(self) -> bool: ...

    def wait_for_room(self) -> None:
        """Blocks while too much waits there."""
        ...


class Call:
    def __init__(
        self, server: StepflowServer, link: Link, component: Component, id: wire.MessageId, params: Any
    ) -> None:
        self.id = id
        self.link = link
        self.is_cancelled = False
        self._server = server
        self._component = component
        self._params = params
        self.task: Optional[asyncio.Task[None]] = None
        # What ends the waits of this call when it is cancelled.
        self._waits: set[Callable[[], None]] = set()

    def run_in_thread(self) -> None:
        if self.is_cancelled:
            return self.end_unstarted()
        try:
            output = self._component.call(self._params.get("input"), StepflowSyncContext, self)
            line = self._line(output)
        except BaseException as thrown:
            line = self._failure(thrown)
        if self.link.is_full():
            self.link.wait_for_room()
        self._finish(line, may_wait=True)

    async def run_in_loop(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            output = self._component.call(self._params.get("input"), StepflowContext, self)
            if hasattr(output, "__await__"):
                output = await output
            line = self._line(output)
        except BaseException as thrown:
            import asyncio

            # A component may also have waited for something of its own that was cancelled.
            is_ours = isinstance(thrown, asyncio.CancelledError) and self.is_cancelled
            line = self._failure(StepflowCancelled("the call was cancelled") if is_ours else thrown)
        if self.link.is_full():
            import asyncio

            try:
                await loop.run_in_executor(None, self.link.wait_for_room)
            except asyncio.CancelledError:
                pass  # an answer is given all the same
        self.link.answer_in_loop(line, loop)
        self._server.ended(self)

    def end_unstarted(self) -> None:
        self._finish(self._failure(StepflowCancelled("the call was cancelled")), may_wait=False)

    def cancel_task(self) -> None:
        """In the event loop."""
        if self.task:
            self.task.cancel()

    def fail_waits(self) -> None:
        for wake in list(self._waits):
            wake()

    # --- for the context; most calls ask for nothing, so nothing is looked up before

    @property
    def attempt(self) -> int:
        attempt = self._params.get("attempt")
        return attempt if isinstance(attempt, int) else 1

    @property
    def idempotency_key(self) -> Optional[str]:
        key = self._params.get("idempotency_key")
        return key if isinstance(key, str) else None

    @property
    def _observability(self) -> Optional[dict[str, Any]]:
        said = self._params.get("observability")
        return said if isinstance(said, dict) else None

    def about(self, name: str) -> Optional[str]:
        """`run_id` and the like: in `observability`, or beside it in what older runtimes send."""
        found = (self._observability or {}).get(name)
        if found is None:
            found = self._params.get(name)
        return found if isinstance(found, str) else None

    def can(self, extension: str) -> bool:
        said = self._server.runtime_can
        if self.link.is_shared and "idempotency_key" in said and self.idempotency_key is None:
            return False  # from another runtime than the one that announced it
        return extension in said

    def notify(self, method: str, params: dict[str, Any], **optional: Any) -> None:
        given = {name: value for name, value in optional.items() if value is not None}
        message = {"jsonrpc": "2.0", "method": method, "params": {"id": self.id, **params, **given}}
        if not self.link.send_if_room(wire.write(message, to_json)):
            self._server.count_dropped()

    async def ask_in_loop(self, method: str, params: dict[str, Any]) -> Any:
        import asyncio

        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Optional[wire.Message]] = loop.create_future()

        def settle(message: Optional[wire.Message]) -> None:
            if not answer.done():
                answer.set_result(message)

        def arrive(message: Optional[wire.Message]) -> None:
            loop.call_soon_threadsafe(settle, message)

        id = self._send(method, params, arrive)
        wake = lambda: arrive(None)  # noqa: E731
        self._waits.add(wake)
        try:
            return self._result(method, await answer)
        finally:
            self._waits.discard(wake)
            self._server.forget(id)

    async def ask_in_thread(self, method: str, params: dict[str, Any]) -> Any:
        """Blocks, and never suspends."""
        answers: SimpleQueue[Optional[wire.Message]] = SimpleQueue()
        id = self._send(method, params, answers.put)
        wake = lambda: answers.put(None)  # noqa: E731
        self._waits.add(wake)
        try:
            with self._server.threads.lent():
                # It may have been cancelled between the two lines before.
                message = None if self.is_cancelled else answers.get()
            return self._result(method, message)
        finally:
            self._waits.discard(wake)
            self._server.forget(id)

    # ---

    def _send(self, method: str, params: dict[str, Any], arrive: Callable[[Optional[wire.Message]], None]) -> str:
        if self.is_cancelled:
            raise StepflowCancelled("the call was cancelled: the runtime is asked for nothing more")
        observability = self._observability
        if observability is not None:
            params = {**params, "observability": observability}
        id = self._server.expect(arrive)
        try:
            self.link.send(wire.write({"jsonrpc": "2.0", "id": id, "method": method, "params": params}, to_json))
        except BaseException:
            self._server.forget(id)
            raise
        return id

    def _result(self, method: str, message: Optional[wire.Message]) -> Any:
        if message is None:
            why = "the call was cancelled" if self.is_cancelled else "the runtime closed the connection"
            raise StepflowCancelled(why)
        error = message.get("error")
        if error is None:
            return message.get("result")
        said: dict[str, Any] = error if isinstance(error, dict) else {}
        code = said.get("code")
        text = str(said.get("message", "an error without a message"))
        raise StepflowRefused(method, code if isinstance(code, int) else 0, text, said.get("data"))

    def _line(self, output: Any) -> bytes:
        return write_result({"jsonrpc": "2.0", "id": self.id, "result": {"output": output}})

    def _failure(self, thrown: BaseException) -> bytes:
        if not isinstance(thrown, (StepflowError, wire.WireError, wire.TooLarge)):
            import traceback

            traceback.print_exception(type(thrown), thrown, thrown.__traceback__, file=sys.stderr)
        return error_line(self.id, thrown)

    def _finish(self, line: bytes, may_wait: bool) -> None:
        # Who waits for the calls to end waits for their answers.
        self.link.answer(line, may_wait)
        self._server.ended(self)


def error_line(id: wire.MessageId, thrown: BaseException) -> bytes:
    """The answer of a request that failed. Whatever was thrown, there is one."""
    code, message, data = _described(thrown)
    answer = {"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message[:_LONGEST], "data": data}}
    try:
        return wire.write(answer, to_json)
    except (ValueError, TypeError, RecursionError):
        answer["error"] = {"code": code, "message": message[:_LONGEST], "data": {"type": type(thrown).__name__}}
        return wire.write(answer, to_json)


# ---

_LONGEST = 100_000


def _described(thrown: BaseException) -> tuple[int, str, dict[str, Any]]:
    kind = type(thrown).__name__
    text = _text(thrown)
    if isinstance(thrown, wire.WireError):
        return thrown.code, text, thrown.data
    if isinstance(thrown, InvalidInput):
        return wire.INVALID_INPUT, text, {"type": kind, "field": thrown.field}
    if isinstance(thrown, ComponentError):
        chosen = {"code": thrown.code, "retryable": thrown.retryable, "retry_after_ms": thrown.retry_after_ms}
        said = {name: value for name, value in chosen.items() if value is not None}
        return wire.EXECUTION_FAILED, text, {**(thrown.data or {}), **said, "type": kind}
    if isinstance(thrown, (StepflowFailed, StepflowRefused)):
        code = thrown.error_code if isinstance(thrown, StepflowFailed) else thrown.code
        data = thrown.data if isinstance(thrown.data, dict) else {}
        return wire.EXECUTION_FAILED, text, {**data, "code": code, "type": kind}
    if isinstance(thrown, (StepflowError, wire.TooLarge)):
        return wire.EXECUTION_FAILED, text, {"type": kind}
    return wire.EXECUTION_FAILED, f"{kind}: {text}" if text else kind, {"type": kind}


def _text(thrown: BaseException) -> str:
    try:
        return str(thrown)
    except Exception:
        return "an error whose text cannot be made"
