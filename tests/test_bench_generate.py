"""The synthetic Hunan: the same bytes for a seed, and nothing that the format forbids."""

import csv
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from stdnum.cn import uscc

from bench.generate import generate, main
from graph.dates import first_day, parse_span

FOLDERS = ("synthetic-firms", "synthetic-statements", "synthetic-supply")


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.*")}


def rows(folder: Path, file: str) -> list[dict[str, str]]:
    with (folder / file).open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


@pytest.fixture(scope="module")
def hunan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hunan")
    generate(50, 1, folder)
    return folder


def test_the_same_seed_gives_the_same_bytes(hunan: Path, tmp_path: Path) -> None:
    generate(50, 1, tmp_path / "again")
    generate(50, 2, tmp_path / "other")
    assert bytes_of(tmp_path / "again") == bytes_of(hunan)
    assert bytes_of(tmp_path / "other") != bytes_of(hunan)


def test_every_folder_describes_exactly_its_files(hunan: Path) -> None:
    assert tuple(sorted(path.name for path in hunan.iterdir())) == FOLDERS
    for name in FOLDERS:
        said = tomllib.loads((hunan / name / "source.toml").read_text(encoding="utf-8"))
        assert said["name"] == name
        assert "hunan-reference" in said["needs"]
        files = {table["file"]: table["minimum"] for table in said["table"]}
        assert files == {path.name: len(rows(hunan / name, path.name))
                         for path in (hunan / name).glob("*.csv")}


def test_firms_are_unique_and_their_codes_valid(hunan: Path) -> None:
    firms = rows(hunan, "synthetic-firms/companies.csv")
    assert len({firm["name"] for firm in firms}) == len({firm["full_name"] for firm in firms}) == 50
    codes = [firm["credit_code"] for firm in firms if firm["credit_code"]]
    assert 20 < len(codes) == len(set(codes)) < 50
    assert all(uscc.is_valid(code) for code in codes)


def test_references_stay_inside(hunan: Path) -> None:
    firms = {firm["full_name"] for firm in rows(hunan, "synthetic-firms/companies.csv")}
    sources = {source["title"] for source in rows(hunan, "synthetic-firms/sources.csv")}
    supplies = rows(hunan, "synthetic-supply/supplies.csv")
    assert {row["customer"] for row in supplies} | {row["supplier"] for row in supplies} <= firms
    assert all(row["supplier"] != row["customer"] for row in supplies)
    for path in hunan.rglob("*.csv"):
        for row in rows(hunan, str(path.relative_to(hunan))):
            assert row.get("source", row.get("title")) in sources


def test_dates_are_dates_in_order(hunan: Path) -> None:
    for file in ("synthetic-firms/operations.csv", "synthetic-supply/supplies.csv"):
        for row in rows(hunan, file):
            assert "2008" <= row["observed"] < "2027"
            if row["until"]:
                assert first_day(row["since"]) < first_day(row["until"])
            for column in ("since", "until", "observed"):
                assert not row[column] or parse_span(row[column]) == (row[column], row[column])


def test_degrees_are_skewed_and_every_sort_of_statement_occurs(tmp_path: Path) -> None:
    counts = generate(1000, 3, tmp_path)
    degree = Counter(row["customer"] for row in rows(tmp_path, "synthetic-supply/supplies.csv"))
    assert degree.most_common(1)[0][1] > 10 * counts["supplies"] / 1000
    said = {row["said"] for row in rows(tmp_path, "synthetic-statements/statements.csv")}
    assert said == {"absent", "present", "surveyed"}
    operations = rows(tmp_path, "synthetic-firms/operations.csv")
    assert {"production", "research"} <= {row["function"] for row in operations}
    assert 0.05 < sum(row["inferred"] == "yes" for row in operations) / len(operations) < 0.15
    records = 2 * counts["companies"] + sum(
        counts[file] for file in ("operations", "honours", "products", "supplies"))
    assert 12 < records / 1000 < 16


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["--firms", "3", "--seed", "7", "-o", str(tmp_path / "new")])
    assert "companies: 3" in capsys.readouterr().out
    with pytest.raises(SystemExit) as stopped:
        main(["--firms", "0", "-o", str(tmp_path)])
    assert stopped.value.code == 2
