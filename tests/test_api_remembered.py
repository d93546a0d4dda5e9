"""What the headings of a table meant, kept for the next table of its source."""

from pathlib import Path

import pytest

from api.jobs import put_down
from api.remembered import KEPT, Meaning, Remembered
from ontology import StoreError


def test_the_source_that_is_named_comes_first_then_the_latest_that_knows_all(
        tmp_path: Path) -> None:
    known = Remembered(tmp_path)
    known.keep(Meaning("../../走访", "Company", {"单位": "name", "电话": "-"}))
    known.keep(Meaning("名录", "Park", {"单位": "name"}))
    known.keep(Meaning("../../走访", "Company", {"单位": "full_name", "电话": "-"}))
    assert len(known.all()) == 2 and all(
        file.parent == known.folder for file in tmp_path.rglob("*.json"))
    found = known.find(["单位", "官网"], "../../走访 ")
    assert found and found.columns["单位"] == "full_name"
    assert known.find(["单位", "官网"]) is None
    found = known.find(["单位"], kind="Park")
    assert found and found.source == "名录"


def test_so_many_are_kept_and_a_damaged_one_is_none(tmp_path: Path) -> None:
    known = Remembered(tmp_path)
    known.folder.mkdir()
    for n in range(KEPT + 3):
        (known.folder / f"{n:x}.json").write_text("[", encoding="utf-8")
    known.keep(Meaning("走访", "Company", {"单位": "name"}))
    assert len(list(known.folder.iterdir())) == KEPT
    assert [one.source for one in known.all()] == ["走访"]


def test_where_nothing_can_be_written_it_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "headings").write_text("", encoding="utf-8")
    with pytest.raises(StoreError, match="存不下"):
        Remembered(tmp_path).keep(Meaning("走访", "Company", {}))
    with pytest.raises(TypeError):
        put_down(tmp_path / "job.json", {"half": object()})
    assert [file.name for file in tmp_path.iterdir()] == ["headings"]
