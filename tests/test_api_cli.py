"""The command line as a person meets it: every command, on the shipped data."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import typer

from api.cli import app
from tests.shell import Shell


def segments(answer: Any) -> dict[str, Any]:
    return {row["segment"]: row for row in answer["segments"]}


def names(answer: Any) -> str:
    return "、".join(row["name"] for row in answer["rows"])


# --- the canonical example -------------------------------------------------------------------


def test_2014_names_who_was_there_and_what_was_missing(shell: Shell) -> None:
    found = segments(shell.json("gaps", "锂电池", "--region", "长沙", "--at", "2014"))
    assert [found[name]["verdict"] for name in ("正极材料", "负极材料", "隔膜", "电解液")] == [
        "present", "present", "absent", "absent"]
    assert {firm["name"] for firm in found["正极材料"]["firms"]} >= {"杉杉能源", "长远锂科"}
    assert [firm["name"] for firm in found["负极材料"]["firms"]] == ["星城石墨"]
    assert "长沙晚报" in {item["source"]["publisher"] for item in found["隔膜"]["evidence"]}
    assert "常德" in found["隔膜"]["nearest"]["region"]


def test_2018_is_unknown_and_today_is_present(shell: Shell) -> None:
    then = segments(shell.json("gaps", "锂电池", "--region", "长沙", "--at", "2018-06-30"))
    now = segments(shell.json("gaps", "锂电池", "--region", "长沙"))
    for name in ("隔膜", "电解液"):
        assert then[name]["verdict"] == "unknown" and not then[name]["evidence"]
        assert now[name]["verdict"] == "present" and now[name]["evidence"]


@pytest.mark.parametrize("chain", ["锂电池", "先进储能材料", "lithium battery", "锂电"])
@pytest.mark.parametrize("region", ["长沙", "430100", "Changsha"])
def test_chain_and_region_by_any_of_their_names(shell: Shell, chain: str, region: str) -> None:
    answer = shell.json("gaps", chain, "--region", region, "--at", "2014")
    assert (answer["chain"], answer["region"]) == ("先进储能材料", "长沙市")


def test_every_evidence_item_is_complete(shell: Shell) -> None:
    for arguments in (("gaps", "工程机械", "--region", "益阳高新区"), ("suppliers", "华为"),
                      ("path", "金博股份", "杉杉能源"), ("list", "operatesIn")):
        for item in shell.json(*arguments)["evidence"]:
            source = item["source"]
            assert all(source[key] for key in ("id", "title", "publisher", "date", "grade")), item


# --- the questions of the README -------------------------------------------------------------


def test_customers_and_suppliers(shell: Shell) -> None:
    customers = shell.json("customers", "金博股份")["rows"]
    row = next(row for row in customers if "比亚迪" in row["name"])
    assert row["product"] == "碳陶制动盘"
    suppliers = {row["name"]: row["product"] for row in shell.json("suppliers", "华为")["rows"]}
    assert "MLCC" in suppliers["信维电科"] and "伺服电机" in suppliers["科力尔"]


def test_paths_go_over_a_common_customer(shell: Shell) -> None:
    assert ["金博股份", "比亚迪", "杉杉能源"] in [
        [name.replace("巴斯夫杉杉", "杉杉能源") for name in row["names"]]
        for row in shell.json("path", "金博股份", "杉杉能源")["rows"]]
    rows = shell.json("path", "信维电科", "科力尔")["rows"]
    assert any("华为" in row["names"][1] for row in rows)


def test_a_closed_gap_is_told_with_who_closed_it_and_what_nobody_says(shell: Shell) -> None:
    text = "".join(shell.run("gaps", "锂电池", "--region", "长沙").split())
    _, _, told = text.partition("补上的缺口（曾有来源说缺，现在具备）")
    assert "2014时缺隔膜；此后由中材锂膜" in told and "没有来源说过是谁牵线引来的" in told
    assert "补上的缺口" not in shell.run("gaps", "锂电池", "--region", "长沙", "--at", "2014")


def test_compare_splits_world_and_knowledge(shell: Shell) -> None:
    answer = shell.json("compare", "锂电池", "--region", "长沙", "--from", "2014", "--to", "today")
    assert set(answer["gained"]) >= {"隔膜", "电解液"}
    for end in ("low", "high"):
        assert answer["moved"][end] + answer["learned"][end] == pytest.approx(answer["total"][end])


def test_matrix_covers_all_chains_and_prefectures(shell: Shell) -> None:
    rows = shell.json("matrix")["rows"]
    assert len({row["chain"] for row in rows}) == 31 and len({row["region"] for row in rows}) == 14


def test_every_kind_can_be_listed_and_shown(shell: Shell) -> None:
    model = shell.json("ontology")
    for kind in (*model["classes"], *model["links"]):
        rows = shell.json("list", kind["name"], "--limit", "2")["rows"]
        if rows and "name" in rows[0]:
            shown = shell.json("show", kind["name"], rows[0]["id"])
            assert shown["rows"][0]["id"] == rows[0]["id"]


def test_tables_fit_a_hundred_columns(shell: Shell) -> None:
    from rich.cells import cell_len

    for arguments in (("gaps", "锂电池", "--region", "长沙"), ("matrix",), ("chain", "工程机械"),
                      ("company", "金博股份"), ("list", "Park"), ("sources",), ("search", "金博"),
                      ("compare", "锂电池", "--region", "长沙"), ("ontology",),
                      ("start", "--answer-only")):
        text = shell.run(*arguments)
        assert text and max(cell_len(line) for line in text.splitlines()) <= 100, arguments


# --- names that are not known ----------------------------------------------------------------


def test_an_unknown_name_answers_with_the_nearest(shell: Shell) -> None:
    assert "锂电池" in shell.run("gaps", "锂电磁", "--region", "长沙", code=1)
    assert "长沙" in shell.run("gaps", "锂电池", "--region", "长沙氏", code=1)
    assert "金博股份" in shell.run("customers", "金搏股份", code=1)


def test_a_process_answers_on_stdout_and_complains_on_stderr(shell: Shell) -> None:
    good = shell.process("customers", "金博股份", "--json")
    assert (good.returncode, good.stderr) == (0, "") and "比亚迪" in good.stdout
    bad = shell.process("customers", "金搏股份", "--json")
    assert (bad.returncode, bad.stdout) == (1, "") and "金博股份" in bad.stderr


def test_a_name_of_another_kind_says_which_and_how_to_ask(shell: Shell) -> None:
    for command, name, kind in (("company", "益阳高新区", "园区"), ("gaps", "金博股份", "企业"),
                                ("list", "隔膜", "环节")):
        said = " ".join(shell.run(command, name, code=1).split())
        assert f"「{name}」是{kind}，请用 xianglian show {kind} {name}" in said
    assert "请用" not in shell.run("company", "金搏股份", code=1)


def test_a_link_that_is_only_inferred_is_marked(shell: Shell) -> None:
    assert "从事环节（推断）" in shell.run("company", "立方新能源")


def test_an_interrupt_while_starting_is_no_traceback(tmp_path: Path) -> None:
    stop = ("import sys\n"
            "class Stop:\n"
            "    def find_spec(self, name, *more):\n"
            "        if name == 'rich': raise KeyboardInterrupt\n"
            "sys.meta_path.insert(0, Stop())\n"
            "from api.door import main\n"
            "main()\n")
    ended = subprocess.run([sys.executable, "-c", stop], cwd=Path(__file__).parent.parent,
                           capture_output=True, encoding="utf-8",
                           env=os.environ | {"PYTHONUTF8": "1"})
    assert ended.returncode == 130 and "已中断" in ended.stderr
    assert "Traceback" not in ended.stderr and not ended.stdout


def test_a_fault_of_ours_is_a_sentence_and_a_file(tmp_path: Path) -> None:
    shell = Shell(tmp_path, "sqlite:///broken.db")
    (tmp_path / "Company.csv").write_text("企业名称,来源\n甲厂,走访\n", encoding="utf-8")
    shell.json("load", "Company.csv")
    with closing(sqlite3.connect(tmp_path / "broken.db")) as file, file:
        file.execute("UPDATE record SET vals = '[]'")  # JSON, but not what a record holds
    ended = shell.process("company", "甲厂")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "程序内部出错" in ended.stderr and "Traceback" not in ended.stderr
    details = tmp_path / "cache" / "fault.txt"
    assert str(details) in ended.stderr and "Traceback" in details.read_text(encoding="utf-8")


def test_wrong_usage_is_two_and_a_missing_store_says_how_to_load(tmp_path: Path) -> None:
    shell = Shell(tmp_path, "sqlite:///nothing.db")
    shell.run("gaps", code=2)
    assert "xianglian load" in shell.run("gaps", "锂电池", code=3)
    assert not (tmp_path / "nothing.db").exists()


def test_help_is_chinese_throughout(shell: Shell) -> None:
    commands = [[], *([name] for name in typer.main.get_command(app).commands)]  # type: ignore[attr-defined]
    assert len(commands) > 20
    for words in commands:
        page = shell.run(*words, "--help")
        assert "用法：" in page and "选项" in page and "显示这段说明" in page
        for english in ("Usage", "OPTIONS", "Options", "Arguments", "Commands", "COMMAND", "Show",
                        "required", "default", "<str", "<bool", "[str", "[Path", "--no-"):
            assert english not in page, (words, english)


# --- putting in and taking out ---------------------------------------------------------------


def test_a_filled_in_template_is_not_overwritten(scratch: Shell) -> None:
    scratch.run("template", "从事环节")
    (scratch.folder / "operatesIn.csv").write_text("mine", encoding="utf-8")
    assert "--force" in scratch.run("template", "operatesIn", code=1)
    assert (scratch.folder / "operatesIn.csv").read_text("utf-8") == "mine"


def test_wrong_premises_are_named(shell: Shell) -> None:
    assert "同一家" in shell.run("path", "金博股份", "金博碳素", code=1)
    assert "对调" in shell.run("compare", "锂电池", "--from", "2026", "--to", "2014", code=1)
    assert "早于第一次装入" in shell.run("gaps", "锂电池", "--known-at", "2000", code=1)
    shell.run("add", "Company", "企业名称=甲", "企业名称=乙", "--source", "走访", code=2)


def test_a_dry_run_needs_no_store(tmp_path: Path) -> None:
    shell = Shell(tmp_path, "sqlite:///nothing.db")
    (tmp_path / "Company.csv").write_text("企业名称,来源\n甲厂,走访\n", encoding="utf-8")
    assert shell.json("load", "Company.csv", "--dry-run")["loaded"] == 1
    assert not (tmp_path / "nothing.db").exists()


def test_the_example_row_of_every_template_loads(scratch: Shell) -> None:
    kinds = scratch.json("ontology")
    for kind in (*kinds["classes"], *kinds["links"]):
        scratch.run("template", kind["name"])
    files = sorted(file.name for file in scratch.folder.glob("*.xlsx"))
    report = scratch.json("load", *files)
    assert (report["rejected"], report["rows"]) == (0, len(files))
    again = scratch.json("load", *[name.replace("xlsx", "csv") for name in files])
    assert again["loaded"] == 0


def test_a_fact_of_ones_own_changes_the_verdict_and_can_be_taken_back(scratch: Shell) -> None:
    def verdict() -> str:
        answer = scratch.json("gaps", "锂电池", "--region", "长沙", "--at", "2018")
        return str(segments(answer)["隔膜"]["verdict"])

    before = scratch.json("gaps", "锂电池", "--region", "长沙")["version"]
    scratch.run("add", "operatesIn", "企业=长沙某膜业有限公司", "环节=先进储能材料/隔膜",
                "所在地=长沙市", "有效期起=2017", "--source", "2018年联盟走访")
    assert verdict() == "present"
    scratch.run("retract", "2018年联盟走访")
    assert verdict() == "unknown"
    assert scratch.json("gaps", "锂电池", "--region", "长沙")["version"] == before


def test_backup_and_restore(scratch: Shell) -> None:
    version = scratch.json("gaps", "锂电池")["version"]
    scratch.run("backup", "b.db")
    scratch.run("retract", "hunan-press")
    assert scratch.json("gaps", "锂电池")["version"] != version
    scratch.run("restore", "b.db", code=3)
    scratch.run("restore", "b.db", "--force")
    assert scratch.json("gaps", "锂电池")["version"] == version


def test_known_at_gives_a_past_answer_again(scratch: Shell) -> None:
    moment = "2020-01-01"
    assert "unknown" in {row["verdict"] for row in scratch.json(
        "gaps", "锂电池", "--known-at", "2999")["segments"]}
    scratch.run("gaps", "锂电池", "--known-at", moment, code=1)


def test_the_list_of_commands_says_each_in_a_whole_sentence_on_80_columns(
        shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("typer.rich_utils.MAX_WIDTH", 80)
    page = shell.run("--help")
    lines = [line.strip("│ ") for line in page.partition("命令 ─")[2].splitlines() if "│" in line]
    assert len(lines) > 35 and all(line.endswith("。") for line in lines), lines
