"""Loading by hand: one's own headings, a try that names row and column, writing, taking back."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.paged import watched
from tests.serving import Server
from tests.shell import Shell

OWN = "单位,主要做什么,在哪里\n试装甲厂,隔膜,长沙\n试装乙厂,铜箔,{}\n"
SOURCE = "试装走访"


@pytest.fixture
def writable(scratch: Shell) -> Iterator[Server]:
    with Server(scratch) as running:
        yield running


def picked(page: Page, folder: Path, place: str) -> None:
    """The table chosen, its columns matched."""
    file = folder / "名单.csv"
    file.write_text(OWN.format(place), encoding="utf-8")
    page.set_input_files("#file", file)
    page.wait_for_function("() => !document.body.hasAttribute('aria-busy')")
    page.get_by_label("「单位」是什么").wait_for()
    page.get_by_label("表里每一行是").select_option("Company")
    page.wait_for_function("() => !document.body.hasAttribute('aria-busy')")
    for heading, field in (("单位", "name"), ("主要做什么", "products"), ("在哪里", "region")):
        page.get_by_label(f"「{heading}」是什么").select_option(field)


def names(server: Server) -> set[str]:
    reply = server.client.get("/api/v1/things/Company?q=试装")
    return {row["name"] for row in reply.json()["rows"]}


def test_a_wrong_cell_is_named_then_all_is_written_and_taken_back(
        chromium: Browser, writable: Server, tmp_path: Path) -> None:
    link = re.search(r"http://\S+(/open\?token=\S+)", writable.log)
    assert link
    with watched(chromium, writable, link[1]) as page:
        page.goto(f"{writable.url}/load")
        picked(page, tmp_path, "长沙氏")
        assert "来源" in page.locator("#missing").inner_text()
        page.get_by_label("来源", exact=True).fill(SOURCE)
        page.get_by_role("button", name="试装").click()
        row = page.locator("#told tbody tr")
        row.wait_for()
        said = row.locator("td").all_inner_texts()
        assert said[:3] == ["3", "在哪里", "长沙氏"] and "长沙市" in said[4]
        assert page.get_by_role("button", name="写入", exact=True).count() == 0
        assert not names(writable)

        picked(page, tmp_path, "益阳")
        page.get_by_role("button", name="试装").click()
        page.get_by_role("button", name="写入", exact=True).click()
        page.get_by_text("已写入。").wait_for()
        writable.until(lambda: names(writable) == {"试装甲厂", "试装乙厂"})
        assert "名单" in page.locator("#jobs li").first.inner_text()

        page.get_by_role("button", name="收回", exact=True).click()
        page.get_by_role("button", name="确定收回").click()
        page.get_by_text("已收回").wait_for()
        writable.until(lambda: not names(writable))


def test_a_shipped_source_is_not_taken_back_by_mistake(chromium: Browser, writable: Server
                                                        ) -> None:
    link = re.search(r"http://\S+(/open\?token=\S+)", writable.log)
    assert link
    with closing(chromium.new_page()) as page:  # unwatched: a refusal is a complaint of its own
        page.goto(f"{writable.url}{link[1]}")
        page.goto(f"{writable.url}/load")
        page.locator("#retract input").fill("hunan-press")
        page.get_by_role("button", name="收回", exact=True).click()
        page.get_by_role("button", name="确定收回").click()
        page.get_by_text("xianglian retract hunan-press").wait_for()
        assert "admin" in page.locator("#retracted").inner_text()
    origins = writable.client.get("/api/v1/sources?limit=1").json()["origins"]
    assert origins["hunan-press"] > 100


def test_who_may_only_read_is_told_how_to_write(chromium: Browser, server: Server) -> None:
    with watched(chromium, server, "/load") as page:
        page.get_by_label("密钥").wait_for()
    reply = server.client.post("/load/headings?file=a.csv", content=b"x")
    assert reply.status_code == 401
