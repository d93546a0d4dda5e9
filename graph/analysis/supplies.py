"""Who supplies a firm, and whom it supplies."""

from typing import Any

from typing_extensions import TypedDict

from graph import dates
from graph.analysis.answers import Envelope, Evidence, envelope, evidence
from graph.analysis.pages import Key, cut
from graph.index import Index
from graph.places import EVER
from graph.structure import CUSTOMER, PRODUCT

__all__ = ["Supplies", "Supply", "customers", "suppliers"]


class Supply(TypedDict):
    """One partner and product; blank fields are what no source says."""

    id: str
    name: str
    now: str | None
    full_name: str
    link: str
    link_name: str
    product: str | None
    form: str | None
    valid_from: str | None
    valid_to: str | None
    inferred: bool
    note: str | None
    evidence: list[Evidence]


class Supplies(Envelope):
    firm: str
    firm_id: str
    total: int
    rows: list[Supply]
    next: str | None
    evidence: list[Evidence]


def suppliers(index: Index, firm: str, at: int, limit: int | None = None,
              cursor: str | None = None) -> Supplies:
    """Those who supply the firm (or a park), by any link whose second end is a customer."""
    return _answer(index, firm, at, limit, cursor, forward=False)


def customers(index: Index, firm: str, at: int, limit: int | None = None,
              cursor: str | None = None) -> Supplies:
    """Those whom the firm supplies."""
    return _answer(index, firm, at, limit, cursor, forward=True)


def _answer(index: Index, firm: str, at: int, limit: int | None, cursor: str | None, *,
            forward: bool) -> Supplies:
    me = index.party(firm)
    t = index.table
    found: dict[tuple[int, str, int], list[int]] = {}
    for kind in index.ontology.links:
        if kind.ends is None or kind.ends[1].name != CUSTOMER:
            continue
        for other, row in index.joined(kind.name, me, at, forward=forward, undated=True):
            if t.grade[row] <= index.shown:
                product = index.reference(t.said(row).get(PRODUCT))
                found.setdefault((other, kind.name, product), []).append(row)
    rows = [_supply(index, *key, some, at) for key, some in sorted(found.items())]
    rows.sort(key=_key)
    some, after = cut(rows, _key, limit, cursor)
    return {"firm": index.label(me, at), "firm_id": index.id(me), **envelope(index, at),
            "total": len(rows), "rows": list(some), "next": after, "evidence": []}


def _key(row: Supply) -> Key:
    return row["inferred"], row["name"], row["product"] or "", row["id"], row["link"]


def _supply(index: Index, other: int, link: str, product: int, rows: list[int],
            at: int) -> Supply:
    t, said = index.table, index.said(rows)
    name, now = index.label(other, at), index.label(other)
    first = min((row for row in rows if t.valid_from[row]), default=None,
                key=lambda row: (int(t.start[row]), row))
    last = max(rows, key=lambda row: (int(t.end[row]), row))
    return {
        "id": index.id(other), "name": name, "now": now if now != name else None,
        "full_name": index.full_name(other, at) or name, "link": link,
        "link_name": index.ontology.kinds[link].label.zh,
        "product": index.label(product) if product >= 0 else _text(said, PRODUCT),
        "form": _text(said, "form"), "note": _text(said, "note"),
        "valid_from": dates.unpack(int(t.valid_from[first])) if first is not None else None,
        "valid_to": dates.unpack(int(t.valid_to[last])) if t.end[last] != EVER else None,
        "inferred": bool((t.grade[rows] > index.floor).all()),
        "evidence": evidence(index, rows),
    }


def _text(said: dict[str, Any], name: str) -> str | None:
    value = said.get(name)
    return str(value).partition(":")[2] or str(value) if value else None
