"""The graph that people read: always what merge says, however it came about."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from graph.identity import link_id, thing_id
from graph.index import Index
from graph.merge import merge, source_facts
from graph.neo4j import Neo4jStore
from graph.projection import label_of, relationship_type
from graph.record import Record, Value
from graph.store import Store, Writer, open_store
from tests.drawn import Anything, drawn, drawn_anew, query
from tests.small import ONTOLOGY, hunan, keep


@pytest.fixture
def store(neo4j_empty: Anything) -> Iterator[Neo4jStore]:
    opened = open_store(neo4j_empty.store, ONTOLOGY)
    assert isinstance(opened, Neo4jStore)
    yield opened
    opened.close()


# Small worlds of firms that may or may not be the same -------------------------------------------

NAMES = ("金博", "长远", "星城")
SOURCES = ("湖南日报", "名单")


def record(kind: str, source: str, values: dict[str, Value], ends: tuple[str, str] | None = None,
           **more: Any) -> Record:
    what = ONTOLOGY.kinds[kind]
    id = link_id(what, ends, values) if ends else thing_id(what, values)
    return Record(id, kind, f"Source:{source}", values, ends, **more)


def firms(chance: random.Random, source: str) -> Record:
    name = chance.choice(NAMES)
    said: dict[str, Value] = {"name": name}
    if chance.random() < 0.4:
        said["full_name"] = chance.choice((f"湖南{name}股份有限公司", "湖南某某有限公司"))
    if chance.random() < 0.3:
        said["aliases"] = tuple(sorted(chance.sample(NAMES, 2)))
    if chance.random() < 0.3:
        said["region"] = chance.choice(("Region:430100", "Region:湖南"))
    return record("Company", source, said, observed=chance.choice((None, "2020", "2021-05")))


def others(chance: random.Random, source: str) -> Record:
    kind = chance.choice(("Product", "Region", "Source"))
    if kind == "Product":
        return record(kind, source, {"name": chance.choice(("膜", "隔膜", "Ａ膜"))})
    if kind == "Region":
        name = chance.choice(("长沙市", "长沙"))
        return record(kind, source, {"code": "430100", "name": name, "level": "prefecture"})
    grade = chance.choice(("official", "press", "machine"))
    return Record(f"Source:{source}", "Source", f"Source:{source}",
                  {"title": source, "grade": grade, "date": chance.choice(("2019", "2022"))})


def links(chance: random.Random, source: str) -> Record:
    ends = chance.choice(NAMES), chance.choice((*NAMES, "湖南金博股份有限公司", "别家"))
    head, tail = (f"Company:{name}" for name in ends)
    kind = chance.choice(("suppliesTo", "suppliesTo", "sameAs", "differentFrom", "ownedBy"))
    said: dict[str, Value] = {}
    if kind == "suppliesTo" and chance.random() < 0.7:
        said["product"] = chance.choice(("Product:膜", "Product:隔膜", "Product:无"))
    made = record(kind, source, said, (head, tail), valid_from=chance.choice((None, "2014")),
                  valid_to=chance.choice((None, "2018")), inferred=chance.random() < 0.2)
    return replace(made, id=f"{made.id}-of-others") if chance.random() < 0.05 else made


def step(chance: random.Random) -> Callable[[Writer], None]:
    """One load: puts, perhaps a reload or a retraction."""
    origin, source = chance.choice(("a", "b")), chance.choice(SOURCES)
    makers = [chance.choice((firms, firms, others, links, links)) for _ in range(6)]
    records = [make(chance, source) for make in makers][:chance.randrange(7)]
    reload, retract = chance.random() < 0.4, chance.random()

    def run(writer: Writer) -> None:
        writer.put(origin, records)
        if reload:
            writer.retract_unseen(origin)
        if retract < 0.1:
            writer.retract(source=f"Source:{source}")
        elif retract < 0.2:
            writer.retract(id=f"Company:{chance.choice(NAMES)}")
        elif retract < 0.25:
            writer.retract(origin=origin)

    return run


def do(store: Store, steps: Sequence[Callable[[Writer], None]]) -> None:
    """With a clock that stands still, every store gives the same record times."""
    for run in steps:
        with patch("time.time_ns", return_value=0), store.write() as writer:
            run(writer)
            writer.commit()


@settings(max_examples=8, deadline=None, derandomize=True, phases=[Phase.generate],
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), loads=st.integers(1, 7))
def test_both_stores_and_every_way_of_drawing_agree(neo4j_empty: Anything, seed: int,
                                                    loads: int) -> None:
    query(neo4j_empty, "MATCH (n) DETACH DELETE n")
    chances = random.Random(seed), random.Random(seed)
    with (patch("graph.neo4j_graph._KNOWN", 3),
          open_store(neo4j_empty.store, ONTOLOGY) as one,  # type: ignore[attr-defined]
          open_store("sqlite://", ONTOLOGY) as other):  # type: ignore[attr-defined]
        for _ in range(loads):
            do(one, [step(chances[0])])
            do(other, [step(chances[1])])
            assert list(one.records()) == list(other.records())
        assert (one.version(), one.history_hash()) == (other.version(), other.history_hash())
        assert list(one.history()) == list(other.history())
        assert one.origins() == other.origins()
        mine, theirs = one.columns(), other.columns()
        assert (mine.terms, mine.values, mine.version) == (
            theirs.terms, theirs.values, theirs.version)
        assert all((getattr(mine, name) == getattr(theirs, name)).all() for name in (
            "kind", "thing", "source", "head", "tail", "valid_from", "valid_to", "observed",
            "inferred"))
        one.verify()
        in_steps = drawn(neo4j_empty)
        assert in_steps == drawn_anew(neo4j_empty, one)
        assert_merged(in_steps, Index.build(other, ONTOLOGY))


def assert_merged(graph: dict[str, Any], index: Index) -> None:
    """Every node and relationship says what the index and `merge` say."""
    sources = source_facts((r for r in map(index.table.as_record, range(len(index.table)))
                            if r.kind == "Source"), ONTOLOGY)
    things = {id: (labels, said) for id, labels, said in graph["things"]}
    assert len(things) == len(graph["things"])
    for id, (labels, said) in things.items():
        kind = ONTOLOGY.kinds[id.partition(":")[0]]
        assert tuple(labels) == label_of(kind)
        thing = index.number(id)
        assert index.id(thing) == id
        if records := index.records(thing):
            merged = merge(records, kind, sources).values
            assert {name: said[name] for name in merged} == {
                name: list(v) if isinstance(v, tuple) else v for name, v in merged.items()}
    rows = {row for kind in ONTOLOGY.links for row in index.table.rows(kind.name).tolist()}
    ends = {index.id(int(index.canon[end[row]])) for row in rows
            for end in (index.table.head, index.table.tail)}
    told = {index.id(int(index.canon[thing])) for row, thing in enumerate(
        index.table.thing.tolist()) if row not in rows}
    cited = {index.id(int(index.canon[source])) for source in index.table.source.tolist()}
    assert things.keys() == ends | told | cited
    stated = {index.table.record_id(row) for row in rows}
    shown = [one for _, _, _, said in graph["links"] for one in said.get(
        "records", [said["record"]])]
    assert sorted(shown) == sorted(stated)
    types = {relationship_type(kind) for kind in ONTOLOGY.links}
    assert {type for _, type, _, _ in graph["links"]} <= types
    assert {id for id, _, _ in graph["records"]} == {
        index.table.record_id(row) for row in range(len(index.table))}


# The texts that run as they stand ----------------------------------------------------------------


def test_the_two_fixed_texts_run_as_they_stand(store: Neo4jStore, neo4j_empty: Anything) -> None:
    small = hunan()
    small.cite("制动盘上车", "press", "2026-06-01")
    brake = small.thing("Product", name="碳陶制动盘")
    one, other = (small.thing("Company", name=name) for name in ("金博股份", "比亚迪"))
    link = small.link("suppliesTo", one, other, product=brake)
    keep(small.records, store)
    assert query(neo4j_empty, "MATCH (a:Company)-[s:SUPPLIES_TO]->(b:Company) "
                 "WHERE a.name CONTAINS '金博' RETURN a.name, s.product, b.name") == [
        ["金博股份", "碳陶制动盘", "比亚迪"]]
    (said,), = query(neo4j_empty, "MATCH (:Company)-[s:SUPPLIES_TO]->() RETURN properties(s)")
    assert (said["id"], said["product_id"], said["source"]) == (link.id, brake, small.source)
    assert query(neo4j_empty, "MATCH (r:Record)-[:FROM]->(q:Source) WHERE r.id = $record "
                 "RETURN q.title, q.publisher", record=said["record"]) == [
        ["制动盘上车", "湖南日报"]]
    assert query(neo4j_empty, "MATCH (c:企业 {name: '金博股份'})<-[:ABOUT]-(r:记录) "
                 "RETURN count(r)") == [[1]]


def test_names_are_found_by_a_part_of_one(store: Neo4jStore, neo4j_empty: Anything) -> None:
    small = hunan()
    small.thing("Company", name="金博", full_name="湖南金博碳素股份有限公司")
    keep(small.records, store)
    assert query(neo4j_empty, "CALL db.index.fulltext.queryNodes('xianglian_names', '碳素') "
                 "YIELD node RETURN node.name") == [["金博"]]


def test_no_property_holds_json_or_what_a_browser_cannot_show(
        store: Neo4jStore, neo4j_empty: Anything) -> None:
    keep(hunan().records, store)
    texts = query(neo4j_empty, "MATCH (n) UNWIND keys(n) AS k WITH n[k] AS v "
                  "WHERE v IS :: STRING AND (v STARTS WITH '{' OR v STARTS WITH '[') RETURN v")
    assert texts == []


def test_a_class_that_the_ontology_gains_is_drawn_at_the_next_opening(
        neo4j_empty: Anything) -> None:
    small = hunan()
    kinds = {name: kind for name, kind in ONTOLOGY.kinds.items() if name != "Park"}
    before = replace(ONTOLOGY, kinds=kinds, fingerprint="before")
    parks = "MATCH (p:Park) WHERE p.name IS NOT NULL RETURN p.name"
    with open_store(neo4j_empty.store, before) as store:  # type: ignore[attr-defined]
        keep([r for r in small.records if r.kind != "Park"], store)
        assert query(neo4j_empty, parks) == []
    with open_store(neo4j_empty.store, ONTOLOGY) as store:  # type: ignore[attr-defined]
        keep([r for r in small.records if r.kind == "Park"], store, "more")
        assert query(neo4j_empty, parks) == [["宁乡高新区"]]


def test_no_name_in_the_ontology_is_taken_for_cypher(neo4j_empty: Anything) -> None:
    """Backticks end a name, and so does their number, where it is not written otherwise."""
    for name in ("企`业", r"企\u0060:Hacked) //", r"企\u", "企\\"):
        company = ONTOLOGY.kinds["Company"]
        odd = replace(company, label=replace(company.label, zh=name))
        kinds = ONTOLOGY.kinds | {"Company": odd}
        ontology = replace(ONTOLOGY, kinds=kinds, fingerprint=name)
        with open_store(neo4j_empty.store, ontology) as store:  # type: ignore[attr-defined]
            keep([record("Company", "名单", {"name": "金博"})], store)
        assert query(neo4j_empty, "MATCH (c:Company) RETURN labels(c)") == [[["Company", name]]]
