"""The page of one thing: merged facts, each with its sources; every class has one."""

import csv
import io

import pytest
from playwright.sync_api import Browser

from graph.analysis.profile import Profile, profile
from tests.paged import watched
from tests.serving import Server
from tests.small import Small, day, hunan, index_of


def told_twice() -> Small:
    small = Small()
    small.cite("公告", "official", "2024")
    firm = small.thing("Company", name="甲厂", listed_code="600001", products=("膜",))
    part = small.thing("Chain", name="链")
    small.thing("Observation", subject=firm, metric="产值", period="2023", status="actual",
                value=3.0, unit="亿元")
    small.cite("日报", "press", "2025")
    small.thing("Company", name="甲厂", listed_code="600002", products=("膜", "箔"))
    small.thing("Project", name="二期", company=firm, chain=part)
    small.thing("Stage", project="Project:二期", step="signed", when={"valid_from": "2024-05"})
    small.link("leads", firm, part, valid_from="2020", valid_to="2022")
    return small


def test_a_value_has_its_sources_and_what_else_is_said() -> None:
    shown = profile(index_of(told_twice().records), "甲厂", day("2026"))
    facts = {fact["field"]: fact for fact in shown["facts"]}
    titles = {one["record"]: one["source"]["title"] for one in shown["evidence"]}
    code, products = facts["listed_code"], facts["products"]
    assert [value["value"] for value in code["values"]] == ["600001"]
    assert [value["value"] for value in code["others"]] == ["600002"]
    assert [titles[record] for record in code["others"][0]["records"]] == ["日报"]
    assert {value["value"]: {titles[record] for record in value["records"]}
            for value in products["values"]} == {"膜": {"公告", "日报"}, "箔": {"日报"}}


def test_links_end_and_projects_have_their_steps() -> None:
    shown = profile(index_of(told_twice().records), "甲厂", day("2026"))
    (leads,) = shown["links"]
    assert (leads["kind"], leads["end"], leads["total"]) == ("leads", "chain", 1)
    assert leads["rows"][0]["holds"] is False and leads["rows"][0]["until"] == "2022"
    about = {group["kind"]: group for group in shown["about"]}
    (project,) = about["Project"]["rows"]
    assert project["refers"]["chain"] == "Chain:链"
    assert [(step["fields"]["step"], step["since"]) for step in project["steps"]] == [
        ("signed", "2024-05")]
    assert about["Observation"]["rows"][0]["fields"]["value"] == 3.0


def test_of_very_many_some_are_read_and_all_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    small = hunan()
    small.cite("名录", "official", "2024")
    for number in range(9):
        firm = small.thing("Company", name=f"厂{number}", region="Region:430100")
        small.link("locatedIn", firm, "Region:430100")
    index = index_of(small.records)
    whole = profile(index, "长沙市", day("2026"))
    monkeypatch.setattr("graph.analysis.profile.MANY", 4)
    some = profile(index, "长沙市", day("2026"))

    def totals(part: Profile) -> dict[tuple[str, str], int]:
        return {(group["kind"], group["end"]): group["total"]
                for group in (*part["links"], *part["about"])}

    assert totals(some) == totals(whole) and totals(some)["Company", "region"] == 9
    assert {len(group["rows"]) for group in some["links"] if group["kind"] == "locatedIn"} == {4}


def test_a_source_tells_only_what_it_says_itself() -> None:
    shown = profile(index_of(told_twice().records), "Source:日报/湖南日报", day("2026"))
    groups = {group["kind"]: group for group in shown["about"]}
    assert set(groups) == {"Company", "Project", "Stage", "leads"}
    assert groups["Company"]["rows"][0]["fields"]["listed_code"] == "600002"


def test_every_class_has_a_page_and_files(server: Server) -> None:
    model = server.client.get("/api/v1/ontology").json()
    for kind in model["classes"]:
        listed = server.client.get(f"/api/v1/things/{kind['name']}?limit=3").json()["rows"]
        for row in listed:
            name, _, key = row["id"].partition(":")
            page = server.client.get(f"/thing/{name}/{key}")
            assert page.status_code == 200 and kind["label"]["zh"] in page.text, row["id"]
        reply = server.client.get("/thing.csv", params={"id": listed[0]["id"]})
        assert len(list(csv.reader(io.StringIO(reply.content.decode("utf-8-sig"))))) > 1


@pytest.mark.parametrize(("address", "says"), [
    ("/thing/Company/金博股份", ["湖南金博碳素股份有限公司", "比亚迪", "供应", "可以和谁合作",
                                 "碳陶制动盘", "湖南日报", "688598"]),
    ("/thing/Park/益阳高新技术产业开发区", ["益阳高新区", "信维电科", "新引进", "优势", "项目"]),
    ("/thing/Region/430202", ["荷塘", "地区生产总值", "预测"]),
    ("/thing/Company/易普力", ["南岭民爆", "曾叫"]),
])
def test_the_page_says_what_is_known(server: Server, address: str, says: list[str]) -> None:
    page = server.client.get(address)
    assert page.status_code == 200
    assert not [text for text in says if text not in page.text]


def test_an_unknown_thing_is_a_page_that_says_so(server: Server) -> None:
    reply = server.client.get("/thing/Company/没有这一家", headers={"Accept": "text/html"})
    assert reply.status_code == 404 and "没有这一家" in reply.text and "<h1>" in reply.text


def test_what_is_near_an_unknown_thing_is_of_its_class(server: Server) -> None:
    for name in ("没有", "金搏股份"):
        said = server.client.get(f"/thing/Company/{name}", headers={"Accept": "text/html"}).text
        near = said.partition("最接近的是：")[2].partition("</p>")[0]
        assert "没有找到企业" in said and "/" not in near
    assert "金博股份" in near


def test_a_wrong_date_is_told_once_and_the_footer_has_the_word_of_the_page(
        server: Server) -> None:
    page = server.client.get("/?at=2014-02-30", headers={"Accept": "text/html"})
    assert page.status_code == 422 and page.text.count("2 月没有 30 日") == 1
    foot = server.client.get("/matrix?lang=en", headers={"Accept": "text/html"}).text
    assert "is “unknown”, never" in foot and "unverified" not in foot


@pytest.mark.parametrize("address", ["/thing/Company/" + "a" * 5000, "/thing/" + "a" * 5000 + "/b"])
def test_what_is_too_long_for_a_name_is_not_looked_for(server: Server, address: str) -> None:
    reply = server.client.get(address, headers={"Accept": "text/html"})
    assert reply.status_code == 422 and "<h1>" in reply.text


def test_from_a_mark_to_its_source_and_from_a_link_to_its_end(chromium: Browser,
                                                              server: Server) -> None:
    with watched(chromium, server, "/thing/Company/金博股份") as page:
        mark = page.locator("section[aria-labelledby^=suppliesTo] a.mark").first
        number = mark.inner_text().strip("[]")
        mark.click()
        assert "湖南日报" in page.locator(f"#source-{number}:target").inner_text()
        page.locator("section[aria-labelledby^=suppliesTo] tbody a").first.click()
        page.wait_for_load_state()
        assert page.locator("h1").inner_text() == "比亚迪"
