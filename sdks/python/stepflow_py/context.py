"""What a component is told about its call, and may ask of the runtime: one context a call. In a synchronous component
the same methods answer without `await`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Coroutine, Optional, Sequence, TypeVar

from . import requests
from .runs import BatchDetails, ItemResult, RunStatus

if TYPE_CHECKING:
    from .call import Call

T = TypeVar("T")
Flow = Any  # a dict in the flow language, or the id of one that was stored


class ContextLog:
    """Messages into the run's log; to stderr if the runtime takes no logs."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def debug(self, message: str, data: Any = None) -> None:
        self._write("debug", message, data)

    def info(self, message: str, data: Any = None) -> None:
        self._write("info", message, data)

    def warning(self, message: str, data: Any = None) -> None:
        self._write("warning", message, data)

    def error(self, message: str, data: Any = None) -> None:
        self._write("error", message, data)

    def _write(self, level: str, message: str, data: Any) -> None:
        if self._call.can("log"):
            self._call.notify("log", {"level": level, "message": str(message)}, data=data)
        else:
            print(f"{level}: {message}" if data is None else f"{level}: {message} {data!r}", file=sys.stderr)


class CallContext:
    """What both contexts have: about the call, and what needs no answer."""

    def __init__(self, call: Call) -> None:
        self._call = call

    @property
    def attempt(self) -> int:
        """From 1; retries count on."""
        return self._call.attempt

    @property
    def run_id(self) -> Optional[str]:
        return self._call.about("run_id")

    @property
    def step_id(self) -> Optional[str]:
        return self._call.about("step_id")

    @property
    def flow_id(self) -> Optional[str]:
        return self._call.about("flow_id")

    @property
    def session_id(self) -> Optional[str]:
        """There are none in this protocol any more; for components written for one that had them."""
        return None

    @property
    def idempotency_key(self) -> Optional[str]:
        """The same for each try of the same call, also after a crash; None if the runtime gives none."""
        return self._call.idempotency_key

    @property
    def is_cancelled(self) -> bool:
        """True when nobody wants the answer any more. A coroutine is cancelled by itself."""
        return self._call.is_cancelled

    @property
    def log(self) -> ContextLog:
        return ContextLog(self._call)

    def progress(self, done: float, total: Optional[float] = None, message: Optional[str] = None) -> None:
        """How far the call is. Not sent if the runtime takes no progress."""
        if self._call.can("progress"):
            self._call.notify("progress", {"done": done}, total=total, message=message)


class StepflowContext(CallContext):
    """The context of a component that is a coroutine. In a synchronous one it is a :class:`StepflowSyncContext`."""

    async def put_blob(self, data: Any, blob_type: str = "data") -> str:
        """Stores JSON, or bytes; answers its id."""
        return await requests.put_blob(self._call.ask_in_loop, data, blob_type)

    async def get_blob(self, blob_id: str) -> Any:
        return await requests.get_blob(self._call.ask_in_loop, blob_id)

    async def submit_run(
        self,
        flow: Flow = None,
        inputs: Optional[Sequence[Any]] = None,
        wait: bool = False,
        max_concurrency: Optional[int] = None,
        overrides: Any = None,
        *,
        flow_id: Optional[str] = None,
        subflow_key: Optional[str] = None,
    ) -> RunStatus:
        """Runs a flow once for each input: ``flow``, a dict, or ``flow_id``. With ``wait`` its results are there."""
        return await requests.submit_run(
            self._call.ask_in_loop, flow, flow_id, inputs, wait, max_concurrency, overrides, subflow_key
        )

    async def submit_run_by_id(
        self,
        flow_id: str,
        inputs: Sequence[Any],
        wait: bool = False,
        max_concurrency: Optional[int] = None,
        overrides: Any = None,
    ) -> RunStatus:
        return await self.submit_run(None, inputs, wait, max_concurrency, overrides, flow_id=flow_id)

    async def get_run(
        self, run_id: str, wait: bool = False, include_results: bool = False, result_order: str = "by_index"
    ) -> RunStatus:
        return await requests.get_run(self._call.ask_in_loop, run_id, wait, include_results, result_order)

    async def evaluate_flow(
        self, flow: Flow = None, input: Any = None, overrides: Any = None, *, flow_id: Optional[str] = None
    ) -> Any:
        """The output of a flow for one input; raises StepflowFailed or StepflowSkipped."""
        return await requests.evaluate_flow(self._call.ask_in_loop, flow, flow_id, input, overrides)

    async def evaluate_flow_by_id(self, flow_id: str, input: Any = None, overrides: Any = None) -> Any:
        return await self.evaluate_flow(None, input, overrides, flow_id=flow_id)

    async def submit_batch(
        self, flow: Flow, inputs: Sequence[Any], max_concurrency: Optional[int] = None, overrides: Any = None
    ) -> str:
        return await requests.submit_batch(self._call.ask_in_loop, flow, None, inputs, max_concurrency, overrides)

    async def submit_batch_by_id(
        self, flow_id: str, inputs: Sequence[Any], max_concurrency: Optional[int] = None, overrides: Any = None
    ) -> str:
        return await requests.submit_batch(self._call.ask_in_loop, None, flow_id, inputs, max_concurrency, overrides)

    async def get_batch(
        self, batch_id: str, wait: bool = False, include_results: bool = False
    ) -> tuple[BatchDetails, Optional[list[ItemResult]]]:
        return await requests.get_batch(self._call.ask_in_loop, batch_id, wait, include_results)

    async def evaluate_batch(
        self, flow: Flow, inputs: Sequence[Any], max_concurrency: Optional[int] = None, overrides: Any = None
    ) -> list[Any]:
        """The outputs of a flow, one for each input; raises StepflowFailed or StepflowSkipped where there is none."""
        return await requests.evaluate_batch(self._call.ask_in_loop, flow, None, inputs, max_concurrency, overrides)

    async def evaluate_batch_by_id(
        self, flow_id: str, inputs: Sequence[Any], max_concurrency: Optional[int] = None, overrides: Any = None
    ) -> list[Any]:
        return await requests.evaluate_batch(self._call.ask_in_loop, None, flow_id, inputs, max_concurrency, overrides)

    async def get_metadata(self, step_id: Optional[str] = None) -> dict[str, Any]:
        """``flow_metadata`` and ``step_metadata``: of this call's flow, and of its step unless another is named."""
        return await requests.get_metadata(self._call.ask_in_loop, self.flow_id, step_id or self.step_id)


