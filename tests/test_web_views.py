"""What holds for every view: no complaint, nothing asked of others, legible for everybody."""

import re

import pytest
from playwright.sync_api import Browser

from tests.paged import serious, watched
from tests.serving import Server

VIEWS = ["/", "/?chain=工程机械&region=株洲", "/matrix", "/map", "/segment/先进储能材料/隔膜",
         "/ask", "/ask?q=2014年长沙锂电产业链缺哪些环节？", "/firms",
         "/firms?region=长沙&age=unknown", "/firms?region=没有这个地方", "/explore",
         "/explore?id=金博股份", "/explore?id=信维电科&to=科力尔", "/explore?id=没有这家",
         "/thing/Company/金博股份",
         "/thing/Park/益阳高新技术产业开发区", "/thing/Region/430202", "/thing/Honour/没有这个",
         "/load", "/nowhere"]
REFUSED = ("/thing/Honour/没有这个", "/nowhere")


@pytest.mark.parametrize("address", VIEWS)
def test_a_view_keeps_nobody_out(chromium: Browser, server: Server, axe: str,
                                 address: str) -> None:
    if address in REFUSED:  # the browser itself reports the status
        assert server.client.get(address, headers={"Accept": "text/html"}).status_code == 404
        return
    with watched(chromium, server, address) as page:
        assert not serious(page, axe)
        assert page.locator("h1").count() == 1 or page.locator("main h1, main h2").count()


@pytest.mark.parametrize("address", VIEWS)
def test_a_view_fits_a_small_phone_and_200_percent_and_speaks_english(
        chromium: Browser, server: Server, address: str) -> None:
    if address in REFUSED:
        assert "lang=en" in server.client.get(address, headers={"Accept": "text/html"}).text
        return
    english = address + ("&" if "?" in address else "?") + "lang=en"
    with watched(chromium, server, english, width=320, height=640) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        page.set_viewport_size({"width": 683, "height": 384})  # 1366×768, twice as large
        assert page.evaluate("document.documentElement.scrollWidth") <= 683
        assert page.locator("html").get_attribute("lang") == "en"
        links = page.eval_on_selector_all(
            "nav a, main a",
            "all => all.map(a => new URL(a.href.baseVal ?? a.href, a.baseURI).href)")
        lost = [link for link in links if link.startswith(server.url) and "lang=en" not in link
                and not re.search(r"/api/|/docs|#", link)]
        assert not lost


@pytest.mark.parametrize("address", [view for view in VIEWS if view not in REFUSED])
def test_a_view_is_small(server: Server, address: str) -> None:
    reply = server.client.get(address, headers={"Accept": "text/html"})
    assert reply.status_code == 200 and reply.headers["content-encoding"] == "gzip"
    assert reply.num_bytes_downloaded < 150_000
