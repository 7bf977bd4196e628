"""Links in a text, which its message's menu offers to those who have no mouse."""

import pytest

from frontend.window.markdown import links


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("tanpa tautan", []),
        ("lihat https://a.example/x?y=1.", ["https://a.example/x?y=1"]),
        ("[peta](https://a.example/peta) dan (http://b.example)", None),
        ("**https://a.example/x** lalu https://a.example/x", ["https://a.example/x"]),
        ("[surat](mailto:sari@a.example)", ["mailto:sari@a.example"]),
        ("![foto](https://a.example/f.png)", ["https://a.example/f.png"]),
        ("[jahat](javascript:alert(1)) [berkas](file:///etc/passwd)", []),
    ],
)
def test_links_that_may_be_followed_are_found_once(text: str, found: list[str] | None) -> None:
    """Marked or bare, in their order; neither scripts nor files of this machine."""
    two = ["https://a.example/peta", "http://b.example"]
    assert links(text) == (two if found is None else found)
