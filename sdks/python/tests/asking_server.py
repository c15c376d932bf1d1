"""A component that asks for everything there is, for a real runtime to answer."""

from __future__ import annotations

import base64
from typing import Any, Dict, List

from stepflow_py import StepflowContext, StepflowFailed, StepflowServer

server = StepflowServer()

ECHO = {"steps": [{"id": "a", "component": "/builtin/noop", "input": {"$input": "$"}}], "output": {"$step": "a"}}
WRONG = {
    "steps": [{"id": "a", "component": "/builtin/transform", "input": {"value": 1, "expression": "x / 0"}}],
    "output": {"$step": "a"},
}


@server.component
async def asking(input: List[int], ctx: StepflowContext) -> Dict[str, Any]:
    run = await ctx.submit_run(ECHO, input)
    run = await ctx.get_run(run.run_id, wait=True, include_results=True)
    batch = await ctx.submit_batch(ECHO, input, max_concurrency=1)
    details, outputs = await ctx.get_batch(batch, wait=True, include_results=True)
    failed = ""
    try:
        await ctx.evaluate_flow(WRONG, None)
    except StepflowFailed as error:
        failed = error.message
    bytes_back = await ctx.get_blob(await ctx.put_blob(b"\0\1\xff"))
    ctx.progress(1, 1)
    return {
        "blob": await ctx.get_blob(await ctx.put_blob({"größer": [1, None]})),
        "bytes": base64.b64encode(bytes_back).decode(),
        "run": [run.status, run.items.success],
        "batch": [details.completed_runs, [each.result["result"] for each in outputs or []]],
        "evaluated": await ctx.evaluate_flow_by_id(await ctx.put_blob(ECHO, "flow"), 7),
        "failed": failed,
        "metadata": await ctx.get_metadata(),
    }


if __name__ == "__main__":
    server.run()
