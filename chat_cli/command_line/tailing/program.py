"""A person's program that handles messages: started for each, until it ends with 0.

It gets the message as a line of JSON on standard input, and its main fields as variables of the
environment.
"""

import json
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from chat_cli.answer_keys import message_id
from chat_cli.command_line.tailing.ending import EndAsked, Ending
from realm_protocol.errors import WrongArguments

TEXT_LIMIT = 32 * 1024
"""Bytes of a text that go into the environment: some systems take little more in all."""

_FIRST_WAIT_SECONDS = 0.25
_LONGEST_WAIT_SECONDS = 60.0
_GRACE_SECONDS = 5.0
"""How long a program may take to finish the message in hand when the end was asked for."""
_UNRUN = 127
"""As shells have it: the program could not be started."""

_VARIABLES = ("key", "conversation", "kind", "from", "seq", "at", "sent_at", "state", "place")

Failed = Callable[[Mapping[str, Any], int], None]


class Program:
    """What `--exec` names: a program and its first arguments, as a shell would part them."""

    def __init__(self, line: str, account: str, ending: Ending, failed: Failed) -> None:
        """Raises `WrongArguments`. `failed` hears once of a message that is tried again."""
        self._words = _words(line)
        self._account = account
        self._ending = ending
        self._failed = failed

    def handle(self, messages: Sequence[Mapping[str, Any]]) -> Iterator[int]:
        """One message after the other; gives the place of each that is handled."""
        for message in messages:
            if self._ending.asked:
                raise EndAsked
            self._run_until_done(message)
            yield message["place"]

    def _run_until_done(self, message: Mapping[str, Any]) -> None:
        wait = 0.0
        while (code := self._run(message)) != 0:
            if not wait and not self._ending.asked:
                self._failed(message, code)
            wait = min(max(wait * 2, _FIRST_WAIT_SECONDS), _LONGEST_WAIT_SECONDS)
            self._ending.pause(wait)

    def _run(self, message: Mapping[str, Any]) -> int:
        # A file, so that a program that doesn't read its input can't make this one wait.
        with tempfile.TemporaryFile() as stdin:
            stdin.write(json.dumps(message, ensure_ascii=False).encode() + b"\n")
            stdin.seek(0)
            variables = {**os.environb, **environment(message, self._account)}
            try:
                process = subprocess.Popen(self._words, stdin=stdin, env=variables)  # noqa: S603  # it is what the person named
            except OSError:
                return _UNRUN
        try:
            with self._ending.waiting():
                return process.wait()
        except EndAsked:
            return _finish(process)


def _finish(process: "subprocess.Popen[bytes]") -> int:
    """The end was asked for while it ran: what it does in time counts."""
    for end in (process.terminate, process.kill):
        try:
            return process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            end()
    return process.wait()


def _words(line: str) -> list[str]:
    try:
        words = shlex.split(line)
    except ValueError as exc:
        raise WrongArguments(detail=f"--exec: {exc}.", usage="--exec PROGRAM") from exc
    if not words or shutil.which(words[0]) is None:
        name = words[0] if words else ""
        raise WrongArguments(
            detail=f"There is no program “{name}” that can be run.", usage="--exec PROGRAM"
        )
    return words


def environment(message: Mapping[str, Any], account: str) -> dict[bytes, bytes]:
    """What a program finds in its environment. A text that doesn't fit there is marked as cut.

    `chat-cli` in the program is the same account.
    """
    variables = {f"REALMCHAT_{name.upper()}": message.get(name) for name in _VARIABLES}
    answer_to = message.get("reply_to")
    text, whole = _fitting(message["text"])
    variables |= {
        "REALMCHAT_ID": message_id(
            message["from"], message["key"], message["conversation"], message["seq"]
        ),
        "REALMCHAT_ACCOUNT": account,
        "REALMCHAT_GROUP": answer_to["group"] if isinstance(answer_to, Mapping) else None,
        "REALMCHAT_FILE_ID": message["file"]["file_id"] if "file" in message else None,
        "REALMCHAT_TEXT": text,
        "REALMCHAT_TEXT_CUT": None if whole else 1,
        "CHAT_CLI_ACCOUNT": account,
    }
    return {
        name.encode(): b"" if value is None else str(value).encode()
        for name, value in variables.items()
    }


def _fitting(text: str) -> tuple[str, bool]:
    """A text as a variable can hold it, and whether it is the whole text."""
    fitting = text.encode()[:TEXT_LIMIT].decode(errors="ignore")
    possible = fitting.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return possible, possible == text
