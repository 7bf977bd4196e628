"""Files in bubbles: on their way with their progress, to be saved and opened. A picture's box is as
large before the picture is there as after.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import flet as ft

from frontend.service.shapes import File, Message, Upload
from frontend.views import look
from frontend.views.doing import Done, Entry, bound, clicked
from frontend.views.look import Sizes, isolated
from frontend.views.one_stop import pressable, pressable_icon
from frontend.window import uploads
from frontend.window.words import Words

WIDTH = 320
_SMALLEST_SIDE = 96
_BESIDE_NAME = 50
"""Pixels of the icon; each button has as many."""
_SHOWN_AT_ONCE = 4 * 1024 * 1024
"""Bytes of a picture that is fetched without being asked for; of a larger one its preview shows."""
_FADE_MS = 120

_ICONS = (
    ("image/", ft.Icons.IMAGE_OUTLINED),
    ("audio/", ft.Icons.AUDIO_FILE_OUTLINED),
    ("video/", ft.Icons.VIDEO_FILE_OUTLINED),
    ("text/", ft.Icons.DESCRIPTION_OUTLINED),
    ("application/pdf", ft.Icons.PICTURE_AS_PDF_OUTLINED),
    ("application/zip", ft.Icons.FOLDER_ZIP_OUTLINED),
    ("application/gzip", ft.Icons.FOLDER_ZIP_OUTLINED),
    ("application/x-", ft.Icons.FOLDER_ZIP_OUTLINED),
    ("application/vnd.openxmlformats-officedocument.spreadsheet", ft.Icons.TABLE_CHART_OUTLINED),
    ("application/vnd.", ft.Icons.ARTICLE_OUTLINED),
)
_SHOWN_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp", "text/plain")
"""What a browser may show by itself; anything else is saved."""


@dataclass(frozen=True)
class FileDeeds:
    """What can be done with files. `url`: where this browser gets a file, so that a click does it
    by itself; empty where there is none.
    """

    url: Callable[[File, bool], str]
    save: Callable[[File], Awaitable[None]]
    show: Callable[[File], Awaitable[None]]
    cancel: Callable[[str], Awaitable[None]]
    retry: Callable[[str], Awaitable[None]]
    remove: Callable[[str], Awaitable[None]]


def is_picture(file: File) -> bool:
    return file.width is not None and file.height is not None


def box_of(file: File, longest: int = WIDTH) -> tuple[float, float]:
    """Width and height in which a picture is shown."""
    width, height = file.width or longest, file.height or longest
    scale = min(longest / width, longest / height, 1.0)
    return max(_SMALLEST_SIDE, width * scale), max(_SMALLEST_SIDE, height * scale)


def draw_file(file: File, sizes: Sizes, words: Words, deeds: FileDeeds, longest: int) -> ft.Control:
    """A file that is a message."""
    if is_picture(file):
        return _picture(file, sizes, words, deeds, longest)
    buttons: list[ft.Control] = []
    if file.type in _SHOWN_TYPES:
        buttons.append(_open_button(file, words, deeds))
    buttons.append(_save_button(file, words, deeds))
    return ft.Semantics(
        identifier=f"file-{file.file_id}",
        container=True,
        content=ft.Container(
            _named(file.name, file.size, file.type, sizes, words, buttons, longest), width=longest
        ),
    )


def name_characters(width: float, sizes: Sizes) -> int:
    """So many of a file's name stand in two lines, one of which may break early."""
    beside = width - _BESIDE_NAME * (1 if sizes.are_large else 2)
    return max(16, int(1.5 * beside / (0.55 * sizes.name)))


