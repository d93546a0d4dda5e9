"""What a load accepts and what it refuses, with the place of every fault."""

from pathlib import Path

import pytest

from graph.codes import check_character
from graph.store import Store, open_store
from loaders import pipeline
from ontology.errors import NotFound
from ontology.model import Ontology
from tests.loading import accepted, adds_up, only, refused, write

CODE = "91430900780859888" + check_character("91430900780859888")
WRONG = CODE[:-1] + ("0" if CODE[-1] != "0" else "1")


@pytest.fixture
def store(two_chains: Store) -> Store:
    return two_chains


# ── refused ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("name", "text", "row", "column", "nearest"), [
    ("Company.csv", f"企业名称 (name),统一社会信用代码,来源\n金博股份,{WRONG},走访\n",
     2, "统一社会信用代码", ""),
    ("Company.csv", "企业名称,统一社会信用代码,来源\n金博股份,9.14E+17,走访\n",
     2, "统一社会信用代码", ""),
    ("operatesIn.csv", "企业,环节,来源\n金博股份,隔摸,走访\n", 2, "环节", "隔膜"),
    ("operatesIn.csv", "企业,环节,来源\n金博股份,回收,走访\n", 2, "环节", "先进储能材料/回收"),
    ("operatesIn.csv", "企业,环节,所在地,来源\n金博股份,隔膜,长砂市,走访\n", 2, "所在地", "长沙市"),
    ("Company.csv", "企业名称,地区,来源\n甲,长沙,走访\n乙,长砂市,走访\n", 3, "地区", "长沙市"),
    ("Company.csv", "企业名称,来源\n金博股份,\n", 2, "来源", ""),
    ("Company.csv", "企业名称,来源\n,走访\n", 2, "企业名称", ""),
    ("Company.csv", "企业名称\n金博股份\n", 1, "来源 (source)", ""),
    ("Company.csv", "企业名称,来源,企业名称\n金博股份,走访,金博\n", 1, "企业名称", ""),
    ("Company.csv", "企业名称,name,来源\n金博股份,金博,走访\n", 1, "name", ""),
    ("Company.csv", "企业名称,主营产吕,来源\n金博股份,热场,走访\n", 1, "主营产吕", "主营产品"),
    ("suppliesTo.csv", "供应商,客户,有效期起,有效期止,来源\n甲,乙,2020,2019,走访\n",
     2, "有效期止", ""),
    ("suppliesTo.csv", "供应商,客户,有效期起,来源\n甲,乙,去年,走访\n", 2, "有效期起", ""),
    ("suppliesTo.csv", "供应商,客户,来源\n金博股份,金博股份 ,走访\n", 2, "客户", ""),
    ("suppliesTo.csv", "供应商,客户,供应形式,来源\n甲,乙,供祸,走访\n", 2, "供应形式", "供货"),
    ("Company.csv", "企业名称,网址,来源\n甲,javascript:alert(1),走访\n", 2, "网址", ""),
    ("Project.csv", "项目名称,投资额,投资额单位,来源\n一期,-5,亿元,走访\n", 2, "投资额", ""),
    ("Project.csv", "项目名称,投资额,来源\n一期,-5亿元,走访\n", 2, "投资额", ""),
    ("Alliance.csv", "联盟名称,成员数,来源\n电池联盟,-3,走访\n", 2, "成员数", ""),
    ("Company.csv", "企业名称,来源\n甲\x07,走访\n", 2, "企业名称", ""),
    ("Company.csv", "企业名称,来源\n甲\u202e乙,走访\n", 2, "企业名称", ""),
    ("Company.csv", f"企业名称,备注,来源\n甲,{'长' * 10_001},走访\n", 2, "备注", ""),
    ("Company.csv", "企业名称,来源\n甲,走访\n乙,走访,多出来的\n", 3, "", ""),
])
def test_a_bad_cell_is_refused_with_its_place(
        store: Store, ontology: Ontology, tmp_path: Path, name: str, text: str, row: int,
        column: str, nearest: str) -> None:
    [problem] = refused(store, ontology, write(tmp_path / name, text))
    assert (problem.file, problem.row, problem.column) == (name, row, column)
    assert nearest in " ".join(problem.nearest)
    assert name in str(problem) and (not column or column in str(problem))


