"""A stand-in for an S3-compatible service: one bucket in memory, path-style addresses, no signatures checked."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

Objects = dict[str, tuple[bytes, datetime]]


class Bucket:
    """What is in the bucket by key; `answers` makes the next requests fail with these codes."""

    def __init__(self) -> None:
        self.objects: Objects = {}
        self.answers: list[int] = []
        self.requests: list[str] = []
        self.endpoint = ""


def _handler(bucket: Bucket) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            return

        def _say(self, status: int, body: bytes = b"", **headers: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def _key(self) -> str | None:
            """The key asked for; None when the request is to fail, and has been answered."""
            bucket.requests.append(self.command)
            data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if bucket.answers:
                self._say(bucket.answers.pop(0), b"<Error><Code>SlowDown</Code></Error>")
                return None
            self._data = data
            return unquote(urlsplit(self.path).path).split("/", 2)[2] if self.path.count("/") > 1 else ""

        def do_PUT(self) -> None:
            key = self._key()
            if key is not None:
                bucket.objects[key] = (self._data, datetime.now(UTC))
                self._say(200, ETag='"1"')

        def do_GET(self) -> None:
            key = self._key()
            if key is None:
                return
            if not key:
                self._list()
            elif key in bucket.objects:
                data, at = bucket.objects[key]
                self._say(200, data, ETag='"1"', Last_Modified=at.strftime("%a, %d %b %Y %H:%M:%S GMT"))
            else:
                self._say(404, b"<Error><Code>NoSuchKey</Code></Error>")

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_DELETE(self) -> None:
            key = self._key()
            if key is not None:
                bucket.objects.pop(key, None)
                self._say(204)

        def do_POST(self) -> None:
            if self._key() is None:
                return
            keys = re.findall(rb"<Key>([^<]+)</Key>", self._data)
            for key in keys:
                bucket.objects.pop(key.decode(), None)
            rows = b"".join(b"<Deleted><Key>" + key + b"</Key></Deleted>" for key in keys)
            self._say(200, b"<DeleteResult>" + rows + b"</DeleteResult>", Content_Type="application/xml")

        def _list(self) -> None:
            prefix = parse_qs(urlsplit(self.path).query).get("prefix", [""])[0]
            rows = "".join(
                f"<Contents><Key>{escape(key)}</Key><LastModified>{at.isoformat(timespec='milliseconds').replace('+00:00', 'Z')}"
                f"</LastModified><ETag>&quot;1&quot;</ETag><Size>{len(data)}</Size></Contents>"
                for key, (data, at) in sorted(bucket.objects.items())
                if key.startswith(prefix)
            )
            text = f'<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>'
            self._say(200, text.encode(), Content_Type="application/xml")

    return Handler


@contextmanager
def object_store() -> Iterator[Bucket]:
    """Serve one bucket on loopback."""
    bucket = Bucket()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(bucket))
    bucket.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield bucket
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