def _named(
    name: str,
    size: int,
    kind: str,
    sizes: Sizes,
    words: Words,
    buttons: list[ft.Control],
    width: float,
) -> ft.Control:
    """The buttons stand beside the name; in large letters below it, where they cut no word."""
    icon = next((icon for begun, icon in _ICONS if kind.startswith(begun)), None)
    told = ft.Text(uploads.size_words(size, words), size=sizes.meta, color=look.TEXT2)
    below: ft.Control = told
    if sizes.are_large and buttons:
        told.expand = True
        below, buttons = ft.Row([told, *buttons], spacing=10), []
    return ft.Row(
        [
            ft.Container(
                ft.Icon(icon or ft.Icons.INSERT_DRIVE_FILE_OUTLINED, size=24, color=look.ACCENT),
                width=40,
                height=40,
                border_radius=look.RADIUS_FIELD,
                bgcolor=look.RAISED,
                alignment=ft.Alignment.CENTER,
            ),
            ft.Column(
                [
                    ft.Text(
                        isolated(uploads.shortened(name, name_characters(width, sizes))),
                        size=sizes.name,
                        color=look.TEXT,
                        max_lines=2,
                        overflow=ft.TextOverflow.ELLIPSIS,
                        tooltip=name,
                    ),
                    below,
                ],
                spacing=0,
                expand=True,
                alignment=ft.MainAxisAlignment.CENTER,
            ),
            *buttons,
        ],
        spacing=10,
    )


# --- pictures ------------------------------------------------------------------------------------


def _picture(file: File, sizes: Sizes, words: Words, deeds: FileDeeds, longest: int) -> ft.Control:
    width, height = box_of(file, longest)
    shown = _picture_itself(file, words, deeds, width, height)
    url = deeds.url(file, False)

    button = pressable(
        f"file-{file.file_id}-open",
        ft.Container(shown, width=width, height=height, border_radius=look.RADIUS_FIELD),
        None if url else clicked(bound(deeds.show, file)),
        action=ft.OpenUrl(url, target=ft.UrlTarget.BLANK) if url else None,
    )
    below = ft.Row(
        [
            ft.Text(
                isolated(file.name),
                size=sizes.meta,
                color=look.TEXT2,
                expand=True,
                max_lines=1,
                overflow=ft.TextOverflow.ELLIPSIS,
                tooltip=file.name,
            ),
            ft.Text(uploads.size_words(file.size, words), size=sizes.meta, color=look.TEXT2),
            _save_button(file, words, deeds),
        ],
        width=max(width, 160),
        spacing=6,
    )
    return ft.Semantics(
        identifier=f"file-{file.file_id}",
        container=True,
        content=ft.Column([button, below], spacing=2, tight=True),
    )


def _picture_itself(
    file: File, words: Words, deeds: FileDeeds, width: float, height: float
) -> ft.Control:
    url = deeds.url(file, False) if file.size <= _SHOWN_AT_ONCE else ""
    if not url and file.preview is None:
        return _broken(words, width, height)
    fade = ft.Animation(_FADE_MS)
    return ft.Image(
        src=url or file.preview or b"",
        placeholder_src=file.preview if url else None,
        fade_in_animation=fade if url else None,
        placeholder_fade_out_animation=fade if url else None,
        error_content=_broken(words, width, height),
        width=width,
        height=height,
        fit=ft.BoxFit.COVER,
        placeholder_fit=ft.BoxFit.COVER,
        border_radius=look.RADIUS_FIELD,
        gapless_playback=True,
        semantics_label=words("image", name=file.name),
    )


def _broken(words: Words, width: float, height: float) -> ft.Control:
    return ft.Container(
        ft.Icon(
            ft.Icons.BROKEN_IMAGE_OUTLINED,
            size=40,
            color=look.OUTLINE,
            semantics_label=words("image_broken"),
        ),
        width=width,
        height=height,
        bgcolor=look.RAISED,
        alignment=ft.Alignment.CENTER,
    )


# --- in a menu -----------------------------------------------------------------------------------


def file_entries(file: File, words: Words, deeds: FileDeeds) -> list[Entry]:
    """What its buttons do, for keys."""
    entries = [(words("save"), bound(deeds.save, file))]
    if is_picture(file) or file.type in _SHOWN_TYPES:
        entries.insert(0, (words("open"), bound(deeds.show, file)))
    return entries


