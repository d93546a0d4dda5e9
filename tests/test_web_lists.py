"""Matrix, map, a segment's own page and questions, as pages and files."""

import csv
import io

import pytest
from playwright.sync_api import Browser

from tests.paged import watched
from tests.serving import Server

HTML = {"Accept": "text/html"}


def rows_of(server: Server, address: str) -> list[list[str]]:
    reply = server.client.get(address)
    assert reply.status_code == 200, reply.text
    return list(csv.reader(io.StringIO(reply.content.decode("utf-8-sig"))))


def test_the_matrix_is_sorted_filtered_and_clicked_through(chromium: Browser,
                                                           server: Server) -> None:
    with watched(chromium, server, "/matrix") as page:
        assert page.locator(".matrix tbody tr").count() == 31
        assert page.locator(".matrix thead th").count() == 16  # the chain, 湖南 and 14 prefectures
        page.get_by_role("link", name="长沙").click()
        assert page.locator("[aria-sort] a").inner_text().startswith("长沙")
        lows = [int(text.partition("–")[0]) for text in page.locator(
            ".matrix td:nth-child(3)").all_inner_texts() if "–" in text]
        assert lows == sorted(lows, reverse=True) and lows
        page.locator(".choose [name=q]").fill("储能")
        page.keyboard.press("Enter")
        page.wait_for_url("**q=**")
        assert page.locator(".matrix tbody tr").count() == 1
        page.locator(".matrix td:nth-child(3) a").click()
        assert page.locator("h1").inner_text().startswith("长沙市 · 先进储能材料")


def test_the_matrix_as_a_file_says_the_same(server: Server) -> None:
    rows = rows_of(server, "/matrix.csv?q=储能")
    assert rows[0][1:3] == ["湖南省", "长沙市"] and len(rows) == 2
    cell = server.client.get("/api/v1/matrix?chain=锂电池&region=长沙").json()["rows"][0]
    low, high = (round(cell["completeness"][end] * 100) for end in ("low", "high"))
    assert rows[1][2] == f"{low}–{high}%"
    silent = rows_of(server, "/matrix.csv?known=1&at=2010")
    assert 1 < len(silent) < 32


def test_the_map_shows_where_a_segment_is(chromium: Browser, server: Server) -> None:
    address = "/map?segment=Segment:先进储能材料/隔膜&at=2014"
    with watched(chromium, server, address) as page:
        tiles = {tile.get_attribute("data-region"): tile for tile in page.locator(".tile").all()}
        assert len(tiles) == 14
        assert tiles["Region:430100"].get_attribute("data-verdict") == "absent"
        assert tiles["Region:430700"].get_attribute("data-verdict") == "present"
        assert "缺失" in (tiles["Region:430100"].text_content() or "")
        tiles["Region:430700"].click()
        assert "/segment/" in page.url and "常德市" in page.locator(".panel").inner_text()


@pytest.mark.parametrize("ending", ["svg", "png", "csv", "xlsx"])
def test_the_map_can_be_kept(server: Server, ending: str) -> None:
    reply = server.client.get(f"/map.{ending}?chain=锂电池")
    assert reply.status_code == 200 and len(reply.content) > 200


def test_a_segment_has_a_page_of_its_own(chromium: Browser, server: Server) -> None:
    address = "/segment/先进储能材料/隔膜?region=长沙&at=2014"
    with watched(chromium, server, address) as page:
        text = page.locator("main").inner_text()
        for part in ("缺失", "长沙晚报", "微孔薄膜", "电芯", "湿法隔膜", "中锂新材", "常德",
                     "政策", "什么会改变判定"):
            assert part in text, part
        page.select_option("[name=region]", "常德市")
        page.wait_for_url("**region=%E5%B8%B8**")
        assert "具备" in page.locator(".panel-head").inner_text()


def test_a_segment_lists_what_holds_on_the_day(server: Server) -> None:
    address = "/segment.csv?id=先进储能材料/隔膜&region=长沙"
    early, now = ({(row[0], row[1], row[2].partition(" ")[0])
                   for row in rows_of(server, f"{address}&at={day}")}
                  for day in ("2014", "2026-11-22"))
    plant = ("中锂新材", "宁乡高新技术产业开发区")  # told in 2022
    assert ("谁在做", *plant) in now and ("谁在做", *plant) not in early
    assert ("这一天不算的", *plant) in early
    assert ("判定", "长沙市", "缺失") in early
    assert not any(row[0] == "政策（整条链的）" for row in early)
    page = server.client.get("/segment/先进储能材料/隔膜?region=长沙&at=2014", headers=HTML).text
    assert "这一天不算的" in page and "截至这一天还没有或已经没有的" in page


