"""The type of a file by its first bytes. What a sender or a name claims counts for nothing."""

import re

SNIFFED_BYTES = 4096
"""So many bytes of a file's beginning decide."""

UNKNOWN_TYPE = "application/octet-stream"
_TEXT = "text/plain"

_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"%PDF-", "application/pdf"),
    (b"%!PS", "application/postscript"),
    (b"{\\rtf", "application/rtf"),
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
    (b"BZh", "application/x-bzip2"),
    (b"\xfd7zXZ\x00", "application/x-xz"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"SQLite format 3\x00", "application/vnd.sqlite3"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"\x7fELF", "application/x-executable"),
    (b"MZ", "application/vnd.microsoft.portable-executable"),
    (b"ID3", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
    (b"OggS", "application/ogg"),
    (b"\x1aE\xdf\xa3", "video/webm"),
)
_IN_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_BRANDS = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heif",
    b"qt  ": "video/quicktime",
    b"M4A ": "audio/mp4",
}
"""Of the container that MPEG-4 made; any other brand of it is a video."""
_IN_ZIP = {
    b"word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    b"xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    b"ppt/": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    b"META-INF/": "application/java-archive",
}
_STATED_IN_ZIP = re.compile(rb"mimetype(application/(?:epub\+zip|vnd\.oasis\.[a-z.\-]{1,60}))")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def sniff_type(head: bytes) -> str:
    """The media type that the first bytes of a file show; plain text for what is only UTF-8.

    What a browser would run, such as HTML, is plain text too.
    """
    head = head[:SNIFFED_BYTES]
    if head[:4] == b"RIFF":
        return _IN_RIFF.get(head[8:12], UNKNOWN_TYPE)
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "video/mp4")
    for beginning, kind in _BEGINNINGS:
        if head.startswith(beginning):
            return _sniff_zip(head) if beginning == b"PK\x03\x04" else kind
    return _TEXT if _is_text(head) else UNKNOWN_TYPE


def _sniff_zip(head: bytes) -> str:
    if stated := _STATED_IN_ZIP.search(head[:128]):
        return stated[1].decode()
    return next((kind for part, kind in _IN_ZIP.items() if part in head), "application/zip")


def _is_text(head: bytes) -> bool:
    if not head or _CONTROL.search(head):
        return False
    try:
        head.decode()
    except UnicodeDecodeError as exc:
        # The last character may be cut where the head ends.
        return len(head) == SNIFFED_BYTES and exc.start >= SNIFFED_BYTES - 3
    return True