def upload_entries(upload: Upload, words: Words, deeds: FileDeeds) -> list[Entry]:
    key = upload.key
    if uploads.is_moving(upload):
        return [(words("cancel"), bound(deeds.cancel, key))]
    retry, remove = bound(deeds.retry, key), bound(deeds.remove, key)
    return [(words("retry"), retry), (words("remove"), remove)]


# --- buttons -------------------------------------------------------------------------------------


def _open_button(file: File, words: Words, deeds: FileDeeds) -> ft.Control:
    """In a tab of its own, within the click: later the browser would take it for an intruder."""
    url = deeds.url(file, False)
    return _icon(
        *(ft.Icons.OPEN_IN_NEW_ROUNDED, words("open"), f"file-{file.file_id}-open"),
        None if url else bound(deeds.show, file),
        ft.OpenUrl(url, target=ft.UrlTarget.BLANK) if url else None,
    )


def _save_button(file: File, words: Words, deeds: FileDeeds) -> ft.Control:
    url = deeds.url(file, True)
    return _icon(
        *(ft.Icons.DOWNLOAD_ROUNDED, words("save"), f"file-{file.file_id}-save"),
        None if url else bound(deeds.save, file),
        # What is to be saved leaves the page where it is.
        ft.OpenUrl(url, target=ft.UrlTarget.SELF) if url else None,
    )


def _icon(
    icon: ft.IconData,
    name: str,
    identifier: str,
    does: Done | None,
    action: ft.ClientAction | None = None,
) -> ft.Control:
    return pressable_icon(identifier, icon, name, clicked(does) if does else None, action)


# --- on their way --------------------------------------------------------------------------------


class OnItsWay:
    """A file that isn't a message yet. `show` tells how far it is, in the same place."""

    def __init__(
        self,
        message: Message,
        upload: Upload,
        sizes: Sizes,
        words: Words,
        deeds: FileDeeds,
        width: float,
    ) -> None:
        self._words, self._deeds = words, deeds
        self._moving = uploads.is_moving(upload)
        self._bar = ft.ProgressBar(
            value=0, bar_height=4, border_radius=2, color=look.ACCENT, bgcolor=look.LINE
        )
        self._told = ft.Text(
            "", size=sizes.meta, color=look.TEXT2, expand=True, max_lines=3, tooltip=""
        )
        if not self._moving:
            self._told.color = look.ERROR if upload.state == "refused" else look.TEXT2
        named = _named(upload.name, upload.size, upload.type, sizes, words, [], width)
        progress = ft.Semantics(
            identifier=f"file-{message.key}-progress",
            container=True,
            content=ft.Row(
                [self._told, *self._buttons(upload)],
                spacing=4,
                vertical_alignment=ft.CrossAxisAlignment.CENTER,
            ),
        )
        self.control = ft.Container(
            ft.Column([named, self._bar, progress], spacing=6, tight=True), width=width
        )

    def _buttons(self, upload: Upload) -> list[ft.Control]:
        key, words = upload.key, self._words

        cross = ft.Icons.CLOSE_ROUNDED
        if self._moving:
            cancel = bound(self._deeds.cancel, key)
            return [_icon(cross, words("cancel"), f"file-{key}-cancel", cancel)]
        retry, remove = bound(self._deeds.retry, key), bound(self._deeds.remove, key)
        return [
            _icon(ft.Icons.REFRESH_ROUNDED, words("retry"), f"file-{key}-retry", retry),
            _icon(cross, words("remove"), f"file-{key}-remove", remove),
        ]

    def show(self, upload: Upload, *, linked: bool) -> bool:
        """Whether that could be shown without making it anew."""
        if uploads.is_moving(upload) != self._moving:
            return False
        self._bar.value = uploads.fraction(upload)
        self._told.value = uploads.progress_words(upload, self._words, linked=linked)
        return True
