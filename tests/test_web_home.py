"""The panorama as a page: what was missing, what is there, on whose word, in a real browser."""

import csv
import io
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import openpyxl
import pytest
from playwright.sync_api import Browser, Page

from graph import dates
from tests.paged import serious, watched
from tests.serving import Server
from tests.shell import Shell

FILM = '[data-segment="Segment:先进储能材料/隔膜"]'
LITHIUM = "/?chain=锂电池&region=长沙"
HTML = {"Accept": "text/html"}
SCRIPT = "<img src=x onerror=alert(1)><script>alert('x')</script>"


def test_the_first_view_says_what_was_missing_and_that_it_is_there(chromium: Browser,
                                                                   server: Server) -> None:
    with watched(chromium, server, "/") as page:
        assert page.locator("h1").inner_text().startswith("长沙市 · 先进储能材料（锂电池）")
        said = page.locator(".said").inner_text()
        assert "补上：隔膜、电解液 2014 年缺，现已具备" in said and "长沙晚报" in said
        assert "完整度" in page.locator(".measure").inner_text()
        card = page.locator(FILM)
        assert card.get_attribute("data-verdict") == "present"
        assert card.get_attribute("data-change") == "closed"
        assert "缺失 → 具备" in (card.text_content() or "")


def test_2014_shows_the_gaps_and_the_newspaper_is_two_clicks_away(chromium: Browser, server: Server,
                                                                  axe: str) -> None:
    with watched(chromium, server, LITHIUM + "&at=2014") as page:
        assert "缺失 2 个：隔膜、电解液" in page.locator(".said").inner_text()
        page.click(FILM)
        panel = page.locator(".panel")
        panel.get_by_text("来源", exact=True).wait_for()
        assert panel.locator(".sources").first.inner_text().startswith("长沙晚报 2025-05-13")
        assert "媒体" in panel.inner_text() and "常德市" in panel.inner_text()
        assert "open=Segment" in page.url and not serious(page, axe)
        panel.get_by_text("联盟牵线，星球石墨在长建研发中心").first.click()
        page.wait_for_url("**/thing/Source/**")
        assert "长沙晚报" in page.locator("main").inner_text()


def test_a_segment_is_reached_and_left_by_keyboard(chromium: Browser, server: Server) -> None:
    with watched(chromium, server, LITHIUM) as page:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.dataset.segment"):
                break
        here = page.evaluate("document.activeElement.dataset.segment")
        assert here
        page.keyboard.press("Enter")
        page.locator(".panel h2").wait_for()
        assert here.partition("/")[2] == page.locator(".panel h2").first.inner_text()
        page.keyboard.press("Escape")
        assert page.locator(".panel").is_hidden()
        assert page.evaluate("document.activeElement.dataset.segment") == here


def test_everything_is_reached_without_scripts(chromium: Browser, server: Server) -> None:
    with watched(chromium, server, LITHIUM, script=False) as page:
        page.select_option("[name=region]", "常德市")
        page.fill("[name=at]", "2014")
        page.click("form.choose button")
        assert page.locator(FILM).get_attribute("data-verdict") == "present"
        page.click(FILM)
        assert "/segment/" in page.url and "中锂新材" in page.locator("main").inner_text()


@pytest.mark.parametrize("width", [320, 390])
def test_a_phone_gets_a_picture_of_its_own(chromium: Browser, server: Server, width: int) -> None:
    with watched(chromium, server, LITHIUM, width=width, height=780) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator(FILM).count() == 1
        box = page.locator(FILM).bounding_box()
        assert box and box["width"] > width * 0.8
        page.click(FILM)
        page.locator(".panel h2").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.click(".panel .close")
        assert page.locator(".panel").is_hidden()


def test_the_slider_and_the_second_date_stand_in_the_address(chromium: Browser,
                                                             server: Server) -> None:
    with watched(chromium, server, LITHIUM) as page:
        page.locator("input[type=range]").fill("2016")
        page.locator("input[type=range]").dispatch_event("change")
        page.wait_for_url("**at=2016**")
        page.fill("[name=since]", "2014")
        page.click("form.choose button")
        page.wait_for_url("**since=2014**")
        assert "从 2014-12-31 到 2016-12-31" in page.locator("h1").inner_text()


def test_the_last_chain_opens_again(chromium: Browser, server: Server) -> None:
    with watched(chromium, server, "/?chain=工程机械&region=株洲") as page:
        page.goto(server.url + "/")
        assert page.locator("h1").inner_text().startswith("株洲市 · 工程机械")


