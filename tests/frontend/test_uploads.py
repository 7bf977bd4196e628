"""Files on their way out: where they stand, what is told of them, and what becomes of them."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, cast

import pytest

from frontend.live import LiveAccount
from frontend.service import shapes
from frontend.service.forms import file_form
from frontend.service.shapes import Conversation, File, Refusal, Upload
from frontend.uploading import Pasted, SourceLost, Take, Uploading
from frontend.views.bubbles import DrawnRow
from frontend.views.files import FileDeeds, draw_file, name_characters
from frontend.views.look import Sizes
from frontend.views.manner import Deeds, Manner
from frontend.window import arriving, uploads
from frontend.window.rows import BubbleRow, rows_of
from frontend.window.state import AccountState
from frontend.window.words import Words
from realm_protocol.errors import FileTooLarge, FileUnreadable
from realm_service.sse import Event
from tests.frontend.chat_log import (
    BEGIN,
    CONVERSATION,
    ME,
    PEER,
    conversation,
    message,
    message_json,
)
from tests.frontend.page_in_memory import PageInMemory

EN, ID = Words("en"), Words("id")
UPLOAD = Upload("key-9", CONVERSATION, "rapat.pdf", 2_000_000, BEGIN)
FILE = {"file_id": "0" * 32, "name": "rapat.pdf", "size": 2_000_000, "type": "application/pdf"}


def _told(state: str, **other: Any) -> Event:
    told = {
        "transfer": "t1",
        "direction": "upload",
        "key": "key-9",
        "conversation": CONVERSATION,
        "name": "rapat.pdf",
        "size": 2_000_000,
        "type": "application/pdf",
        "state": state,
        "done": 0,
        "rate": 0,
        "created_at": BEGIN.isoformat(),
    }
    return Event(None, "transfer", told | other)


def test_an_upload_stands_where_its_message_will_and_gives_way_to_it() -> None:
    """Once, at every moment, under the same key."""
    state = uploads.begin(AccountState(ME), UPLOAD)
    going = uploads.of_conversation(state, CONVERSATION)
    *_, row = rows_of([message(1)], ME, None, BEGIN, going)
    assert isinstance(row, BubbleRow)
    assert (row.upload, row.message.key, row.tells_state) == (UPLOAD, "key-9", False)

    saved = {**message_json(None, ME, "key-9", "saved"), "kind": "file", "file": FILE}
    state = arriving.take_event(state, Event(3, "message", saved), BEGIN)
    state = arriving.take_event(state, _told("done"), BEGIN)

    assert state.uploads == {}


def test_what_the_service_tells_counts_and_downloads_are_none_of_it() -> None:
    """Also of what another window has begun; what is handed over here is kept beside it."""
    state = uploads.begin(AccountState(ME), UPLOAD)
    state = arriving.take_event(state, _told("running", done=500_000), BEGIN)
    state = arriving.take_event(state, _told("running", direction="download", key="x"), BEGIN)
    assert {key: one.done for key, one in state.uploads.items()} == {"key-9": 500_000}

    handing = replace(UPLOAD, key="key-10")
    state = uploads.take_listed(uploads.begin(state, handing), [])

    assert list(state.uploads.values()) == [handing]


@pytest.mark.parametrize(
    ("upload", "linked", "english", "indonesian"),
    [
        ({"done": 680_000}, True, "Reading the file, 34 %", "Membaca file, 34%"),
        ({"state": "waiting"}, True, "Waiting…", "Menunggu…"),
        (
            {"state": "waiting", "done": 500_000},
            False,
            "Waiting for the link, 25 % done",
            "Menunggu koneksi, 25% selesai",
        ),
        (
            {"state": "running", "done": 500_000, "rate": 150_000},
            True,
            "25 % · 150 kB/s · 10 s left",
            "25% · 150 kB/s · sisa 10 detik",
        ),
        (
            {"state": "running", "done": 500_000, "rate": 1500},
            True,
            "25 % · 1.5 kB/s · 17 min left",
            "25% · 1,5 kB/s · sisa 17 menit",
        ),
        ({"state": "running", "done": 2_000_000}, True, "Checking…", "Memeriksa…"),
        ({"state": "cancelled"}, True, "Cancelled", "Dibatalkan"),
        (
            {"state": "refused", "refusal": Refusal(FileUnreadable.code, {})},
            True,
            "The file can't be read any more. Choose it again.",
            "File tidak dapat dibaca lagi. Pilih ulang filenya.",
        ),
    ],
)
def test_how_far_it_is_stands_in_words(
    upload: dict[str, Any], linked: bool, english: str, indonesian: str
) -> None:
    """What is done, how fast, how long yet; or what it waits for."""
    shown = replace(UPLOAD, **upload)

    assert uploads.progress_words(shown, EN, linked=linked) == english
    assert uploads.progress_words(shown, ID, linked=linked) == indonesian


def test_sizes_and_names_are_short_and_keep_what_tells() -> None:
    """Three figures, and the ending of a name."""
    sizes = (0, 999, 1000, 12_345, 1_400_000, 2_000_000_000)
    told = [uploads.size_words(size, EN) for size in sizes]

    assert told == ["0 B", "999 B", "1 kB", "12.3 kB", "1.4 MB", "2 GB"]
    assert uploads.size_words(1_400_000, ID) == "1,4 MB"
    assert uploads.shortened("laporan-rapat-koordinasi.pdf", 20) == "laporan-rapat…si.pdf"
    assert uploads.shortened("rapat.pdf", 20) == "rapat.pdf"


async def test_the_form_is_as_long_as_it_says() -> None:
    """Whatever the file is called."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b"ab"
        yield b"c"

    form = file_form({"to": PEER, "key": "k"}, 'ra"pat\r\n – ✓.pdf', 3, pieces())
    body = b"".join([piece async for piece in form.pieces])

    assert len(body) == form.length
    assert 'filename="ra_pat__ – ✓.pdf"'.encode() in body
    assert b"\r\n\r\nabc\r\n" in body


