"""Components that are served together: the methods of the protocol, whatever they come over."""

from __future__ import annotations

import os
import sys
import threading
from collections import deque
from itertools import count
from typing import TYPE_CHECKING, Any, Callable, Optional, TypeVar, Union, overload

from . import wire
from .call import Call, Link, error_line
from .component import Component
from .output import to_json
from .threads import Threads

if TYPE_CHECKING:
    import asyncio

F = TypeVar("F", bound=Callable[..., Any])
Arrive = Callable[[Optional[wire.Message]], None]
_MOST_CALLS = 10_000


class StepflowServer:
    """A server of components, to be started by Stepflow as a process of its own.

    ::

        server = StepflowServer()

        @server.component
        def word_count(input: Text) -> Count:
            return Count(words=len(input.text.split()))

        server.run()
    """

    def __init__(self, include_builtins: bool = True) -> None:
        self.runtime_can: frozenset[str] = frozenset()
        self.threads = Threads()
        self._components: dict[str, Component] = {}
        self._calls: dict[wire.MessageId, list[Call]] = {}
        self._lock = threading.Lock()
        self._in_flight = 0
        self._expected: dict[str, Arrive] = {}
        self._prefix = os.urandom(6).hex()
        self._numbers = count(1)
        self._is_closed = False
        self._dropped = 0
        self._loop: Optional[asyncio.AbstractEventLoop] = None
        self._for_loop: deque[Call] = deque()
        self._is_woken = False
        if include_builtins:
            from .udf import run_udf

            self._components["/udf"] = Component(run_udf, "/udf", None, None, None, None)

    @overload
    def component(self, func: F) -> F: ...

    @overload
    def component(
        self,
        func: None = None,
        *,
        name: Optional[str] = None,
        description: Optional[str] = None,
        input_schema: Optional[dict[str, Any]] = None,
        output_schema: Optional[dict[str, Any]] = None,
    ) -> Callable[[F], F]: ...

    def component(
        self,
        func: Optional[F] = None,
        *,
        name: Optional[str] = None,
        description: Optional[str] = None,
        input_schema: Optional[dict[str, Any]] = None,
        output_schema: Optional[dict[str, Any]] = None,
    ) -> Union[F, Callable[[F], F]]:
        """Adds a function, which stays what it is; its path is its name. With or without arguments."""
        frame = sys._getframe(1)
        names = None if frame.f_locals is frame.f_globals else dict(frame.f_locals)

        def add(function: F) -> F:
            called = name or getattr(function, "__name__", None)
            if not called:
                raise TypeError(f"{function!r} has no name: give one, @server.component(name=...)")
            path = called if called.startswith("/") else f"/{called}"
            if path in self._components and path != "/udf":
                raise TypeError(f"component {path} is there already: give this one another name")
            self._components[path] = Component(function, path, description, input_schema, output_schema, names)
            return function

        return add if func is None else add(func)

    def run(self, *, http: Optional[bool] = None, host: Optional[str] = None, port: Optional[int] = None) -> None:
        """Serves until the other end is gone: over stdio, or over HTTP if told so here or by `--http [--port N]`."""
        from .arguments import read_arguments

        told = read_arguments(sys.argv[1:])
        for component in self._components.values():
            try:
                component.prepare()
            except NameError as error:
                raise TypeError(f"component {component.path}: its annotations cannot be read: {error}") from None
        if told.http if http is None else http:
            from .http import serve_http

            serve_http(self, host or told.host, told.port if port is None else port)
        else:
            from .stdio import serve_stdio

            serve_stdio(self)

    # --- for the transports

    def needs_loop(self) -> bool:
        return any(component.is_async for component in self._components.values())

    def use_loop(self, loop: asyncio.AbstractEventLoop) -> None:
        """Coroutines run there from now on, those that have come already, too."""
        self._loop = loop
        self._wake_loop()

    def handle(self, line: bytes, link: Link) -> bool:
        """Takes a message, in one thread only; raises nothing. True: an answer goes to the link, now or later.

        The calls that it begins run once `go` is called: a thread that begins at once would take Python's lock away
        from the one that reads, and give it back, for every call.
        """
        id: wire.MessageId = None
        try:
            message = wire.read(line)
            method, id = message.get("method"), message.get("id")
            if isinstance(method, str) and "id" in message:
                self._request(method, id, message.get("params"), link)
                return True
            if isinstance(method, str):
                self._notification(method, message.get("params"))
            else:
                self._arrived(message)
            return False
        except wire.Unreadable as unreadable:
            print(f"a line that cannot be read: {line[:200]!r}", file=sys.stderr)
            link.answer(
                error_line(unreadable.id, wire.WireError(wire.INVALID_REQUEST, str(unreadable))), may_wait=False
            )
        except Exception as error:
            if not isinstance(error, wire.WireError):
                import traceback

                traceback.print_exc(file=sys.stderr)
            link.answer(error_line(id, error), may_wait=False)
        return True

    def go(self) -> None:
        """After `handle`, or after a few."""
        self.threads.go()
        self._wake_loop()

    def expect(self, arrive: Arrive) -> str:
        """The id for a request to the runtime, whose answer goes to `arrive`."""
        id = f"{self._prefix}-{next(self._numbers)}"
        self._expected[id] = arrive
        # It would have been passed over by `close`.
        if self._is_closed:
            arrive(None)
        return id

    def forget(self, id: str) -> None:
        self._expected.pop(id, None)

    def ended(self, call: Call) -> None:
        with self._lock:
            self._in_flight -= 1
            same = self._calls.pop(call.id, None)
            if same and len(same) > 1:
                self._calls[call.id] = [each for each in same if each is not call]

    def count_dropped(self) -> None:
        """A log or progress message that the runtime did not take."""
        self._dropped += 1
        if self._dropped & (self._dropped - 1) == 0:
            print(f"the runtime does not read: {self._dropped} log or progress messages were dropped", file=sys.stderr)

    def cancel(self, calls: Optional[list[Call]] = None) -> None:
        """These calls, or all."""
        if calls is None:
            with self._lock:
                calls = [call for same in self._calls.values() for call in same]
        for call in calls:
            call.is_cancelled = True
            call.fail_waits()
            if self._loop and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(call.cancel_task)

    def cancel_for(self, link: Link) -> None:
        """The calls whose answers would go there."""
        with self._lock:
            calls = [call for same in self._calls.values() for call in same if call.link is link]
        self.cancel(calls)

    def close(self) -> None:
        """The runtime answers nothing any more."""
        self._is_closed = True
        for arrive in list(self._expected.values()):
            arrive(None)

    def is_idle(self) -> bool:
        return not self._calls

    # ---

    def _request(self, method: str, id: wire.MessageId, params: Any, link: Link) -> None:
        given = params if isinstance(params, dict) else {}
        if method == "components/execute":
            return self._execute(id, given, link)
        answer = {"jsonrpc": "2.0", "id": id, "result": self._result(method, given)}
        link.answer(wire.write(answer, to_json), may_wait=False)

    def _result(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        if method == "initialize":
            return self._initialize(params)
        if method == "components/list":
            return {"components": [component.info() for component in self._components.values()]}
        if method == "components/info":
            return {"info": self._find(params).info()}
        if method == "components/infer_schema":
            schema = self._find(params).output_schema()
            return {} if schema is None else {"output_schema": schema}
        raise wire.WireError(wire.METHOD_NOT_FOUND, f"this server has no method {method!r}")

    def _initialize(self, params: dict[str, Any]) -> dict[str, Any]:
        asked = [params[key] for key in ("runtime_protocol_version", "runtimeProtocolVersion") if key in params]
        if asked and wire.PROTOCOL_VERSION not in asked:
            said = f"the runtime speaks protocol version {asked[0]!r}; this server speaks {wire.PROTOCOL_VERSION}"
            raise wire.WireError(wire.INVALID_REQUEST, said)
        said_capabilities = params.get("capabilities")
        capabilities = said_capabilities if isinstance(said_capabilities, dict) else {}
        self.runtime_can = frozenset(name for name in wire.CAPABILITIES if capabilities.get(name) is True)
        key = "server_protocol_version"
        if "runtimeProtocolVersion" in params and "runtime_protocol_version" not in params:
            key = "serverProtocolVersion"
        # Who announces none of our extensions is of the old time, and told nothing that it does not know.
        ours = {"capabilities": dict.fromkeys(wire.CAPABILITIES, True)} if self.runtime_can else {}
        return {key: wire.PROTOCOL_VERSION, **ours}

    def _execute(self, id: wire.MessageId, params: dict[str, Any], link: Link) -> None:
        component = self._find(params)
        call = Call(self, link, component, id, params)
        with self._lock:
            if self._in_flight >= _MOST_CALLS:
                data = {"code": "RESOURCE_UNAVAILABLE"}
                raise wire.WireError(wire.EXECUTION_FAILED, f"{_MOST_CALLS} calls are in flight: ask again later", data)
            self._in_flight += 1
            same = self._calls.get(id)
            self._calls[id] = [*same, call] if same else [call]
        if component.is_async:
            self._for_loop.append(call)
        else:
            self.threads.add(call.run_in_thread)

    def _notification(self, method: str, params: Any) -> None:
        if method != "components/cancel" or not isinstance(params, dict):
            return
        id = params.get("id")
        same = self._calls.get(id) if isinstance(id, (str, int, float)) else None
        # Two runtimes may have chosen the same id; whose call is meant, nobody knows then.
        if same and len(same) == 1:
            self.cancel(same)

    def _arrived(self, message: wire.Message) -> None:
        id = message.get("id")
        arrive = self._expected.pop(id, None) if isinstance(id, str) else None
        if arrive:
            arrive(message)
        elif id is None and message.get("error"):
            print(f"the runtime refused a message: {message['error']}", file=sys.stderr)

    def _find(self, params: dict[str, Any]) -> Component:
        said = str(params.get("component"))
        path = said if said.startswith("/") else f"/{said}"
        found = self._components.get(path)
        if found:
            return found
        known = ", ".join(self._components) or "none"
        raise wire.WireError(
            wire.COMPONENT_NOT_FOUND, f"this server has no component {path}; there are: {known}", {"component": path}
        )

    def _wake_loop(self) -> None:
        if self._loop and self._for_loop and not self._is_woken:
            self._is_woken = True
            self._loop.call_soon_threadsafe(self._start_calls)

    def _start_calls(self) -> None:
        self._is_woken = False
        loop = self._loop
        while loop and self._for_loop:
            call = self._for_loop.popleft()
            # A task that is cancelled before its first step would end without an answer.
            if call.is_cancelled:
                call.end_unstarted()
            else:
                call.task = loop.create_task(call.run_in_loop(loop))


class StepflowStdioServer(StepflowServer):
    """The same by the name that the public SDK gave it; serves the components of another server if it is given one."""

    def __init__(self, server: Optional[StepflowServer] = None) -> None:
        super().__init__()
        if server is not None:
            self._components = server._components
