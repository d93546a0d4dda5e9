"""A chain's template goes out as a workbook, is changed, and comes back as a new version."""

from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from tests.shell import Shell

NAME = "长沙锂电联盟2026版"
TOLD = ("template", "version")


def column(sheet: Worksheet, name: str) -> int:
    return next(cell.column for cell in sheet[1] if f"({name})" in str(cell.value))


def rows_of(sheet: Worksheet, **said: str) -> list[int]:
    places = {column(sheet, name): text for name, text in said.items()}
    return [row for row in range(2, sheet.max_row + 1)
            if all(sheet.cell(row, place).value == text for place, text in places.items())]


def told(answer: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key not in TOLD}


def exported(shell: Shell, *arguments: str) -> Path:
    answer = shell.json("chain", "锂电池", "--export", "模板.xlsx", *arguments)
    return shell.folder / str(answer["file"])


def test_a_template_that_comes_back_unchanged_changes_no_answer(scratch: Shell) -> None:
    before = scratch.json("gaps", "锂电池", "--region", "长沙")
    template = scratch.json("chain", "锂电池")["rows"]
    exported(scratch, "--source", NAME)
    report = scratch.json("load", "模板.xlsx")
    assert report["rejected"] == 0 and report["problems"] == []
    after = scratch.json("gaps", "锂电池", "--region", "长沙")
    assert told(after) == told(before)
    assert after["template"] == {"version": before["template"]["version"], "sources": [NAME]}
    assert scratch.json("chain", "锂电池")["rows"] == template
    again = scratch.json("load", "模板.xlsx")
    assert (again["loaded"], again["retracted"]) == (0, 0)
    scratch.json("retract", NAME)
    assert scratch.json("gaps", "锂电池", "--region", "长沙") == before


def test_an_edited_template_is_the_one_that_answers_use(scratch: Shell) -> None:
    before = scratch.json("gaps", "锂电池", "--region", "长沙")
    file = exported(scratch, "--source", NAME)
    book = load_workbook(file)
    members = book["segmentOf"]
    [copper] = rows_of(members, segment="先进储能材料/铜箔")
    members.cell(copper, column(members, "essential")).value = "否"
    [cell] = rows_of(members, segment="先进储能材料/电芯")
    members.cell(cell, column(members, "weight")).value = "3"
    [foam] = rows_of(members, segment="先进储能材料/泡沫镍")
    members.delete_rows(foam)
    feeds = book["feeds"]
    for row in reversed(rows_of(feeds, upstream="先进储能材料/泡沫镍")):
        feeds.delete_rows(row)
    book.save(file)
    assert scratch.json("load", file.name)["problems"] == []
    after = scratch.json("gaps", "锂电池", "--region", "长沙")
    rows = {row["segment"]: row for row in after["segments"]}
    assert after["template"]["version"] != before["template"]["version"]
    assert after["template"]["sources"] == [NAME]
    assert "泡沫镍" not in rows and not rows["铜箔"]["essential"] and rows["电芯"]["weight"] == 3
    assert after["completeness"]["essential"] == before["completeness"]["essential"] - 1
    [cells] = scratch.json("matrix", "--chain", "锂电池", "--region", "长沙")["templates"]
    assert cells["version"] == after["template"]["version"]
    past = scratch.json("gaps", "锂电池", "--region", "长沙", "--at", "2014")
    verdicts = {row["segment"]: row["verdict"] for row in past["segments"]}
    assert verdicts["隔膜"] == verdicts["电解液"] == "absent"


def test_other_chains_keep_their_template(scratch: Shell) -> None:
    before = scratch.json("matrix", "--region", "长沙")["templates"]
    exported(scratch, "--source", NAME)
    scratch.json("load", "模板.xlsx")
    after = scratch.json("matrix", "--region", "长沙")["templates"]
    assert [t["chain"] for t in before if t not in after] == ["先进储能材料"]


def test_the_terminal_names_the_version_in_one_line(shell: Shell) -> None:
    version = shell.json("gaps", "锂电池", "--region", "长沙")["template"]["version"]
    for command in (("gaps", "锂电池", "--region", "长沙"), ("chain", "锂电池"),
                    ("matrix", "--chain", "锂电池")):
        [line] = [line for line in shell.run(*command).splitlines() if version in line]
        assert "模板版本" in line
    assert f"先进储能材料 {version}" in shell.run("matrix").replace("\n", "")


def test_a_file_is_never_written_over_and_only_as_excel(scratch: Shell) -> None:
    file = exported(scratch)
    size = file.stat().st_size
    assert "已经存在" in scratch.run("chain", "锂电池", "--export", file.name, code=1)
    assert file.stat().st_size == size
    assert ".xlsx" in scratch.run("chain", "锂电池", "--export", "模板.csv", code=1)
    assert "锂电" in scratch.run("chain", "锂店池", "--export", "另.xlsx", code=1)
    assert not (scratch.folder / "另.xlsx").exists()


def test_every_chain_comes_back_as_it_was(scratch: Shell) -> None:
    before = scratch.json("matrix", "--region", "湖南")["templates"]
    for number, one in enumerate(before):
        scratch.run("chain", one["chain_id"], "--export", f"{number}.xlsx",
                    "--source", f"第{number}份")
    report = scratch.json("load", *[f"{number}.xlsx" for number in range(len(before))])
    assert report["problems"] == []
    after = scratch.json("matrix", "--region", "湖南")["templates"]
    assert [t["version"] for t in after] == [t["version"] for t in before]
    assert [t["sources"] for t in after] == [[f"第{n}份"] for n in range(len(before))]
