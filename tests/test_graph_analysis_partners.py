"""Partners and candidates: who is on the list, in what order, and on what it rests."""

import pytest

from graph.analysis.candidates import Candidate, candidates
from graph.analysis.closed import closed
from graph.analysis.partners import Partner, partners
from graph.analysis.verdicts import grounds
from ontology import NotFound, XianglianError
from tests.small import Small, day, hunan, index_of

SEG = "Segment:锂电池/"
NOW = day("2021")


def firm(small: Small, name: str, region: str, segment: str = "", **values: str) -> str:
    id = small.thing("Company", name=name, region=region, **values)
    if segment:
        small.link("operatesIn", id, SEG + segment, place=region, function="production",
                   observed="2020")
    return id


def town() -> tuple[Small, str]:
    """甲 makes cells in 宁乡; who feeds it is in 宁乡, 常德, 广东; an institute and an expert."""
    small = hunan()
    small.cite("企业名录", "industry", "2020")
    me = firm(small, "甲", "Region:430182", "电芯")
    firm(small, "乙", "Region:430700", "隔膜")
    firm(small, "丙", "Region:430182", "正极材料")
    firm(small, "丁", "Region:440000", "隔膜")
    firm(small, "戊", "Region:430700", "回收")
    institute = small.thing("Institute", name="电池研究院", chain="Chain:锂电池")
    person = small.thing("Person", name="张三")
    small.link("holds", person, institute, title="院长")
    return small, me


def rows(found: list[Partner]) -> list[str]:
    return [row["name"] for row in found]


def test_partners_are_up_and_down_the_feeds_with_institutes_and_experts() -> None:
    small, _ = town()
    answer = partners(index_of(small.records), "甲", NOW)
    roles = {row["name"]: row["roles"][0]["role"] for row in answer["rows"]}
    assert roles == {"丙": "upstream", "乙": "upstream", "丁": "upstream", "戊": "downstream",
                     "电池研究院": "institute", "张三": "expert"}
    assert all(role["evidence"] for row in answer["rows"] for role in row["roles"])
    assert answer["total"] == 6 and answer["next"] is None


def test_reasons_decide_one_after_the_other_and_their_order_can_be_changed() -> None:
    small, me = town()
    small.link("suppliesTo", "Company:丁", me, form="supply", observed="2020")
    small.link("honoured", "Company:乙", small.thing("Honour", name="单项冠军"), observed="2020")
    index = index_of(small.records)
    assert rows(partners(index, "甲", NOW)["rows"])[:3] == ["丁", "丙", "乙"]
    assert rows(partners(index, "甲", NOW, ["distance"])["rows"])[:2] == ["丙", "乙"]
    assert rows(partners(index, "甲", NOW, ["荣誉, link"])["rows"])[:2] == ["乙", "丁"]
    first = partners(index, "甲", NOW, ["honours"])["rows"][0]["reasons"]
    assert [reason["reason"] for reason in first] == [
        "honours", "link", "wish", "distance", "group"]
    with pytest.raises(NotFound):
        partners(index, "甲", NOW, ["luck"])


def test_every_reason_has_evidence_or_says_that_nobody_said() -> None:
    small, me = town()
    event = small.thing("Event", name="对接会", type="matchmaking", date="2020-05")
    for one in (me, "Company:乙"):
        small.link("takesPartIn", one, event, observed="2020-05")
    small.link("memberOf", me, small.thing("Alliance", name="电池联盟"), observed="2020")
    small.link("memberOf", "Company:戊", "Alliance:电池联盟", observed="2020")
    answer = partners(index_of(small.records), "甲", NOW)
    for row in answer["rows"]:
        for reason in row["reasons"]:
            assert bool(reason["evidence"]) == (reason["said"] != "没有来源说过")
    why = {row["name"]: {r["reason"]: r["said"] for r in row["reasons"]}
           for row in answer["rows"]}
    assert "对接会" in why["乙"]["wish"] and why["戊"]["group"] == "电池联盟"
    assert why["丙"]["distance"] == "都在宁乡市" and "省外" in why["丁"]["distance"]
    assert rows(answer["rows"])[0] == "乙"  # a wish stands before nearness


