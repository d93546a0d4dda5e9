"""The list of firms: what narrows it, what it shows, and the same as a file."""

import csv
import io
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import Browser

from api.web.firms import ages
from tests.paged import watched
from tests.serving import Server

AT = "at=2026-11-22"


def rows(server: Server, query: str) -> list[dict[str, str]]:
    reply = server.client.get(f"/firms.csv?{AT}&{query}")
    assert reply.status_code == 200, reply.text
    return list(csv.DictReader(io.StringIO(reply.content.decode("utf-8-sig"))))


def test_every_firm_has_one_age_of_evidence_and_unknown_is_one(server: Server) -> None:
    every = {row["企业名称"]: row for row in rows(server, "")}
    parts = {age: rows(server, f"age={age}") for age in ages(5)}
    assert sum(map(len, parts.values())) == len(rows(server, ""))
    assert all(parts.values())
    assert {row["最近的证据"] for row in parts["unknown"]} == {""}
    assert all(row["最近的证据"] < "2021-11-22" for row in parts["stale"])
    assert every["金博股份"]["最近的证据"]


@pytest.mark.parametrize(("query", "has", "lacks"), [
    ("region=长沙&chain=锂电池", "中科星城", "金博股份"),
    ("park=益阳高新区", "金博股份", "中科星城"),
    ("segment=先进储能材料/隔膜&region=长沙", "中材锂膜", "中科星城"),
    ("honour=单项冠军", "蓝思科技", "金博股份"),
    ("leader=yes", "金博股份", "中科星城"),
    ("listed=yes", "金博股份", "比亚迪"),
    ("listed=no", "中科星城", "金博股份"),
    ("q=jinbo", "金博股份", "蓝思科技"),
])
def test_a_filter_narrows(server: Server, query: str, has: str, lacks: str) -> None:
    names = {row["企业名称"] for row in rows(server, query)}
    assert has in names and lacks not in names


def test_what_is_only_inferred_is_marked_on_the_page_and_in_the_file(server: Server) -> None:
    row = next(one for one in rows(server, "q=立方新能源") if one["企业名称"] == "立方新能源")
    assert "电芯（推断）" in row["环节"].split("、") and "（推断）" not in row["产业链"]
    page = server.client.get(f"/firms?{AT}&q=立方新能源").text
    assert '电芯</a><span class="muted">（推断）</span>' in page


def test_excel_has_the_same_rows_as_csv_and_the_chosen_columns(server: Server) -> None:
    query = "region=益阳&columns=places&columns=credit_code&columns=records"
    plain = rows(server, query)
    book = openpyxl.load_workbook(io.BytesIO(
        server.client.get(f"/firms.xlsx?{AT}&{query}").content))
    heads, *lines = book.worksheets[0].iter_rows(min_row=4, values_only=True)
    assert list(heads) == list(plain[0]) == ["企业名称", "企业全称", "所在地", "记录",
                                             "统一社会信用代码"]
    said: list[Any] = [[str(cell or "") for cell in line] for line in lines]
    assert said == [list(row.values()) for row in plain]


def test_a_wrong_name_is_told_on_the_page_with_the_right_one(server: Server) -> None:
    page = server.client.get("/firms?region=长沙氏").text
    assert 'role="alert"' in page and "长沙市" in page


def test_pages_and_columns_by_keyboard(chromium: Browser, server: Server) -> None:
    with watched(chromium, server, "/firms") as page:
        first = page.locator("tbody th a").first.inner_text()
        page.get_by_text("选择列").focus()
        page.keyboard.press("Enter")
        page.get_by_label("主营产品").focus()
        page.keyboard.press("Space")
        page.get_by_role("button", name="查看").focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**columns=products**")
        assert page.get_by_role("columnheader", name="主营产品").count() == 1
        page.get_by_role("link", name="下一页").focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**page=2**")
        assert page.get_by_role("columnheader", name="主营产品").count() == 1
        assert page.locator("tbody th a").first.inner_text() != first
