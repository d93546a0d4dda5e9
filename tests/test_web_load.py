"""Loading by hand: one's own headings, a try that names row and column, writing, taking back."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

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
        with page.expect_download() as kept:
            page.locator("#told").get_by_role("link", name="CSV").click()
        assert kept.value.suggested_filename == "名单-问题.csv"
        wrong = kept.value.path().read_text(encoding="utf-8-sig")
        assert wrong.splitlines()[1].startswith("3,在哪里,长沙氏,")
        assert page.get_by_role("button", name="写入", exact=True).count() == 0
        assert not names(writable)
        page.get_by_label("有错的行跳过").check()
        page.get_by_role("button", name="试装").click()
        page.get_by_text("有错的 1 行会跳过，其余 1 行可以写入").wait_for()
        page.get_by_label("有错的行跳过").uncheck()

        picked(page, tmp_path, "益阳")
        page.get_by_role("button", name="试装").click()
        page.evaluate("""() => { window.told = [];
            new MutationObserver(() => told.push(document.getElementById("told").textContent))
                .observe(document.getElementById("told"), {childList: true}); }""")
        page.get_by_role("button", name="写入", exact=True).click()
        page.get_by_text("已写入。").wait_for()
        told = page.evaluate("told")
        assert told[0] == "正在检查…" and told[-1].startswith("已写入。")
        assert "正在写入…" in told
        writable.until(lambda: names(writable) == {"试装甲厂", "试装乙厂"})
        page.locator("#jobs").get_by_text("名单.csv").first.wait_for()
        assert page.locator("#told").get_by_role("link", name="看企业").count() == 1

        page.get_by_role("button", name="收回这次装入的").click()
        page.get_by_role("button", name="确定收回").click()
        page.locator("#told").get_by_text("已收回").wait_for()
        writable.until(lambda: not names(writable))

        page.goto(f"{writable.url}/load")
        page.set_input_files("#file", tmp_path / "名单.csv")
        page.get_by_text(f"已按「{SOURCE}」上次确认的对上").wait_for()
        assert page.get_by_label("「主要做什么」是什么").input_value() == "products"
        assert page.get_by_label("表里每一行是").input_value() == "Company"


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
        page.get_by_text("只能看：要录入").wait_for()
        assert page.locator("#file").is_disabled()
    reply = server.client.post("/load/headings?file=a.csv", content=b"x")
    assert reply.status_code == 401


def test_what_one_person_confirmed_another_finds_for_the_same_source(scratch: Shell) -> None:
    said = [scratch.run("key", "add", name, "--scope", "write", "--json") for name in ("甲", "乙")]
    keys = [{"Authorization": f"Bearer {json.loads(one)['key']}"} for one in said]
    with Server(scratch) as server:
        def asked(key: dict[str, str], table: str, **said: str) -> Any:
            reply = server.client.post("/load/headings", params={"file": "表.csv", **said},
                                       content=table.encode(), headers=key)
            assert reply.status_code == 200, reply.text
            return reply.json()

        def before(found: Any) -> dict[str, str]:
            return {one["text"]: one["before"] for one in found["columns"]}

        assert set(before(asked(keys[0], OWN.format("益阳"))).values()) == {""}
        confirmed = {"source": SOURCE, "kind": "Company", "columns": {
            "单位": "name", "主要做什么": "products", "在哪里": "region", "电话": "-"}}
        kept = server.client.post("/load/remembered", json=confirmed, headers=keys[0])
        assert kept.status_code == 204
        found = asked(keys[1], OWN.format("益阳"))
        assert found["source"] == SOURCE and found["kind"] == "Company"
        assert before(found) == {"单位": "name", "主要做什么": "products", "在哪里": "region"}
        more = "单位,官网\n试装甲厂,x\n"  # another heading: only if the source is named
        assert not asked(keys[1], more, kind="Company")["source"]
        assert before(asked(keys[1], more, kind="Company", source=SOURCE))["单位"] == "name"
        assert server.client.post("/load/remembered", json=confirmed).status_code == 401
        assert SOURCE in server.client.get("/load", headers=keys[1]).text


def test_what_others_sent_is_not_for_who_may_only_read(scratch: Shell) -> None:
    key = {scope: {"Authorization": "Bearer " + scratch.json(
        "key", "add", scope, "--scope", scope)["key"]} for scope in ("read", "write")}
    with Server(scratch) as server:
        def faults(job: str, scope: str) -> Any:
            return server.client.get("/load/problems.csv", headers=key[scope], params={
                "job": job, "heading": "name=单位"})

        def ended(reply: Any) -> str:
            job: str = reply.json()["id"]
            server.until(lambda: bool(server.client.get(
                f"/api/v1/loads/{job}", headers=key["write"]).json()["ended"]))
            return job

        loaded = ended(server.client.post(
            "/api/v1/loads?file=Company.csv", headers=key["write"],
            content=f"企业名称,地区,来源\n试装甲厂,长沙氏,{SOURCE}\n".encode()))
        assert "长沙氏" in faults(loaded, "write").text
        for job in (loaded, "latest"):
            assert faults(job, "read").status_code == 403
        taken = ended(server.client.delete("/api/v1/sources/没有的来源", headers=key["write"]))
        for job in (taken, "20260101T000000000000-abcdef", "../keys"):
            assert faults(job, "write").status_code == 404
        server.client.post("/load/remembered", headers=key["write"], json={
            "source": SOURCE, "kind": "Company", "columns": {"单位": "name"}})
        assert SOURCE in server.client.get("/load", headers=key["write"]).text
        page = server.client.get("/load", headers=key["read"])
        assert page.status_code == 200 and SOURCE not in page.text
