"""The explorer as a person uses it; the picture, the table and the files say the same."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.paged import watched
from tests.serving import Server
from tests.shell import Shell
from tests.test_api_extension import extended, write

__all__ = ["extended"]

PARK = "Park:益阳高新技术产业开发区"
EVIL = "<script>alert(1)</script>甲厂\"'{{7*7}}"


def drawn(page: Page) -> int:
    """How many things the picture has, once it is drawn."""
    page.wait_for_selector("#canvas[data-drawn]")
    page.wait_for_function("() => !document.body.hasAttribute('aria-busy')")
    return int(page.evaluate("() => explorer.nodes().length"))


def place(page: Page, id: str) -> tuple[float, float]:
    x, y = page.evaluate("""id => {
      const spot = explorer.getElementById(id).renderedPosition();
      const box = document.getElementById("canvas").getBoundingClientRect();
      return [box.x + spot.x, box.y + spot.y];
    }""", id)
    return x, y


def links(page: Page) -> int:
    return int(page.evaluate("() => explorer.edges().length"))


def test_a_press_expands_and_the_address_holds_it(chromium: Browser, server: Server) -> None:
    with watched(chromium, server, "/explore?id=金博股份") as page:
        before = drawn(page)
        page.mouse.click(*place(page, PARK))
        page.wait_for_url("**open=**")
        page.wait_for_function(f"() => explorer.nodes().length > {before + 10}")
        after = drawn(page)
        assert page.locator("#chosen h2").inner_text() == "益阳高新技术产业开发区"
        assert page.locator("#chosen .sources li").count() >= 1
        assert page.locator("#rows tbody tr").count() == links(page)
        here = page.url
        page.go_back()
        page.wait_for_function(f"() => explorer.nodes().length === {before}")
        page.goto(here)
        assert drawn(page) == after


def test_what_is_hidden_is_neither_drawn_nor_listed(chromium: Browser, server: Server) -> None:
    with watched(chromium, server, "/explore?id=金博股份") as page:
        before = drawn(page)
        page.locator("#kinds a.kind-Segment").focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**hide=Segment**")
        page.wait_for_function(f"() => explorer.nodes().length < {before}")
        assert page.locator("#rows tbody tr").count() == links(page)
        assert "碳碳热场部件" not in page.locator("#rows tbody").inner_text()
        assert page.evaluate("document.activeElement.className").endswith("kind-Segment")


def test_names_by_initials_and_the_way_between_two(chromium: Browser, server: Server) -> None:
    with watched(chromium, server, "/explore") as page:
        page.get_by_label("从谁看起").fill("信维电科")
        to = page.get_by_label("到谁")
        to.fill("keli")
        page.get_by_role("option", name="科力尔").first.wait_for()
        page.keyboard.press("ArrowDown")
        while "科力尔" not in page.locator("[aria-selected=true]").inner_text():
            page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.wait_for_url("**to=**")
        assert drawn(page) == 3
        said = page.locator("#rows tbody").inner_text()
        assert "华为" in said and "科力尔" in said


def test_enter_takes_the_first_that_is_offered(chromium: Browser, server: Server) -> None:
    with watched(chromium, server, "/explore") as page:
        page.get_by_label("从谁看起").fill("zlzk")
        page.get_by_role("option").first.wait_for()
        page.keyboard.press("Enter")
        page.wait_for_url("**id=Company**")
        assert drawn(page) > 1 and page.locator("h1").inner_text() == "中联重科"


@pytest.mark.parametrize("width", [390, 1366])
def test_the_whole_picture_is_seen_when_it_opens(chromium: Browser, server: Server,
                                                 width: int) -> None:
    with watched(chromium, server, "/explore?id=湖南省&limit=120", width=width,
                 height=768) as page:
        drawn(page)
        inside = page.evaluate("""() => {
          const box = explorer.elements().renderedBoundingBox();
          return box.x1 >= 0 && box.y1 >= 0 && box.x2 <= explorer.width()
            && box.y2 <= explorer.height(); }""")
        assert inside


def test_arrows_choose_and_enter_expands(chromium: Browser, server: Server) -> None:
    with watched(chromium, server, "/explore?id=金博股份") as page:
        before = drawn(page)
        page.locator("#canvas").focus()
        page.keyboard.press("ArrowRight")
        first = page.locator("#chosen h2").inner_text()
        assert first != "金博股份"
        page.keyboard.press("Enter")
        page.wait_for_url("**open=**")
        page.wait_for_function(f"() => explorer.nodes().length > {before}")
        assert page.locator("#chosen h2").inner_text() == first


def test_only_what_is_inferred_is_dashed(chromium: Browser, server: Server) -> None:
    with watched(chromium, server, f"/explore?id={PARK}") as page:
        drawn(page)
        dashed = page.evaluate("() => explorer.edges().filter("
                               "e => e.style('line-style') === 'dashed').length")
        assert 0 < dashed < links(page)
        assert page.locator("#rows tbody tr", has_text="推断").count() == dashed


def test_a_day_before_anything_was_said_shows_less(server: Server) -> None:
    def lines(at: str) -> int:
        reply = server.client.get("/explore.csv", params={"id": "金博股份", "at": at})
        return len(list(csv.reader(io.StringIO(reply.content.decode("utf-8-sig")))))

    assert lines("2010") < lines("2026-11-22")


@pytest.mark.parametrize(("ending", "begins"), [
    ("png", b"\x89PNG"), ("svg", b"<svg"), ("html", b"<!DOCTYPE html>"), ("xlsx", b"PK")])
def test_every_file_is_a_download(server: Server, chinese_font: None, ending: str,
                                  begins: bytes) -> None:
    reply = server.client.get(f"/explore.{ending}", params={"id": "金博股份", "open": [PARK]})
    assert reply.status_code == 200 and reply.content.startswith(begins)
    assert reply.headers["content-disposition"].startswith("attachment")


def test_without_script_there_are_picture_and_table(chromium: Browser, server: Server) -> None:
    with watched(chromium, server, "/explore?id=金博股份", script=False) as page:
        assert page.locator("noscript img").evaluate("image => image.naturalWidth") > 100
        assert page.locator("#rows tbody tr").count() > 5


@pytest.fixture
def odd(extended: Shell) -> Iterator[Server]:
    """A server of a larger ontology, on things with names that want to be markup."""
    cell = '"' + EVIL.replace('"', '""') + '"'
    text = f"发货企业,港口,有效期起,来源\n{cell},港</script>,2025,走访\n"
    files = [write(extended, "港口.csv", "港口名称,来源\n港</script>,走访\n"),
             write(extended, "shipsFrom.csv", text)]
    extended.run("load", *files)
    with Server(extended, XIANGLIAN_ONTOLOGY=extended.environ["XIANGLIAN_ONTOLOGY"]) as running:
        yield running


def test_a_new_class_is_drawn_and_names_stay_text(chromium: Browser, odd: Server,
                                                  tmp_path: Path) -> None:
    id = odd.client.get("/api/v1/things/Company").json()["rows"][0]["id"]
    with watched(chromium, odd, "/explore") as page:
        page.get_by_label("从谁看起").fill(id)
        page.keyboard.press("Enter")
        page.wait_for_url("**id=**")
        assert drawn(page) == 2
        assert page.locator("h1").inner_text() == EVIL
        colour = "() => explorer.nodes('[kind = \"Port\"]').style('background-color')"
        assert page.evaluate(colour) == "rgb(51,102,153)"
        assert {"港口", "出货"} <= {text.split()[0] for text in
                                page.locator("#kinds a").all_inner_texts()}
        page.get_by_role("link", name="查看全部资料").click()
        page.wait_for_load_state()
        assert page.locator("h1").inner_text() == EVIL
        assert "港</script>" in page.locator("main").inner_text()
    with watched(chromium, odd, "/firms") as page:
        assert EVIL in page.locator("tbody").inner_text()
