"""What commands come to is said in the person's language, without what only programs need."""

from datetime import UTC, datetime
from typing import Any

import pytest

from frontend.window.commands import told
from frontend.window.words import Words

_NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
_SENT = {"key": "k", "conversation": "c", "seq": 3, "state": "at_main", "to": "heru@surabaya"}
_REFUSAL = {"code": "blocked", "address": "heru@surabaya", "message": "In English."}
_MEMBER = {"address": "heru@jakarta", "name": "Heru", "online": True, "read": 2, "delivered": 7}
_GROUP = {"group": "arisan@surabaya", "name": "", "kind": "group", "members": 4, "joined": True}
_REALM = {"realm": "jakarta", "host": "10.0.0.2", "port": 8001, "linked": False, "online": 5}
_LINK = {"state": "cut_off", "up": False, "realm": "surabaya", "since": "2026-11-22T08:31:05Z"}
_SESSION = {"session_id": "9", "device": "laptop", "created_at": "2026-11-22T08:31:05Z"}
_MESSAGE = {
    "conversation": "c",
    "seq": 1,
    "key": "k",
    "kind": "text",
    "from": "heru@surabaya",
    "text": "**Rapat**\njam 3",
    "at": None,
    "sent_at": "2026-11-22T08:31:05Z",
    "state": "delivered",
}


@pytest.mark.parametrize(
    ("result", "lines"),
    [
        (_SENT, ["Terkirim", "heru@surabaya"]),
        ({**_SENT, "to": {"group": "arisan@surabaya"}}, ["Terkirim", "arisan@surabaya"]),
        (
            [{**_SENT, "state": "refused", "error": _REFUSAL}],
            ["heru@surabaya · heru@surabaya tidak menerima pesan dari Anda."],
        ),
        ([{**_MEMBER, "role": "owner"}], ["heru@jakarta · Heru · online · {read} · pemilik"]),
        ([{**_MEMBER, "role": "member"}], ["heru@jakarta · Heru · online · {read}"]),
        (
            [{**_GROUP, "invite_only": True, "closed": False, "role": None}],
            ["arisan@surabaya · 4 anggota · Anda anggotanya · Hanya untuk yang diundang"],
        ),
        (
            [{**_REALM, "since": None, "names": ["jkt"]}],
            ["jakarta · 10.0.0.2 · port 8001 · {cut} · 5 orang online · Anda menyebutnya jkt"],
        ),
        (
            {"account": "a@surabaya", "signed_in": True, "link": _LINK, "unsent": 2},
            ["a@surabaya", "{cut} · surabaya · sejak 08.31", "2 belum terkirim"],
        ),
        ([{**_SESSION, "current": True}], ["laptop · masuk 08.31 · perangkat ini"]),
        ({"address": "heru@surabaya", "blocked": False}, ["heru@surabaya", "tidak diblokir"]),
        ([_MESSAGE], ["heru: Rapat jam 3"]),
        (
            [{"word": "groups", "usage": "groups", "help": "In English."}],
            ["/groups: Tampilkan grup Anda, dan grup terbuka di realm Anda."],
        ),
        ({"conversation": "c", "muted": False}, []),
    ],
)
def test_in_indonesian_no_english_is_left_over(result: Any, lines: list[str]) -> None:
    """Neither names of fields, nor of states and roles, nor errors and help."""
    words = Words("id")
    named = {"read": words("told_read", n=2), "cut": words("site_cut_off")}

    shown = told(result, "messi@surabaya", words, _NOW)

    assert shown == [line.format(**named) for line in lines]


def test_what_a_newer_service_tells_is_shown_by_its_name() -> None:
    """Rather than not at all."""
    assert told({"weather": "fine"}, "a@b", Words("en"), _NOW) == ["weather: fine"]
