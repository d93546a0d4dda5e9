"""The five newspaper pages: what they say is in the graph, exactly, dated, with its article."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from graph.figures import parse_figure
from graph.record import Record
from graph.store import Store, open_store
from loaders.pipeline import load, shipped
from ontology.model import Ontology

NAMES = ("cn-provinces", "hunan-reference", "hunan-press")

YIYANG = "“高”“新”潮涌势如虹——益阳高新区“十四五”高质量发展答卷"
CIRCLE = "长株潭都市圈“扩群”，首选为何是益阳"
ALLIANCE = "联盟牵线，星球石墨在长建研发中心"
CAT = "启动AI花猫社区，打造AI创新策源地：株洲发力人工智能新赛道"
CREDIT = "“智能外呼”主动上门 信用修复“一键直达”：郴州上线全省首个AI信用修复助手"
CHANGSHA = "长沙发布“人工智能+”行动方案及政策：全力打造人工智能全域融合标杆城市"
YONGZHOU = "大力推进新型工业化，巩固壮大实体经济根基——“十四五”永州工业发展成就斐然"
TIANYUAN = ("全力构建一流产业生态和人居生态——访市人大代表，株洲高新区党工委委员、"
            "管委会副主任，天元区委副书记、区长何砥")
SHIFENG = "聚焦“三区一节点” 加快建设“五个新石峰”——访市人大代表，石峰区委副书记、区长石慧彬"
HETANG = "为株洲高质量发展贡献荷塘力量——访市人大代表，荷塘区委副书记、区长罗鹏程"
LISTED = "湖南企业逐鹿全球资本市场报道（上接1版，标题不在本版）"
CONTEST = "两家湘企获国家人工智能大赛奖项"
EYE = "福布斯2025年中国人工智能科技企业50强发布 长沙企业智慧眼成功入选"
FACTORY = "2025年度全省先进级智能工厂名单发布 长沙29家企业上榜"
DIGGER = "外交部发言人展示的挖掘机 展现大国创新实力"
ENERGY = "2025湖南省新能源高质量发展暨“十五五”新能源规划论坛报道（标题不在本版）"
SEED = "480个项目通过“金种子杯”大学生创业大赛初评"

DAY = {YIYANG: "2025-12-28", CIRCLE: "2025-12-13", ALLIANCE: "2025-05-13", CAT: "2025-12-28",
       CREDIT: "2025-12-28", CHANGSHA: "2025-12-22", YONGZHOU: "2025-12-22",
       TIANYUAN: "2025-12-24", SHIFENG: "2025-12-24", HETANG: "2025-12-24", LISTED: "2025-12-13",
       CONTEST: "2025-12-13", EYE: "2025-05-13", FACTORY: "2025-05-13", DIGGER: "2025-12-13",
       ENERGY: "2025-12-13", SEED: "2025-05-13"}

ZONE = "Park:益阳高新技术产业开发区"
ZHUZHOU_ZONE = "Park:株洲高新技术产业开发区"
HUNAN, CHANGSHA_CITY, YIYANG_CITY = "Region:430000", "Region:430100", "Region:430900"
YONGZHOU_CITY, TIANYUAN_, SHIFENG_, HETANG_ = (
    "Region:431100", "Region:430211", "Region:430204", "Region:430202")
TALK = "Event:益阳高新区与湘江新区重点企业交流合作座谈会"
FORUM = "Event:锂电池产业高峰论坛及主题沙龙"
FORBES = "Honour:福布斯中国人工智能科技企业top50"

# subject, metric, period, scope, status, figure as printed, bound, article
FIGURES = [
    (ZONE, "规模以上企业数", "2025", "", "actual", "430家", "exact", YIYANG),
    (ZONE, "规模工业总产值", "2025", "", "forecast", "910亿元", "exact", YIYANG),
    (ZONE, "规模工业总产值增速", "2025", "", "forecast", "9%", "exact", YIYANG),
    (ZONE, "“两主一特”产业规模工业总产值", "2025", "", "actual", "484.79亿元", "exact", YIYANG),
    (ZONE, "新引进项目（2000万元及以上）", "2025", "", "actual", "34个", "exact", YIYANG),
    (ZONE, "新引进项目（2000万元及以上）完成全年任务", "2025", "", "actual", "188%", "exact",
     YIYANG),
    (ZONE, "新引进“三类500强”产业项目", "2021/2025", "", "actual", "11个", "exact", YIYANG),
    (ZONE, "新引进“三类500强”产业项目", "2025", "", "actual", "2个", "exact", YIYANG),
    (ZONE, "新引进项目开工率", "2024/2025", "2024、2025两年新引进项目", "actual", "67.19%",
     "exact", YIYANG),
    (ZONE, "工程机械零部件配套率（本地）", "", "", "actual", "35%", "exact", YIYANG),
    (ZONE, "虚拟电厂为企业年省电费", "", "", "actual", "2600万元", "over", YIYANG),
    (ZONE, "金融超市入驻银行", "", "", "actual", "13家", "exact", YIYANG),
    (ZONE, "金融超市创新金融产品", "", "", "actual", "129款", "exact", YIYANG),
    (ZONE, "基金吸引的大学生创业团队", "", "", "actual", "17个", "exact", YIYANG),
    ("Project:益阳高新区“转化二期项目”", "比法定时限压缩", "", "", "actual", "66%", "exact",
     YIYANG),
    ("Project:朝阳保税物流中心", "每年带动外贸增长", "", "", "forecast", "15亿元", "over", YIYANG),
    ("Company:三一重工益阳公司", "带动配套企业数", "", "", "actual", "20家", "over", YIYANG),
    (YIYANG_CITY, "与湘江新区企业有稳定供需往来的企业", "2025", "", "actual", "18家", "exact",
     CIRCLE),
    ("Region:湖南湘江新区", "与益阳企业有稳定供需往来的企业", "2025", "", "actual", "18家", "exact",
     CIRCLE),
    (YIYANG_CITY, "拟从湘江新区引入投资建厂的目标企业", "2025", "", "planned", "4家", "exact",
     CIRCLE),
    (YIYANG_CITY, "与湘江新区的距离", "", "", "actual", "70公里", "at_most", CIRCLE),
    (TALK, "益阳高新区参加洽谈的企业", "2025", "", "actual", "3家", "exact", CIRCLE),
    (TALK, "湘江新区参加洽谈的企业", "2025", "", "actual", "8家", "exact", CIRCLE),
    ("Event:2025湖南省新能源高质量发展暨“十五五”新能源规划论坛",
     "风电和太阳能发电总装机容量为2020年的倍数", "2035", "全国", "target", "6倍", "over", ENERGY),
    (CHANGSHA_CITY, "每下线一台挖掘机的时间", "", "", "actual", "6分钟", "exact", DIGGER),
    ("Event:第六届中国人工智能大赛颁奖仪式", "报名队伍", "2025", "", "actual", "700支", "about",
     CONTEST),
    (HUNAN, "在审及境外上市待备案企业", "2025", "", "actual", "14家", "exact", LISTED),
    (HUNAN, "境外上市待备案企业", "2025", "", "actual", "7家", "exact", LISTED),
    (HUNAN, "全国锂电企业核心研发人员来自湖南的比例", "", "", "actual", "70%", "exact", LISTED),
    ("Company:广信科技", "上市时总市值", "2025-06-26", "", "actual", "53.08亿元", "exact", LISTED),
    ("Company:广信科技", "总市值", "2025-12", "", "actual", "82亿元", "about", LISTED),
    ("Company:广信科技", "归母净利润", "2025", "前三季度", "actual", "1.5亿元", "exact", LISTED),
    ("Company:微步信息", "用户覆盖的国家和地区", "", "", "actual", "200个", "over", LISTED),
    (FORUM, "每年参加人数", "", "下限", "actual", "500人", "over", ALLIANCE),
    (FORUM, "每年参加人数", "", "上限", "actual", "1000人", "at_most", ALLIANCE),
    ("Cluster:长沙市先进储能材料产业集群", "产值", "", "", "actual", "1000亿元", "over", ALLIANCE),
    ("Policy:株洲ai创新政策支持清单", "大学生创业项目资助额", "", "第二档", "planned", "10万元",
     "exact", CAT),
    ("Fund:株洲大学生创业专项资金", "规模", "2026", "", "planned", "1000万元", "exact", CAT),
    ("Platform:ai智能信用修复助手", "平均办理时长压缩", "", "", "actual", "50%", "over", CREDIT),
    ("Policy:长沙市“人工智能+”行动方案", "重点方向", "", "", "actual", "15个", "exact", CHANGSHA),
    (YONGZHOU_CITY, "第一产业占比", "2024", "三次产业结构", "actual", "17.4%", "exact", YONGZHOU),
    (YONGZHOU_CITY, "第二产业占比", "2024", "三次产业结构", "actual", "33%", "exact", YONGZHOU),
    (YONGZHOU_CITY, "第三产业占比", "2024", "三次产业结构", "actual", "49.6%", "exact", YONGZHOU),
    (YONGZHOU_CITY, "规模以上工业企业", "", "", "actual", "1335家", "exact", YONGZHOU),
    (YONGZHOU_CITY, "新能源新材料产业年产值", "", "", "forecast", "1000亿元", "over", YONGZHOU),
    ("Cluster:蓝山县皮具箱包产业集群", "全省市场占有率", "", "", "actual", "45%", "over", YONGZHOU),
    (TIANYUAN_, "地区生产总值", "2025", "", "forecast", "630亿元", "over", TIANYUAN),
    (TIANYUAN_, "规模以上工业增加值增速", "2025", "", "forecast", "12.8%", "about", TIANYUAN),
    (SHIFENG_, "轨道交通产业规模", "", "", "actual", "1600亿元", "over", SHIFENG),
    (SHIFENG_, "轨道交通产业规模", "2030", "", "target", "2000亿元", "over", SHIFENG),
    (SHIFENG_, "新能源装备制造产业规模", "2030", "", "target", "500亿元", "over", SHIFENG),
    (SHIFENG_, "北斗时空信息产业规模", "2030", "", "target", "500亿元", "over", SHIFENG),
    (SHIFENG_, "三大主导产业总规模", "2030", "", "target", "3000亿元", "exact", SHIFENG),
    (SHIFENG_, "规模以上工业增加值增速", "2025", "1—11月", "actual", "10.7%", "exact", SHIFENG),
    (HETANG_, "地区生产总值", "2025", "", "forecast", "319.2亿元", "exact", HETANG),
    (HETANG_, "地区生产总值", "2024", "", "actual", "300亿元", "over", HETANG),
    (HETANG_, "硬质合金销量占全国市场", "", "", "actual", "42%", "exact", HETANG),
    ("Cluster:荷塘区先进硬质材料产业集群", "集群规模", "2030", "", "target", "1000亿元", "over",
     HETANG),
    ("Park:三一智慧钢铁城", "连续入选省重点建设项目年数", "", "", "actual", "5年", "exact", HETANG),
    (HUNAN, "先进级智能工厂拟认定企业", "2025", "", "actual", "174家", "exact", FACTORY),
    (CHANGSHA_CITY, "先进级智能工厂拟认定企业", "2025", "", "actual", "29家", "exact", FACTORY),
    ("Company:智慧眼", "服务老年人与慢病患者", "", "", "actual", "5000万人", "about", EYE),
    (FORBES, "大模型企业占比", "2025", "上榜企业", "actual", "22%", "exact", EYE),
    ("Event:湖南省2025年“金种子杯”大学生创业大赛", "现场决赛项目", "2025", "", "planned", "160个",
     "exact", SEED),
]

# subject, metric, place, out of (0: the page does not say), article
RANKS = [
    (ZONE, "营商环境全省排名", 15, 135, YIYANG),
    (ZHUZHOU_ZONE, "国家级高新区综合排名", 35, 0, TIANYUAN),
    (ZHUZHOU_ZONE, "园区高质量发展百强榜排名", 46, 100, TIANYUAN),
    (ZHUZHOU_ZONE, "全国先进制造业百强园区排名", 58, 100, TIANYUAN),
    (HUNAN, "国家先进制造业集群数全国排名", 5, 0, LISTED),
    (HUNAN, "国家先进制造业集群数中西部排名", 1, 0, LISTED),
    (CHANGSHA_CITY, "先进储能材料产业过千亿元的城市次序", 3, 0, ALLIANCE),
    ("Cluster:长沙市先进储能材料产业集群", "产值过千亿元的次序", 3, 0, ALLIANCE),
    (YONGZHOU_CITY, "国省两级产业集群和培育对象数全省排名", 2, 0, YONGZHOU),
    (SHIFENG_, "研发投入强度全市排名", 1, 0, SHIFENG),
]

# kind, ends, values it must have, (valid_from, valid_to), article
TIES: list[tuple[str, tuple[str, str], dict[str, object], tuple[str | None, str | None], str]] = [
    ("suppliesTo", ("Company:金博股份", "Company:比亚迪"),
     {"product": "Product:碳陶制动盘", "form": "supply"}, (None, None), YIYANG),
    ("suppliesTo", ("Company:科力尔电机", "Company:华为"),
     {"product": "Product:人形机器人伺服电机"}, (None, None), YONGZHOU),
    ("supports", ("Company:德雄机械", "Company:三一重工益阳公司"), {}, (None, None), YIYANG),
    ("sellsTo", ("Company:益阳橡胶机", "Region:东南亚"), {"product": "Product:剪切型密炼机"},
     (None, None), YIYANG),
    ("absentFrom", ("Segment:先进储能材料/隔膜", CHANGSHA_CITY), {}, ("2014", "2014"), ALLIANCE),
    ("absentFrom", ("Segment:先进储能材料/电解液", CHANGSHA_CITY), {}, ("2014", "2014"), ALLIANCE),
    ("presentIn", ("Segment:先进硬质材料/硬质合金", HETANG_), {}, (None, None), HETANG),
    ("presentIn", ("Segment:工程机械/挖掘机械", CHANGSHA_CITY), {}, (None, None), DIGGER),
    ("memberOf", ("Company:星球石墨", "Alliance:长沙市碳基材料产业技术创新战略联盟"),
     {"role": "成员单位"}, (None, None), ALLIANCE),
    ("facilitates", ("Alliance:长沙市碳基材料产业技术创新战略联盟",
                     "Project:星球石墨长沙研发中心项目"), {}, (None, None), ALLIANCE),
    ("investsIn", ("Company:星球石墨", "Project:星球石墨长沙研发中心项目"),
     {"amount": 550_000_000, "amount_unit": "元"}, (None, None), ALLIANCE),
    ("partOf", (YIYANG_CITY, "Region:长株潭都市圈"), {"extent": "whole"}, ("2025-12-10", None),
     CIRCLE),
    ("takesPartIn", ("Company:仪纬科技", TALK), {"side": "益阳高新区"}, (None, None), CIRCLE),
    ("takesPartIn", ("Company:威胜", TALK), {"side": "湘江新区"}, (None, None), CIRCLE),
    ("holds", ("Person:沈晓明/中共湖南省委员会", "Agency:中共湖南省委员会"),
     {"title": "省委书记"}, (None, None), CIRCLE),
    ("cooperatesWith", ("Company:智慧眼", "Institute:湘雅二医院"), {"form": "深度合作"},
     (None, None), EYE),
    ("honoured", ("Company:智慧眼", FORBES), {"year": "2025", "by": "福布斯中国"}, (None, None),
     EYE),
    ("honoured", ("Company:益阳控股集团", "Honour:aa+主体信用评级"), {}, (None, None), YIYANG),
    ("appliesTo", ("Policy:株洲ai创新政策支持清单", "Platform:ai花猫社区"), {}, (None, None), CAT),
    ("cooperatesWith", ("Institute:湖南未来光电技术研究院", "Institute:湖南师范大学"),
     {"form": "联合设立"}, (None, None), YIYANG),
    ("cooperatesWith", ("Agency:郴州市城市管理和综合执法局", "Company:郴州联通"),
     {"form": "联合研发"}, (None, None), CREDIT),
    ("facilitates", ("Company:金博股份", "Park:碳谷产业园"), {}, (None, None), YIYANG),
    ("honoured", ("Company:鸣鸣很忙", "Honour:境外上市备案函"), {}, (None, None), LISTED),
    ("locatedIn", ("Site:明塑科技尼日利亚pvc管材生产基地", "Region:尼日利亚"), {}, (None, None),
     YIYANG),
]

# kind, id, values it must have, article
THINGS: list[tuple[str, str, dict[str, object], str]] = [
    ("Project", "Project:麓宇光电光电子集成产业化项目",
     {"amount": 68_000_000, "amount_wording": "总投资6800万元", "status": "拟投资"}, CIRCLE),
    ("Agreement", "Agreement:益阳市与湘江新区战略合作协议",
     {"type": "strategic", "signed": "2025-12-10"}, CIRCLE),
    ("Event", "Event:益阳市与湘江新区构建合作园区利益分享机制座谈会",
     {"type": "talk", "date": "2025-11-18"}, CIRCLE),
    ("Event", "Event:广信科技北交所上市", {"type": "launch", "date": "2025-06-26"}, LISTED),
    ("Company", "Company:微步信息", {"listed_code": "BULLZ"}, LISTED),
    ("Alliance", "Alliance:长沙市先进电池材料及电池产业技术创新战略联盟",
     {"founded": "2014"}, ALLIANCE),
    ("Clause", "Clause:长沙市加快人工智能产业高质量发展若干政策/人工智能软硬件新产品研发推广奖励",
     {"ceiling": 2_000_000, "ceiling_bound": "at_most"}, CHANGSHA),
    ("Demand", "Demand:株洲“ai+制造”场景需求清单",
     {"industries": ("新能源", "硬质合金", "航空航天", "轨道交通", "高分子新材料")}, CAT),
]


@pytest.fixture(scope="module")
def store(ontology: Ontology) -> Iterator[Store]:
    store = open_store("sqlite://", ontology)
    report = load(store, ontology, [path for path in shipped() if path.name in NAMES])
    assert not report.problems, "\n".join(map(str, report.problems[:20]))
    yield store
    store.close()


@pytest.fixture(scope="module")
def records(store: Store) -> list[Record]:
    return list(store.records(origin="hunan-press"))


@pytest.fixture(scope="module")
def tables() -> dict[str, list[dict[str, str]]]:
    [folder] = [path for path in shipped() if path.name == "hunan-press"]
    return {path.stem: _rows(path) for path in sorted(folder.glob("*.csv"))}


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _figures(records: list[Record], subject: str, metric: str) -> list[Record]:
    return [r for r in records if r.kind == "Observation"
            and (r.values["subject"], r.values["metric"]) == (subject, metric)]


def _from(record: Record, article: str) -> bool:
    """Whether the record cites the article (ids fold case and width, and the publisher follows)."""
    return _plain(article) in _plain(record.source)


def _plain(text: str) -> str:
    return "".join(text.casefold().replace("，", ",").replace("：", ":").replace("（", "(").replace(
        "）", ")").split())


@pytest.mark.parametrize("fact", FIGURES, ids=lambda fact: f"{fact[0]} {fact[1]} {fact[5]}")
def test_a_figure_stands_as_printed(
        records: list[Record], fact: tuple[str, str, str, str, str, str, str, str]) -> None:
    subject, metric, period, scope, status, printed, bound, article = fact
    [found] = [r for r in _figures(records, subject, metric)
               if (r.values.get("period", ""), r.values.get("scope", ""), r.values.get("status"))
               == (period, scope, status)]
    figure = parse_figure(printed)
    assert (found.values["value"], found.values["unit"]) == (figure.value, figure.unit)
    assert found.values.get("bound", "exact") == bound
    assert _from(found, article) and found.observed == DAY[article]


@pytest.mark.parametrize("subject, metric, place, out_of, article", RANKS)
def test_a_rank_says_the_place_and_out_of_how_many(
        records: list[Record], subject: str, metric: str, place: int, out_of: int,
        article: str) -> None:
    [found] = _figures(records, subject, metric)
    assert found.values["value"] == place and found.values.get("out_of", 0) == out_of
    assert found.values["status"] == "actual" and _from(found, article)


@pytest.mark.parametrize("kind, ends, values, valid, article", TIES)
def test_a_tie_stands_with_its_time_and_article(
        records: list[Record], kind: str, ends: tuple[str, str], values: dict[str, object],
        valid: tuple[str | None, str | None], article: str) -> None:
    found = [r for r in records if r.kind == kind and r.ends == ends and _from(r, article)
             and values.items() <= r.values.items()]
    assert [(r.valid_from, r.valid_to) for r in found] == [valid]


@pytest.mark.parametrize("kind, id, values, article", THINGS)
def test_a_thing_has_what_the_article_says(
        records: list[Record], kind: str, id: str, values: dict[str, object],
        article: str) -> None:
    [found] = [r for r in records if (r.kind, r.id) == (kind, id) and _from(r, article)]
    assert values.items() <= found.values.items()


def test_the_steps_of_a_project_are_dated(records: list[Record]) -> None:
    steps = {(r.values["step"], r.valid_from) for r in records if r.kind == "Stage"
             and r.values["project"] == "Project:星球石墨长沙研发中心项目"}
    assert steps == {("talks", "2023-12"), ("signed", "2024")}


def test_who_sat_on_which_side_and_no_one_else(records: list[Record]) -> None:
    firms = {(r.ends[0], r.values["side"]) for r in records if r.kind == "takesPartIn" and r.ends
             and r.ends[1] == TALK and r.ends[0].startswith("Company:")}
    assert firms == {("Company:艾迪奥", "益阳高新区"), ("Company:金博氢能", "益阳高新区"),
                     ("Company:仪纬科技", "益阳高新区"), ("Company:威胜", "湘江新区"),
                     ("Company:中联", "湘江新区")}


def test_what_the_text_does_not_tie_stays_untied(records: list[Record]) -> None:
    """Beijing stands among firm names; eighteen and eighteen firms are counts; shares are open."""
    assert not [r for r in records if "Company:北京" in (r.id, *(r.ends or ()))]
    share = [r for r in records if r.kind == "Agreement" and "飞地" in r.id]
    assert "来源只写“一定比例”" in str(share[0].values["note"])
    pairs = [r for r in records if r.kind == "suppliesTo"]
    assert len(pairs) == 4
    projects = {str(r.values["note"]) for r in records if r.kind == "Project"
                and r.values.get("company") in ("Company:海克斯康青岛", "Company:清逸智达")}
    assert projects == {"同批项目的方向有AI+模型、AI+医疗，哪家做哪项、投资多少都没有写"}


def test_what_the_page_misprints_is_noted_not_mended(
        tables: dict[str, list[dict[str, str]]]) -> None:
    notes = " ".join(row.get("note") or "" for rows in tables.values() for row in rows)
    for slip in ("傘", "創", "湘南回归", "都谷极人才政策16条", "名列茅", "产业群晋升级", "问文本",
                 "转化二期项目", "6大类3小项", "金博碳素股份有限公司"):
        assert slip in notes, slip
    values = [value for name, rows in tables.items() if name != "sources" for row in rows
              for column, value in row.items() if column not in ("note", "name")]
    assert not [v for v in values if any(s in v for s in ("傘", "創", "湘南回归", "都谷极"))]


def test_every_row_names_an_article_of_its_own(tables: dict[str, list[dict[str, str]]]) -> None:
    titles = {row["title"] for row in tables["sources"]}
    assert len(titles) == len(tables["sources"]) >= 29
    used = {row["source"] for name, rows in tables.items() if name != "sources" for row in rows}
    assert used == titles


def test_articles_say_paper_day_and_how_the_day_is_known(
        tables: dict[str, list[dict[str, str]]]) -> None:
    for row in tables["sources"]:
        assert row["date"].startswith("2025-") and "日期" in row["note"] and row["page"]
        assert row["publisher"] in ("湖南日报", "株洲日报", "长沙晚报") or (
            "发布机构空着" in row["note"])


def test_the_pages_give_more_than_a_thousand_records(records: list[Record]) -> None:
    assert len(records) >= 1100


def test_loading_the_pages_twice_changes_nothing(store: Store, ontology: Ontology) -> None:
    version = store.version()
    report = load(store, ontology, [path for path in shipped() if path.name == "hunan-press"])
    assert (report.loaded, report.retracted, report.rejected) == (0, 0, 0)
    assert store.version() == version
