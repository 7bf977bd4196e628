"""docs/operations.md: every setting, operator's command and metric, as they are in the code."""

import re
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families

import make_operations
from generated_parts import render, sections_of
from main_server.app import MainServer
from main_server.app import build_app as build_main
from main_server.settings import MainSettings
from main_server.store.database import open_engine
from realm_server.app import build_app as build_realm
from realm_server.link import MainServer as MainOfRealm
from realm_server.settings import RealmSettings
from realm_server.store import open_store

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "operations.md").read_text(encoding="utf-8")
SERVICES = list(make_operations.SERVICES)


def test_the_page_is_up_to_date() -> None:
    """`python docs/make_operations.py` would change nothing."""
    assert render(PAGE, make_operations.SECTIONS) == PAGE


def test_the_page_has_a_place_for_every_part() -> None:
    """Each generated part once."""
    assert sorted(sections_of(PAGE)) == sorted(make_operations.SECTIONS)


@pytest.mark.parametrize("service", SERVICES)
def test_every_setting_has_a_meaning(service: str) -> None:
    """In a sentence, where the setting is made."""
    silent = [
        name
        for name, field in make_operations.SERVICES[service].model_fields.items()
        if not (field.description or "").strip().endswith(".")
    ]

    assert silent == []


@pytest.mark.parametrize("service", SERVICES)
def test_every_flag_of_serve_is_on_the_page(service: str) -> None:
    """Each gives a setting, and stands in that setting's row."""
    prefix = make_operations.SERVICES[service].model_config["env_prefix"]
    flags = make_operations.serve_flags(service)

    assert flags
    for name, flag in flags.items():
        assert f"| `{name}` | `{flag}` | `{prefix}{name.upper()}` |" in PAGE


def test_every_operator_command_is_told_with_its_purpose() -> None:
    """No command of the main server stands there without a word of help."""
    told = dict(re.findall(r"^\| `(main-server [^`]*)` \| (.*) \|$", PAGE, re.MULTILINE))

    assert len(told) >= 17
    assert all(told.values())


async def test_every_metric_of_main_is_on_the_page(tmp_path: Path) -> None:
    """What a running main server shows at /metrics."""
    engine = open_engine(tmp_path / "main.db")
    app = build_main(MainSettings(), MainServer(engine))

    names = await _metrics_of(app)
    engine.dispose()

    assert {name for name in names if f"| `{name}` |" not in PAGE} == set()


async def test_every_metric_of_a_realm_is_on_the_page(tmp_path: Path) -> None:
    """What a running realm server shows at /metrics; its link is not up."""
    settings = RealmSettings(name="surabaya", main_url="http://127.0.0.1:1")
    with open_store(tmp_path) as store:
        built = build_realm(settings, store, MainOfRealm(settings.link_url, "key", None))
        names = await _metrics_of(built.app)

    assert {name for name in names if f"| `{name}` |" not in PAGE} == set()


async def _metrics_of(app: FastAPI) -> set[str]:
    """The names of all metrics of an application while it runs, as Prometheus reads them."""
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 1))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://server") as http,
    ):
        families = text_string_to_metric_families((await http.get("/metrics")).text)
        names = {
            family.name + ("_total" if family.type == "counter" else "") for family in families
        }
    assert names
    return {name for name in names if not name.endswith("_created")}


def test_every_route_of_health_is_on_the_page() -> None:
    """What a probe may ask."""
    for route in ("/health/live", "/health/ready", "/v1/health", "/metrics"):
        assert f"`{route}`" in PAGE
