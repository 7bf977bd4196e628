"""Routes: sending, conversations, history, inbox, search."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from chat_cli import answers, deeds, other_realms
from chat_cli.access import Asked
from chat_cli.account.reading import Window
from chat_cli.account.recipients import Recipient
from chat_cli.stating import answer_state
from realm_protocol.commands import MessageKey
from realm_protocol.names import Address

router = APIRouter(prefix="/v1/accounts/{address}", tags=["conversations"])

LONGEST_WAIT_SECONDS = 60
Seq = Annotated[int, Field(ge=0, lt=2**53)]


class GroupName(BaseModel):
    """A group, by its name or address."""

    group: str


class NewMessage(BaseModel):
    """`to`: an address, a bare name, or a group. `key`: the sender's own, for sending once.
    `realm`: of which a bare name is, by its name or what the account calls it.
    """

    to: str | GroupName
    text: str
    key: str | None = None
    realm: str | None = None

    def recipient(self) -> Recipient:
        if isinstance(self.to, GroupName):
            return Recipient("group", self.to.group)
        return Recipient("person", self.to)


class ReadUpTo(BaseModel):
    """Everything up to `seq` has been read."""

    seq: Seq


class Mute(BaseModel):
    """`muted`: false makes it as loud as others again."""

    muted: bool = True


@router.post("/messages")
async def send(
    account: Asked,
    body: NewMessage,
    wait: Annotated[float, Query(ge=0, le=LONGEST_WAIT_SECONDS)] = 5,
) -> dict[str, Any]:
    """Save a message, synced, and wait so many seconds for main to have it."""
    recipient = await other_realms.placed(account, body.recipient(), body.realm)
    sent = await account.send(recipient, body.text, body.key, wait)
    return answers.sent_json(sent)


@router.get("/messages")
async def newest(
    account: Asked, response: Response, limit: Annotated[int, Query(ge=1, le=1000)] = 50
) -> list[dict[str, Any]]:
    """The newest messages of all conversations that main has, the last one last."""
    return answer_state(response, await account.newest(limit))


@router.get("/conversations")
async def conversations(account: Asked, response: Response) -> list[dict[str, Any]]:
    """All conversations, the one with the newest message first."""
    return answer_state(response, await account.conversations())


@router.get("/conversations/{conversation}/messages")
async def history(
    account: Asked,
    response: Response,
    conversation: str,
    before: Annotated[Seq | None, Query()] = None,
    after: Annotated[Seq | None, Query()] = None,
    before_key: Annotated[str | None, Query()] = None,
    before_from: Annotated[str | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
) -> list[dict[str, Any]]:
    """Ascending by seq; messages without one stand last. No bound given: the newest.

    What stands before a message without `at` is asked for by its `before_key`, and `before_from`
    where somebody else wrote it. What was withdrawn comes beside the `limit`.
    """
    name = None
    if before_key is not None:
        sender = Address.parse(before_from) if before_from is not None else account.address
        name = MessageKey(sender, before_key)
    window = Window(before, after, limit, name)
    return answer_state(response, await account.history(conversation, window))


@router.post("/conversations/{conversation}/read")
async def mark_read(account: Asked, conversation: str, body: ReadUpTo) -> dict[str, Any]:
    """Move the watermark `read` forward."""
    read = await account.mark_read(conversation, body.seq)
    return {"conversation": conversation, "read": read}


@router.post("/conversations/{conversation}/mute")
async def mute(account: Asked, conversation: str, body: Mute) -> dict[str, Any]:
    """Hear less of it in the windows of this machine; `conversations` and the event `muted` say
    so.
    """
    return await deeds.mute(account, conversation, wanted=body.muted)


@router.post("/conversations/{conversation}/typing")
async def typing(account: Asked, conversation: str) -> dict[str, Any]:
    """Let the others see that one is writing."""
    await account.type_in(conversation)
    return {"conversation": conversation}


@router.get("/conversations/{conversation}/receipts")
async def receipts(
    account: Asked, response: Response, conversation: str, seq: Annotated[Seq, Query()]
) -> dict[str, Any]:
    """Who has got a message, and who has read it."""
    return answer_state(response, await deeds.receipts(account, conversation, seq))


@router.get("/inbox")
async def inbox(account: Asked, response: Response, peek: bool = False) -> list[dict[str, Any]]:
    """Unread messages of all conversations, oldest first; marks them read unless `peek`."""
    return answer_state(response, await deeds.inbox(account, peek=peek))


@router.get("/search")
async def search(
    account: Asked, response: Response, q: Annotated[str, Query(max_length=256)]
) -> list[dict[str, Any]]:
    """Messages held on this machine that contain all words, newest first."""
    return answer_state(response, await account.search(q))
