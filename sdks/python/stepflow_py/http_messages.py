"""Requests and heads of HTTP/1.1, as far as a server of components needs them. Knows no connection."""

from __future__ import annotations

from typing import Optional

from . import wire

MOST_HEAD_BYTES = 64 * 1024


class Refused(Exception):
    """A request that gets this status, and the end of its connection."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Request:
    """A head, and how its body is read. Raises Refused for what is not HTTP."""

    def __init__(self, begun: bytes) -> None:
        first, *lines = begun.decode("latin-1").split("\r\n")
        words = first.split(" ")
        if len(words) != 3 or words[2] not in ("HTTP/1.1", "HTTP/1.0"):
            raise Refused(400, "not a request of HTTP/1.1")
        self.method = words[0]
        self.path = words[1].partition("?")[0]
        self.headers: dict[str, str] = {}
        for line in lines:
            name, colon, value = line.partition(":")
            if (
                not colon
                or name != name.strip()
                or (name.lower() in ("content-length", "host") and name.lower() in self.headers)
            ):
                raise Refused(400, f"a header that cannot be read: {line[:100]}")
            self.headers[name.lower()] = value.strip()
        self.is_1_1 = words[2] == "HTTP/1.1"
        said = self.headers.get("connection", "").lower()
        self.is_last = "close" in said or (not self.is_1_1 and "keep-alive" not in said)
        self._is_chunked = "transfer-encoding" in self.headers
        self._chunks = bytearray()
        length = self.headers.get("content-length", "0")
        if self._is_chunked and (
            self.headers["transfer-encoding"].lower() != "chunked" or "content-length" in self.headers
        ):
            raise Refused(400, "a body is either chunked or has a content-length")
        if not (length.isascii() and length.isdigit()):
            raise Refused(400, "the content-length is not a number")
        self._length = int(length[:20])
        self._bound(self._length)

    def check(self) -> None:
        """What a message must be sent with."""
        headers = self.headers
        if self.path != "/":
            raise Refused(404, "there is only POST / and GET /health")
        if self.method != "POST":
            raise Refused(405, "messages are sent by POST")
        if "origin" in headers:
            raise Refused(403, "pages in a browser may not call components")
        if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Refused(415, "the content-type of a message is application/json")
        accepted = headers.get("accept", "").lower()
        if "*/*" not in accepted and not ("application/json" in accepted and "text/event-stream" in accepted):
            raise Refused(406, "accept both application/json and text/event-stream: an answer may be either")

    def read_body(self, received: bytearray) -> Optional[bytes]:
        """Takes it away; None: it is not all there."""
        if self._is_chunked:
            return self._read_chunks(received)
        if len(received) < self._length:
            return None
        body = bytes(received[: self._length])
        del received[: self._length]
        return body

    # ---

    def _read_chunks(self, received: bytearray) -> Optional[bytes]:
        while True:
            end = received.find(b"\r\n")
            if end < 0:
                if len(received) > 1024:
                    raise Refused(400, "a chunk without a size")
                return None
            word = bytes(received[:end]).partition(b";")[0].strip()
            try:
                size = int(word, 16) if word.isalnum() else -1
            except ValueError:
                size = -1
            if size < 0:
                raise Refused(400, "a chunk without a size")
            self._bound(len(self._chunks) + size)
            if len(received) < end + 2 + size + 2:
                return None
            if received[end + 2 + size : end + 4 + size] != b"\r\n":
                raise Refused(400, "a chunk that is longer than its size, or a trailer")
            self._chunks += received[end + 2 : end + 2 + size]
            del received[: end + 4 + size]
            if size == 0:
                return bytes(self._chunks)

    def _bound(self, size: int) -> None:
        if size > wire.MAX_MESSAGE_BYTES:
            raise Refused(
                413, f"a message of more than {wire.megabytes(wire.MAX_MESSAGE_BYTES)}: keep large values as blobs"
            )


def head(status: int, instance: str, length: Optional[int], is_last: bool, is_chunked: bool = False) -> bytes:
    """`length` None: of a stream of events."""
    lines = [f"HTTP/1.1 {status} {_REASONS[status]}", f"Stepflow-Instance-Id: {instance}"]
    if length is None:
        lines += ["Content-Type: text/event-stream", "Cache-Control: no-store"]
        lines += ["Transfer-Encoding: chunked"] if is_chunked else []
    else:
        lines += [f"Content-Length: {length}"]
        lines += ["Content-Type: application/json"] if length > 0 else []
    lines += ["Connection: close"] if is_last else []
    return "\r\n".join([*lines, "", ""]).encode("ascii")


# ---

_REASONS = {
    200: "OK",
    202: "Accepted",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    408: "Request Timeout",
    411: "Length Required",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    431: "Request Header Fields Too Large",
}
