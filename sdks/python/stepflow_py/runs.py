"""What the runtime says of runs, as objects. Unknown fields are passed over."""

from __future__ import annotations

from typing import Any, Optional

from .exceptions import StepflowFailed, StepflowSkipped


class RunItems:
    """How many items of a run are where."""

    __slots__ = ("cancelled", "completed", "failed", "running", "total")

    def __init__(self, said: dict[str, Any]) -> None:
        self.total = int(said.get("total") or 0)
        self.completed = int(said.get("completed") or 0)
        self.running = int(said.get("running") or 0)
        self.failed = int(said.get("failed") or 0)
        self.cancelled = int(said.get("cancelled") or 0)

    @property
    def success(self) -> int:
        """Items that ended well: ``completed`` by another name."""
        return self.completed

    def __repr__(self) -> str:
        return f"RunItems(total={self.total}, completed={self.completed}, failed={self.failed})"


class FlowResult(dict[str, Any]):
    """How a flow ended, as the protocol says it: ``{"outcome": "success", "result": ...}``,
    ``{"outcome": "skipped", "reason": ...}`` or ``{"outcome": "failed", "error": {"code", "message", "data"}}``.
    Its members are attributes, too."""

    @property
    def outcome(self) -> str:
        return str(self.get("outcome", ""))

    @property
    def result(self) -> Any:
        return self.get("result")

    @property
    def error(self) -> Optional[dict[str, Any]]:
        return self.get("error")


class ItemResult:
    """How one item of a run ended."""

    __slots__ = ("item_index", "result", "status")

    def __init__(self, said: dict[str, Any]) -> None:
        index = said.get("itemIndex", said.get("batch_input_index"))
        self.item_index = int(index or 0)
        self.status = str(said.get("status", ""))
        self.result = FlowResult(said.get("result") or {})

    @property
    def batch_input_index(self) -> int:
        return self.item_index

    def __repr__(self) -> str:
        return f"ItemResult(item_index={self.item_index}, status={self.status!r})"


class RunStatus:
    """A run; ``results`` is there if it was waited for (or asked for), else None."""

    __slots__ = ("completed_at", "created_at", "flow_id", "flow_name", "items", "results", "run_id", "status")

    def __init__(self, said: dict[str, Any]) -> None:
        self.run_id = str(said.get("runId", ""))
        self.flow_id = str(said.get("flowId", ""))
        self.flow_name: Optional[str] = said.get("flowName")
        self.status = str(said.get("status", ""))
        self.items = RunItems(said.get("items") or {})
        self.created_at: Optional[str] = said.get("createdAt")
        self.completed_at: Optional[str] = said.get("completedAt")
        results = said.get("results")
        self.results: Optional[list[ItemResult]] = None if results is None else [ItemResult(one) for one in results]

    def __repr__(self) -> str:
        return f"RunStatus(run_id={self.run_id!r}, status={self.status!r}, items={self.items!r})"


class BatchDetails:
    """A batch, as `get_batch` describes it."""

    __slots__ = (
        "batch_id",
        "cancelled_runs",
        "completed_runs",
        "failed_runs",
        "flow_id",
        "running_runs",
        "status",
        "total_runs",
    )

    def __init__(self, said: dict[str, Any]) -> None:
        self.batch_id = str(said.get("batch_id", ""))
        self.flow_id = str(said.get("flow_id", ""))
        self.status = str(said.get("status", ""))
        self.total_runs = int(said.get("total_runs") or 0)
        self.completed_runs = int(said.get("completed_runs") or 0)
        self.running_runs = int(said.get("running_runs") or 0)
        self.failed_runs = int(said.get("failed_runs") or 0)
        self.cancelled_runs = int(said.get("cancelled_runs") or 0)

    @classmethod
    def of_run(cls, run: RunStatus) -> BatchDetails:
        items = run.items
        return cls(
            {
                "batch_id": run.run_id,
                "flow_id": run.flow_id,
                "status": run.status,
                "total_runs": items.total,
                "completed_runs": items.completed,
                "running_runs": items.running,
                "failed_runs": items.failed,
                "cancelled_runs": items.cancelled,
            }
        )


def output_of(outcome: Any) -> Any:
    """The output of a flow; raises StepflowFailed or StepflowSkipped."""
    said: dict[str, Any] = outcome if isinstance(outcome, dict) else {}
    kind = said.get("outcome")
    if kind == "success":
        return said.get("result")
    if kind == "skipped":
        raise StepflowSkipped(str(said.get("reason", "no reason is given")))
    error: dict[str, Any] = said.get("error") or {}
    data = error.get("data")
    # Old runtimes say a number, and beside it what it stands for.
    word = data.get("code") if isinstance(data, dict) else None
    code = word if isinstance(word, str) else error.get("code", "COMPONENT_FAILED")
    raise StepflowFailed(code, str(error.get("message", "the flow failed without a message")), data)
