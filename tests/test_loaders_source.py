"""Source folders: every key known, every template string right, needs met, nothing shrunk."""

from pathlib import Path

import pytest

from graph.store import Store, open_store
from loaders import pipeline
from loaders.plan import compile_text
from loaders.resolve import Fault
from ontology.model import Ontology
from tests.loading import refused

HEAD = """
name = "demo"
title = "示例名录"
publisher = "某协会"
grade = "official"
date = "2024"
"""
CHAIN = """
[[table]]
file = "chains.csv"
[[table.record]]
kind = "Chain"
[table.record.values]
name = "{chain}"
"""
TOML = HEAD + """
[lookup.confidence]
stated = "否"
inferred = "是"
""" + CHAIN + """[[table.record]]
kind = "Segment"
[table.record.values]
chain = "{chain}"
name = "{segment}"
[[table.record]]
kind = "feeds"
each = { column = "depends_on", split = "|" }
[table.record.values]
upstream = "{chain}/{each}"
downstream = "{chain}/{segment}"

[[table]]
file = "firms.csv"
minimum = 2
source = "{source_title}"
[[table.record]]
kind = "Company"
[table.record.values]
name = "{short,full}"
full_name = "{full}"
products = { text = "{products}", split = "|" }
[[table.record]]
kind = "operatesIn"
when = "{segment}"
where = { level = ["A"] }
inferred = "{confidence|confidence}"
observed = "{year}"
[table.record.values]
company = "{full,short}"
segment = "{segment}"
"""
CHAINS = "chain,segment,depends_on\n电池,隔膜,\n电池,电芯,隔膜|正极\n电池,正极,\n"
FIRMS = ("short,full,products,segment,level,confidence,year,source_title\n"
         "甲,甲股份有限公司,膜、涂层|基膜,隔膜,A,inferred,2023,\n"
         "乙,,,电芯,B,stated,2023,示例名录\n")


@pytest.fixture
def store(ontology: Ontology) -> Store:
    return open_store("sqlite://", ontology)


def folder(path: Path, toml: str = TOML, firms: str = FIRMS, chains: str = CHAINS) -> Path:
    path.mkdir(exist_ok=True)
    (path / "source.toml").write_text(toml, encoding="utf-8")
    (path / "firms.csv").write_text(firms, encoding="utf-8")
    (path / "chains.csv").write_text(chains, encoding="utf-8")
    return path


def test_a_folder_becomes_records(store: Store, ontology: Ontology, tmp_path: Path) -> None:
    report = pipeline.load(store, ontology, [folder(tmp_path / "demo")])
    assert report.written, [str(problem) for problem in report.problems]
    assert (report.rows, report.loaded) == (5, 5)
    [link] = store.records(kinds=["operatesIn"])
    assert link.ends == ("Company:甲股份有限公司", "Segment:电池/隔膜")
    assert link.inferred and link.observed == "2023" and link.source == "Source:示例名录/某协会"
    names = {record.id: record.values for record in store.records(kinds=["Company"])}
    assert names["Company:甲股份有限公司"]["products"] == ("基膜", "膜、涂层")
    assert names["Company:乙"] == {"name": "乙"}
    feeds = {record.ends for record in store.records(kinds=["feeds"])}
    assert feeds == {("Segment:电池/隔膜", "Segment:电池/电芯"),
                     ("Segment:电池/正极", "Segment:电池/电芯")}
    [source] = store.records(kinds=["Source"])
    assert source.values["grade"] == "official" and source.source == source.id
    assert store.origins() == {"demo": 9 + 1}
    assert not pipeline.load(store, ontology, [tmp_path / "demo"]).loaded


