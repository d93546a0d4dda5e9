"""What goes out comes back: CSV loads again as the same records, the graphs parse elsewhere."""

import csv
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from rdflib import Dataset, URIRef

from graph.store import Store, open_store
from loaders import pipeline
from loaders.export import FORMATS, export
from ontology.errors import NotFound
from ontology.model import Ontology


@pytest.fixture(scope="module")
def store(ontology: Ontology, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The shipped sources, and a few texts that break careless writers."""
    folder = tmp_path_factory.mktemp("odd")
    (folder / "Company.csv").write_text(
        "企业名称,主营产品,备注,别名,来源,来源机构,成立日期\n"
        '=cmd|calc,一、二|三,"<&""引号""> \\ 反斜杠",-5,奇怪 的/来源?,某社,2001-02\n'
        "'@x,只有、一个|,'-1,+86,奇怪 的/来源?,某社,\n", encoding="utf-8")
    (folder / "suppliesTo.csv").write_text(
        "供应商,客户,产品,来源,来源机构,有效期起,有效期止,推断\n"
        "=cmd|calc,BYD Co,锂膜,奇怪 的/来源?,某社,2020,2021-05,是\n", encoding="utf-8")
    store = open_store("sqlite://", ontology)
    report = pipeline.load(store, ontology, [*pipeline.shipped(), folder])
    assert report.written, [str(problem) for problem in report.problems]
    yield store
    store.close()


def test_csv_loads_again_as_the_same_records(store: Store, ontology: Ontology,
                                             tmp_path: Path) -> None:
    files = export(store, ontology, "csv", tmp_path / "out")
    assert tmp_path / "out" / "Company.csv" in files
    assert "'=cmd|calc" in (tmp_path / "out" / "Company.csv").read_text(encoding="utf-8-sig")
    again = open_store("sqlite://", ontology)
    report = pipeline.load(again, ontology, [tmp_path / "out"])
    assert report.written, [str(problem) for problem in report.problems[:5]]
    assert list(again.records()) == list(store.records())
    assert again.version() == store.version()
    assert again.origins() == store.origins()
    again.close()


def test_an_export_loaded_back_changes_nothing(store: Store, ontology: Ontology,
                                               tmp_path: Path) -> None:
    before = store.version(), store.history_hash()
    export(store, ontology, "csv", tmp_path / "out")
    report = pipeline.load(store, ontology, [tmp_path / "out"])
    assert report.written, [str(problem) for problem in report.problems[:5]]
    assert (report.loaded, report.retracted, report.merged) == (0, 0, 0)
    assert (store.version(), store.history_hash()) == before


def test_graphml_is_a_graph(store: Store, ontology: Ontology, tmp_path: Path) -> None:
    export(store, ontology, "graphml", tmp_path / "out.graphml")
    graph: Any = nx.read_graphml(tmp_path / "out.graphml", force_multigraph=True)
    links = [record for record in store.records() if record.ends]
    assert graph.number_of_edges() == len(links)
    node = graph.nodes["Company:=cmd|calc"]
    assert node["note"] == '<&"引号"> \\ 反斜杠' and node["kind"] == "Company"


def test_nquads_are_read_by_rdflib(store: Store, ontology: Ontology, tmp_path: Path) -> None:
    export(store, ontology, "nquads", tmp_path / "out.nq")
    data = Dataset()
    with warnings.catch_warnings():  # rdflib's own parser uses what rdflib has deprecated
        warnings.simplefilter("ignore", DeprecationWarning)
        data.parse(data=(tmp_path / "out.nq").read_text(encoding="utf-8"), format="nquads")
    term = ontology.namespace
    notes = {str(o) for _, _, o, _ in data.quads((None, URIRef(term + "note"), None, None))}
    assert '<&"引号"> \\ 反斜杠' in notes
    statements = list(data.quads((None, URIRef(
        "http://www.w3.org/1999/02/22-rdf-syntax-ns#predicate"), None, None)))
    assert len(statements) == len([record for record in store.records() if record.ends])
    direct = list(data.quads((None, URIRef(term + "suppliesTo"), None, None)))
    assert direct and all(graph is not None for _, _, _, graph in direct)


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_bytes_each_time(store: Store, ontology: Ontology, tmp_path: Path,
                                  format: str) -> None:
    first = export(store, ontology, format, tmp_path / "a")
    second = export(store, ontology, format, tmp_path / "b")
    assert [f.read_bytes() for f in first] == [f.read_bytes() for f in second]


def test_what_cannot_be_exported_is_said(store: Store, ontology: Ontology) -> None:
    with pytest.raises(NotFound):
        export(store, ontology, "xml", None)


def test_csv_without_a_folder_is_one_flat_table(store: Store, ontology: Ontology,
                                                tmp_path: Path) -> None:
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    for file in (first, second):
        export(store, ontology, "csv", file)
    assert first.read_bytes() == second.read_bytes()
    rows = list(csv.DictReader(first.read_text("utf-8-sig").splitlines()))
    assert {"suppliesTo", "Company"} <= {row["kind"] for row in rows}
    assert all(row["source"] for row in rows)