@pytest.mark.parametrize(("content", "word"), [
    ("企业名称,来源\n甲,走访\n".encode("utf-16"), "UTF-16"),
    ("企业名称,来源\n甲,走访\n".encode("utf-16-le"), "UTF-16"),
    ("企业名称,来源\n甲公司,走访".encode()[:-1], "截断"),
    ("企业名称,来源\n甲公司,走访".encode("gb18030")[:-1], "截断"),
    ("企业名称,地区,来源\n甲,长沙,走访\n乙,长".encode(), "截断"),
    ('企业名称,来源\n甲,走访\n"乙,走访\n'.encode(), "截断"),
    ("企业名称,来源\n甲\0,走访\n".encode(), "NUL"),
    ("企业名称,来源\n甲,走访\n".encode() + b"\xff\xff,\n", "UTF-8"),
    (b"", "空"),
    (b"\r\n", "空"),
    ("企业名称,来源\n".encode(), "没有数据"),
])
def test_a_damaged_file_is_refused_by_name(store: Store, ontology: Ontology, tmp_path: Path,
                                           content: bytes, word: str) -> None:
    path = tmp_path / "Company.csv"
    path.write_bytes(content)
    [problem] = refused(store, ontology, path)
    assert problem.file == "Company.csv"
    assert word in problem.reason


def test_rows_of_one_source_that_contradict_are_both_named(
        store: Store, ontology: Ontology, tmp_path: Path) -> None:
    text = "企业名称,成立日期,来源\n金博,2005,走访\n金博,2006,走访\n"
    path = write(tmp_path / "Company.csv", text)
    [problem] = refused(store, ontology, path)
    assert problem.row == 3 and "第 2 行" in problem.reason
    assert "2005" in problem.reason and problem.value == "2006"


def test_a_contradiction_is_told_in_names(store: Store, ontology: Ontology,
                                          tmp_path: Path) -> None:
    path = write(tmp_path / "Company.csv", "企业名称,地区,来源\n甲,长沙,走访\n甲,益阳,走访\n")
    [problem] = refused(store, ontology, path)
    assert problem.value == "益阳市" and "那里是「长沙市」，这里是「益阳市」" in problem.reason
    path = write(tmp_path / "Project.csv",
                 "项目名称,company,环节,来源\n一期,BYD 长沙,隔膜,走访\n一期,LG 化学,隔膜,走访\n")
    [problem] = refused(store, ontology, path)
    assert "那里是「BYD 长沙」，这里是「LG 化学」" in problem.reason
    path = write(tmp_path / "operatesIn.csv", "企业,环节,有效期起,有效期止,来源\n"
                                              "甲,隔膜,2020,2021,走访\n甲,隔膜,2020,2022,走访\n")
    [problem] = refused(store, ontology, path)
    assert "「有效期止」那里是「2021」，这里是「2022」" in problem.reason
    path = write(tmp_path / "Event.csv", "name,type,date,来源\n年会,峰会,2024,走访\n"
                                         "年会,签约,2024,走访\n")
    [problem] = refused(store, ontology, path)
    assert "那里是「峰会」，这里是「签约」" in problem.reason


def test_the_example_of_a_template_is_said_once(store: Store, ontology: Ontology,
                                                tmp_path: Path) -> None:
    text = "企业名称,来源\n甲,走访记录(示例)\n乙,走访\n"
    report = accepted(store, ontology, write(tmp_path / "Company.csv", text))
    assert report.warnings == [
        "Company.csv：第 2 行是模板的例子，也当成一行；不要它就删掉这一行（已经写入的，再 "
        'xianglian retract "走访记录(示例)"）']
    assert pipeline.retract(store, ontology, "走访记录(示例)") == 2
    text = "企业名称,来源\n丙,走访记录（示例）\n丁,走访记录（示例）\n"
    [warning] = accepted(store, ontology, write(tmp_path / "企业.csv", text)).warnings
    assert "第 2 行等 2 行" in warning
    text = "企业名称,来源\n戊,示例名录\n"
    assert not accepted(store, ontology, write(tmp_path / "企业.csv", text)).warnings


def test_a_new_firm_that_looks_like_a_known_one_is_named_and_not_merged(
        store: Store, ontology: Ontology, tmp_path: Path) -> None:
    firms = write(tmp_path / "Company.csv",
                  "企业名称,来源\n金博股份,名录\n湖南裕能,名录\n甲厂,名录\n")
    assert not accepted(store, ontology, firms).warnings
    links = write(tmp_path / "suppliesTo.csv",
                  "供应商,客户,有效期起,来源\n金博股份,乙厂,2020,走访\n"
                  "金搏股份,湖南裕熊,2020,走访\n")
    assert accepted(store, ontology, links).warnings == [
        "suppliesTo.csv 第 3 行：新企业「金搏股份」和已有的「金博股份」读音相同，没有合并；"
        "如果是同一家，请改成同一个名称",
        "suppliesTo.csv 第 3 行：新企业「湖南裕熊」和已有的「湖南裕能」只差一个字，没有合并；"
        "如果是同一家，请改成同一个名称"]
    assert {end for link in store.records(kinds=["suppliesTo"]) for end in link.ends or ()} == {
        "Company:金博股份", "Company:金搏股份", "Company:乙厂", "Company:湖南裕熊"}
    assert not accepted(store, ontology, links).warnings  # they are known by now


