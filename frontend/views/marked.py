"""A text that its writer marked up, as Markdown."""

from collections.abc import Awaitable, Callable

import flet as ft

from frontend.views import look
from frontend.views.look import Sizes
from frontend.window import markdown


def draw_marked(
    text: str, sizes: Sizes, open_link: Callable[[str], Awaitable[None]]
) -> ft.Markdown:
    """Nothing in it asks a stranger's server: an image is a link, which somebody may follow."""

    async def follow(event: ft.Event[ft.Markdown]) -> None:
        await open_link(str(event.data))

    return ft.Markdown(
        markdown.without_images(text),
        extension_set=ft.MarkdownExtensionSet.GITHUB_WEB,
        soft_line_break=True,
        fit_content=True,
        md_style_sheet=_style(sizes),
        on_tap_link=follow,
    )


def _style(sizes: Sizes) -> ft.MarkdownStyleSheet:
    plain = ft.TextStyle(size=sizes.message, color=look.TEXT)
    link = ft.TextStyle(size=sizes.message, color=look.LINK, decoration=ft.TextDecoration.UNDERLINE)
    # No louder than that: a message isn't a page.
    heading = ft.TextStyle(size=sizes.of(16), weight=look.BOLD, color=look.TEXT)
    return ft.MarkdownStyleSheet(
        p_text_style=plain,
        a_text_style=link,
        code_text_style=ft.TextStyle(
            size=sizes.of(13.5),
            font_family=look.CODE_FONT,
            font_family_fallback=look.OTHER_FONTS,
            color=look.TEXT,
        ),
        codeblock_decoration=_quiet(),
        codeblock_padding=ft.Padding.all(8),
        blockquote_text_style=plain,
        blockquote_decoration=ft.BoxDecoration(
            border=ft.Border.only(left=ft.BorderSide(3, look.OUTLINE))
        ),
        blockquote_padding=ft.Padding.only(left=10, top=2, bottom=2),
        h1_text_style=heading,
        h2_text_style=heading,
        h3_text_style=heading,
        h4_text_style=heading,
        h5_text_style=heading,
        h6_text_style=heading,
    )


def _quiet() -> ft.BoxDecoration:
    return ft.BoxDecoration(
        bgcolor=look.RAISED,
        border_radius=look.RADIUS_CHIP,
        border=ft.Border.all(1, look.LINE),
    )
