"""A server with a component for each claim of the tests."""

from __future__ import annotations

import asyncio
import atexit
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import Any, List, Optional, TypedDict

from stepflow_py import (
    ComponentError,
    StepflowContext,
    StepflowFailed,
    StepflowServer,
    StepflowStdioServer,
    StepflowSyncContext,
)

print("printed before the server runs")
atexit.register(lambda: print("left in good order", file=sys.stderr))
server: StepflowServer = StepflowStdioServer()


@dataclass
class Order:
    id: int
    lines: List[Line]
    note: Optional[str] = None


@dataclass
class Line:
    sku: str
    count: int = 1


class Words(TypedDict, total=False):
    text: str
    times: int


@server.component
def echo(input: Any) -> Any:
    return input


@server.component
def total(order: Order) -> Order:
    """Adds a line that counts all lines."""
    return Order(order.id, [*order.lines, Line("all", sum(line.count for line in order.lines))], order.note)


@server.component
def shout(text: str) -> str:
    return text.upper()


@server.component(name="repeat", description="Repeats a text")
async def repeat_text(words: Words) -> Words:
    await asyncio.sleep(0)
    return {"text": words["text"] * words.get("times", 1)}


@server.component
def nothing() -> None:
    pass


@server.component
async def about(input: Any, ctx: StepflowContext) -> dict[str, Any]:
    return {
        "attempt": ctx.attempt,
        "run": ctx.run_id,
        "step": ctx.step_id,
        "key": ctx.idempotency_key,
        "flow": ctx.flow_id,
    }


@server.component
def keep(input: Any, context: StepflowSyncContext) -> Any:
    """Without await: a thread waits for the answers."""
    context.log.info("keeping", {"size": len(input)})
    context.progress(1, 2, "half")
    return context.get_blob(context.put_blob(input))


@server.component
async def keep_async(input: Any, anything: StepflowContext) -> Any:
    anything.log.info("keeping", {"size": len(input)})
    return await anything.get_blob(await anything.put_blob(input))


@server.component
async def run_all(input: list[Any], ctx: StepflowContext) -> dict[str, Any]:
    run = await ctx.submit_run(flow={"steps": []}, inputs=input, wait=True, max_concurrency=2)
    results = run.results or []
    assert all(one.result.result == one.result.get("result") for one in results)
    return {"good": run.items.success, "bad": run.items.failed, "results": [one.result for one in results]}


@server.component
def run_all_sync(input: list[Any], ctx) -> dict[str, Any]:  # type: ignore[no-untyped-def]
    run = ctx.submit_run(flow_id="flow1", inputs=input, wait=True)
    assert run.items.completed == run.items.success
    return {"good": run.items.success, "bad": run.items.failed, "results": [one.result for one in run.results]}


@server.component
async def evaluate(input: Any, ctx: StepflowContext) -> Any:
    try:
        return await ctx.evaluate_flow_by_id("flow1", input)
    except StepflowFailed as failed:
        return {"failed": failed.error_code, "message": failed.message}


@server.component
def evaluate_and_fail(input: Any, ctx: StepflowSyncContext) -> Any:
    return ctx.evaluate_flow({"steps": []}, input)


@server.component
async def outputs(input: list[Any], ctx: StepflowContext) -> Any:
    return await ctx.evaluate_batch_by_id("flow1", input)


@server.component
def batch(input: list[Any], ctx: StepflowSyncContext) -> Any:
    id = ctx.submit_batch("flow1", input, max_concurrency=3)
    details, outputs = ctx.get_batch(id, wait=True, include_results=True)
    return {"id": id, "done": details.completed_runs, "outputs": [one.result for one in outputs or []]}


@server.component
def fail(input: Any) -> None:
    raise LookupError("there is no such thing")


@server.component
async def fail_chosen(input: Any) -> None:
    raise ComponentError("no such form", code="INVALID_INPUT", data={"form": 7}, retryable=False, retry_after_ms=5)


@server.component
async def fail_cancelled(input: Any) -> None:
    task = asyncio.ensure_future(asyncio.sleep(1000))
    task.cancel()
    await task


@server.component
def leave(input: Any) -> None:
    sys.exit("leaving")


@server.component
async def leave_async(input: Any) -> None:
    sys.exit("leaving")


@server.component
def no_json(input: str) -> Any:
    circle: list[Any] = []
    circle.append(circle)
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    return {
        "values": [
            1,
            {"nan": float("nan"), "object": object(), "circle": circle, "key": {(1, 2): 3}, "deep": deep}[input],
        ]
    }


@server.component
def large(size: int) -> str:
    return "x" * size


@server.component
def say(input: str) -> str:
    print("printed", input)
    subprocess.run([sys.executable, "-c", "print('from a child')"], check=True)
    os.write(1, b"written to 1\n")
    return sys.stdin.read()


barriers: dict[int, threading.Barrier] = {}
lock = threading.Lock()


@server.component
def meet(size: int) -> int:
    """Ends when so many are here at once."""
    with lock:
        barrier = barriers.setdefault(size, threading.Barrier(size))
    barrier.wait(60)
    return size


@server.component
def meet_then_ask(size: int, ctx: StepflowSyncContext) -> Any:
    meet(size)
    return ctx.put_blob(size)


@server.component
async def sleep_async(seconds: float) -> None:
    await asyncio.sleep(seconds)


@server.component
def sleep(seconds: float) -> None:
    time.sleep(seconds)


@server.component
def until_cancelled(input: Any, ctx: StepflowSyncContext) -> str:
    ctx.log.info("started")
    while not ctx.is_cancelled:
        time.sleep(0.001)
    stopped.release()
    return "stopped"


stopped = threading.Semaphore(0)


@server.component
def has_stopped(input: Any) -> bool:
    """Waits until a call of `until_cancelled` has."""
    return stopped.acquire(timeout=60)


@server.component
def wait_for_runtime(input: Any, ctx: StepflowSyncContext) -> Any:
    return ctx.get_run("never")


@server.component
async def chatter(count: int, ctx: StepflowContext) -> int:
    for _ in range(count):
        ctx.log.info("x" * 1000)
    return count


@server.component
def stay(input: Any) -> None:
    """Leaves a thread behind that keeps a process alive."""
    threading.Thread(target=lambda: time.sleep(1000)).start()


if __name__ == "__main__":
    server.run()