def test_the_address_tells_all_that_is_shown(chromium: Browser, server: Server) -> None:
    with watched(chromium, server, "/?chain=工程机械&region=株洲&at=2020&since=2018") as page:
        page.goto(server.url + "/")
        page.locator("h1").wait_for()
        opened = page.url
        page.locator("[data-segment]").first.click()
        page.wait_for_url("**open=Segment**")
        for address in (opened, page.url):
            said = parse_qs(urlsplit(address).query)
            assert said["chain"] == ["工程机械"] and said["region"] == ["株洲市"]
    plain = server.client.get("/?chain=锂电池&region=长沙&at=2016&since=2014").text
    for link in re.findall(r'href="(/\?[^"]*)"', plain):
        said = parse_qs(urlsplit(link.replace("&amp;", "&")).query)
        assert {"chain", "region", "at", "since"} <= set(said), link


def test_counts_say_where_only_essentials_are_counted(server: Server) -> None:
    page = server.client.get(LITHIUM).text
    gaps = server.client.get("/api/v1/gaps?chain=锂电池&region=长沙").json()
    measure = page.partition('class="measure"')[2].partition('class="lists"')[0]
    assert f"必备环节 {gaps['completeness']['essential']} 个：" in measure
    lists = page.partition('class="lists"')[2]
    assert "必备而没人说过" in lists and "单点或证据已旧（含非必备）" in lists


def test_a_day_that_has_not_come_is_told(server: Server) -> None:
    for address in ("/?at=2099", LITHIUM + "&at=2030", "/matrix?at=2099"):
        assert "这一天还没有到" in server.client.get(address).text
    for address in ("/", LITHIUM + "&at=2014", f"/?at={dates.iso(dates.today())[:4]}"):
        assert "这一天还没有到" not in server.client.get(address).text


def test_dates_the_wrong_way_round_and_those_to_come_are_put_right(server: Server) -> None:
    swapped = server.client.get("/?chain=锂电池&region=长沙&at=2014&since=2018").text
    assert "从 2014-12-31 到 2018-12-31" in swapped
    assert server.client.get("/?chain=锂电池&region=长沙&at=2999").text.count("截至 2999") == 0


def test_a_stranger_in_the_address_is_told_the_nearest(server: Server) -> None:
    page = server.client.get("/?chain=锂电磁", headers={"Accept": "text/html"})
    assert page.status_code == 404 and "最接近的是" in page.text
    assert 'href="/?chain=%E9%94%82%E7%94%B5%E6%B1%A0"' in page.text  # 锂电池
    assert server.client.get("/?chain=锂电池&from=singlemessage").status_code == 200


def test_what_the_page_shows_can_be_kept(server: Server) -> None:
    for ending, begins in (("svg", b"<?xml"), ("png", b"\x89PNG"), ("html", b"<!DOCTYPE"),
                           ("docx", b"PK"), ("xlsx", b"PK"), ("csv", b"\xef\xbb\xbf")):
        reply = server.client.get(f"/chain.{ending}?chain=锂电池&region=长沙&at=2014")
        assert reply.status_code == 200, ending
        assert reply.content[:9].lower().startswith(begins.lower()), ending
        assert "attachment" in reply.headers["content-disposition"]
    rows = list(csv.reader(io.StringIO(server.client.get(
        "/chain.csv?chain=锂电池&region=长沙&at=2014").content.decode("utf-8-sig"))))
    verdicts = {row[0]: row[3] for row in rows}
    assert verdicts["隔膜"] == "缺失" and verdicts["负极材料"] == "具备·单点"


def test_every_gap_has_its_candidates_the_missing_first(server: Server) -> None:
    book = openpyxl.load_workbook(io.BytesIO(server.client.get(
        "/chain.xlsx?chain=锂电池&region=长沙&at=2014").content))
    said = [row[:2] for row in book["候选企业"].iter_rows(min_row=2, values_only=True)]
    listed = [*dict.fromkeys(segment for segment, _ in said)]
    gaps = server.client.get("/api/v1/gaps?chain=锂电池&region=长沙&at=2014").json()
    missing = [row["segment"] for row in gaps["segments"] if row["verdict"] == "absent"]
    assert missing and set(listed[:len(missing)]) == set(missing)
    for segment in listed:
        total = server.client.get("/api/v1/candidates", params={
            "segment": f"锂电池/{segment}", "region": "长沙", "at": "2014"}).json()["total"]
        last = [who for name, who in said if name == segment][min(total, 5):]
        assert last == ([f"另有 {total - 5} 家"] if total > 5 else [] if total else ["没有"])
    panel = server.client.get("/segment/锂电池/电芯?region=株洲&part=panel").text
    assert "另有 12 家" in panel and "环节全页" in panel
    assert "另有" not in server.client.get("/segment/锂电池/电芯?region=株洲").text


def test_the_first_view_is_light(chromium: Browser, server: Server) -> None:
    with watched(chromium, server, "/") as page:
        page.wait_for_load_state("networkidle")
        sent = page.evaluate("performance.getEntries().reduce((sum, one) => "
                             "sum + (one.transferSize || 0), 0)")
        assert 10_000 < sent < 150_000


