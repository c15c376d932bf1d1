"""Write components for Stepflow in Python: `StepflowServer`, `@server.component`, `server.run()`.

Needs nothing but the standard library. msgspec, pydantic and jsonschema are used where they are installed and the
author uses them.
"""

from .context import CallContext, ContextLog, StepflowContext, StepflowSyncContext
from .exceptions import (
    ComponentError,
    InvalidInput,
    StepflowCancelled,
    StepflowError,
    StepflowFailed,
    StepflowRefused,
    StepflowSkipped,
)
from .runs import BatchDetails, FlowResult, ItemResult, RunItems, RunStatus
from .server import StepflowServer, StepflowStdioServer

__version__ = "0.1.0"

__all__ = [
    "BatchDetails",
    "CallContext",
    "ComponentError",
    "ContextLog",
    "FlowResult",
    "InvalidInput",
    "ItemResult",
    "RunItems",
    "RunStatus",
    "StepflowCancelled",
    "StepflowContext",
    "StepflowError",
    "StepflowFailed",
    "StepflowRefused",
    "StepflowServer",
    "StepflowSkipped",
    "StepflowStdioServer",
    "StepflowSyncContext",
]
