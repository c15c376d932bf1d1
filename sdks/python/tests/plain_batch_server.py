"""The processor of batches in plain Python: dataclasses, and a synchronous component."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List

from stepflow_py import StepflowStdioServer, StepflowSyncContext

server = StepflowStdioServer()


@dataclass
class Input:
    items: List[Dict[str, Any]]
    workflow_id: str
    max_concurrency: int = 10


@dataclass
class Output:
    results: List[Dict[str, Any]]
    total_processed: int
    success_count: int
    error_count: int


@server.component
def batch_processor(input: Input, ctx: StepflowSyncContext) -> Output:
    run = ctx.submit_run(
        flow_id=input.workflow_id, inputs=input.items, wait=True, max_concurrency=input.max_concurrency
    )
    results = run.results or []
    print(len(results), "results")
    return Output([each.result for each in results], len(results), run.items.success, run.items.failed)


if __name__ == "__main__":
    server.run()
