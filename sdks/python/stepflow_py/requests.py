"""What a component may ask of the runtime, written once: `ask` waits in a thread or in an event loop."""

from __future__ import annotations

import base64
from typing import Any, Awaitable, Callable, Optional

from . import wire
from .exceptions import StepflowRefused
from .runs import BatchDetails, ItemResult, RunStatus, output_of

Ask = Callable[[str, dict[str, Any]], Awaitable[Any]]


async def put_blob(ask: Ask, data: Any, blob_type: str) -> str:
    if isinstance(data, (bytes, bytearray, memoryview)):
        data, blob_type = base64.b64encode(data).decode("ascii"), "binary"
    return str(_object(await ask("blobs/put", {"data": data, "blob_type": blob_type})).get("blob_id"))


async def get_blob(ask: Ask, blob_id: str) -> Any:
    said = _object(await ask("blobs/get", {"blob_id": blob_id}))
    return base64.b64decode(said["data"]) if said.get("blob_type") == "binary" else said.get("data")


async def submit_run(
    ask: Ask,
    flow: Any,
    flow_id: Optional[str],
    inputs: Any,
    wait: bool,
    max_concurrency: Optional[int],
    overrides: Any,
    subflow_key: Optional[str],
) -> RunStatus:
    if inputs is None:
        raise TypeError("submit_run: inputs is missing: a list with one input for each item")
    params = {
        "flowId": await _id_of(ask, flow, flow_id, "submit_run"),
        "inputs": list(inputs),
        "wait": wait,
        **_given(maxConcurrency=max_concurrency, overrides=overrides, subflowKey=subflow_key),
    }
    return RunStatus(_object(await ask("runs/submit", params)))


async def get_run(ask: Ask, run_id: str, wait: bool, include_results: bool, result_order: str) -> RunStatus:
    params = {"runId": run_id, "wait": wait, "includeResults": include_results, "resultOrder": result_order}
    return RunStatus(_object(await ask("runs/get", params)))


async def evaluate_flow(ask: Ask, flow: Any, flow_id: Optional[str], input: Any, overrides: Any) -> Any:
    id = await _id_of(ask, flow, flow_id, "evaluate_flow")
    try:
        run = await submit_run(ask, None, id, [input], True, None, overrides, None)
    except StepflowRefused as refused:
        if refused.number != wire.METHOD_NOT_FOUND:
            raise
        # The runtimes before runs/submit.
        params = {"flow_id": id, "input": input, **_given(overrides=overrides)}
        return output_of(_object(await ask("flows/evaluate", params)).get("result"))
    return output_of(run.results[0].result if run.results else None)


async def submit_batch(
    ask: Ask, flow: Any, flow_id: Optional[str], inputs: Any, max_concurrency: Optional[int], overrides: Any
) -> str:
    id = await _id_of(ask, flow, flow_id, "submit_batch")
    try:
        return (await submit_run(ask, None, id, inputs, False, max_concurrency, overrides, None)).run_id
    except StepflowRefused as refused:
        if refused.number != wire.METHOD_NOT_FOUND:
            raise
        params = {"flow_id": id, "inputs": list(inputs), **_given(max_concurrency=max_concurrency, overrides=overrides)}
        return str(_object(await ask("flows/submit_batch", params)).get("batch_id"))


async def get_batch(
    ask: Ask, batch_id: str, wait: bool, include_results: bool
) -> tuple[BatchDetails, Optional[list[ItemResult]]]:
    try:
        run = await get_run(ask, batch_id, wait, include_results, "by_index")
    except StepflowRefused as refused:
        if refused.number != wire.METHOD_NOT_FOUND:
            raise
        params = {"batch_id": batch_id, "wait": wait, "include_results": include_results}
        said = _object(await ask("flows/get_batch", params))
        outputs = said.get("outputs")
        results = None if outputs is None else [ItemResult(one) for one in outputs]
        return BatchDetails(said.get("details") or {}), results
    return BatchDetails.of_run(run), run.results


async def evaluate_batch(
    ask: Ask, flow: Any, flow_id: Optional[str], inputs: Any, max_concurrency: Optional[int], overrides: Any
) -> list[Any]:
    run = await submit_run(ask, flow, flow_id, inputs, True, max_concurrency, overrides, None)
    return [output_of(one.result) for one in run.results or []]


async def get_metadata(ask: Ask, flow_id: Optional[str], step_id: Optional[str]) -> dict[str, Any]:
    return _object(await ask("flows/get_metadata", _given(flow_id=flow_id, step_id=step_id)))


# ---


async def _id_of(ask: Ask, flow: Any, flow_id: Optional[str], method: str) -> str:
    """Flows travel as blobs: that is the one form that every runtime takes."""
    if (flow is None) == (flow_id is None):
        raise TypeError(f"{method}: give either flow, a dict, or flow_id")
    if flow_id is not None:
        return flow_id
    return flow if isinstance(flow, str) else await put_blob(ask, flow, "flow")


def _given(**params: Any) -> dict[str, Any]:
    return {name: value for name, value in params.items() if value is not None}


def _object(answer: Any) -> dict[str, Any]:
    if isinstance(answer, dict):
        return answer
    raise StepflowRefused("", wire.INVALID_REQUEST, f"the runtime answered with {type(answer).__name__}, not an object")
