"""The exceptions of this package: what a component raises to fail in a certain way, and what it may catch."""

from __future__ import annotations

from typing import Any, Optional, Union


class StepflowError(Exception):
    """What all exceptions of this package are."""


class ComponentError(StepflowError):
    """Raised by a component to choose how its step fails.

    ``code`` may be ``COMPONENT_FAILED``, ``INVALID_INPUT``, ``NOT_FOUND``, ``RESOURCE_UNAVAILABLE`` or ``TIMEOUT``;
    ``retryable=False`` says that another attempt would end the same way.
    """

    def __init__(
        self,
        message: str,
        *,
        code: Optional[str] = None,
        data: Optional[dict[str, Any]] = None,
        retryable: Optional[bool] = None,
        retry_after_ms: Optional[float] = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.data = data
        self.retryable = retryable
        self.retry_after_ms = retry_after_ms


class InvalidInput(StepflowError):
    """A value does not fit the type that is declared; ``field`` is its place, such as ``input.items[2].id``."""

    def __init__(self, message: str, field: str = "input") -> None:
        super().__init__(message)
        self.field = field


class StepflowFailed(StepflowError):
    """A flow that a component ran has failed."""

    def __init__(self, error_code: Union[str, int], message: str, data: Any = None) -> None:
        super().__init__(message)
        self.error_code = error_code
        self.message = message
        self.data = data


class StepflowSkipped(StepflowError):
    """A flow that a component ran was skipped, and has no output."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the flow was skipped: {reason}")
        self.reason = reason


class StepflowRefused(StepflowError):
    """The runtime answered a request of the component with an error; ``code`` is its own word for it, or the number."""

    def __init__(self, method: str, number: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.method = method
        self.number = number
        said = data.get("code") if isinstance(data, dict) else None
        self.code: Union[str, int] = said if isinstance(said, str) else number
        self.data = data


class StepflowCancelled(StepflowError):
    """The answer of the call is no longer wanted: raised where a synchronous component waits for the runtime."""