class StepflowSyncContext(CallContext):
    """The context of a synchronous component: each method waits in its thread, and answers."""

    def put_blob(self, data: Any, blob_type: str = "data") -> str:
        return _answer(requests.put_blob(self._call.ask_in_thread, data, blob_type))

    def get_blob(self, blob_id: str) -> Any:
        return _answer(requests.get_blob(self._call.ask_in_thread, blob_id))

    def submit_run(
        self,
        flow: Flow = None,
        inputs: Optional[Sequence[Any]] = None,
        wait: bool = False,
        max_concurrency: Optional[int] = None,
        overrides: Any = None,
        *,
        flow_id: Optional[str] = None,
        subflow_key: Optional[str] = None,
    ) -> RunStatus:
        ask = self._call.ask_in_thread
        return _answer(requests.submit_run(ask, flow, flow_id, inputs, wait, max_concurrency, overrides, subflow_key))

    def submit_run_by_id(
        self,
        flow_id: str,
        inputs: Sequence[Any],
        wait: bool = False,
        max_concurrency: Optional[int] = None,
        overrides: Any = None,
    ) -> RunStatus:
        return self.submit_run(None, inputs, wait, max_concurrency, overrides, flow_id=flow_id)

    def get_run(
        self, run_id: str, wait: bool = False, include_results: bool = False, result_order: str = "by_index"
    ) -> RunStatus:
        return _answer(requests.get_run(self._call.ask_in_thread, run_id, wait, include_results, result_order))

    def evaluate_flow(
        self, flow: Flow = None, input: Any = None, overrides: Any = None, *, flow_id: Optional[str] = None
    ) -> Any:
        return _answer(requests.evaluate_flow(self._call.ask_in_thread, flow, flow_id, input, overrides))

    def evaluate_flow_by_id(self, flow_id: str, input: Any = None, overrides: Any = None) -> Any:
        return self.evaluate_flow(None, input, overrides, flow_id=flow_id)

    def submit_batch(
        self, flow: Flow, inputs: Sequence[Any], max_concurrency: Optional[int] = None, overrides: Any = None
    ) -> str:
        return _answer(requests.submit_batch(self._call.ask_in_thread, flow, None, inputs, max_concurrency, overrides))

    def submit_batch_by_id(
        self, flow_id: str, inputs: Sequence[Any], max_concurrency: Optional[int] = None, overrides: Any = None
    ) -> str:
        return _answer(
            requests.submit_batch(self._call.ask_in_thread, None, flow_id, inputs, max_concurrency, overrides)
        )

    def get_batch(
        self, batch_id: str, wait: bool = False, include_results: bool = False
    ) -> tuple[BatchDetails, Optional[list[ItemResult]]]:
        return _answer(requests.get_batch(self._call.ask_in_thread, batch_id, wait, include_results))

    def evaluate_batch(
        self, flow: Flow, inputs: Sequence[Any], max_concurrency: Optional[int] = None, overrides: Any = None
    ) -> list[Any]:
        return _answer(
            requests.evaluate_batch(self._call.ask_in_thread, flow, None, inputs, max_concurrency, overrides)
        )

    def evaluate_batch_by_id(
        self, flow_id: str, inputs: Sequence[Any], max_concurrency: Optional[int] = None, overrides: Any = None
    ) -> list[Any]:
        return _answer(
            requests.evaluate_batch(self._call.ask_in_thread, None, flow_id, inputs, max_concurrency, overrides)
        )

    def get_metadata(self, step_id: Optional[str] = None) -> dict[str, Any]:
        return _answer(requests.get_metadata(self._call.ask_in_thread, self.flow_id, step_id or self.step_id))


# ---


def _answer(work: Coroutine[Any, Any, T]) -> T:
    """What a coroutine comes to that waits by blocking, and so never suspends."""
    try:
        work.send(None)
    except StopIteration as done:
        value: T = done.value
        return value
    finally:
        work.close()
    raise RuntimeError("a synchronous component's context suspended")