@pytest.mark.parametrize(("old", "new", "nearest"), [
    ('publisher = "某协会"', 'publishr = "某协会"', "publisher"),
    ("minimum = 2", "minimun = 2", "minimum"),
    ('when = "{segment}"', 'wenn = "{segment}"', "when"),
    ('kind = "feeds"', 'kind = "feedz"', "feeds"),
    ('file = "firms.csv"', 'file = "firm.csv"', "firms.csv"),
    ('"{short,full}"', '"{shrt,full}"', "short"),
    ("{confidence|confidence}", "{confidence|confidense}", "confidence"),
    ('full_name = "{full}"', 'ful_name = "{full}"', "full_name"),
    ('where = { level', 'where = { levle', "level"),
    ('grade = "official"', 'grade = "oficial"', "official"),
])
def test_every_key_must_be_known(store: Store, ontology: Ontology, tmp_path: Path, old: str,
                                 new: str, nearest: str) -> None:
    assert old in TOML
    [problem, *_] = refused(store, ontology, folder(tmp_path / "demo", TOML.replace(old, new)))
    assert problem.file == "demo/source.toml"
    assert nearest in problem.nearest or nearest in problem.reason


RECORD = "table[1].record[1]"


@pytest.mark.parametrize(("old", "new", "key", "expected"), [
    ('name = "demo"', "name = 5", "name", "文字"),
    ('name = "demo"', 'name = ["a"]', "name", "文字"),
    ('name = "demo"', 'name = "demo"\nneeds = 5', "needs", "列表"),
    ('name = "demo"', 'name = "demo"\nneeds = "base"', "needs", "列表"),
    ('name = "demo"', 'name = "demo"\nneeds = [1]', "needs", "列表"),
    ('name = "demo"', 'name = "demo"\nlookup = "x"', "lookup", "[lookup.名称]"),
    ('name = "demo"', 'name = "demo"\nlookup = [1]', "lookup", "[lookup.名称]"),
    ('name = "demo"', 'name = "demo"\nlookup = { a = 1 }', "lookup.a", "[lookup.名称]"),
    ('name = "demo"', 'name = "demo"\nlookup = { a = { b = 1 } }', "lookup.a.b", "文字"),
    ('title = "示例名录"', "title = 5", "title", "文字"),
    ('title = "示例名录"', "title = { a = 1 }", "title", "文字"),
    ('publisher = "某协会"', "publisher = 5", "publisher", "文字"),
    ('date = "2024"', "date = [2024]", "date", "日期"),
    (CHAIN, 'table = "x"', "table", "[[table]]"),
    (CHAIN, "table = [1, 2]", "table[1]", "[[table]]"),
    (CHAIN, "table = [[1]]", "table[1]", "[[table]]"),
    ("[[table]]", "[table]", "table", "[[table]]"),
    ('file = "chains.csv"', "file = 5", "table[1].file", "文字"),
    ('file = "chains.csv"', 'file = ["chains.csv"]', "table[1].file", "文字"),
    ('file = "chains.csv"', 'file = "chains.csv"\nsheet = 1', "table[1].sheet", "文字"),
    ('file = "chains.csv"', 'file = "chains.csv"\nminimum = "a"', "table[1].minimum", "整数"),
    ('file = "chains.csv"', 'file = "chains.csv"\nminimum = true', "table[1].minimum", "整数"),
    ('file = "chains.csv"', 'file = "chains.csv"\nminimum = -1', "table[1].minimum", "整数"),
    ('file = "chains.csv"', 'file = "chains.csv"\nsource = 1', "table[1].source", "文字"),
    ('file = "chains.csv"', 'file = "chains.csv"\nwhere = "q"', "table[1].where", "列名"),
    ('file = "chains.csv"', 'file = "chains.csv"\nwhere = { n = 1 }', "table[1].where.n", "列表"),
    ('file = "chains.csv"', 'file = "chains.csv"\nwhere = {n = [1]}', "table[1].where.n", "列表"),
    ('file = "chains.csv"', 'file = "chains.csv"\nwhere = { n = [] }', "table[1].where.n", "列表"),
    (CHAIN, '[[table]]\nfile = "chains.csv"\nrecord = "x"', "table[1].record", "[[table.record]]"),
    (CHAIN, '[[table]]\nfile = "chains.csv"\nrecord = [1]', "table[1].record[1]",
     "[[table.record]]"),
    ("[[table.record]]", "[table.record]", "table[1].record", "[[table.record]]"),
    ('kind = "Chain"', "kind = 5", f"{RECORD}.kind", "文字"),
    ('kind = "Chain"', 'kind = ["Chain"]', f"{RECORD}.kind", "文字"),
    ('kind = "Chain"', 'kind = "Chain"\nwhen = 5', f"{RECORD}.when", "文字"),
    ('kind = "Chain"', 'kind = "Chain"\nwhere = { chain = 1 }', f"{RECORD}.where.chain", "列表"),
    ('kind = "Chain"', 'kind = "Chain"\nobserved = ["2024"]', f"{RECORD}.observed", "文字"),
    ('kind = "Chain"', 'kind = "Chain"\neach = "chain"', f"{RECORD}.each", "column"),
    ('kind = "Chain"', 'kind = "Chain"\neach = { column = 5 }', f"{RECORD}.each.column", "文字"),
    ('kind = "Chain"', 'kind = "Chain"\neach = { column = "chain", split = 5 }',
     f"{RECORD}.each.split", "文字"),
    ('kind = "Chain"', 'kind = "Chain"\neach = { column = "chain", split = "" }',
     f"{RECORD}.each.split", "不能为空"),
    ('name = "{chain}"', 'aliases = { text = "{chain}", split = 5 }',
     f"{RECORD}.values.aliases.split", "文字"),
    ('name = "{chain}"', "aliases = { text = 5 }", f"{RECORD}.values.aliases.text", "文字"),
    ('name = "{chain}"', 'name = ["{chain}"]', f"{RECORD}.values.name", "文字"),
    ('[table.record.values]\nname = "{chain}"', "values = 5", f"{RECORD}.values",
     "[table.record.values]"),
])
def test_every_key_must_have_its_type(store: Store, ontology: Ontology, tmp_path: Path, old: str,
                                      new: str, key: str, expected: str) -> None:
    toml = HEAD + CHAIN
    assert toml.count(old) == 1
    [problem, *_] = refused(store, ontology, folder(tmp_path / "demo", toml.replace(old, new)))
    assert problem.file == "demo/source.toml"
    assert problem.reason.startswith(f"{key} 要写成") and expected in problem.reason


