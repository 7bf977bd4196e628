"""Routes: files: sending one, fetching one, and those that are under way."""

import re
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Header, Query, Request, Response
from starlette.requests import ClientDisconnect

from chat_cli import answers, other_realms
from chat_cli.access import Asked
from chat_cli.account.account import Account
from chat_cli.account.files.spool import Incoming, Spooled
from chat_cli.account.recipients import Recipient, recipient
from chat_cli.stating import answer_state
from chat_cli.upload_form import OVERHEAD_LIMIT, UploadForm
from realm_protocol.bodies import FILE_ID_PATTERN
from realm_protocol.errors import FileNotFound, MalformedMessage
from realm_protocol.file_names import safe_file_name
from realm_protocol.file_types import UNKNOWN_TYPE
from realm_service.streaming import Stream, file_headers

router = APIRouter(prefix="/v1/accounts/{address}", tags=["files"])

LONGEST_WAIT_SECONDS = 60
LISTED_FILES = 1000
_NO_RECIPIENT = "the form's “to” is a person, or group:NAME"
_UPLOAD_PATH = re.compile(r"/v1/accounts/[^/]+/files")
_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["to", "file"],
                    "properties": {
                        "to": {"type": "string", "description": "Person, or `group:NAME`."},
                        "key": {"type": "string", "description": "As of a message."},
                        "realm": {"type": "string", "description": "As of a message."},
                        "file": {"type": "string", "format": "binary"},
                    },
                }
            }
        },
    }
}


def is_streamed(method: str, path: str) -> bool:
    """Whether a request carries a file, which has a limit of its own."""
    return method == "POST" and _UPLOAD_PATH.fullmatch(path) is not None


@router.post("/files", openapi_extra=_FORM)
async def send_file(
    account: Asked,
    request: Request,
    wait: Annotated[float, Query(ge=0, le=LONGEST_WAIT_SECONDS)] = 5,
    resume: bool = False,
) -> dict[str, Any]:
    """Keep a file, synced, and wait so many seconds for main to have its message; it is sent
    whatever becomes of this request then. With `resume`, the same file that is on its way to the
    same recipient goes on, instead of going twice.
    """
    form = UploadForm(request.headers.get("Content-Type", ""))
    recipient, spooled = await _take_in(account, request, form)
    name = form.finish()
    sent, transfer = await account.files.send(
        spooled,
        name,
        recipient,
        key=form.fields.get("key"),
        go_on=resume,
        wait_seconds=wait,
    )
    return {**answers.sent_json(sent), "transfer": transfer["transfer"] if transfer else None}


async def _take_in(
    account: Account, request: Request, form: UploadForm
) -> tuple[Recipient, Spooled]:
    length = request.headers.get("Content-Length", "")
    said = int(length) if length.isdecimal() else 0
    incoming = account.files.begin(max(said - OVERHEAD_LIMIT, 0))
    try:
        return await _read(account, request, form, incoming)
    except ClientDisconnect as exc:
        await incoming.abandon()
        raise MalformedMessage(detail="the form is cut off") from exc
    except BaseException:
        await incoming.abandon()
        raise


async def _read(
    account: Account, request: Request, form: UploadForm, incoming: Incoming
) -> tuple[Recipient, Spooled]:
    """Whom the file is for, checked first where the form says so first; and the file."""
    is_checked = False
    async for received in request.stream():
        pieces = form.take(received)
        if not is_checked and form.file_name is not None and "to" in form.fields:
            is_checked = True
            if "key" not in form.fields:  # else it may have been sent while that was right
                await account.files.check(await _recipient(account, form))
        for piece in pieces:
            await incoming.take(piece)
    form.finish()
    return await _recipient(account, form), await incoming.finish()


async def _recipient(account: Account, form: UploadForm) -> Recipient:
    to = form.fields.get("to")
    if not to:
        raise MalformedMessage(detail=_NO_RECIPIENT)
    return await other_realms.placed(account, recipient(to), form.fields.get("realm"))


@router.get("/files")
async def files(
    account: Asked, response: Response, limit: Annotated[int, Query(ge=1, le=LISTED_FILES)] = 50
) -> list[dict[str, Any]]:
    """The newest messages with files that are held here, the last one last."""
    return answer_state(response, await account.newest_files(limit))


@router.get("/files/{file_id}")
async def fetch_file(
    account: Asked, file_id: str, range_: Annotated[str | None, Header(alias="Range")] = None
) -> Response:
    """The bytes of a file, or a `Range` of them, as they come from the realm; checked against the
    file's SHA-256, which is its ETag.
    """
    if re.fullmatch(FILE_ID_PATTERN, file_id) is None:
        raise FileNotFound(file_id=file_id[:64])
    download, known = await account.files.open(file_id, range_)
    kind = known.type if known else UNKNOWN_TYPE
    part = download.part if download.is_partial else None
    status, headers = file_headers(part, download.size, kind, f'"{download.sha256}"')
    headers["Content-Disposition"] = disposition(known.name if known else "file")
    return await Stream.begin(download.pieces(), status, headers)


def disposition(name: str) -> str:
    """`Content-Disposition` that says how to call a file, for programs old and new."""
    safe = safe_file_name(name)
    plain = "".join(c if " " <= c <= "~" and c not in '"\\%' else "_" for c in safe)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(safe, safe='')}"


@router.get("/transfers")
async def transfers(account: Asked) -> list[dict[str, Any]]:
    """Files under way and those lately done, the oldest first. The events `transfer` tell more of
    them as they move.
    """
    return await account.files.list()


@router.get("/transfers/{transfer}")
async def transfer(
    account: Asked,
    transfer: str,
    wait: Annotated[float, Query(ge=0, le=LONGEST_WAIT_SECONDS)] = 0,
) -> dict[str, Any]:
    """How far it is; of an upload also its `message`. That is waited for so many seconds."""
    told, sent = await account.files.get(transfer, wait)
    return {**told, "message": None if sent is None else answers.outcome_json(sent)}


@router.post("/transfers/{transfer}/cancel")
async def cancel(account: Asked, transfer: str) -> dict[str, Any]:
    """Stop it. An upload keeps what it has, for `retry`."""
    return await account.files.cancel(transfer)


@router.post("/transfers/{transfer}/retry")
async def retry(account: Asked, transfer: str) -> dict[str, Any]:
    """Go on with an upload that was cancelled or refused; one that waits goes on at once."""
    return await account.files.retry(transfer)


@router.delete("/transfers/{transfer}")
async def remove(account: Asked, transfer: str) -> dict[str, Any]:
    """Forget it, with the bytes that wait here; a file that was sent stays sent."""
    return await account.files.remove(transfer)
