"""Requests that end in time, whatever the server does."""

import socket
import ssl
from contextlib import suppress
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from threading import Timer
from typing import Any
from urllib.request import HTTPHandler, HTTPSHandler, Request, build_opener

__all__ = ["Deadline"]


class Deadline:
    """End what is not finished after some seconds.

    A timeout of a socket is one for each piece of an answer: a server that sends byte
    after byte would be waited for without end. Here the connection is shut down.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.is_over = False
        self._sockets: list[socket.socket] = []
        self._timer = Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> "Deadline":
        self._timer.start()
        return self

    def __exit__(self, *details: object) -> None:
        self._timer.cancel()

    def open(self, request: Request) -> Any:
        """Send a request and return the answer as soon as it begins."""
        opener = build_opener(_Plain(self), _Encrypted(self))
        return opener.open(request, timeout=self.seconds)

    def watch(self, connected: socket.socket) -> None:
        """Remember a connection that is to be shut down."""
        self._sockets.append(connected)
        if self.is_over:
            self._end()

    def _end(self) -> None:
        self.is_over = True
        for connected in self._sockets:
            with suppress(OSError):  # it may be closed already
                connected.shutdown(socket.SHUT_RDWR)


def _watched(kind: type[HTTPConnection], deadline: Deadline) -> type[HTTPConnection]:
    """Return a class of connections that a deadline knows."""

    class Watched(kind):  # type: ignore[valid-type, misc]
        def connect(self) -> None:
            super().connect()
            deadline.watch(self.sock)

    return Watched


class _Plain(HTTPHandler):
    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self.deadline = deadline

    def http_open(self, req: Request) -> HTTPResponse:
        """Open a connection that is watched."""
        return self.do_open(_watched(HTTPConnection, self.deadline), req)


class _Encrypted(HTTPSHandler):
    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self.deadline = deadline

    def https_open(self, req: Request) -> HTTPResponse:
        """Open a connection that is watched."""
        context = ssl.create_default_context()
        kind = _watched(HTTPSConnection, self.deadline)
        return self.do_open(kind, req, context=context)
