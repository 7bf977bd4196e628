"""Line connections: the thin shell that reads requests, has them done, and writes the answers."""

import asyncio
import socket
from collections import Counter, OrderedDict
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from realm_protocol.errors import (
    NotSignedIn,
    RealmchatError,
    RequestTooLarge,
    UserNotFound,
    WrongArguments,
    WrongPassword,
)
from realm_protocol.grammar import ParsedLine
from realm_protocol.limits import TEXT_LIMIT
from realm_server.line_ports import LinePort
from realm_server.lines import kelompok5, mesin
from realm_server.lines.answers import (
    AT_SIGN_IN,
    TOO_MANY_CONNECTIONS,
    Answer,
    Slots,
    encode,
    failed,
    refused,
)
from realm_server.lines.base64_text import encoded
from realm_server.lines.carried import Carried
from realm_server.lines.deeds import Dialect, Entry, Turn, Writing, device_of
from realm_server.lines.framing import FileBegins, FileText, Framer, Overlong, Request
from realm_server.lines.inner_client import InnerClient
from realm_server.lines.site import Site
from realm_server.lines.words import parse_request, token_of
from realm_service.logs import get_logger, report_defect

log = get_logger("realm.lines")

DIALECTS = {dialect.name: dialect for dialect in (mesin.DIALECT, kelompok5.DIALECT)}
LINE_LIMIT = TEXT_LIMIT + 1024
_READ_BYTES = 64 * 1024
_SEND_BUFFER = 64 * 1024
_TOKENS = 16
"""Sessions that one connection holds at a time; the one not used for longest makes room."""

_LAST_ANSWER_SECONDS = 1
"""For those whose answer is being made or written when the realm stops."""

