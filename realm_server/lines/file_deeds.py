"""Files of both dialects: those that a request brings, and those that an answer holds."""

import contextlib

from realm_protocol.bodies import FileBody, pack_file_body
from realm_protocol.commands import FindPeople, ListMembers, Person
from realm_protocol.errors import (
    GroupNotFound,
    NotMember,
    RealmchatError,
    TryLater,
    UserNotFound,
)
from realm_protocol.file_names import safe_file_name
from realm_protocol.file_types import UNKNOWN_TYPE
from realm_protocol.names import GroupAddress, Target
from realm_server.lines.answers import Answer, said
from realm_server.lines.deeds import Content, Turn, group, person, send_to
from realm_server.lines.inner_client import InnerClient
from realm_service.logs import get_logger

log = get_logger("realm.lines")


async def send_file(turn: Turn) -> Answer:
    target = person(turn["user"], turn.site.realm)
    await send_to(turn, await uploaded(turn, target), target)
    return said("File Sent")


async def send_group_file(turn: Turn, answer: str) -> Answer:
    target = group(turn["group"], turn.site.realm)
    await send_to(turn, await uploaded(turn, target), target)
    return said(answer)


async def uploaded(turn: Turn, *targets: Target) -> Content:
    """The file that came, at main; raises what hinders it, and where it could reach nobody."""
    if turn.carried is None:
        raise TypeError("this word brings no file")
    file = await turn.carried.finish()
    refusals = [await _refusal(turn.session, target) for target in targets]
    if all(refusals) and refusals[0] is not None:
        raise refusals[0]
    session = turn.session.token_hash
    file_id = await turn.site.files.upload(session, file, turn.carried.pieces())
    name = safe_file_name(turn["file"])
    # Main puts the type in its place.
    body = FileBody(file_id, name, file.size, UNKNOWN_TYPE, file.sha256)
    return Content("file", pack_file_body(body))


async def _refusal(client: InnerClient, target: Target) -> RealmchatError | None:
    """Why nothing can reach them; a group that one isn't in may still be joined."""
    try:
        if isinstance(target, GroupAddress):
            with contextlib.suppress(NotMember):
                await client.ask(ListMembers, group=target)
            return None
        people: list[Person] = await client.ask(
            FindPeople, query=str(target), realm=target.realm, limit=1
        )
    except GroupNotFound as error:
        return error
    known = target in [one.address for one in people]
    return None if known else UserNotFound(address=str(target))


async def slot_for(turn: Turn, file: FileBody) -> str:
    """Where the file's bytes go in the answer; empty for one that is to be had no more."""
    files, session = turn.site.files, turn.session.token_hash
    try:
        found = await files.fetch(session, file.file_id)
    except TryLater:
        raise  # its message stays in the inbox
    except RealmchatError as error:
        log.warning("line_file_lost", file_id=file.file_id, code=error.code)
        return ""
    return turn.writing.slots.add(lambda: files.content(session, found))