@pytest.mark.parametrize(("old", "key"), [
    ('name = "demo"', "name"), (CHAIN, "table"), ('file = "chains.csv"', "table[1].file"),
    ('kind = "Chain"', f"{RECORD}.kind"),
    ('[table.record.values]\nname = "{chain}"', f"{RECORD}.values"),
])
def test_a_missing_key_is_named(store: Store, ontology: Ontology, tmp_path: Path, old: str,
                                key: str) -> None:
    toml = (HEAD + CHAIN).replace(old, "")
    [problem] = refused(store, ontology, folder(tmp_path / "demo", toml))
    assert problem.reason == f"缺少 {key}"


def test_numbers_and_dates_without_quotes_are_welcome(store: Store, ontology: Ontology,
                                                      tmp_path: Path) -> None:
    toml = TOML.replace('date = "2024"', "date = 2024-05-06").replace(
        'observed = "{year}"', "observed = 2023").replace('"{confidence|confidence}"', "true")
    assert pipeline.load(store, ontology, [folder(tmp_path / "demo", toml)]).written
    [link] = store.records(kinds=["operatesIn"])
    assert link.inferred and link.observed == "2023"
    assert next(iter(store.records(kinds=["Source"]))).values["date"] == "2024-05-06"


def test_notepad_may_save_the_file(store: Store, ontology: Ontology, tmp_path: Path) -> None:
    path = folder(tmp_path / "demo")
    for encoding, word in (("utf-16", "UTF-16"), ("utf-16-le", "UTF-16"), ("gb18030", "UTF-8")):
        (path / "source.toml").write_bytes(TOML.encode(encoding))
        [problem] = refused(store, ontology, path)
        assert word in problem.reason and "另存为" in problem.reason
    (path / "source.toml").write_bytes(TOML.replace("\n", "\r\n").encode("utf-8-sig"))
    assert pipeline.load(store, ontology, [path]).written