LineSockets = Sequence[tuple[LinePort, socket.socket]]


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a program may use."""

    connections_per_host: int = 512
    idle_seconds: float = 3600
    """Without a request, before the connection is closed."""
    file_idle_seconds: float = 60
    """The same within a file."""
    wrong_passwords: int = 10
    """On one connection, before it is closed."""
    slow_seconds: float = 30
    """An answer may wait so long for its program to read."""


class LineConnection:
    """One program. Its requests are served one after the other, in their order."""

    def __init__(
        self,
        site: Site,
        dialect: Dialect,
        bounds: Bounds,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.host = _host_of(writer)
        self._site = site
        self._dialect = dialect
        self._bounds = bounds
        self._reader = reader
        self._writer = writer
        self._framer = Framer(dialect.file_words, LINE_LIMIT)
        self._carried: Carried | RealmchatError | None = None
        """The file that is coming, or why it is not kept."""
        self._clients: OrderedDict[str, InnerClient] = OrderedDict()
        self._last = ""
        """The token that signed in last."""
        self._wrong_passwords = 0
        self._ending = False
        self.is_answering = False

    async def serve(self) -> None:
        """Until the program goes, is silent or slow for too long, or guesses passwords."""
        try:
            self._check_open()
            # Zero, so that `drain` tells when the system has taken all of an answer.
            self._writer.transport.set_write_buffer_limits(high=0)
            while not self._ending and await self._go_on():
                pass
        except (ConnectionError, TimeoutError, RealmchatError) as error:
            # The last of them within an answer, of which a file could not be read to its end.
            log.debug("line_connection_ended", host=self.host, reason=type(error).__name__)
            self._writer.transport.abort()
        finally:
            for client in self._clients.values():
                client.leave()
            self._drop_file()
            self._writer.close()

    async def _go_on(self) -> bool:
        """One step with what has come; false once the program has gone."""
        match self._framer.next():
            case None:
                return await self._read()
            case FileBegins(line=line):
                self._carried = await self._carry(line)
            case FileText(text=text):
                if isinstance(self._carried, Carried):
                    await self._carried.take(text)
            case request:
                await self._serve(request)
                self._drop_file()
        return True

    async def _read(self) -> bool:
        """Whether there was something to read."""
        bounds = self._bounds
        idle_seconds = bounds.idle_seconds if self._carried is None else bounds.file_idle_seconds
        async with asyncio.timeout(idle_seconds):
            data = await self._reader.read(_READ_BYTES)
        self._framer.feed(data)
        return bool(data)

    async def _serve(self, request: Request | Overlong) -> None:
        self.is_answering = True
        async with AsyncExitStack() as held:
            writing = Writing(held)
            await self._write(await self._answer(request, writing), writing.slots)
            for call in writing.when_written:
                call()
        self.is_answering = False

    # --- files -----------------------------------------------------------------------------------

    async def _carry(self, line: bytes) -> Carried | RealmchatError:
        """Where the file of this request goes: nowhere for who is not signed in."""
        try:
            token = token_of(parse_request(line, self._dialect.words))
            await self._client(token or "")
        except RealmchatError as error:
            return error
        return self._site.carry()

    def _drop_file(self) -> None:
        if isinstance(self._carried, Carried):
            self._carried.close()
        self._carried = None

    def end_after_answer(self) -> None:
        """What is being done is answered; what has come behind it is not done."""
        self._ending = True

    async def _write(self, answer: Answer, slots: Slots) -> None:
        for part in slots.parts(encode(answer)):
            if isinstance(part, bytes):
                await self._write_out(part)
            else:
                async for text in encoded(part()):
                    await self._write_out(text)

    async def _write_out(self, data: bytes) -> None:
        self._check_open()
        self._writer.write(data)
        async with asyncio.timeout(self._bounds.slow_seconds):
            await self._writer.drain()

    def _check_open(self) -> None:
        # uvloop calls it a mistake to use what the other end has closed.
        if self._writer.is_closing():
            raise ConnectionResetError

    # --- answering -------------------------------------------------------------------------------

    async def _answer(self, request: Request | Overlong, writing: Writing) -> Answer:
        sentences = self._dialect.sentences
        try:
            if isinstance(request, Overlong):
                raise RequestTooLarge(size=request.size, limit=LINE_LIMIT)
            parsed = parse_request(request.line, self._dialect.words)
            entry = self._dialect.entries[parsed.word.name]
            if entry.at_sign_in:
                sentences = {**sentences, **AT_SIGN_IN}
            turn = await self._turn(parsed, entry, request, writing)
            return await entry.deed(turn)
        except (WrongPassword, UserNotFound) as error:
            if sentences is not self._dialect.sentences:
                self._wrong_passwords += 1
                self._ending |= self._wrong_passwords >= self._bounds.wrong_passwords
            return refused(error, sentences)
        except RealmchatError as error:
            return refused(error, sentences)
        except Exception as error:  # a defect: this request fails, the connection goes on
            return refused(report_defect(error, during="a line"), sentences)

    async def _turn(
        self, parsed: ParsedLine, entry: Entry, request: Request, writing: Writing
    ) -> Turn:
        if entry.file is not None and not request.carries(entry.file):
            raise WrongArguments(detail="The file is missing.", usage=parsed.word.usage)
        if isinstance(self._carried, RealmchatError):
            raise self._carried
        token = token_of(parsed)
        client = None if token is None else await self._client(token)
        given = parsed.arguments
        return Turn(self._site, self, self._dialect, given, writing, client, self._carried)

    # --- sessions --------------------------------------------------------------------------------

    async def open(self, token: str) -> InnerClient:
        """The session of a token, which becomes the one that signed in last."""
        self._last = token
        return await self._client(token)

    async def last(self) -> InnerClient:
        if not self._last:
            raise NotSignedIn
        return await self._client(self._last)

    def forget(self, token: str) -> None:
        client = self._clients.pop(token, None)
        if client is not None:
            client.leave()
        if token == self._last:
            self._last = ""

    async def _client(self, token: str) -> InnerClient:
        """Opened with the first request for it, and again where it was cut."""
        client = self._clients.get(token)
        if client is None or not client.is_fresh:
            if client is not None:
                client.leave()
            client = await self._site.enter(token, device_of(self._dialect))
            self._clients[token] = client
            if len(self._clients) > _TOKENS:
                _, oldest = self._clients.popitem(last=False)
                oldest.leave()
        self._clients.move_to_end(token)
        return client


class Lines:
    """The line listeners of one realm."""

    def __init__(self, site: Site, bounds: Bounds) -> None:
        self._site = site
        self._bounds = bounds
        self._servers: list[asyncio.Server] = []
        self._connections: dict[asyncio.Task[None], LineConnection] = {}
        self._of_host: Counter[str] = Counter()

    @property
    def connections(self) -> int:
        return len(self._connections)

    async def listen(self, sockets: LineSockets) -> None:
        """Serve what connects to these, each in its dialect."""
        for place, sock in sockets:
            # What connects inherits it: an answer counts as written once the program reads.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
            self._servers.append(await self._serve(DIALECTS[place.dialect], sock))
            log.info("lines_listen", place=str(place))

    async def _serve(self, dialect: Dialect, sock: socket.socket) -> asyncio.Server:
        async def came(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._came(dialect, reader, writer)

        return await asyncio.start_server(came, sock=sock)

    async def _came(
        self, dialect: Dialect, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        host, task = _host_of(writer), asyncio.current_task()
        if task is None or self._of_host[host] >= self._bounds.connections_per_host:
            if not writer.is_closing():
                writer.write(encode(failed(TOO_MANY_CONNECTIONS)))
            writer.close()
            return
        self._of_host[host] += 1
        connection = LineConnection(self._site, dialect, self._bounds, reader, writer)
        self._connections[task] = connection
        try:
            await connection.serve()
        except asyncio.CancelledError:
            writer.transport.abort()  # the realm is stopping; nobody awaits this task's end but us
        except Exception as error:  # a defect: this connection ends, the others go on
            report_defect(error, during="a line connection")
        finally:
            del self._connections[task]
            self._of_host[host] -= 1
            if not self._of_host[host]:
                del self._of_host[host]

    def refuse_new(self) -> None:
        """No program comes in any more; those that are in go on."""
        for server in self._servers:
            server.close()

    async def close(self) -> None:
        """The realm is stopping, and has answered what it could."""
        self.refuse_new()
        answering = set()
        for task, connection in self._connections.items():
            connection.end_after_answer()
            if connection.is_answering:
                answering.add(task)
            else:
                task.cancel()
        if answering:
            await asyncio.wait(answering, timeout=_LAST_ANSWER_SECONDS)
        tasks = list(self._connections)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _host_of(writer: asyncio.StreamWriter) -> str:
    peer = writer.get_extra_info("peername")
    return str(peer[0]) if isinstance(peer, tuple) else ""
