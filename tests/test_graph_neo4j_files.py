"""Files for neo4j-admin, beside the import that tests/test_neo4j_shipped.py runs for real."""

import random
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.index import Index
from graph.neo4j_files import canon_in, write_files
from graph.record import Record, Value
from graph.store import Store, open_store
from ontology.errors import StoreError
from tests.shell import Shell
from tests.small import ONTOLOGY, hunan, keep
from tests.test_graph_neo4j_graph import do, step


def firm(name: str, **values: Value) -> Record:
    return Record(f"Company:{name}", "Company", "Source:名单", {"name": name, **values})


@pytest.fixture
def store() -> Iterator[Store]:
    opened = open_store("sqlite://", ONTOLOGY)
    yield opened
    opened.close()


def test_the_same_content_gives_the_same_files(store: Store, tmp_path: Path) -> None:
    keep(hunan().records, store)
    one, other = (write_files(store, ONTOLOGY, tmp_path / name) for name in ("a", "b"))
    assert [file.name for file in one] == [file.name for file in other]
    assert [file.read_bytes() for file in one] == [file.read_bytes() for file in other]
    assert not [file for file in tmp_path.iterdir() if file.name not in ("a", "b")]


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), loads=st.integers(1, 7))
def test_the_files_group_ids_as_the_index_does(seed: int, loads: int) -> None:
    chance = random.Random(seed)
    with open_store("sqlite://", ONTOLOGY) as store:  # type: ignore[attr-defined]
        do(store, [step(chance) for _ in range(loads)])
        index, canon = Index.build(store, ONTOLOGY), canon_in(store, ONTOLOGY)
    for thing in {*index.table.thing.tolist(), *index.table.head.tolist(),
                  *index.table.tail.tolist()} - {-1}:
        assert canon.of(index.id(thing)) == index.id(int(index.canon[thing]))


@pytest.mark.parametrize("wrong", [(), ("",), ("a\x1fb",)])
def test_what_an_import_cannot_carry_is_refused(store: Store, tmp_path: Path,
                                                wrong: tuple[str, ...]) -> None:
    keep([firm("金博", aliases=wrong)], store)
    with pytest.raises(StoreError, match=r"aliases.*xianglian copy"):
        write_files(store, ONTOLOGY, tmp_path / "files")
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_can_be_written_is_said(scratch: Shell, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("x")
    assert "不是空的" in scratch.run("export", "-f", "neo4j-admin", "-o", "full", code=1)
    assert "-o" in scratch.run("export", "-f", "neo4j-admin", code=1)
    assert "没有数据" in scratch.run("export", "-f", "neo4j-admin", "-o", "x", "--store", "no.db",
                                 code=1)


def test_the_rows_are_never_all_in_memory(tmp_path: Path) -> None:
    peaks = []
    for size in (500, 2_000):
        store = keep([firm(f"{n}", note="长" * 5_000) for n in range(size)])
        tracemalloc.start()
        write_files(store, ONTOLOGY, tmp_path / str(size))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        store.close()
    assert (peaks[1] - peaks[0]) / 1_500 < 2_000, peaks  # bytes a row of 10,000
