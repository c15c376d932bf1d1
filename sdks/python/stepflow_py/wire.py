"""The messages of the component protocol as lines: JSON-RPC 2.0. Knows no transport."""

from __future__ import annotations

import functools
import json
import re
from typing import Any, Callable, NoReturn, Optional, Union

PROTOCOL_VERSION = 1
# The longest message that either side takes, in bytes.
MAX_MESSAGE_BYTES = 64 * 1024 * 1024
CAPABILITIES = ("cancel", "progress", "log", "idempotency_key")

INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
COMPONENT_NOT_FOUND = -32001
INVALID_INPUT = -32002
EXECUTION_FAILED = -32003

MessageId = Union[str, int, float, None]
Message = dict[str, Any]


class WireError(Exception):
    """An error answer, raised."""

    def __init__(self, code: int, message: str, data: Optional[dict[str, Any]] = None) -> None:
        super().__init__(message)
        self.code = code
        self.data = data if data is not None else {}


class Unreadable(Exception):
    """A text that is not a message. ``id`` is that of the request it begins as, if that much can be read."""

    def __init__(self, why: str, id: MessageId) -> None:
        super().__init__(why)
        self.id = id


def read(line: bytes) -> Message:
    """The message in a line; raises Unreadable."""
    try:
        if line.startswith(b"\xef\xbb\xbf"):
            line = line[3:]
        message = _parse(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Unreadable(f"a message that is not UTF-8 (at byte {error.start})", begun_id(line)) from None
    except RecursionError:
        raise Unreadable("a message that is nested too deeply", begun_id(line)) from None
    except ValueError as error:
        raise Unreadable(f"a message that is not JSON: {error}", begun_id(line)) from None
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        raise Unreadable("not a JSON-RPC 2.0 message", None)
    id = message.get("id")
    if isinstance(id, bool) or not (id is None or isinstance(id, (str, int, float))):
        raise Unreadable('the "id" of a message is a text or a number', None)
    return message


def write(message: Message, default: Callable[[Any], Any]) -> bytes:
    """A message as its line, with the newline. ``default`` makes JSON of what json does not know."""
    text = _encoder(default)(message)
    try:
        line = text.encode("utf-8")
    except UnicodeEncodeError:
        # Half a surrogate pair has an escape in JSON, though no UTF-8.
        line = json.dumps(message, allow_nan=False, separators=(",", ":"), default=default).encode("ascii")
    if len(line) > MAX_MESSAGE_BYTES:
        raise TooLarge(
            f"a message of {megabytes(len(line))} is more than the {megabytes(MAX_MESSAGE_BYTES)} that the protocol "
            "takes: keep large values as blobs and pass their ids"
        )
    return line + b"\n"


class TooLarge(ValueError):
    """A message that the other side would not take."""


def begun_id(head: bytes) -> MessageId:
    """The id of the request that a line begins as, so that its call can fail at once; None if it does not say."""
    text = head[:1024].decode("utf-8", "replace")
    found = _BEGUN.match(text)
    return json.loads(found.group(1)) if found and '"method"' in text else None


def megabytes(size: int) -> str:
    return f"{size / (1024 * 1024):.1f} MiB".replace(".0 ", " ")


# ---


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _parse(text: str) -> Any:
    """As JSONDecoder.decode, which looks for blanks on both sides before anything else."""
    try:
        value, end = _scan(text, 0)
        if end == len(text):
            return value
    except StopIteration:
        pass
    return _decoder.decode(text)


@functools.lru_cache(maxsize=None)
def _encoder(default: Callable[[Any], Any]) -> Callable[[Any], str]:
    """As JSONEncoder.encode, which makes an encoder in C for each message; here one serves all."""
    careful = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=default).encode
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return careful
    quick = make(None, default, json.encoder.encode_basestring, None, ":", ",", False, False, False)

    def encode(message: Any) -> str:
        try:
            return "".join(quick(message, 0))
        except RecursionError:
            # Deep, or a value that contains itself: this one knows which.
            return careful(message)

    return encode


_decoder = json.JSONDecoder(parse_constant=_refuse_constant)
_scan: Callable[[str, int], tuple[Any, int]] = getattr(_decoder, "scan_once")  # noqa: B009 (mypy does not know it)
_BEGUN = re.compile(r'\s*\{[^{}\[\]]*?"id"\s*:\s*("[^"\\]{0,200}"|-?\d{1,15})\s*[,}]')
