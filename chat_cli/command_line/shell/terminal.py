"""The shell at a terminal: lines are done in their order while the next one is being typed."""

import asyncio
from pathlib import Path
from typing import Any

from prompt_toolkit.patch_stdout import patch_stdout
from ulid import ULID

from chat_cli.command_line import texts
from chat_cli.command_line.accounts import PROMPTS, TYPED_TWICE
from chat_cli.command_line.exit_codes import ExitCode
from chat_cli.command_line.look import Look
from chat_cli.command_line.message_lines import message_line
from chat_cli.command_line.output import put
from chat_cli.command_line.shell.arrivals import Message, Shown
from chat_cli.command_line.shell.doing import SENDING, SIGNING_IN, Doing
from chat_cli.command_line.shell.editor import Editor
from chat_cli.command_line.shell.following import Following
from chat_cli.command_line.shell.history import HISTORY_FILE
from chat_cli.command_line.shell.lines import (
    missing_passwords,
    read_line,
    realm_url_of,
    sign_in_place,
    with_arguments,
)
from chat_cli.command_line.shell.service import LiveService, finder
from chat_cli.command_line.shell.showing import arrival_line, note_line, refusal_line
from chat_cli.command_line.shell.signed_in import SignedIn
from chat_cli.command_line.shell.words import QUIT
from chat_cli.command_line.texts import say
from realm_protocol.errors import RealmchatError, WrongArguments
from realm_protocol.grammar import ParsedLine