class ChatCli:
    """chat-cli as it takes a file: whole, or not at all."""

    address = ME

    def __init__(self) -> None:
        self.refusal: Exception | None = None
        self.taken: list[bytes] = []
        self.asked: list[tuple[str, str]] = []

    async def send_file(
        self, to: str, kind: str, upload: Upload, pieces: AsyncIterator[bytes]
    ) -> str:
        content = b"".join([piece async for piece in pieces])
        if self.refusal is not None:
            raise self.refusal
        self.taken.append(content)
        return "t1"

    async def cancel_upload(self, transfer: str) -> None:
        self.asked.append(("cancel", transfer))

    async def retry_upload(self, transfer: str) -> None:
        self.asked.append(("retry", transfer))

    async def remove_upload(self, transfer: str) -> None:
        self.asked.append(("remove", transfer))


class Lost(Pasted):
    """Its page is shut while it is read."""

    async def hand(self, take: Take) -> None:
        raise SourceLost


def _uploading() -> tuple[ChatCli, LiveAccount, Uploading, Conversation]:
    chat_cli: Any = ChatCli()
    live = LiveAccount(chat_cli, clock=lambda: BEGIN, changed=lambda: None, arrived=lambda _: None)
    known = conversation()
    live.begin(known)
    return chat_cli, live, Uploading(live), known


async def test_a_file_is_handed_over_and_from_then_on_the_services() -> None:
    """Cancelled, gone on with and thrown away there."""
    chat_cli, live, uploading, known = _uploading()

    key = uploading.begin(known, Pasted("a.txt", b"halo"), BEGIN)
    await uploading.hand(key)

    assert chat_cli.taken == [b"halo"]
    assert (live.state.uploads[key].transfer, live.state.uploads[key].state) == ("t1", "waiting")
    await uploading.cancel(key)
    await uploading.retry(key)
    await uploading.remove(key)
    assert chat_cli.asked == [("cancel", "t1"), ("retry", "t1"), ("remove", "t1")]
    assert live.state.uploads == {}


async def test_what_is_refused_stays_with_its_reason_and_can_be_tried_again() -> None:
    """The file is still chosen."""
    chat_cli, live, uploading, known = _uploading()
    chat_cli.refusal = FileTooLarge(size=4, limit=3)
    key = uploading.begin(known, Pasted("a.txt", b"halo"), BEGIN)

    await uploading.hand(key)
    refused = live.state.uploads[key]
    chat_cli.refusal = None
    await uploading.retry(key)

    assert (refused.state, refused.refusal) == ("refused", Refusal(*_code_and_fields()))
    assert chat_cli.taken == [b"halo"]