@pytest.mark.parametrize("address", ["/segment.{}?id=锂电池/隔膜&lang=en",
                                     "/ask.{}?q=谁给比亚迪供碳陶制动盘"])
def test_what_a_segment_and_an_answer_say_can_be_kept_as_a_table(server: Server,
                                                               address: str) -> None:
    for ending, begins in (("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK")):
        reply = server.client.get(address.format(ending))
        assert reply.status_code == 200 and reply.content.startswith(begins)
        assert "attachment" in reply.headers["content-disposition"]


def test_a_segment_goes_by_every_name_it_has(server: Server) -> None:
    for name in ("Segment:先进储能材料/隔膜", "锂电池/隔膜"):
        assert "隔膜" in server.client.get(f"/segment/{name}?region=长沙", headers=HTML).text
    lost = server.client.get("/segment/锂电池/没有这个", headers=HTML)
    assert lost.status_code == 404 and "<h1>" in lost.text


def test_a_question_is_answered_with_its_source(chromium: Browser, server: Server) -> None:
    with watched(chromium, server, "/") as page:
        page.fill(".ask input", "2014年长沙锂电产业链缺哪些环节？")
        page.click(".ask button")
        text = page.locator("main").inner_text()
        assert "隔膜" in text and "长沙晚报" in text and "理解为" in text
        page.get_by_text("打开对应的页面").click()
        assert "缺失 2 个" in page.locator(".said").inner_text()


def test_a_name_with_several_meanings_is_asked_back(server: Server) -> None:
    page = server.client.get("/ask?q=比亚", headers=HTML).text
    assert "您是想问…？" in page and "/thing/Company/" in page


@pytest.mark.parametrize("question, status", [
    ("2014年长沙锂电产业链缺哪些环节？", "answered"), ("比亚", "ambiguous"),
    ("Who supplies BYDD?", "unknown"), ("谁给CRRC供货", "unknown"),
    ("长沙天气怎么样", "out_of_scope")])
def test_an_answer_of_every_status_is_a_page(server: Server, question: str, status: str) -> None:
    answer = server.client.get("/api/v1/ask", params={"q": question}).json()
    assert answer["status"] == status
    reply = server.client.get("/ask", params={"q": question}, headers=HTML)
    assert reply.status_code == 200
    assert all(f">{choice['name']}</a>" in reply.text for choice in answer["choices"])


def test_names_are_offered_while_one_types(chromium: Browser, server: Server) -> None:
    with watched(chromium, server, "/matrix") as page:
        page.locator(".ask input").press_sequentially("jinbo")
        page.locator("[role=option]").first.wait_for()
        assert "金博股份" in page.locator("[role=listbox]").inner_text()
        page.keyboard.press("ArrowDown")
        assert page.locator("[role=option]").first.get_attribute("aria-selected") == "true"
        page.keyboard.press("Enter")
        page.wait_for_url("**/thing/Company/**")


def test_scripts_and_styles_are_kept_for_ever_under_their_hash(server: Server) -> None:
    page = server.client.get("/matrix").text
    address = page.partition('href="/static/')[2].partition('"')[0]
    kept = server.client.get(f"/static/{address}")
    assert "immutable" in kept.headers["cache-control"]
    old = server.client.get("/static/0000/site.css")
    assert old.status_code == 200 and "immutable" not in old.headers["cache-control"]
    assert server.client.get("/static/0000/../../../etc/passwd").status_code == 404
    tag = server.client.get("/matrix").headers["etag"]
    assert server.client.get("/matrix", headers={"If-None-Match": tag}).status_code == 304


def test_the_table_of_a_segment_in_english_names_things_in_english(server: Server) -> None:
    rows = rows_of(server, "/segment.csv?id=先进储能材料/隔膜&region=长沙&lang=en")
    named = {row[1] for row in rows if row[0] in ("Verdict", "Inputs", "Feeds")}
    assert {"Changsha", "Coated separator"} & named and all(map(str.isascii, named)), named