def test_what_somebody_asks_for_is_a_wish() -> None:
    small, _ = town()
    small.thing("Demand", name="求购电芯", type="purchase", asker="己", segment=SEG + "电芯")
    small.thing("Company", name="己")
    answer = partners(index_of(small.records), "甲", NOW)
    row = next(row for row in answer["rows"] if row["name"] == "己")
    assert row["roles"][0]["role"] == "wish"
    assert {r["reason"]: r["said"] for r in row["reasons"]}["wish"] == "对方求电芯"


def test_a_firm_of_which_no_source_says_what_it_does_has_only_its_ties() -> None:
    small, me = town()
    other = small.thing("Company", name="庚")
    small.link("suppliesTo", other, me, observed="2020")
    answer = partners(index_of(small.records), "庚", NOW)
    assert rows(answer["rows"]) == ["甲"] and "没有来源说过庚做哪个环节" in answer["note"]


def test_pages_of_partners_go_on_where_they_ended() -> None:
    small, _ = town()
    index = index_of(small.records)
    whole = rows(partners(index, "甲", NOW)["rows"])
    first = partners(index, "甲", NOW, limit=4)
    rest = partners(index, "甲", NOW, limit=4, cursor=first["next"])
    assert rows(first["rows"]) + rows(rest["rows"]) == whole and rest["next"] is None
    with pytest.raises(XianglianError, match="next"):
        partners(index, "甲", NOW, cursor="x")


# --- candidates ------------------------------------------------------------------------------


def by_name(found: list[Candidate]) -> dict[str, Candidate]:
    return {row["name"]: row for row in found}


def reasons(row: Candidate) -> set[str]:
    return {reason["reason"] for reason in row["reasons"] if reason["rank"] == 0}


def test_candidates_are_near_local_tied_outside_and_projects() -> None:
    small, me = town()
    small.link("suppliesTo", "Company:丁", me, form="supply", observed="2020")
    small.thing("Project", name="宁乡隔膜项目", region="Region:430182", segment=SEG + "隔膜",
                company="Company:丁")
    small.thing("Project", name="建成的项目", region="Region:430182", segment=SEG + "隔膜")
    small.thing("Stage", project="Project:建成的项目", step="in_production")
    answer = candidates(index_of(small.records), "隔膜", "长沙", NOW)
    found = by_name(answer["rows"])
    assert answer["verdict"] == "unknown" and answer["nearest"]
    assert answer["nearest"]["region"] == "常德市"
    assert reasons(found["乙"]) == {"open", "nearest", "outside"}
    assert reasons(found["甲"]) == {"open", "local_feed"}
    assert reasons(found["丁"]) == {"open", "outside_tied", "outside"}
    assert reasons(found["宁乡隔膜项目"]) == {"open", "project"}
    assert "建成的项目" not in found and "丙" not in found
    assert list(found) == ["乙", "甲", "丁", "宁乡隔膜项目"]
    again = candidates(index_of(small.records), "隔膜", "长沙", NOW, ["project"])
    assert again["rows"][0]["name"] == "宁乡隔膜项目"


def test_who_has_gone_comes_last_and_the_source_is_named() -> None:
    small, _ = town()
    small.cite("公告", "official", "2021")
    small.thing("Company", name="乙", status="closed")
    rows = candidates(index_of(small.records), "隔膜", "长沙", NOW)["rows"]
    gone = next(c for c in rows[-1]["counters"] if c["counter"] == "gone")
    assert rows[-1]["name"] == "乙" and gone["holds"] is True
    assert gone["evidence"][0]["source"]["title"] == "公告"


def test_every_counter_reason_has_evidence_or_is_unknown() -> None:
    small, _ = town()
    small.thing("Project", name="广州项目", region="Region:440000", company="Company:乙")
    answer = candidates(index_of(small.records), "隔膜", "长沙", day("2030"))
    for row in answer["rows"]:
        assert [c["counter"] for c in row["counters"]] == [
            "gone", "stale", "contested", "rival", "no_expansion"]
        for counter in row["counters"]:
            assert bool(counter["evidence"]) == (counter["holds"] is not None)
            assert counter["said"].startswith("不知道") == (counter["holds"] is None)
    mine = {c["counter"]: c["holds"] for c in by_name(answer["rows"])["乙"]["counters"]}
    assert mine == {"gone": None, "stale": True, "contested": False, "rival": True,
                    "no_expansion": None}


