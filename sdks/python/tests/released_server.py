# A server as authors wrote it for 0.3 to 0.7 of the public SDK. It is not changed for ours.
import asyncio

import msgspec
from stepflow_py import StepflowContext, StepflowStdioServer
from stepflow_py.exceptions import StepflowFailed

server = StepflowStdioServer()


class Text(msgspec.Struct):
    text: str


class Words(msgspec.Struct):
    words: int


class Number(msgspec.Struct):
    n: int


class Anything(msgspec.Struct):
    value: dict = {}


@server.component
def word_count(input: Text) -> Words:
    return Words(words=len(input.text.split()))


@server.component
def double(input: Number) -> int:
    if input.n < 0:
        raise ValueError("no negative numbers")
    return input.n * 2


@server.component
async def keep(input: Anything, context: StepflowContext) -> dict:
    blob = await context.put_blob(input.value)
    return {"id": blob, "value": await context.get_blob(blob)}


FLOW = {
    "steps": [{"id": "d", "component": "/s/double", "input": {"n": {"$from": {"workflow": "input"}, "path": "n"}}}],
    "output": {"$from": {"step": "d"}},
}


@server.component
async def inner(input: Number, context: StepflowContext) -> int:
    return await context.evaluate_flow_by_id(await context.put_blob(FLOW), {"n": input.n})


@server.component
async def failing(input: Number, context: StepflowContext) -> dict:
    try:
        await context.evaluate_flow_by_id(await context.put_blob(FLOW), {"n": -1})
    except StepflowFailed as failure:
        return {"code": failure.error_code, "message": failure.message, "data": failure.data}
    return {}


@server.component
async def batch(input: Number, context: StepflowContext) -> dict:
    flow_id = await context.put_blob(FLOW)
    batch_id = await context.submit_batch_by_id(flow_id, [{"n": n} for n in range(input.n)], max_concurrency=2)
    details, outputs = await context.get_batch(batch_id, wait=True, include_results=True)
    again = await context.evaluate_batch_by_id(flow_id, [{"n": 7}])
    return {
        "total": details.total_runs,
        "completed": details.completed_runs,
        "flow": details.flow_id == flow_id,
        "results": [output.result.result for output in outputs],
        "again": again,
    }


@server.component
async def metadata(input: Number, context: StepflowContext) -> dict:
    return await context.get_metadata()


@server.component
async def who(input: Number, context: StepflowContext) -> dict:
    return {"step": context.step_id, "run": context.run_id, "flow": context.flow_id}


@server.component
def boom(input: Number) -> int:
    raise RuntimeError("out of luck")


@server.component
def talk(input: Number) -> int:
    print("a word on stdout", flush=True)
    return input.n


@server.component
async def slow(input: Number) -> dict:
    await asyncio.sleep(0.05)
    return {"n": input.n, "filler": "x" * 1000}


server.run()
