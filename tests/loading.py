"""Small loads: a store to load into, and what must be true of every load."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from graph.record import Record
from graph.store import Store, open_store
from loaders import pipeline
from loaders.report import Report
from ontology.errors import Problem
from ontology.model import Ontology

__all__ = ["accepted", "adds_up", "only", "refused", "write"]


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@pytest.fixture
def two_chains(tmp_path: Path, ontology: Ontology) -> Iterator[Store]:
    """Two regions, one park, two chains that share the name of a segment."""
    base = tmp_path / "base"
    base.mkdir()
    write(base / "地区.csv", "代码,名称,别名,级别,来源\n430100,长沙市,长沙,市州,底表\n"
                             "430900,益阳市,益阳,市州,底表\n")
    write(base / "Park.csv", "name,region,source\n益阳高新区,益阳,底表\n")
    write(base / "Chain.csv", "name,aliases,source\n先进储能材料,锂电池,底表\n碳基材料,,底表\n")
    write(base / "Segment.csv", "chain,name,source\n锂电池,隔膜,底表\n碳基材料,碳陶制动盘,底表\n"
                                "锂电池,回收,底表\n碳基材料,回收,底表\n")
    store = open_store("sqlite://", ontology)
    report = pipeline.load(store, ontology, [base])
    assert report.written, report.problems
    yield store
    store.close()


def refused(store: Store, ontology: Ontology, *paths: Path) -> list[Problem]:
    """Load what must be refused; nothing may change, and the rows must add up."""
    before = store.version()
    report = pipeline.load(store, ontology, paths)
    assert report.problems and not report.written
    assert store.version() == before
    adds_up(report)
    return report.problems


def accepted(store: Store, ontology: Ontology, *paths: Path) -> Report:
    report = pipeline.load(store, ontology, paths)
    assert report.written, [str(problem) for problem in report.problems]
    adds_up(report)
    return report


def adds_up(report: Report) -> None:
    assert report.rows == report.loaded + report.unchanged + report.merged + report.rejected


def only(store: Store, kind: str, source: str = "Source:走访") -> Record:
    [record] = [r for r in store.records(kinds=[kind]) if r.source == source]
    return record
