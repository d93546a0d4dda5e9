"""One file that opens anywhere: no request, no script of strangers, all sources in it."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from graph.analysis.neighbourhood import neighbourhood
from tests.pictured import SCRIPT, answers, battery
from tests.small import ONTOLOGY, day, index_of
from visual.share import chain_page, thing_page

TEXT = SCRIPT.replace("\x00", "")


def around(name: str, depth: int = 2, limit: int = 120) -> Any:
    index = index_of(battery(script=True).records)
    return neighbourhood(index, name, day("2020"), depth, limit)


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return {"chain": chain_page(ONTOLOGY, *answers(battery(script=True))),
            "thing": thing_page(ONTOLOGY, around("杉杉能源"))}


@pytest.mark.parametrize("name", ["chain", "thing"])
def test_no_tag_points_anywhere(pages: dict[str, str], name: str) -> None:
    page = pages[name]
    assert not re.search(r"""<[^<>]*\b(?:src|href|action|data)\s*=\s*["'](?!data:,)""",
                         re.sub(r"<(script|style)>.*?</\1>", "", page, flags=re.S))
    assert not re.search(r"@import|url\(\s*[\"']?(?!data:)[a-z]", page)
    assert "bootstrap" not in page and TEXT not in page


def test_legend_and_sources_stand_in_the_page(pages: dict[str, str]) -> None:
    assert "没有来源说过，不等于没有" in pages["chain"]
    assert "《联盟牵线》" in pages["chain"] and "《企业名录》" in pages["thing"]
    assert "企业" in pages["thing"] and "环节" in pages["thing"]


def test_what_is_left_out_is_counted() -> None:
    page = thing_page(ONTOLOGY, around("杉杉能源", limit=1))
    assert re.search(r"另有 [1-9]\d* 个事物、\d+ 条关系没有列出", page)


@pytest.mark.parametrize("name", ["chain", "thing"])
def test_it_opens_with_the_network_cut(pages: dict[str, str], name: str, tmp_path: Path,
                                       chromium: Browser) -> None:
    file = tmp_path / f"{name}.html"
    file.write_text(pages[name], encoding="utf-8")
    context = chromium.new_context(offline=True, viewport={"width": 1366, "height": 768})
    page = context.new_page()
    asked, said = list[str](), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.goto(file.as_uri())
    assert asked == [file.as_uri()] and said == []
    labels = page.evaluate("nodes.get().map(node => node.label)")
    assert any("杉杉能源" in label for label in labels)
    assert not any("\x00" in label for label in labels)
    drawn = page.evaluate("[...document.querySelector('#mynetwork canvas').getContext('2d')"
                          ".getImageData(0, 0, 1300, 500).data].some(value => value > 0)")
    assert drawn
    page.locator("#mynetwork").scroll_into_view_if_needed()
    page.evaluate("new Promise(done => { network.once('afterDrawing', done); network.redraw() })")
    at = page.evaluate("(() => { const id = nodes.get().find(node => node.label.includes("
                       "'杉杉能源')).id; return network.canvasToDOM(network.getPosition(id)) })()")
    page.locator("#mynetwork").click(position=at)
    page.locator("#chosen", has_text="杉杉能源").wait_for()
    assert said == []
    context.close()


@pytest.mark.parametrize("width", [320, 390, 1366])
def test_it_never_scrolls_sideways(pages: dict[str, str], width: int, tmp_path: Path,
                                   chromium: Browser) -> None:
    file = tmp_path / "chain.html"
    file.write_text(pages["chain"], encoding="utf-8")
    context = chromium.new_context(offline=True, viewport={"width": width, "height": 768})
    page = context.new_page()
    page.goto(file.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