def test_a_firm_does_not_supply_itself_under_another_name(
        store: Store, ontology: Ontology, tmp_path: Path) -> None:
    links = write(tmp_path / "suppliesTo.csv",
                  "供应商,客户,来源\n金博,湖南金博碳素股份有限公司,走访\n")
    firms = write(tmp_path / "Company.csv",
                  f"企业名称,企业全称,统一社会信用代码,来源\n金博,湖南金博碳素股份有限公司,{CODE},走访\n")
    for paths in ((links, firms), (firms, links)):
        [problem] = refused(store, ontology, *paths)
        assert problem.file == "suppliesTo.csv" and problem.row == 2
    accepted(store, ontology, firms)
    by_code = write(tmp_path / "供应.csv", f"供应商,客户,来源\n金博,{CODE},走访\n")
    assert refused(store, ontology, by_code)[0].row == 2


def test_one_bad_row_keeps_everything_out_unless_the_good_are_wanted(
        store: Store, ontology: Ontology, tmp_path: Path) -> None:
    path = write(tmp_path / "Company.csv", "企业名称,地区,来源\n甲,长沙,走访\n乙,长砂市,走访\n")
    refused(store, ontology, path)
    report = pipeline.load(store, ontology, [path], keep_good=True)
    assert report.written and (report.loaded, report.rejected) == (1, 1)
    assert only(store, "Company").values["region"] == "Region:430100"


def test_a_kept_row_never_leans_on_a_rejected_one(store: Store, ontology: Ontology,
                                                  tmp_path: Path) -> None:
    write(tmp_path / "Park.csv", "name,region,source\n浏阳经开区,长砂市,走访\n")
    write(tmp_path / "Company.csv", "企业名称,地区,来源\n甲,浏阳经开区,走访\n乙,长沙,走访\n")
    report = pipeline.load(store, ontology, [tmp_path / "Company.csv", tmp_path / "Park.csv"],
                           keep_good=True)
    assert report.written and (report.loaded, report.rejected) == (1, 2)
    adds_up(report)


def test_a_dry_run_says_everything_and_writes_nothing(store: Store, ontology: Ontology,
                                                      tmp_path: Path) -> None:
    before = store.version()
    path = write(tmp_path / "Company.csv", "企业名称,来源\n甲,走访\n")
    report = pipeline.load(store, ontology, [path], dry_run=True)
    assert report.loaded == 1 and not report.written and store.version() == before


# ── loading again ───────────────────────────────────────────────────────────────────────────────


def test_loading_again_changes_nothing(store: Store, ontology: Ontology, tmp_path: Path) -> None:
    text = "供应商,客户,产品,来源\n甲,乙,膜,走访\n甲,乙,膜,走访\n"
    path = write(tmp_path / "suppliesTo.csv", text)
    first = accepted(store, ontology, path)
    before = store.version(), store.history_hash()
    again = accepted(store, ontology, path)
    assert (first.loaded, first.merged) == (1, 1)
    assert (again.loaded, again.unchanged, again.merged, again.retracted) == (0, 1, 1, 0)
    assert (store.version(), store.history_hash()) == before


def test_what_a_source_no_longer_says_is_retracted(store: Store, ontology: Ontology,
                                                   tmp_path: Path) -> None:
    rows = [f"企业{n},走访\n" for n in range(10)]
    path = write(tmp_path / "Company.csv", "企业名称,来源\n" + "".join(rows))
    accepted(store, ontology, path)
    write(path, "企业名称,来源\n" + "".join(rows[:9]))
    assert accepted(store, ontology, path).retracted == 1
    write(path, "企业名称,来源\n" + "".join(rows[:5]))
    [problem] = refused(store, ontology, path)
    assert problem.file == "走访" and "--allow-shrink" in problem.reason
    report = pipeline.load(store, ontology, [path], allow_shrink=True)
    assert report.written and report.retracted == 4


def test_a_template_replaces_only_its_own_kind(store: Store, ontology: Ontology,
                                               tmp_path: Path) -> None:
    firms = write(tmp_path / "Company.csv", "企业名称,备注,来源\n甲,老厂,走访\n")
    links = write(tmp_path / "suppliesTo.csv", "供应商,客户,来源\n甲,乙,走访\n")
    accepted(store, ontology, firms)
    accepted(store, ontology, links)
    names = {r.id: dict(r.values) for r in store.records(kinds=["Company"])}
    assert names == {"Company:甲": {"name": "甲", "note": "老厂"}}
    assert accepted(store, ontology, firms).retracted == 0
    assert len(list(store.records(kinds=["suppliesTo"]))) == 1
    assert len(list(store.records(kinds=["Company"]))) == 1


