"""`chat-cli tail`: messages as they come, for a person, a pipe, or a program that handles them.

With a name, it goes on where it stopped, however it ended: a message counts as handled when its
line is written out, or the program has ended with 0.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from chat_cli import profiles
from chat_cli.command_line import texts
from chat_cli.command_line.call import Call
from chat_cli.command_line.message_lines import message_line
from chat_cli.command_line.output import flush, put, put_json
from chat_cli.command_line.tailing.ending import EndAsked, Ending
from chat_cli.command_line.tailing.lasting import LastingService
from chat_cli.command_line.tailing.live import LiveView
from chat_cli.command_line.tailing.program import Program
from chat_cli.command_line.tailing.reader import Handle, read_on
from chat_cli.command_line.texts import say
from chat_cli.reader_hold import held
from realm_protocol.errors import WrongArguments
from realm_protocol.names import check_name

Message = Mapping[str, Any]

NEWEST = 10


def tail(
    call: Call,
    arguments: Mapping[str, str],
    *,
    follow: bool,
    name: str | None,
    program: str | None,
    from_start: bool,
    limit: int | None,
) -> None:
    """Without a name: the newest, and what comes then. With one: all since the last time."""
    _check(call, name, program, from_start=from_start, limit=limit)
    ending = Ending()
    # Found before signals are heard: it may take long, and there is nothing to bring to an end.
    lasting = _lasting(call, ending)
    with ending.heard():
        try:
            if name is None:
                _view(call, lasting, follow=follow, newest=limit or NEWEST)
            else:
                _read(call, lasting, name, program, follow=follow, from_start=from_start)
        except EndAsked:
            return  # what was asked for has been done: it is how this command ends


def _check(
    call: Call, name: str | None, program: str | None, *, from_start: bool, limit: int | None
) -> None:
    if name is None and (program is not None or from_start):
        raise WrongArguments(detail=say(texts.TAIL_NEEDS_NAME), usage=call.command.usage)
    if name is not None and limit is not None:
        raise WrongArguments(detail=say(texts.TAIL_HAS_NO_LIMIT), usage=call.command.usage)


def _view(call: Call, service: LastingService, *, follow: bool, newest: int) -> None:
    lines = _Lines(call, service)
    view = LiveView(
        service,
        call.account,
        show=lines.show,
        missed=lambda: call.note(texts.TAIL_MISSED),
    )
    if follow:
        view.follow(newest)
    else:
        view.show_newest(newest)


def _read(
    call: Call,
    service: LastingService,
    name: str,
    program: str | None,
    *,
    follow: bool,
    from_start: bool,
) -> None:
    handle: Handle = _Lines(call, service).handle
    if program is not None:
        handle = _program(call, service.ending, program)
    with held(profiles.home(), call.account, name):
        path = call.path(f"readers/{check_name(name)}")
        read_on(service, path, handle, follow=follow, from_start=from_start)


def _program(call: Call, ending: Ending, line: str) -> Handle:
    def failed(message: Message, code: int) -> None:
        call.note(texts.TAIL_TRIES_AGAIN, code=code, key=message["key"], sender=message["from"])

    return Program(line, call.account, ending, failed).handle


def _lasting(call: Call, ending: Ending) -> LastingService:
    return LastingService(
        call.service,
        profiles.home(),
        ending,
        lambda error: call.note(texts.TAIL_SERVICE_AWAY, why=texts.say_error(error)),
    )


class _Lines:
    """Messages as lines, each batch of them out before anything else is done."""

    def __init__(self, call: Call, service: LastingService) -> None:
        self._call = call
        self._service = service
        self._conversations: dict[str, Message] = {}

    def handle(self, messages: Sequence[Message]) -> Iterator[int]:
        self.show(messages)
        if messages:
            yield messages[-1]["place"]

    def show(self, messages: Sequence[Message]) -> None:
        for message in messages:
            if self._call.as_json:
                put_json(message)
            else:
                put(self._line(message))
        flush()

    def _line(self, message: Message) -> str:
        if message["conversation"] not in self._conversations:
            rows = self._service.get(self._call.path("conversations"))
            self._conversations = {row["conversation"]: row for row in rows}
        conversation = self._conversations.get(message["conversation"])
        # What is followed for days knows yesterday from today.
        look = replace(self._call.look, now=datetime.now(UTC).astimezone())
        return message_line(message, conversation, self._call.account, look)
