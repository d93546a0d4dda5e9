"""A page in a real browser, watched: it must not complain, and must ask nobody but its server."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route

import hatch_build
from api.settings import Settings
from tests.serving import Server

__all__ = ["axe", "serious", "watched"]

SERIOUS = ("serious", "critical")


@contextmanager
def watched(chromium: Browser, server: Server, address: str, *, width: int = 1366,
            height: int = 768, script: bool = True) -> Iterator[Page]:
    """The page at that address; fails at the end for any error, violation of the policy or
    request that left the server's own address."""
    faults: list[str] = []

    def only_here(route: Route) -> None:
        if route.request.url.startswith(server.url + "/"):
            route.continue_()
        else:
            faults.append(f"asked {route.request.url}")
            route.abort()

    context = chromium.new_context(viewport={"width": width, "height": height},
                                   java_script_enabled=script, locale="zh-CN")
    context.route(lambda url: urlsplit(url).scheme not in ("data", "blob"), only_here)
    page = context.new_page()
    page.on("console", lambda said: faults.append(said.text)
            if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("dialog", lambda dialog: (faults.append(f"dialog {dialog.message}"),
                                      dialog.dismiss())[0])
    try:
        page.goto(server.url + quote(address, safe="/?&=:%"))
        yield page
    finally:
        context.close()
    assert not faults, faults


@pytest.fixture(scope="session")
def axe() -> str:
    """axe-core of the version that the lock names; fetched once into the cache."""
    lock = json.loads((hatch_build.ROOT / "package-lock.json").read_text(encoding="utf-8"))
    version = lock["packages"]["node_modules/axe-core"]["version"]
    folder = Settings.read().cache / "axe" / version
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    if not script.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        hatch_build.install(hatch_build.ROOT, Path(folder))
    return script.read_text(encoding="utf-8")


def serious(page: Page, axe: str) -> list[Any]:
    """What axe-core finds that keeps somebody out: (rule, places)."""
    page.evaluate(f"() => {{ {axe} }}")
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [(rule["id"], [(node["html"][:160], node.get("failureSummary", "")[:200])
                          for node in rule["nodes"][:3]])
            for rule in found["violations"] if rule["impact"] in SERIOUS]