def test_what_is_only_inferred_is_marked_and_what_is_open_is_no_double_negation() -> None:
    small, _ = town()
    small.link("operatesIn", small.thing("Company", name="辛"), SEG + "隔膜", place="Region:440000",
               inferred=True, observed="2020")
    found = by_name(candidates(index_of(small.records), "隔膜", "长沙", NOW)["rows"])

    def outside(name: str) -> str:
        return next(r["said"] for r in found[name]["reasons"] if r["reason"] == "outside")

    assert outside("辛").endswith("做隔膜（推断）") and outside("丁").endswith("做隔膜")
    assert {c["open"] for c in found["辛"]["counters"] if c["holds"] is None} >= {
        "是否停业或搬走", "是否与别的地区有牵连", "有没有扩产打算"}


def test_a_denial_where_it_works_makes_it_contested() -> None:
    small, _ = town()
    small.link("absentFrom", SEG + "隔膜", "Region:430700", observed="2021")
    row = by_name(candidates(index_of(small.records), "隔膜", "长沙", NOW)["rows"])["乙"]
    contested = next(c for c in row["counters"] if c["counter"] == "contested")
    assert contested["holds"] is True and contested["evidence"][0]["kind"] == "absentFrom"


def test_where_it_is_there_already_those_firms_are_no_candidates() -> None:
    small, _ = town()
    answer = candidates(index_of(small.records), "正极材料", "长沙", NOW)
    assert answer["verdict"] == "present" and [f["name"] for f in answer["here"]] == ["丙"]
    assert "丙" not in by_name(answer["rows"]) and answer["nearest"] is None


# --- closed gaps -----------------------------------------------------------------------------


def gap() -> Small:
    """隔膜 was missing in 长沙 in 2014; 乙 makes it in 宁乡 since 2018."""
    small = hunan()
    small.cite("回顾", "press", "2020")
    small.link("absentFrom", SEG + "隔膜", "Region:430100", valid_from="2014", valid_to="2014")
    firm_id = small.thing("Company", name="乙")
    small.link("operatesIn", firm_id, SEG + "隔膜", place="Region:430182", valid_from="2018")
    return small


def asked(small: Small, at: str) -> object:
    index = index_of(small.records)
    segment, region = index.segment("隔膜"), index.region("长沙")
    return closed(index, segment, region, grounds(index, segment, region, day(at)), day(at))


def test_a_gap_is_closed_by_who_came_after_it() -> None:
    found = asked(gap(), "2021")
    assert isinstance(found, dict)
    assert found["until"] == "2014" and found["missing"]
    assert [(one["name"], one["since"]) for one in found["firms"]] == [("乙", "2018")]
    assert found["through"] == [] and "没有来源说过是谁牵线" in found["said"]


def test_no_gap_is_closed_before_anybody_came_or_where_there_was_none() -> None:
    assert asked(gap(), "2016") is None and asked(gap(), "2014") is None
    index = index_of(gap().records)
    segment, region = index.segment("电芯"), index.region("长沙")
    assert closed(index, segment, region, grounds(index, segment, region, NOW), NOW) is None


def test_who_brought_the_firm_its_project_or_the_cluster_is_told_apart() -> None:
    small = gap()
    small.thing("Project", name="乙厂项目", company="Company:乙")
    small.thing("Cluster", name="长沙锂电集群", chain="Chain:锂电池", region="Region:430100")
    for name, result in (("牵线联盟", "Company:乙"), ("招商局", "Project:乙厂项目"),
                         ("电池联盟", "Cluster:长沙锂电集群")):
        small.link("facilitates", small.thing("Alliance", name=name), result, observed="2020")
    found = asked(small, "2021")
    assert isinstance(found, dict)
    direct = {(helper["name"], helper["scope"]) for helper in found["firms"][0]["through"]}
    assert direct == {("牵线联盟", "firm"), ("招商局", "project")}
    assert [helper["scope"] for helper in found["through"]] == ["cluster"]
    assert "牵线联盟促成乙" in found["said"] and "没有来源" not in found["said"]
