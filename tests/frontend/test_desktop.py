"""Where a window on the desktop can be opened, and what is said where it can't."""

import pytest

from frontend.desktop import NoDesktop, check_desktop


@pytest.mark.parametrize(
    ("platform", "environment", "has_client"),
    [
        ("linux", {}, True),
        ("linux", {"DISPLAY": ":0"}, False),
        ("darwin", {}, False),
    ],
)
def test_without_a_display_or_a_client_the_browser_is_named(
    platform: str, environment: dict[str, str], has_client: bool
) -> None:
    """Nothing is installed or served behind a person's back."""
    with pytest.raises(NoDesktop, match="--web"):
        check_desktop(platform, environment, has_client=has_client)


@pytest.mark.parametrize(
    ("platform", "environment"),
    [("linux", {"DISPLAY": ":0"}), ("linux", {"WAYLAND_DISPLAY": "wayland-0"}), ("darwin", {})],
)
def test_with_both_it_opens(platform: str, environment: dict[str, str]) -> None:
    """On each platform by its own means."""
    check_desktop(platform, environment, has_client=True)