def test_a_source_is_made_once_and_used_by_name(store: Store, ontology: Ontology,
                                                tmp_path: Path) -> None:
    accepted(store, ontology, write(
        tmp_path / "Company.csv",
        "企业名称,来源,来源机构,来源日期,来源等级\n甲,2026年6月走访,电池协会,,官方\n"))
    [made] = store.records(ids=["Source:2026年6月走访/电池协会"])
    assert made.source == made.id
    assert made.values == {"title": "2026年6月走访", "publisher": "电池协会", "grade": "official",
                           "date": "2026-06"}
    accepted(store, ontology, write(tmp_path / "Product.csv", "name,来源\n膜,2026年6月走访\n"))
    assert next(iter(store.records(kinds=["Product"]))).source == made.id


def test_links_without_any_date_are_said(store: Store, ontology: Ontology, tmp_path: Path) -> None:
    path = write(tmp_path / "suppliesTo.csv", "供应商,客户,来源\n甲,乙,走访\n")
    assert "没有日期" in accepted(store, ontology, path).warnings[0]
    write(path, "供应商,客户,来源,来源日期\n甲,乙,走访,2026\n")
    assert not accepted(store, ontology, path).warnings


def test_many_files_without_dates_are_one_warning(store: Store, ontology: Ontology,
                                                  tmp_path: Path) -> None:
    text = "企业,产品,来源\n甲{},隔膜,名录\n"
    files = [write(tmp_path / f"生产 {n}.csv", text.format(n)) for n in range(4)]
    [warning] = accepted(store, ontology, *files).warnings
    assert warning.startswith("4 个文件里共 4 条联系没有日期") and "生产 2.csv 1" in warning


def test_files_and_rows_in_any_order_give_one_content(ontology: Ontology, tmp_path: Path) -> None:
    files = [
        write(tmp_path / "Segment.csv", "chain,name,source\n锂电池,隔膜,走访\n"),
        write(tmp_path / "absentFrom.csv", "环节,地区,观察日期,来源\n锂电池/隔膜,长沙,2014,走访\n"),
        write(tmp_path / "Chain.csv", "name,aliases,source\n先进储能材料,锂电池,走访\n"),
        write(tmp_path / "Region.csv", "code,name,aliases,source\n430100,长沙市,长沙,走访\n"),
    ]
    versions = set()
    for paths in (files, files[::-1], [files[1], files[3], files[0], files[2]]):
        store = open_store("sqlite://", ontology)
        accepted(store, ontology, *paths)
        versions.add(store.version())
        store.close()
    assert len(versions) == 1


# ── add and retract ─────────────────────────────────────────────────────────────────────────────


def test_add_keeps_what_was_said_before(store: Store, ontology: Ontology) -> None:
    kind = ontology.kind("企业")
    assert pipeline.add(store, ontology, kind, {"企业名称": "甲", "地区": "长沙"}, "走访").written
    report = pipeline.add(store, ontology, kind, {"name": "甲", "备注": "扩产"}, "走访")
    assert report.json()["loaded"] == 1
    assert only(store, "Company").values == {"name": "甲", "region": "Region:430100",
                                             "note": "扩产"}
    bad = pipeline.add(store, ontology, kind, {"name": "甲", "地区": "长砂市"}, "走访")
    assert not bad.written and bad.problems[0].column == "地区"
    assert pipeline.retract(store, ontology, "走访") == 2
    assert not list(store.records(kinds=["Company"]))
    with pytest.raises(NotFound):
        pipeline.retract(store, ontology, "走坊")


def test_headings_below_a_title_are_taken_and_a_fault_names_the_row_of_the_file(
        store: Store, ontology: Ontology, tmp_path: Path) -> None:
    title = "某联盟2026年走访名单,,\n,,\n企业名称,地区,来源\n"
    [problem] = refused(store, ontology, write(
        tmp_path / "Company.csv", title + "甲,长砂市,走访\n乙,长沙,走访\n"))
    assert problem.row == 4
    report = pipeline.load(store, ontology, [write(
        tmp_path / "Company.csv", title + "甲,长沙,走访\n")])
    assert report.written and "第 3 行是表头" in " ".join(report.warnings)
    [problem] = refused(store, ontology, write(
        tmp_path / "Company.csv", "名单,\n企业名称,主营产吕,来源\n甲,热场,走访\n"))
    assert (problem.row, problem.column) == (2, "主营产吕")
