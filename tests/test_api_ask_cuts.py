"""Two figures in one breath, what is not asked, both directions, who is ahead, places abroad."""

from typing import Any

import pytest

from api.ask import answer
from graph import dates
from graph.index import Index
from tests.test_api_ask import answers, index

__all__ = ["answers", "index"]

TODAY = dates.first_day("2026-11-22")


def asked(index: Index, question: str) -> dict[str, Any]:
    return answer(index, question, TODAY)


@pytest.mark.parametrize(("question", "said"), [
    ("广信科技前三季度净利多少营收多少", "1.5亿元 5.86亿元"),
    ("石峰区小巨人多少家单项冠军多少个", "80家 9个"),
    ("益阳高新区高企多少家专精特新多少家", "247家 20家"),
    ("先进储能材料产业链里谁做隔膜谁做电解液", "中锂新材 法恩莱特"),
    ("碳基联盟的秘书长是谁，不是理事长", "肖立红"),
    ("石峰区的区长是谁，我说的是区长不是书记", "石慧彬"),
    ("益阳有几家企业计划去湘江新区投资", "计划1家"),
    ("湘江新区有几家目标企业要到益阳建厂", "计划4家"),
    ("从湘江新区到益阳投资建厂的企业几家", "计划4家"),
    ("益阳到湘江新区投资的企业打算有几家，反之呢", "1家 4家"),
    ("先进储能材料产业过千亿的城市，排在长沙前面的是哪两个", "深圳 宁德"),
    ("先进储能材料过千亿，长沙跟在哪两个城市后头", "深圳 宁德"),
    ("长沙先进储能材料仅次于哪两座城市", "深圳 宁德"),
    ("荷塘区集群规模全国排第几，前面还有谁", "第1位"),
    ("明塑科技的海外工厂在哪国", "尼日利亚"), ("明塑科技把厂开到哪几个国家了", "尼日利亚"),
    ("明塑科技在国外哪个国家建了基地", "尼日利亚"), ("长盈贸易把公司开到哪个国家了", "加纳"),
    ("株洲的AI+制造场景需求清单瞄准哪几个环节", "产品研发 运维服务"),
    ("株洲AI+制造场景清单主要针对制造业的什么环节", "产品研发 运维服务"),
    ("株洲AI创新政策支持清单管哪四个方面", "人才 金融 生态"),
    ("长沙前阵子公布的人工智能五大清单包括什么", "重点大模型 未来场景"),
    ("长沙搞人工智能出了哪些政策", "若干政策"),
    ("想找隔膜供应商合作，长沙有哪些厂", "中材锂膜 中锂新材"),
    ("我想在长沙找几家电解液厂合作，有谁", "法恩莱特"),
    ("我想在永州找电机厂合作，哪些可以联系", "科力尔"),
    ("想找湖南做碳陶制动盘的厂合作，有谁", "金博股份"),
    ("石峰区北斗产业2030年想做到多少个亿", "500亿元"), ("IGBT三期投产了吗", "投产"),
    ("长株潭都市圈有几个成员", "益阳市")])
def test_what_is_asked_is_answered(index: Index, question: str, said: str) -> None:
    found = asked(index, question)
    assert found["status"] == "answered", found["answer"]
    told = found["answer"] + str(found["rows"])
    assert all(part in told for part in said.split()), found["answer"]


@pytest.mark.parametrize("question", [
    "碳基联盟会长是谁，别说秘书长", "电池联盟的理事长叫什么，不要秘书长",
    "不是问秘书长，碳基联盟的理事长是谁", "电池联盟副秘书长是谁",
    "清逸智达在株洲高新区签的项目多大投资", "海克斯康和株洲高新区签约的项目总投资多少钱",
    "荷塘区硬质材料集群2040年要冲到多少个亿", "石峰的新能源装备2028年打算干到几个亿",
    "株洲高新区百强园区排名前面一位是谁", "智慧眼把厂开到哪个国家去了",
    "三一重工在海外哪些国家建了厂", "星球石墨研发中心具体建在长沙哪个园区",
    "碳基联盟一共有多少家成员", "智通星辰有多少员工", "石峰区2025年GDP总量多少亿",
    "长沙机场网约车蓄车场二期哪年建成", "拟从湘江新区引进的4家目标企业叫什么名字"])
def test_what_no_source_says_is_not_known(index: Index, question: str) -> None:
    found = asked(index, question)
    assert found["status"] == "unknown" and "没有" in found["answer"], found["answer"]


@pytest.mark.parametrize("question", [
    "益阳有几家企业计划去湘江新区投资", "湘江新区到益阳建厂的有几家"])
def test_the_other_direction_is_not_counted(index: Index, question: str) -> None:
    assert len([row for row in asked(index, question)["rows"] if "湘江新区" in row["text"]]) == 1
