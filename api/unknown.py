"""What a store holds that the ontology at hand does not know: kept, but not shown."""

from collections.abc import Iterable, Iterator

from graph.store import Store
from graph.table import Table
from ontology import Ontology

__all__ = ["of_store", "of_table"]

_SAMPLE = 5_000  # records of a kind whose fields are looked at
_LARGE = 100_000  # a load does not read a larger store through for this

Said = Iterable[tuple[str, Iterable[str]]]
"""Kind and field names of records."""


def of_table(ontology: Ontology, table: Table) -> str:
    """The warning for an index; in large stores a field that is rare may escape it."""
    def said() -> Iterator[tuple[str, Iterable[str]]]:
        for kind in table.kinds:
            rows = table.rows(kind)
            for _, values in table.each(rows[::1 + len(rows) // _SAMPLE].tolist()):
                yield kind, values

    return _warning(ontology, said())


def of_store(ontology: Ontology, store: Store) -> str:
    """The warning for a store that is loaded into; blank for a large one."""
    if sum(store.origins().values()) > _LARGE:
        return ""
    return _warning(ontology, ((record.kind, record.values) for record in store.records()))


def _warning(ontology: Ontology, said: Said) -> str:
    known = {kind.name: {f.name for f in kind.fields} for kind in ontology.kinds.values()}
    kinds: set[str] = set()
    fields: set[str] = set()
    for kind, names in said:
        if kind not in known:
            kinds.add(kind)
        elif not known[kind].issuperset(names):
            fields |= {f"{kind}.{name}" for name in set(names) - known[kind]}
    parts = [f"{what} {'、'.join(sorted(found))}"
             for what, found in (("种类", kinds), ("字段", fields)) if found]
    return (f"提示：图谱里有当前本体不认识的{'，'.join(parts)}：没有显示，也没有丢失。"
            "写入时用的是另一份本体，请把 XIANGLIAN_ONTOLOGY 设为它的文件夹。") if parts else ""
