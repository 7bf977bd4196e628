"""A TCP proxy that a test can cut and heal: the bad link between two services."""

import contextlib
import selectors
import socket
import threading

from tests.ports import free_port


class CuttableLink:
    """Passes bytes from a port of its own to `target`, while it isn't cut."""

    def __init__(self, target: int, *, spared: bytes = b"\0") -> None:
        """`break_after` neither counts nor breaks a connection that begins with `spared`."""
        self.port = free_port()
        self._spared_start = spared
        self._spared: set[socket.socket] = set()
        self._target = target
        self._cut = self._held = False
        self._left: int | None = None
        self._pairs: dict[socket.socket, socket.socket] = {}
        self._lock = threading.Lock()
        self._selector = selectors.DefaultSelector()
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=128)
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._ending = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Every connection breaks off in the middle, and new ones are refused."""
        with self._lock:
            self._cut = True
            for sock in list(self._pairs):
                self._close(sock)

    def break_after(self, count: int) -> None:
        """Once so many more bytes have passed, the connections break off; new ones are taken."""
        with self._lock:
            self._left = count

    def hold(self) -> None:
        """No byte passes any more, and nobody is told: as when packets vanish."""
        with self._lock:
            self._held = True
            for sock in self._pairs:
                self._selector.unregister(sock)

    def heal(self) -> None:
        with self._lock:
            if self._held:
                for sock in self._pairs:
                    self._selector.register(sock, selectors.EVENT_READ)
            self._cut, self._held, self._left = False, False, None

    def end(self) -> None:
        self._ending = True
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            pass
        self._thread.join()
        with self._lock:
            for sock in list(self._pairs):
                self._close(sock)
        self._listener.close()
        self._selector.close()

    def _run(self) -> None:
        while not self._ending:
            for key, _ in self._selector.select():
                with self._lock:
                    if key.fileobj is self._listener:
                        self._accept()
                    else:
                        self._pass_on(key.fileobj)  # type: ignore[arg-type]

    def _accept(self) -> None:
        inner, _ = self._listener.accept()
        if self._cut or self._ending:
            inner.close()
            return
        try:
            outer = socket.create_connection(("127.0.0.1", self._target), 5)
        except OSError:
            inner.close()
            return
        for one, other in ((inner, outer), (outer, inner)):
            self._pairs[one] = other
            if not self._held:
                self._selector.register(one, selectors.EVENT_READ)

    def _pass_on(self, sock: socket.socket) -> None:
        if sock not in self._pairs:
            return
        try:
            data = sock.recv(65536)
            if data.startswith(self._spared_start):
                self._spared |= {sock, self._pairs[sock]}
            if data and sock in self._spared:
                self._pairs[sock].sendall(data)
                return
            if data:
                self._pairs[sock].sendall(data[: self._left])
                if self._left is None or self._left > len(data):
                    self._left = self._left and self._left - len(data)
                    return
                self._left = None
                for each in self._pairs.keys() - self._spared:
                    self._close(each)
                return
        except OSError:
            pass
        self._close(sock)

    def _close(self, sock: socket.socket) -> None:
        other = self._pairs.pop(sock, None)
        if other is None:
            return
        self._pairs.pop(other, None)
        for each in (sock, other):
            self._spared.discard(each)
            if not self._held:
                self._selector.unregister(each)
            each.close()
