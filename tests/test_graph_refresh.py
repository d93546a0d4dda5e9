"""An index brought up to date equals one built anew, whatever was written in between."""

from collections.abc import Iterable
from dataclasses import fields, is_dataclass, replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.index import Index
from graph.record import Record
from graph.refresh import refreshed, supposed
from graph.store import Store, open_store
from tests.small import ONTOLOGY, hunan


def pool() -> list[Record]:
    """Firms that share names and codes, what they do, and decisions about them."""
    small = hunan()
    small.records.clear()
    small.cite("报纸", "press", "2015")
    firms = [small.thing("Company", name="甲"), small.thing("Company", name="乙", aliases=("甲",)),
             small.thing("Company", name="甲", full_name="湖南甲公司"),
             small.thing("Company", name="丙", credit_code="91430100183804122K"),
             small.thing("Company", name="丁", full_name="湖南甲公司", region="Region:430182")]
    small.thing("Product", name="隔膜")
    small.thing("Region", name="望城区", code="430112", level="county")
    small.link("partOf", "Region:430112", "Region:430100", extent="whole")
    for firm in firms:
        small.link("operatesIn", firm, "Segment:锂电池/隔膜", place="Region:430182")
        small.link("suppliesTo", firm, "Company:戊", product="Product:隔膜")
    small.link("sameAs", firms[0], firms[3])
    small.link("differentFrom", firms[1], firms[2])
    small.link("absentFrom", "Segment:锂电池/电芯", "Region:430100", observed="2016")
    small.link("honoured", firms[3], "Honour:单项冠军", year="2020")
    small.cite("年报", "official", "2018")
    small.thing("Company", name="甲")
    small.link("operatesIn", firms[1], "Segment:锂电池/正极材料", place="Region:430112")
    return small.records


POOL = pool()
SOME = st.sets(st.integers(0, len(POOL) - 1)).map(lambda chosen: [POOL[i] for i in sorted(chosen)])


def load(store: Store, origin: str, records: Iterable[Record]) -> None:
    with store.write() as writer:
        writer.put(origin, list(records))
        writer.retract_unseen(origin)
        writer.commit()


def parts(value: object) -> object:
    """Everything that an index holds, comparable."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.tolist()
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: parts(getattr(value, f.name)) for f in fields(value) if f.compare}
    return value


@settings(deadline=None)
@given(SOME, SOME, SOME, SOME)
def test_a_refreshed_index_equals_a_built_one(
        first: list[Record], other: list[Record], second: list[Record],
        last: list[Record]) -> None:
    store = open_store("sqlite://", ONTOLOGY)
    load(store, "areas", hunan().records)
    load(store, "list", first)
    load(store, "more", other)
    index = Index.build(store, ONTOLOGY)
    load(store, "list", second)
    load(store, "more", last)
    found = refreshed(index, store)
    assert found is not None
    assert parts(found) == parts(Index.build(store, ONTOLOGY))
    store.close()


@settings(deadline=None)
@given(SOME, SOME)
def test_a_supposed_index_is_the_one_after_the_load(first: list[Record], added: list[Record]
                                                    ) -> None:
    """But for its version; and nothing is written."""
    store = open_store("sqlite://", ONTOLOGY)
    load(store, "areas", hunan().records)
    load(store, "list", first)
    load(store, "more", added[:2])  # which is said again
    version, index = store.version(), Index.build(store, ONTOLOGY)
    found = supposed(index, store, {"more": added})
    assert store.version() == version and found.version == ""
    load(store, "more", added)
    assert unnamed(parts(found)) == unnamed(parts(Index.build(store, ONTOLOGY)))
    store.close()


def test_what_another_origin_says_too_stays_where_one_says_something_new() -> None:
    said = POOL[0]
    store = open_store("sqlite://", ONTOLOGY)
    for origin in ("list", "more"):
        load(store, origin, [said])
    more = [replace(said, values=dict(said.values) | {"note": "新"}), POOL[1]]
    for added in (more, [said]):
        found = supposed(Index.build(store, ONTOLOGY), store, {"more": added})
        load(store, "more", added)
        assert unnamed(parts(found)) == unnamed(parts(Index.build(store, ONTOLOGY)))
        load(store, "more", [said])
    store.close()


def unnamed(value: object) -> object:
    """The same without what names the state of a store."""
    if isinstance(value, dict):
        return {key: unnamed(part) for key, part in value.items() if key not in (
            "version", "mark")}
    return value


def test_what_is_no_earlier_state_is_not_brought_up_to_date() -> None:
    store, other = open_store("sqlite://", ONTOLOGY), open_store("sqlite://", ONTOLOGY)
    load(store, "list", POOL)
    index = Index.build(store, ONTOLOGY)
    load(other, "list", POOL)
    load(other, "list", POOL[1:])
    assert store.version() != other.version() and refreshed(index, other) is None


def test_much_is_built_anew() -> None:
    store = open_store("sqlite://", ONTOLOGY)
    index = Index.build(store, ONTOLOGY)
    load(store, "list", (Record(f"Product:{i}", "Product", "Source:报", {"name": str(i)})
                         for i in range(2000)))
    assert refreshed(index, store) is None
