"""Questions as people type them, asked of the shipped data."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.answers import Answers
from api.ask import answer, ask, intents
from api.ask.words import words
from api.settings import Settings
from bench.questions import faults, questions, rate
from graph import dates
from graph.index import Index
from tests.shell import Shell
from tests.test_api_extension import extended, write

__all__ = ["extended"]

TODAY = dates.first_day("2026-11-22")
KEYS = {"status", "understood", "answer", "rows", "evidence", "call", "choices", "at", "known_at",
        "version"}
STATUSES = {"answered", "unknown", "ambiguous", "out_of_scope"}


@pytest.fixture(scope="module")
def answers(shell: Shell) -> Answers:
    """The shipped data, asked on one day."""
    return _answers(shell)


def _answers(shell: Shell) -> Answers:
    return Answers(Settings(store=shell.environ["XIANGLIAN_STORE"],
                            cache=Path(shell.environ["XIANGLIAN_CACHE"])), at="2026-11-22")


@pytest.fixture(scope="module")
def index(answers: Answers) -> Index:
    return answers.index


# --- how many are right --------------------------------------------------------------------------


@pytest.mark.parametrize("question", questions("sample"), ids=lambda q: q["question"])
def test_the_sample_is_answered_rightly(index: Index, question: dict[str, Any]) -> None:
    assert not faults(question, answer(index, question["question"], TODAY))


@pytest.mark.parametrize(("name", "floor"), [
    ("open", 0.95), ("aside", 0.90), ("blind", 0.95), ("varied", 0.95)])
def test_most_questions_are_answered_rightly(index: Index, name: str, floor: float) -> None:
    found = rate(index, name, TODAY)
    assert found.right / found.asked >= floor, found.wrong


def test_the_questions_are_many_and_none_is_asked_twice() -> None:
    ours = [q["question"] for name in ("sample", "open", "aside") for q in questions(name)]
    every = [*ours, *(q["question"] for name in ("blind", "varied") for q in questions(name))]
    assert len(every) == len(set(every)) > 420
    assert len(questions("aside")) > len(ours) / 4


# --- what an answer is ---------------------------------------------------------------------------


@pytest.mark.parametrize(("question", "said"), [
    ("长沙锂电池链2014-02-30缺什么？", "2014-02-30"), ("长沙锂电池2014年13月缺什么", "2014年13月"),
    ("长沙锂电池公元前5年缺什么", "公元前5年"), ("东莞的锂电池链缺什么？", "东莞"),
    ("2014年美国缺隔膜吗？", "美国"),
    ("介绍一下湖南不存在科技有限公司", "湖南不存在科技有限公司"),
    ("长沙飞天机器人有限公司给谁供货？", "长沙飞天机器人有限公司"),
    ("长沙2099年缺哪些环节？", "不是所问的时间"), ("长沙缺哪些环节", "不是所问的时间"),
    ("谁给比亚迪供锂矿石？", "锂矿石"), ("比亚迪的锂矿石供应商是谁", "锂矿石"),
    ("谁停止了给比亚迪供货？", "停了"), ("哪些企业不做隔膜", "不等于"),
    ("长沙有多少家没有做隔膜的企业", "不等于"),
    ("长沙工程机械链的隔膜环节有企业吗", "先进储能材料"),
    ("杉杉能源在2014年之前做正极吗", "没有来源说过"),
    ("长远锂科2013年做正极材料吗", "没有来源说过"),
    ("1990年谁给比亚迪供碳陶制动盘", "截至 1990-12-31"),
    ("2000年蓝思科技给苹果供货吗", "2000-12-31"),
    ("金博股份已经停止给比亚迪供货了吗", "停了"), ("为什么长沙缺铜箔", "待核"),
    ("益阳高新区2025年预计产值910亿完成了吗", "预计910"),
    ("益阳高新区2025年产值是910亿吗", "预计910"), ("长沙哪些环节没有企业", "不是所问的时间"),
    ("长沙锂电池链哪些环节没有人做", "7 个环节待核")])
def test_a_wrong_premise_is_not_passed_over(index: Index, question: str, said: str) -> None:
    found = answer(index, question, TODAY)
    assert found["status"] == "unknown" and said in found["answer"], found["answer"]


@pytest.mark.parametrize("question", [
    "我们这里锂电池缺什么", "全省锂电池缺什么", "目前锂电池链缺什么", "请问锂电池产业链缺什么"])
def test_small_talk_is_no_name_of_a_place(index: Index, question: str) -> None:
    assert answer(index, question, TODAY)["understood"]["slots"]["region"]["name"] == "湖南省"


@pytest.mark.parametrize(("question", "said"), [
    ("2014年长沙缺哪些环节？", "电解液"), ("长沙有没有做隔膜的企业", "中材锂膜"),
    ("杉杉能源2014年做正极材料吗", "是："), ("谁给宁德时代供正极材料", "湖南裕能"),
    ("2014年长沙锂电池链哪些环节没有企业", "缺 2 个环节"),
    ("2014年至2026年一直缺隔膜吗", "不缺"),
    ("2014年长沙锂电池链哪些环节有企业", "具备 2 个环节：正极材料、负极材料"),
    ("湖南金博碳素股份有限公司给谁供货", "比亚迪"), ("2010年蓝思科技给苹果供货吗", "是："),
    ("益阳高新区2025年产值预计910亿吗", "是："), ("星球石墨为什么选长沙", "碳基")])
def test_a_right_premise_is_answered(index: Index, question: str, said: str) -> None:
    found = answer(index, question, TODAY)
    assert found["status"] == "answered" and said in found["answer"], found["answer"]


def test_an_answer_has_its_keys_and_two_runs_give_the_same(answers: Answers,
                                                           shell: Shell) -> None:
    again = _answers(shell)
    for question in ("2014年长沙锂电池缺什么", "谁给比亚迪供碳陶制动盘", "介绍一下智慧眼",
                     "今天天气如何", "长沙有哪些产业集群", "信维的客户是谁"):
        found = ask(answers, question)
        assert set(found) == KEYS and found["status"] in STATUSES
        assert set(found["understood"]) == {"intent", "slots", "restated"}
        assert json.dumps(found, sort_keys=True) == json.dumps(ask(again, question),
                                                               sort_keys=True)


def test_every_answer_but_the_refusals_rests_on_evidence(index: Index) -> None:
    for question in questions("sample"):
        found = answer(index, question["question"], TODAY)
        if found["status"] == "answered":
            assert found["evidence"], question
            for item in found["evidence"]:
                assert all(item["source"][key] for key in ("title", "publisher", "date", "grade"))


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.one_of(st.text(max_size=6), st.sampled_from(sorted(words())), st.sampled_from(
    ["长沙", "锂电池", "隔膜", "金博股份", "益阳高新区", "2014年", "十年前", "“十四五”", "、",
     "？"])), max_size=7))
def test_whatever_is_typed_gets_an_answer(index: Index, parts: list[str]) -> None:
    found = answer(index, "".join(parts), TODAY)
    assert found["status"] in STATUSES and found["answer"] and found["understood"]["restated"]
    json.dumps(found)


def test_what_a_place_lacks_of_no_chain_is_told_with_the_chains_to_ask_about(index: Index) -> None:
    found = answer(index, "2014年长沙缺什么", TODAY)
    assert found["status"] == "answered" and "隔膜（含干法、湿法）（先进储能材料）" in found[
        "answer"]
    assert "长沙晚报" in found["answer"] and "哪一条链" in found["answer"]
    found = answer(index, "湘潭缺什么", TODAY)
    assert found["status"] == "unknown" and "没人说过不等于没有" in found["answer"]


def test_a_profile_says_when_what_is_past_was_so(index: Index) -> None:
    assert "缺失：长沙市（2014年）" in answer(index, "隔膜", TODAY)["answer"]
    assert "隔膜（2014年）" in answer(index, "介绍一下长沙市", TODAY)["answer"]


# --- how it is understood ------------------------------------------------------------------------


@pytest.mark.parametrize(("question", "intent", "slots"), [
    ("2014年长沙锂电池缺什么", "gap", {"chain": "先进储能材料", "region": "长沙市"}),
    ("What was missing in Changsha's lithium battery chain in 2014?", "gap",
     {"chain": "先进储能材料", "region": "长沙市"}),
    ("长殺锂电池缺什么", "gap", {"chain": "先进储能材料", "region": "长沙市"}),
    ("二〇一四年长沙有没有隔膜", "verdict", {"region": "长沙市"}),
    ("华为的供应商", "suppliers", {}), ("华为是谁的客户", "suppliers", {}),
    ("金博股份供给谁", "customers", {}), ("科力尔是谁的供应商", "customers", {}),
    ("给三一重工益阳公司做配套的有谁", "suppliers", {}), ("大明机械给谁配套", "customers", {}),
    ("益阳高新区规上企业有多少", "figure", {"subject": "益阳高新技术产业开发区"}),
    ("碳基联盟秘书长是谁", "post", {}),
    ("介绍一下碳基联盟", "profile", {"thing": "长沙市碳基材料产业技术创新战略联盟"}),
    ("三一重工", "profile", {"thing": "三一重工"}), ("隔膜", "profile", {"thing": "隔膜"}),
    ("金博股份？", "profile", {"thing": "金博股份"}),
    ("益阳高新区", "profile", {"thing": "益阳高新技术产业开发区"}),
    ("长沙 锂电池", "completeness", {"chain": "先进储能材料", "region": "长沙市"}),
    ("2014年长沙缺什么？", "gap", {"region": "长沙市"}),
    ("湘潭缺哪些环节", "gap", {"region": "湘潭市"}),
    ("为什么说2014年长沙缺电解液", "evidence", {"region": "长沙市"}),
])
def test_intents_and_slots(index: Index, question: str, intent: str, slots: dict[str, str]) -> None:
    found = answer(index, question, TODAY)["understood"]
    assert found["intent"] == intent
    assert {name: found["slots"][name]["name"] for name in slots} == slots


def test_the_time_of_a_question_is_the_time_of_its_answer(index: Index) -> None:
    assert answer(index, "14年长沙锂电池缺什么", TODAY)["at"] == "2014-12-31"
    assert answer(index, "2014年以前长沙有没有隔膜", TODAY)["at"] == "2013-12-31"
    assert answer(index, "长沙锂电池缺什么", TODAY)["at"] == "2026-11-22"


def test_a_slip_of_the_pen_is_named(index: Index) -> None:
    found = answer(index, "金搏股份给谁供货", TODAY)
    assert found["status"] == "answered" and "“金搏股份”按“金博股份”理解" in found["answer"]


def test_a_short_form_of_two_firms_asks_back(index: Index) -> None:
    found = answer(index, "信维的客户是谁", TODAY)
    assert found["status"] == "ambiguous" and len(found["choices"]) > 1
    assert {"id", "kind", "name"} <= set(found["choices"][0])


def test_the_call_is_an_address_of_the_api(index: Index) -> None:
    found = answer(index, "2014年长沙锂电池缺什么", TODAY)
    assert found["call"] == "/api/v1/gaps?chain=先进储能材料&region=长沙市&at=2014-12-31"


# --- what nobody has said ------------------------------------------------------------------------


@pytest.mark.parametrize(("question", "known"), [
    ("益阳高新区2024年有多少家规上企业", "430"),  # another year
    ("益阳高新区2025年规模工业总产值实际完成多少", "预计910亿元"),  # forecast, not actual
    ("益阳高新区2025年规模工业总产值目标是多少", "预计910亿元"),  # forecast, not target
    ("金博股份给特斯拉供碳陶制动盘吗", "比亚迪"),  # another customer
    ("金博股份给特斯拉供的碳陶制动盘每年多少片", "比亚迪"),  # a wrong premise
    ("威胜和艾迪奥谈成了吗", "座谈会"),  # they only met
    ("2018年长沙锂电池缺什么", "2014"),  # another time
])
def test_the_nearest_is_told_as_the_nearest(index: Index, question: str, known: str) -> None:
    found = answer(index, question, TODAY)
    assert found["status"] == "unknown" and found["answer"].startswith("不知道：")
    assert known in found["answer"].split("已知的是")[1]


def test_a_premise_that_no_longer_holds_is_answered_as_such(index: Index) -> None:
    assert answer(index, "长沙现在还缺隔膜吗", TODAY)["answer"].startswith("不缺")
    assert answer(index, "2014年长沙有隔膜吗", TODAY)["answer"].startswith("没有：来源说")


def test_two_firms_of_like_names_are_not_one(index: Index) -> None:
    found = answer(index, "金博氢能给比亚迪供货吗", TODAY)
    assert found["status"] == "unknown" and "碳陶" not in found["answer"]


def test_unknown_firms_and_foreign_matters_are_refused(index: Index) -> None:
    assert answer(index, "飞龙在天科技有限公司的供应商是谁", TODAY)["status"] == "unknown"
    for question in ("今天天气怎么样", "啊啊啊", "", "？？"):
        assert answer(index, question, TODAY)["status"] == "out_of_scope"


# --- the ontology drives it ----------------------------------------------------------------------


def test_a_class_more_in_the_turtle_is_introduced(extended: Shell) -> None:
    files = [write(extended, "港口.csv", "港口名称,来源\n城陵矶港,走访\n"),
             write(extended, "shipsFrom.csv", "发货企业,港口,来源\n甲乙丙厂,城陵矶港,走访\n")]
    extended.json("load", *files)
    found = extended.json("ask", "介绍一下城陵矶港")
    assert found["understood"]["intent"] == "profile" and "港口" in found["answer"]
    assert "甲乙丙厂" in json.dumps(found["rows"], ensure_ascii=False)


# --- words of people -----------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["谁给BYD供货", "Who supplies Byd?", "谁给CATL供货",
                                  "who supplies SANY", "谁给huawei供货"])
def test_short_latin_names_are_known_in_any_letters(index: Index, text: str) -> None:
    found = answer(index, text, TODAY)
    assert found["understood"]["intent"] == "suppliers" and not found["answer"].startswith("（")


@pytest.mark.parametrize("text", ["长沙有没有挖掘机械", "永州做电机的有哪些企业",
                                  "长沙的铜箔找谁补", "长沙和株洲的锂电池链哪个更完整",
                                  "2014年长沙锂电缺哪些环节",
                                  "对比2014年和十年之后，长沙锂电多了哪些环节"])
def test_rows_are_told_in_words(index: Index, text: str) -> None:
    rows = answer(index, text, TODAY)["rows"]
    assert rows
    for row in rows:
        assert row["text"] and not re.search(
            r"True|False|absent|present|contested|unknown|stream", row["text"]), row


def test_missing_segments_are_counted_as_the_panorama_counts_them(index: Index) -> None:
    said = answer(index, "2014年长沙锂电缺哪些环节", TODAY)["answer"]
    assert "缺 2 个环节：隔膜（含" in said and "电解液" in said


@pytest.mark.parametrize(("text", "regions"), [
    ("哪个市州的锂电池链最完整", 14), ("哪个市的工程机械链最全", 14),
    ("长沙、株洲和湘潭的工程机械产业链谁更完整", 3)])
def test_regions_are_ranked_by_the_interval(index: Index, text: str, regions: int) -> None:
    rows = answer(index, text, TODAY)["rows"]
    assert len(rows) == regions and "长沙市" in rows[0]["text"]
    assert [row["low"] for row in rows] == sorted((row["low"] for row in rows), reverse=True)


def test_of_two_regions_neither_is_left_out(index: Index) -> None:
    said = answer(index, "长沙和株洲的锂电池链哪个更完整", TODAY)["answer"]
    assert re.search("长沙市 \\d+% 到 100%、株洲市 0% 到 100%", said)


@pytest.mark.parametrize("text", ["2030年长沙锂电池缺什么", "明年长沙有没有隔膜",
                                  "2031年谁给比亚迪供货"])
def test_of_a_day_to_come_it_is_said_that_it_has_not_come(index: Index, text: str) -> None:
    found = answer(index, text, TODAY)
    assert "还没有到" in found["answer"] and "2026-11-22" in found["answer"]
    assert "截至 203" not in found["answer"]


@pytest.mark.parametrize("text", ["中联重科能和谁合作", "湖南哪些公司可以和中联重科合作"])
def test_who_could_work_together_is_answered_with_reasons(index: Index, text: str) -> None:
    found = answer(index, text, TODAY)
    assert found["status"] == "answered" and "是线索，不是结论" in found["answer"]
    assert any("湘钢" in row["text"] and "供应" in row["text"] for row in found["rows"])


@pytest.mark.parametrize(("text", "intent", "said"), [
    ("湖南有多少家单项冠军企业", "honours", "25 个"), ("单项冠军有多少家", "honours", "25 个"),
    ("单项冠军有哪些", "honours", "25 个"), ("永州有多少家省级单项冠军", "figure", "18家"),
    ("长沙市对锂电池企业有什么补贴", "grant", "不知道"),
    ("昨天湖南下雨了吗", "out_of_scope", "不归湘链"),
    ("山河智能是哪年破产的", "not_found", "没有来源说过山河智能破产"),
    ("三一重工倒闭了吗", "not_found", "没有来源说过三一重工倒闭"),
    ("湘江新区长是谁", "post", "不知道"), ("石峰区长叫什么", "post", "石慧彬"),
    ("湖南省固态电池联盟谁牵头", "not_found", "没有叫“固态电池联盟”的")])
def test_what_was_not_asked_is_not_answered(index: Index, text: str, intent: str,
                                            said: str) -> None:
    found = answer(index, text, TODAY)
    assert found["understood"]["intent"] == intent and said in found["answer"]


def test_the_second_half_speaks_of_the_chain_of_the_first(index: Index) -> None:
    said = answer(index, "工程机械链有哪些环节，长沙缺哪些", TODAY)["answer"]
    assert "工程机械链有 40 个环节" in said and "长沙市的工程机械链缺" in said


# --- the command ---------------------------------------------------------------------------------


def test_the_command_says_the_sentence_the_sources_and_the_call(shell: Shell) -> None:
    said = shell.run("ask", "谁给比亚迪供碳陶制动盘")
    assert "金博股份向比亚迪供应碳陶制动盘" in said and "湖南日报" in said
    assert "/api/v1/suppliers?name=比亚迪" in said


def test_a_file_of_questions_gives_a_line_each(shell: Shell, tmp_path: Path) -> None:
    plain, lines = tmp_path / "问题.txt", tmp_path / "问题.jsonl"
    plain.write_text("谁给比亚迪供碳陶制动盘\n\n今天天气如何\n", "utf-8")
    lines.write_text('{"question": "谁给比亚迪供碳陶制动盘", "kind": "supplier"}\n'
                     '{"question": "今天天气如何"}\n', "utf-8")
    told = [shell.run("ask", "--batch", str(file), "--json") for file in (plain, lines)]
    assert told[0] == told[1]
    statuses = [json.loads(line)["status"] for line in told[0].splitlines()]
    assert statuses == ["answered", "out_of_scope"]
    assert "答：" in shell.run("ask", "--batch", str(plain))


def test_a_file_that_holds_no_questions_is_refused(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "坏.jsonl"
    file.write_text("{}\n", "utf-8")
    assert "第 1 行" in shell.run("ask", "--batch", str(file), code=1)
    assert "读不了" in shell.run("ask", "--batch", str(tmp_path / "没有.txt"), code=1)
    shell.run("ask", code=2)


def test_the_page_lists_every_intent() -> None:
    page = (Path(__file__).parent.parent / "docs" / "questions.md").read_text("utf-8")
    assert all(f"`{name}`" in page for name in intents())