def test_broken_toml_and_a_missing_table_are_refused(store: Store, ontology: Ontology,
                                                     tmp_path: Path) -> None:
    assert "TOML" in refused(store, ontology, folder(tmp_path / "demo", "name = "))[0].reason
    (tmp_path / "empty").mkdir()
    assert "source.toml" in refused(store, ontology, tmp_path / "empty")[0].reason


def test_fewer_rows_than_expected_are_refused(store: Store, ontology: Ontology,
                                              tmp_path: Path) -> None:
    short = "\n".join(FIRMS.splitlines()[:2]) + "\n"
    [problem] = refused(store, ontology, folder(tmp_path / "demo", firms=short))
    assert "至少应有 2 行" in problem.reason


def test_a_cell_that_a_lookup_does_not_know(store: Store, ontology: Ontology,
                                            tmp_path: Path) -> None:
    bad = FIRMS.replace("inferred", "infered")
    [problem] = refused(store, ontology, folder(tmp_path / "demo", firms=bad))
    assert (problem.file, problem.row, problem.column) == ("demo/firms.csv", 2, "confidence")
    assert problem.nearest[0] == "inferred"
    open_table = TOML.replace('stated = "否"', 'stated = "否"\n"*" = "是"')
    report = pipeline.load(store, ontology, [folder(tmp_path / "demo", open_table, firms=bad)])
    assert report.written


def test_an_unknown_source_title_is_refused(store: Store, ontology: Ontology,
                                            tmp_path: Path) -> None:
    bad = FIRMS.replace(",示例名录", ",示例名单")
    [problem] = refused(store, ontology, folder(tmp_path / "demo", firms=bad))
    assert (problem.row, problem.column, problem.nearest) == (3, "source_title", ("示例名录",))


def test_needs_are_met_by_the_same_load_or_by_the_store(store: Store, ontology: Ontology,
                                                        tmp_path: Path) -> None:
    base = folder(tmp_path / "demo")
    more = folder(tmp_path / "more", HEAD.replace('"demo"', '"more"\nneeds = ["demo"]') + """
[[table]]
file = "chains.csv"
[[table.record]]
kind = "Product"
[table.record.values]
name = "{segment}"
""")
    assert "demo" in refused(store, ontology, more)[0].reason
    assert pipeline.load(store, ontology, [more, base]).written
    assert pipeline.load(store, ontology, [more]).written
    assert not pipeline.load(store, ontology, [tmp_path]).loaded  # a folder of source folders


def test_template_strings() -> None:
    headers = ("a", "b", "url")

    def value(text: str, *cells: str) -> str:
        return compile_text(text, headers, {"up": {"x": "X"}})[0](cells)

    assert value("{a}", "1", "", "") == "1"
    assert value("{a,b}", " ", "2", "") == "2"
    assert value("{a}/{b}", "1", "2", "") == "1/2"
    assert value("前{a}后", "", "", "") == ""
    assert value("常量", "", "", "") == "常量"
    assert value("{a|bracket}", "标题(日报)(晚报)", "", "") == "晚报"
    assert value("{url|host}", "", "", "https://www.hn.cn/a?b") == "hn.cn"
    assert value("{a|up}", "x", "", "") == "X"
    with pytest.raises(Fault):
        value("{a|up}", "y", "", "")
    for wrong in ("{c}", "{a", "{a|down}"):
        with pytest.raises(Fault):
            compile_text(wrong, headers, {})
