"""Small graphs in a few words, kept in the real in-memory store."""

from dataclasses import dataclass, field, replace
from typing import Any

from graph import dates
from graph.identity import link_id, thing_id
from graph.index import Index
from graph.places import Places, contains
from graph.record import Record, Value
from graph.store import Store, open_store
from ontology import load_ontology

ONTOLOGY = load_ontology()


def day(text: str) -> int:
    """The last day of a partial date, as a question's `at` means it."""
    return dates.day_after(text) - 1


@dataclass
class Small:
    """Records under construction; `source` names the source of what follows."""

    records: list[Record] = field(default_factory=list)
    source: str = ""

    def cite(self, title: str, grade: str = "press", date: str | None = "2020",
             **facts: Value) -> str:
        values: dict[str, Value] = {"title": title, "publisher": "湖南日报", "grade": grade}
        values |= facts
        if date:
            values["date"] = date
        self.source = thing_id(ONTOLOGY.kinds["Source"], values)
        self.records.append(Record(self.source, "Source", self.source, values))
        return self.source

    def thing(self, kind: str, *, when: dict[str, Any] | None = None, **values: Value) -> str:
        id = thing_id(ONTOLOGY.kinds[kind], values)
        self.records.append(Record(id, kind, self.source, values, **(when or {})))
        return id

    def link(self, kind: str, head: str, tail: str, *, inferred: bool = False,
             valid_from: str | None = None, valid_to: str | None = None,
             observed: str | None = None, **values: Value) -> Record:
        id = link_id(ONTOLOGY.kinds[kind], (head, tail), values)
        record = Record(id, kind, self.source, values, (head, tail), valid_from, valid_to,
                        observed, inferred)
        self.records.append(record)
        return record

    def region(self, name: str, level: str, within: str | None = None, code: str = "",
               **values: Value) -> str:
        said: dict[str, Value] = {"name": name, "level": level, "code": code or name, **values}
        id = self.thing("Region", **said)
        if within:
            self.link("partOf", id, within, extent="whole")
        return id

    def chain(self, name: str, *segments: str, **values: Value) -> list[str]:
        """A chain whose segments are essential unless written with a leading ~."""
        chain = self.thing("Chain", name=name, **values)
        found = []
        for position, word in enumerate(segments):
            id = self.thing("Segment", chain=chain, name=word.removeprefix("~"))
            self.link("segmentOf", id, chain, stage="midstream", position=position,
                      essential=not word.startswith("~"))
            found.append(id)
        return found


def keep(records: list[Record], store: Store | None = None, origin: str = "test") -> Store:
    """The records in a store (a new one in memory)."""
    store = store or open_store("sqlite://", ONTOLOGY)
    with store.write() as writer:
        writer.put(origin, records)
        writer.commit()
    return store


def index_of(records: list[Record]) -> Index:
    store = keep(records)
    try:
        return Index.build(store, ONTOLOGY)
    finally:
        store.close()


def hunan() -> Small:
    """长沙, 常德 and a 都市圈 in 湖南, 广东 outside; a chain of three segments and one more."""
    small = Small()
    small.cite("区划", "official", "2000")
    province = small.region("湖南省", "province", code="430000", name_en="Hunan")
    city = small.region("长沙市", "prefecture", province, "430100", aliases=("星城",),
                        name_en="Changsha")
    small.region("常德市", "prefecture", province, "430700")
    county = small.region("宁乡市", "county", city, "430182")
    small.region("广东省", "outside", code="440000")
    ring = small.region("长株潭都市圈", "overlay", province, "ring")
    small.link("partOf", city, ring, extent="whole")
    small.thing("Park", name="宁乡高新区", region=county)
    small.chain("锂电池", "隔膜", "正极材料", "电芯", "~回收", aliases=("锂电",), name_en="battery")
    seg = "Segment:锂电池/"
    small.link("feeds", seg + "隔膜", seg + "电芯")
    small.link("feeds", seg + "正极材料", seg + "电芯")
    small.link("feeds", seg + "电芯", seg + "回收")
    return small


def above(places: Places, region: int, day: int) -> tuple[int, ...]:
    """The regions that wholly contain it on that day, smallest first, without itself."""
    def size(place: int) -> int:
        return sum(high - low for low, high in places.ranges(place, day))

    own = places.ranges(region, day)
    return tuple(sorted((place for place in places.around(region, day)
                         if contains(places.ranges(place, day), own)),
                        key=lambda place: (size(place), place)))


def renamed(record: Record, **changes: Any) -> Record:
    return replace(record, **changes)