class Terminal:
    """One person at one terminal."""

    def __init__(self, doing: Doing, home: Path) -> None:
        self._doing = doing
        self._service = LiveService(finder(home), self._redraw)
        self._tasks = asyncio.TaskGroup()
        self._signed_in = SignedIn(self._service, self._show, self._redraw, self._tasks.create_task)
        self._typed: asyncio.Queue[ParsedLine] = asyncio.Queue()
        self._under_way = 0
        self._leaving = False
        self._editor = Editor(
            home / HISTORY_FILE,
            known=self._signed_in.known,
            standing=lambda: self._signed_in.standing(busy=self._under_way > 0),
            colours=self._look().colours,
        )

    async def run(self, account: str | None) -> ExitCode:
        """Until the person leaves; raises where the service can't even be started."""
        try:
            async with self._tasks:
                await self._attend(account)
        except BaseExceptionGroup as failed:
            raise failed.exceptions[0] from failed
        finally:
            await self._service.close()
        return ExitCode.DONE

    async def _attend(self, account: str | None) -> None:
        await self._signed_in.refresh(account)
        with patch_stdout(raw=True):
            self._greet()
            working = self._tasks.create_task(self._work())
            await self._read_lines()
            await self._finish()
            working.cancel()
            self._signed_in.stop()

    def _redraw(self) -> None:
        self._editor.redraw()

    def _greet(self) -> None:
        if self._signed_in.current is None:
            self._note(texts.SHELL_NOBODY)
        self._note(texts.SHELL_GREETING)

    # --- typing ----------------------------------------------------------------------------------

    async def _read_lines(self) -> None:
        while True:
            try:
                parsed = await self._read_one()
            except EOFError:
                return
            except RealmchatError as error:
                put(refusal_line(error, self._look()))
                continue
            if parsed is None:
                continue
            if parsed.word is QUIT:
                return
            self._under_way += 1
            self._typed.put_nowait(parsed)

    async def _read_one(self) -> ParsedLine | None:
        """A line, complete with the passwords that it needs; None where nothing is asked."""
        parsed = read_line(await self._editor.read_line())
        missing = missing_passwords(parsed) if parsed else []
        if parsed is None or not missing:
            return parsed
        try:
            asked = {p.name: await self._ask(parsed, p.name) for p in missing}
        except (EOFError, KeyboardInterrupt):
            return None
        return with_arguments(parsed, asked)

    async def _ask(self, parsed: ParsedLine, name: str) -> str:
        password = await self._editor.read_password(say(PROMPTS[name]))
        if (parsed.word.name, name) in TYPED_TWICE:
            again = await self._editor.read_password(say(texts.PASSWORD_AGAIN_PROMPT))
            if again != password:
                raise WrongArguments(
                    detail=say(texts.PASSWORDS_DIFFER), usage=say(texts.PASSWORD_TWICE_USAGE)
                )
        return password

    # --- doing -----------------------------------------------------------------------------------

    async def _work(self) -> None:
        while True:
            parsed = await self._typed.get()
            try:
                await self._do(parsed)
            except RealmchatError as error:
                put(refusal_line(error, self._look()))
            self._under_way -= 1
            self._typed.task_done()
            self._redraw()

    async def _finish(self) -> None:
        """What was typed is done before the shell ends; for no message is main waited for."""
        self._leaving = True
        if self._under_way:
            self._note(texts.SHELL_FINISHING)
        await self._typed.join()

    async def _do(self, parsed: ParsedLine) -> None:
        name = parsed.word.name
        if name == "use":
            # Another process may have signed somebody in.
            await self._signed_in.refresh()
            account = self._signed_in.use(parsed.arguments["address"])
            self._note(texts.SHELL_USING, account=account)
        elif name in SIGNING_IN:
            await self._sign_in(parsed)
        elif name == "guest":
            await self._enter_as_guest(parsed)
        elif name in SENDING:
            await self._send(parsed)
        else:
            before = self._signed_in.current
            await self._in_thread(parsed, {})
            if name == "logout":
                await self._logged_out(before)

    async def _logged_out(self, before: str | None) -> None:
        await self._signed_in.refresh()
        now = self._signed_in.current
        if now is None:
            self._note(texts.SHELL_NOBODY)
        elif now != before:
            self._note(texts.SHELL_USING, account=now)

    async def _in_thread(self, parsed: ParsedLine, options: dict[str, Any]) -> ExitCode:
        account = self._signed_in.current
        return await asyncio.to_thread(self._doing.do, parsed, account, options)

    async def _sign_in(self, parsed: ParsedLine) -> None:
        current, rows = self._signed_in.current, self._signed_in.rows
        address, realm_url = sign_in_place(parsed.arguments["address"], current, rows)
        placed = with_arguments(parsed, {"address": address})
        await self._in_thread(placed, {"realm_url": realm_url})
        self._signed_in.current = None
        await self._signed_in.refresh(address if "@" in address else None)

    async def _enter_as_guest(self, parsed: ParsedLine) -> None:
        realm_url = realm_url_of(self._signed_in.current, self._signed_in.rows)
        await self._in_thread(parsed, {"realm_url": realm_url})
        self._signed_in.current = None
        await self._signed_in.refresh()  # whoever signed in last

    async def _send(self, parsed: ParsedLine) -> None:
        """With a key of the shell's own: asked again after a break, it is not sent twice."""
        key, following = str(ULID()), self._signed_in.following
        if following is None:
            await self._in_thread(parsed, {"key": key})
            return
        to = parsed.arguments[parsed.word.parameters[-2].name]
        waits = following.arrivals.linked and not self._leaving
        options = {"key": key} if waits else {"key": key, "wait": 0.0}
        following.arrivals.sending(key)
        state = None
        try:
            code = await self._in_thread(parsed, options)
            state = "saved" if code is ExitCode.SAVED else "at_main"
        finally:
            overtook = following.arrivals.answered(key, state, to)
        if overtook is not None:
            self._show(following, overtook)

    # --- printing --------------------------------------------------------------------------------

    def _show(self, following: Following, shown: Shown) -> None:
        look, other = self._look(), following.address != self._signed_in.current
        if not isinstance(shown, Message):
            line = arrival_line(shown, look)
        elif other and shown.row["from"] == following.address:
            return  # written elsewhere, as somebody whom one isn't now
        else:
            conversation = following.conversations.get(shown.row["conversation"])
            # How far it has got is asked for by `history`; here it would be old at once.
            row = {**shown.row, "state": None}
            line = message_line(row, conversation, following.address, look)
        put(f"{look.paint(f'[{following.address}]', 'yellow')} {line}" if other else line)

    def _look(self) -> Look:
        """Anew for each line: the window may have changed, and the day."""
        return self._doing.call("info", None).look

    def _note(self, text: texts.Bilingual, **fields: object) -> None:
        put(note_line(text, self._look(), **fields))
