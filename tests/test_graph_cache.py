"""The memory-mapped index: the same answers, disposable, never trusted when damaged."""

from pathlib import Path

import numpy as np
import pytest

from graph.analysis.gaps import gaps
from graph.analysis.matrix import matrix
from graph.analysis.search import search
from graph.analysis.supplies import suppliers
from graph.cache import Texts, cached_index, open_index, save_index
from graph.index import Index
from graph.store import Store, open_store
from tests.small import ONTOLOGY, day, hunan, keep

NOW = day("2016")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    small = hunan()
    small.cite("报纸", "press", "2015")
    firm = small.thing("Company", name="甲厂")
    small.link("operatesIn", firm, "Segment:锂电池/隔膜", place="Region:430182")
    small.link("suppliesTo", "Company:乙厂", firm)
    small.link("absentFrom", "Segment:锂电池/电芯", "Region:430100", observed="2016")
    return keep(small.records, open_store("sqlite://", ONTOLOGY))


def answers(index: Index) -> list[object]:
    return [gaps(index, "锂电", "长沙", NOW), matrix(index, NOW), search(index, "jia", NOW),
            suppliers(index, "甲厂", NOW), index.faults]


def test_a_cached_index_answers_the_same(store: Store, tmp_path: Path) -> None:
    built = cached_index(store, ONTOLOGY, tmp_path)
    opened = cached_index(store, ONTOLOGY, tmp_path)
    assert isinstance(opened.table.terms, Texts) and not isinstance(built.table.terms, Texts)
    assert answers(opened) == answers(built)
    assert opened.table.as_record(0) == built.table.as_record(0)


def test_another_content_is_another_index(store: Store, tmp_path: Path) -> None:
    cached_index(store, ONTOLOGY, tmp_path)
    small = hunan()
    small.thing("Company", name="新厂")
    keep(small.records[-1:], store, "more")
    index = cached_index(store, ONTOLOGY, tmp_path)
    assert index.version == store.version()
    assert index.label(index.firm("新厂")) == "新厂"
    assert len(list(next(tmp_path.iterdir()).iterdir())) == 1


@pytest.mark.parametrize("damage", ["cut", "flip", "lose", "meta", "empty"])
def test_a_damaged_cache_is_built_again(store: Store, tmp_path: Path, damage: str) -> None:
    right = answers(cached_index(store, ONTOLOGY, tmp_path))
    folder = next(next(tmp_path.iterdir()).iterdir())
    path = folder / ("meta.json" if damage == "meta" else "claims-key.npy")
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    if damage == "lose":
        path.unlink()
    else:
        path.write_bytes({"cut": data[:-3], "empty": b""}.get(damage, bytes(data)))
    assert open_index(folder, ONTOLOGY) is None
    assert answers(cached_index(store, ONTOLOGY, tmp_path)) == right
    assert open_index(folder, ONTOLOGY) is not None


def test_what_a_killed_writer_left_is_not_read(store: Store, tmp_path: Path) -> None:
    (tmp_path / store.cache_key() / "new-abc").mkdir(parents=True)
    index = cached_index(store, ONTOLOGY, tmp_path)
    assert answers(index) == answers(Index.build(store, ONTOLOGY))


def test_a_folder_that_cannot_be_written_does_not_matter(store: Store, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    index = cached_index(store, ONTOLOGY, tmp_path / "file")
    assert index.version == store.version()


def test_an_empty_index_can_be_kept(tmp_path: Path) -> None:
    store = open_store("sqlite://", ONTOLOGY)
    save_index(Index.build(store, ONTOLOGY), tmp_path / "index")
    opened = open_index(tmp_path / "index", ONTOLOGY)
    assert opened is not None and len(opened.table) == 0


def test_texts_are_a_list() -> None:
    block = np.frombuffer("长沙a".encode(), np.uint8)
    texts = Texts(block, np.array([0, 3, 6, 7]))
    assert list(texts) == ["长", "沙", "a"] and texts[-1] == "a" and texts[1:] == ["沙", "a"]
    with pytest.raises(IndexError):
        texts[3]
