"""Where a service listens, and whom it takes for its own machine."""

import pytest

from main_server.settings import MainSettings
from realm_server.settings import RealmSettings
from realm_service.listening import AddressInUse, bind, is_loopback
from realm_service.settings import InvalidSetting, ServiceSettings, load


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("::ffff:7f00:1", True),
        ("::ffff:10.0.0.1", False),
        ("0.0.0.0", False),  # noqa: S104
        ("::", False),
        ("chat.example.org", False),
        ("127.0.0.1.example.org", False),
        ("", False),
    ],
)
def test_loopback_is_known_in_every_form(host: str, own: bool) -> None:
    """As an IPv4 peer of a socket for both versions of IP too; a name is never looked up."""
    assert is_loopback(host) is own


@pytest.mark.parametrize("host", ["a..b", "ä..b", "a" * 64 + ".org", "a\0b"])
def test_what_can_be_no_host_is_refused_in_words(host: str) -> None:
    """Before any resolver is asked."""
    with pytest.raises(AddressInUse) as refused:
        bind(host, 0)

    assert "no name of a host" in refused.value.message


@pytest.mark.parametrize(
    ("settings", "others"), [(MainSettings, {}), (RealmSettings, {"name": "surabaya"})]
)
@pytest.mark.parametrize(
    "value", ["10.0.0.0/33", "10.0.0.1/8", "proxy.example", "10.0.0.1;::1", ""]
)
def test_a_mistyped_proxy_is_refused_at_the_start(
    settings: type[ServiceSettings], others: dict[str, str], value: str
) -> None:
    """Else X-Forwarded-For would be believed of nobody, and nobody would notice."""
    with pytest.raises(InvalidSetting) as refused:
        load(settings, {**others, "trusted_proxy": value})

    assert refused.value.fields["setting"] == "trusted_proxy"
    assert "neither an IP address nor a network" in refused.value.message


def test_proxies_may_be_several() -> None:
    """Addresses and networks of both versions of IP, as uvicorn takes them."""
    value = "10.0.0.1, 192.168.0.0/16,2001:db8::/32"

    assert load(RealmSettings, {"name": "x", "trusted_proxy": value}).trusted_proxy == value