def test_scripts_in_names_stay_text(chromium: Browser, scratch: Shell) -> None:
    scratch.run("add", "operatesIn", f"company={SCRIPT}", "segment=锂电池/隔膜", "place=长沙市",
                "observed=2026", "--source", SCRIPT)
    with Server(scratch) as server:
        for address in (LITHIUM + "&open=Segment:先进储能材料/隔膜", LITHIUM + f"&at={SCRIPT}",
                        "/segment/先进储能材料/隔膜?region=长沙", f"/ask?q={SCRIPT}"):
            refused = SCRIPT in address and "at=" in address
            if refused:  # the browser itself would report the status
                text = server.client.get(address, headers={"Accept": "text/html"}).text
                assert "<script>alert" not in text and "onerror=alert(1)>" not in text
                continue
            with watched(chromium, server, address) as page:
                assert page.locator("img[src=x]").count() == 0
                assert SCRIPT in (page.locator("main").text_content() or "") or "/ask" in address


def test_an_empty_store_says_what_to_do(tmp_path: Path) -> None:
    empty = Shell(tmp_path, f"sqlite:///{(tmp_path / 'none.db').as_posix()}")
    empty.run("load", "--dry-run")
    with Server(empty, wait=False) as server:
        server.until(lambda: server.client.get("/healthz").status_code == 200)
        page = server.client.get("/", headers={"Accept": "text/html"})
        assert page.status_code == 503 and "xianglian load" in page.text


def test_english_is_kept_from_view_to_view(chromium: Browser, server: Server) -> None:
    with watched(chromium, server, LITHIUM + "&at=2014&lang=en") as page:
        assert page.locator("html").get_attribute("lang") == "en"
        assert "2 absent: Separators, Electrolyte" in page.locator(".said").inner_text()
        _open(page)
        assert "Sources" in page.locator(".panel").inner_text()
        page.get_by_role("link", name="Matrix").click()
        assert "lang=en" in page.url and "Completeness" in page.locator("h1").inner_text()
        page.click(".language")
        assert page.locator("html").get_attribute("lang") == "zh-CN"


def _open(page: Page) -> None:
    page.click(FILM)
    page.locator(".panel h2").first.wait_for()


def test_where_nobody_has_spoken_the_page_says_where_to_begin(server: Server) -> None:
    page = server.client.get("/?chain=工程机械&region=益阳高新区&at=2026-11-22", headers=HTML).text
    begin = page.partition('class="begin"')[2].partition("</section>")[0]
    assert "湖南省" in begin and "液压件" in begin and "益阳市" in begin
    for name in ("三一重工益阳公司", "大明机械", "德雄机械"):
        assert name in begin and name in page.partition("<dl>")[2].partition("</dl>")[0]
    assert "配套 三一重工益阳公司" in begin and "湖南日报" in begin
    assert "最近：邵阳市 邵阳液压" in page
    known = server.client.get(LITHIUM, headers=HTML).text
    assert 'class="begin"' not in known and "最近：" not in known.partition("<svg")[2].partition(
        "</svg>")[0]


@pytest.mark.parametrize("address", [
    LITHIUM + "&at=2014&open=Segment:先进储能材料/隔膜", "/?chain=工程机械&region=益阳高新区",
    "/segment/先进储能材料/电芯?region=长沙", "/thing/Company/金博股份", "/matrix", "/map",
    "/firms", "/explore", "/load", "/ask?q=长沙缺什么", "/?chain=锂电磁"])
def test_an_english_page_marks_all_that_is_chinese(server: Server, address: str) -> None:
    page = server.client.get(f"{address}{'&' if '?' in address else '?'}lang=en", headers=HTML).text
    text = re.sub(r"(?s)<(script|style|title|textarea|noscript)\b.*?</\1>", "", page)
    text = re.sub(r'(?s)<(span|tspan|option|a)[^>]* lang="zh[^>]*>[^<]*</\1>', "", text)
    text = re.sub(r"<[^>]*>", "", text)
    assert not re.search("[\u4e00-\u9fff]", text), re.findall(".*[\u4e00-\u9fff].*", text)[:5]


def test_our_sentences_are_english_and_json_is_as_it_was(server: Server) -> None:
    page = server.client.get(LITHIUM + "&at=2014&lang=en&open=Segment:先进储能材料/隔膜").text
    for said in ("says that Changsha has no", "does it in the nearest place that has it",
                 "all records of its absence retracted", "absent from: Changsha"):
        assert said in page, said
    answer = server.client.get("/api/v1/gaps?chain=锂电池&region=长沙&at=2014").json()
    assert "说长沙市没有" in answer["lists"]["fill"][0]["why"]
