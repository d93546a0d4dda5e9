"""draw and report on the command line, with the shipped data."""

import re
from xml.etree import ElementTree

import pytest

from tests.shell import Shell


def test_the_chain_of_2014_shows_what_was_missing(shell: Shell) -> None:
    shell.run("draw", "锂电池", "--region", "长沙", "--at", "2014", "-o", "a.svg")
    root = ElementTree.parse(shell.folder / "a.svg").getroot()
    verdicts = {e.get("data-segment", "").partition("/")[2]: e.get("data-verdict")
                for e in root.iter() if e.get("data-segment")}
    assert verdicts["隔膜"] == verdicts["电解液"] == "absent"
    assert verdicts["正极材料"] == verdicts["负极材料"] == "present"
    assert "长沙晚报" in (shell.folder / "a.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize(("chain", "region"), [
    ("锂电池", "长沙"), ("工程机械", "长沙"), ("轨道交通装备", "株洲"),
    ("中小航空发动机及航空航天", "湖南")])
def test_the_shipped_chains_fit_an_office_screen(shell: Shell, chain: str, region: str) -> None:
    shell.run("draw", chain, "--region", region, "-o", "b.svg")
    found = re.search(r'viewBox="0 0 1366 ([\d.]+)"',
                      (shell.folder / "b.svg").read_text(encoding="utf-8"))
    assert found and float(found[1]) <= 768


def test_a_second_date_is_drawn(shell: Shell) -> None:
    shell.run("draw", "锂电池", "--region", "长沙", "--from", "2014", "-o", "c.svg")
    assert 'data-change="closed"' in (shell.folder / "c.svg").read_text(encoding="utf-8")


def test_a_thing_is_drawn_with_what_lies_around_it(shell: Shell) -> None:
    answer = shell.json("draw", "金博股份", "-o", "d.html")
    page = (shell.folder / "d.html").read_text(encoding="utf-8")
    assert answer["file"] == "d.html" and "金博股份" in page and "依据" in page
    shell.run("draw", "金博股份", "--depth", "2", "-o", "d.svg")
    ElementTree.parse(shell.folder / "d.svg")


@pytest.mark.usefixtures("chinese_font")
def test_png_and_reports_are_written(shell: Shell) -> None:
    for command, file in (("draw", "e.png"), ("report", "e.docx"), ("report", "e.xlsx")):
        said = shell.run(command, "锂电池", "--region", "长沙", "--at", "2014", "-o", file)
        assert file in said and (shell.folder / file).stat().st_size > 10_000


def test_what_cannot_be_drawn_is_refused_in_words(shell: Shell) -> None:
    assert ".svg" in shell.run("draw", "锂电池", "-o", "x.pdf", code=1)
    assert ".docx" in shell.run("report", "锂电池", "-o", "x.txt", code=1)
    assert "没有文件夹" in shell.run("report", "锂电池", "-o", "nowhere/x.docx", code=1)
    assert "没有找到" in shell.run("draw", "不存在的东西", "-o", "x.svg", code=1)
    shell.run("draw", "金博股份", "--from", "2014", "-o", "x.svg", code=2)
    shell.run("draw", "锂电池", code=2)
