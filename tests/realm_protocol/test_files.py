"""Files in the vocabulary: their body, their type, the headers that carry them."""

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realm_protocol.bodies import FileBody, check_body, pack_file_body, read_file_body
from realm_protocol.errors import (
    MalformedMessage,
    NotAllowed,
    RangeNotSatisfiable,
    RealmchatError,
    UploadProtocolMismatch,
)
from realm_protocol.file_types import SNIFFED_BYTES, sniff_type
from realm_protocol.uploads import (
    NewUpload,
    check_tus_version,
    content_range,
    read_new_upload,
    read_range,
    upload_headers,
)
from realm_protocol.wire import pack, unpack_value

FILE_ID, SHA256 = "0" * 32, "a" * 64
BODY = FileBody(FILE_ID, "photo.jpg", 3, "image/jpeg", SHA256, 640, 480, b"\xff\xd8\xffpreview")
hashes = st.from_regex("[0-9a-f]{64}", fullmatch=True)


def test_a_file_is_read_back_from_a_map_that_may_grow() -> None:
    """Later versions may say more; what there is none of is left out."""
    grown = pack({**unpack_value(pack_file_body(BODY)), "pages": 3})

    assert read_file_body(grown) == BODY
    assert "width" not in unpack_value(pack_file_body(FileBody(FILE_ID, "a", 0, "b", SHA256)))


def test_a_file_arrives_under_a_safe_name() -> None:
    """Whatever its sender, and the tiers between, let pass."""
    body = msgpack.packb({**unpack_value(pack_file_body(BODY)), "name": "../../etc/passwd"})

    assert read_file_body(body).name == "passwd"


@pytest.mark.parametrize(
    "wrong",
    [
        {"file_id": "../x"},
        {"sha256": "A" * 64},
        {"size": -1},
        {"width": 0},
        {"preview": b"\xff\xd8\xff" + b"x" * 4096},
        {"preview": b"<svg onload=alert(1)>"},
        {"name": 7},
    ],
)
def test_a_body_out_of_bounds_is_refused(wrong: dict[str, object]) -> None:
    """Ids, hashes and sizes have one form; a preview is small, and a picture."""
    with pytest.raises(MalformedMessage):
        read_file_body(msgpack.packb({**unpack_value(pack_file_body(BODY)), **wrong}))


@given(st.binary(max_size=80))
def test_a_broken_body_is_refused_in_words(body: bytes) -> None:
    """Random bytes never raise anything but an error of ours."""
    with pytest.raises(RealmchatError):
        read_file_body(body)


def test_a_person_sends_texts_and_files() -> None:
    """Rows of the system are main's."""
    check_body("text", b"hello")
    check_body("file", pack_file_body(BODY))
    with pytest.raises(NotAllowed):
        check_body("system", b"\x80")
    with pytest.raises(MalformedMessage):
        check_body("file", b"hello")


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x00\x00\x00\x00nope", "application/octet-stream"),
        (b"\x00\x00\x00\x18ftypavif", "image/avif"),
        (b"\x00\x00\x00\x18ftypisom", "video/mp4"),
        (b"PK\x03\x04....word/document.xml", "application/vnd.openxmlformats-officedocument."
         "wordprocessingml.document"),
        (b"PK\x03\x04" + b"." * 26 + b"mimetypeapplication/vnd.oasis.opendocument.textPK",
         "application/vnd.oasis.opendocument.text"),
        (b"PK\x03\x04plain", "application/zip"),
        (b"<html><script>alert(1)</script>", "text/plain"),
        ("é".encode() * SNIFFED_BYTES, "text/plain"),
        (b"x" + "é".encode() * SNIFFED_BYTES, "text/plain"),
        (b"text\xff", "application/octet-stream"),
        (b"nul\x00", "application/octet-stream"),
        (b"", "application/octet-stream"),
    ],
)  # fmt: skip
def test_a_type_is_what_the_bytes_show(head: bytes, kind: str) -> None:
    """No name and no claim has a say, and nothing is of a type that a browser runs."""
    assert sniff_type(head) == kind


@given(st.binary(max_size=200))
def test_any_beginning_has_a_type(head: bytes) -> None:
    """And it is never one that a browser would run."""
    assert sniff_type(head).partition("/")[0] in {"application", "audio", "image", "text", "video"}
    assert sniff_type(head) not in {"text/html", "image/svg+xml", "application/xhtml+xml"}


@given(st.integers(0, 2**40), hashes)
def test_the_announcement_of_an_upload_is_read_back(size: int, sha256: str) -> None:
    """As tus has it, between any two that speak it."""
    headers = upload_headers(NewUpload(size, sha256))

    assert read_new_upload(headers["Upload-Length"], headers["Upload-Metadata"]) == NewUpload(
        size, sha256
    )
    check_tus_version(headers["Tus-Resumable"])


@pytest.mark.parametrize(
    ("length", "metadata"),
    [
        (None, None),
        ("-1", "sha256 " + "YQ=="),
        ("3", "sha256"),
        ("3", "sha256 no-base64!"),
        ("3", "sha256 YWJj"),
        ("3", "filename YWJj"),
    ],
)
def test_an_upload_that_says_too_little_is_refused(
    length: str | None, metadata: str | None
) -> None:
    """Without its size and hash nothing could be checked."""
    with pytest.raises(MalformedMessage):
        read_new_upload(length, metadata)


def test_another_tus_is_refused() -> None:
    """None said means ours."""
    check_tus_version(None)
    with pytest.raises(UploadProtocolMismatch, match=r"1\.0\.0 here, not 0\.2"):
        check_tus_version("0.2")


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (None, None),
        ("bytes=0-", range(10)),
        ("bytes=4-", range(4, 10)),
        ("bytes=4-5", range(4, 6)),
        ("bytes=4-99", range(4, 10)),
        ("bytes=-3", range(7, 10)),
        ("bytes=-99", range(10)),
        ("bytes=5-3", None),
        ("bytes=-", None),
        ("bytes=0-1,4-5", None),
        ("lines=1-2", None),
    ],
)
def test_a_range_is_read_as_http_has_it(header: str | None, part: range | None) -> None:
    """One part; what isn't known means the whole."""
    assert read_range(header, 10) == part


@pytest.mark.parametrize(("header", "size"), [("bytes=10-", 10), ("bytes=-0", 10), ("bytes=0-", 0)])
def test_a_range_outside_is_refused(header: str, size: int) -> None:
    """With the size, so that the asker knows."""
    with pytest.raises(RangeNotSatisfiable, match=f"has {size} bytes"):
        read_range(header, size)


def test_a_part_says_where_it_stands() -> None:
    """The last byte is named, as HTTP counts."""
    assert content_range(range(4, 6), 10) == "bytes 4-5/10"
