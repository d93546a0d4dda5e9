"""One sourced record from the page, and signing in for it, in a real browser."""

import re

from playwright.sync_api import Browser

from tests.paged import serious, watched
from tests.serving import Server
from tests.shell import Shell

FOIL = '[data-segment="Segment:先进储能材料/铜箔"]'
LITHIUM = "/?chain=锂电池&region=长沙"
KEY = "a-key-for-tests-only"
HTML = {"Accept": "text/html"}


def test_a_firm_that_one_knows_is_written_after_a_look(chromium: Browser, scratch: Shell) -> None:
    with Server(scratch) as server:
        link = re.search(r"http://\S+(/open\?token=\S+)", server.log)
        assert link is not None
        with watched(chromium, server, link[1]) as page:
            page.goto(server.url + LITHIUM)
            assert page.locator(FOIL).get_attribute("data-verdict") == "unknown"
            page.click(FOIL)
            page.get_by_text("我知道一家").click()
            form = page.locator(".forms details[open]")
            form.locator("[name=company]").fill("某某铜箔有限公司")
            form.locator("[name=source]").fill("2026年11月走访")
            form.get_by_text("看看会改变什么").click()
            form.get_by_text("长沙市 · 铜箔：○ 待核 → ● 具备").wait_for()
            assert form.locator("output p").nth(1).inner_text().startswith("长沙市 · 铜箔")
            form.get_by_text("确认录入").click()
            form.get_by_text("已录入。来源：2026年11月走访").wait_for()
            assert form.get_by_text("长沙市 · 铜箔：○ 待核 → ● 具备").count() == 1
            form.get_by_text("看新的判定").click()
            page.locator(f"{FOIL}[data-verdict=present]").wait_for()
            page.locator(".panel").get_by_text("某某铜箔有限公司").first.wait_for()
            assert "2026年11月走访" in page.locator(".panel").inner_text()


def test_what_was_written_is_taken_back_where_it_was_written(chromium: Browser,
                                                             scratch: Shell) -> None:
    with Server(scratch) as server:
        link = re.search(r"http://\S+(/open\?token=\S+)", server.log)
        assert link is not None
        with watched(chromium, server, link[1]) as page:
            page.goto(server.url + LITHIUM + "&open=Segment:先进储能材料/铜箔")
            page.get_by_text("查过，没有").click()
            form = page.locator(".forms details[open]")
            form.locator("[name=source]").fill("2026年11月排查")
            form.get_by_text("看看会改变什么").click()
            form.get_by_text("确认录入").click()
            form.get_by_role("button", name="收回", exact=True).click()
            form.get_by_text("确定收回").click()
            form.get_by_text("已收回").wait_for()


def test_who_may_only_read_is_told_so_before_typing(chromium: Browser, server: Server) -> None:
    with watched(chromium, server, LITHIUM + "&open=Segment:先进储能材料/铜箔") as page:
        page.get_by_text("我知道一家").click()
        page.locator(".forms details[open]").get_by_text("只能看：要录入").wait_for()


def test_what_is_wrong_is_said_before_anything_is_written(chromium: Browser,
                                                          scratch: Shell) -> None:
    with Server(scratch) as server:
        link = re.search(r"http://\S+(/open\?token=\S+)", server.log)
        assert link is not None
        with watched(chromium, server, link[1]) as page:
            page.goto(server.url + LITHIUM + "&open=Segment:先进储能材料/铜箔")
            page.get_by_text("我知道一家").click()
            form = page.locator(".forms details[open]")
            form.locator("[name=company]").fill("某某铜箔有限公司")
            form.locator("[name=place]").fill("没有这个地方")
            form.locator("[name=source]").fill("2026年11月走访")
            form.get_by_text("看看会改变什么").click()
            form.locator(".fault").wait_for()
            assert not form.get_by_text("确认录入").count()
            page.get_by_text("查过，没有").click()
            survey = page.locator(".forms details[open]").last
            survey.locator("[name=source]").fill("2026年11月排查")
            survey.get_by_text("看看会改变什么").click()
            survey.get_by_text("长沙市 · 铜箔：○ 待核 → × 缺失").wait_for()


def test_a_browser_without_a_key_is_asked_for_it(chromium: Browser, shell: Shell,
                                                 axe: str) -> None:
    with Server(shell, wait=False, XIANGLIAN_API_KEY=KEY) as server:
        server.until(lambda: server.client.get("/healthz").status_code == 200)
        refused = server.client.get("/matrix", headers=HTML)
        assert refused.status_code == 401 and "矩阵" not in refused.text.partition("<main")[2]
        assert server.client.get("/api/v1/chains", headers=HTML).json()["status"] == 401
        assert server.client.get("/matrix").json()["status"] == 401
        page = chromium.new_page()
        page.goto(server.url + "/matrix?lang=en")
        assert page.locator("h1").inner_text() == "A key is needed" and not serious(page, axe)
        page.fill("[name=key]", KEY)
        page.get_by_role("button", name="Sign in").click()
        page.locator("table.matrix").wait_for()
        page.close()
