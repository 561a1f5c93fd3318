"""The line between phones and a server: it keeps every byte that phones send, and can lose an answer."""

import socket
import socketserver
import threading
from contextlib import suppress

__all__ = ["Wire"]

CHUNK = 65_536


class Wire(socketserver.ThreadingTCPServer):
    """Passes on what comes to its port, whichever part of a browser sent it.

    Attributes:
        server_port: where to; while nobody listens there, connections end at once.
        sent: what was sent, a connection each.
        losing: answers to a connection that sent this are lost on the way; empty loses none.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Line)
        self.server_port = 0
        self.sent: list[bytearray] = []
        self.losing = b""
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def base(self) -> str:
        """The address that phones know."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def count(self, words: bytes) -> int:
        """Gives how often phones sent these bytes."""
        return sum(one.count(words) for one in self.sent)

    def close(self) -> None:
        """Takes no more connections."""
        self.shutdown()
        self.server_close()


class _Line(socketserver.BaseRequestHandler):
    """One connection, in both directions."""

    def handle(self) -> None:
        wire, self.is_lost = self.server, False
        assert isinstance(wire, Wire)
        kept = bytearray()
        wire.sent.append(kept)
        with suppress(OSError), socket.create_connection(("127.0.0.1", wire.server_port)) as onward:
            threading.Thread(target=self._answer, args=(onward,), daemon=True).start()
            while data := self.request.recv(CHUNK):
                kept += data
                self.is_lost = self.is_lost or bool(wire.losing and wire.losing in data)
                onward.sendall(data)

    def _answer(self, onward: socket.socket) -> None:
        with suppress(OSError):
            while data := onward.recv(CHUNK):
                if not self.is_lost:
                    self.request.sendall(data)
            self.request.shutdown(socket.SHUT_RDWR)