def _code_and_fields() -> tuple[str, dict[str, Any]]:
    return FileTooLarge.code, {"size": 4, "limit": 3}


async def test_one_that_is_cancelled_or_lost_before_chat_cli_has_it_leaves_nothing() -> None:
    """Neither a message nor an error of the program."""
    chat_cli, live, uploading, known = _uploading()
    cancelled = uploading.begin(known, Pasted("a.txt", b"halo"), BEGIN)
    lost = uploading.begin(known, Lost("b.txt", b"halo"), BEGIN)

    await uploading.cancel(cancelled)
    await uploading.hand(cancelled)
    await uploading.hand(lost)

    assert chat_cli.taken == []
    assert list(live.state.uploads) == [lost]
    assert live.state.uploads[lost].refusal == Refusal(FileUnreadable.code, {})


def test_a_picture_keeps_its_box_and_its_preview() -> None:
    """As the message says, before anything of it is there."""
    picture = {**FILE, "type": "image/png", "width": 1200, "height": 800, "preview": "AAEC"}
    row = message_json(1, PEER, "k", "delivered")
    shown = shapes.message({**row, "kind": "file", "file": picture})

    assert shown.file is not None
    assert (shown.file.width, shown.file.height, shown.file.preview) == (1200, 800, b"\x00\x01\x02")


def test_a_long_name_keeps_its_ending_in_narrow_bubbles_and_large_letters() -> None:
    """What doesn't stand in two lines loses its middle, before it is drawn."""
    name = "laporan-keuangan-cabang-surabaya-timur-final.pdf"

    assert uploads.shortened(name, name_characters(320, Sizes())).endswith("…ur-final.pdf")
    assert uploads.shortened(name, name_characters(240, Sizes(150))).endswith("…inal.pdf")


@pytest.mark.parametrize("percent", [100, 150])
def test_buttons_leave_a_files_name_room(percent: int) -> None:
    """Beside large letters they would cut a short one, too; they stand below it then."""
    file = shapes.file({**FILE, "name": "catatan.txt", "type": "text/plain"})
    bubble = draw_file(file, Sizes(percent), EN, cast("FileDeeds", _Nothing()), 240)
    row = cast("Any", bubble).content.content

    beside = len(row.controls) - 2
    below = len(getattr(row.controls[1].controls[1], "controls", [])) - 1
    assert (beside, below) == ((2, -1) if percent == 100 else (0, 2))


class _Nothing:
    """No way of files."""

    def url(self, file: File, whole: bool) -> str:
        return ""

    def __getattr__(self, name: str) -> Any:
        return self


@pytest.mark.parametrize("narrow", [False, True])
def test_a_file_on_its_way_is_as_wide_as_when_it_is_there(narrow: bool) -> None:
    """So that its name keeps its ending, and nothing moves when it has arrived."""
    *_, row = rows_of([], ME, None, BEGIN, [UPLOAD])
    *_, sent = rows_of([replace(message(1, ME), file=shapes.file(FILE))], ME, None, BEGIN)
    manner = Manner(EN, Sizes(150), ME, "private", narrow=narrow, now=BEGIN)
    deeds = cast("Deeds", _Nothing())
    going, there = (
        PageInMemory(DrawnRow(cast("BubbleRow", one), manner, deeds).control) for one in (row, sent)
    )

    def widths(page: PageInMemory) -> set[float]:
        return {box.width for box in page.all("Container") if (box.width or 0) > 100}

    assert widths(going) == widths(there) == {240 if narrow else 320}


def test_what_was_cancelled_has_no_mark_of_waiting() -> None:
    """It isn't on its way any more; its words say why."""
    marks = []
    for state in ("running", "cancelled"):
        going = [replace(UPLOAD, state=state)]
        *_, row = rows_of([], ME, None, BEGIN, going)
        manner = Manner(EN, Sizes(), ME, "private", narrow=False, now=BEGIN)
        page = PageInMemory(DrawnRow(row, manner, cast("Deeds", _Nothing())).control)
        named = [one.identifier for one in page.all("Semantics")]
        marks.append("tick-key-9" in named)

    assert marks == [True, False]
