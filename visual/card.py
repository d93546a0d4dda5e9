"""What stands on the card of one segment, before it has a place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graph.merge import UNKNOWN
from visual.legend import Legend, change_of
from visual.lettering import width, wrap

__all__ = ["NAME", "NOTE", "STATUS", "Card", "card", "cited"]

NAME, STATUS, NOTE = 14.0, 12.5, 11.5  # font sizes
LEFT, RIGHT, TOP = 28.0, 10.0, 7.0
NAME_STEP, NOTE_STEP = 18.0, 15.5
MOST = 2  # lines of a note

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Card:
    """One segment: its name in lines, the verdict in words, notes as (line, sort); sort is note,
    reason, hint, stale or change."""

    id: str
    name: str
    verdict: str
    change: str
    lines: tuple[str, ...]
    status: str
    beside: bool  # the status stands on the name's line
    optional: str
    notes: tuple[tuple[str, str], ...]
    label: str

    @property
    def height(self) -> float:
        own = len(self.lines) + (not self.beside)
        return 2 * TOP + own * NAME_STEP + len(self.notes) * NOTE_STEP + (2 if self.notes else -1)


def card(legend: Legend, row: Row, room: float, *, compared: Row | None = None,
         feeds: Sequence[str] = (), near: bool = False) -> Card:
    """The card of a row of `gaps`, `room` pixels wide.

    compared: its row of `compare`; feeds: names of what it feeds, where no curves are drawn;
    near: of what nobody has spoken of here, say where it is nearest.
    """
    name, inner = legend.name(row), room - LEFT - RIGHT
    status = legend.status(row, stale=False)
    optional = "" if row["essential"] else legend.say("optional")
    tail = width(status, STATUS) + 8
    beside = width(name, NAME) + tail <= inner
    lines = (name,) if beside else tuple(wrap(name, NAME, inner, 3))
    used = tail + (width(lines[-1], NAME) if beside else 0)
    fits = bool(optional) and used + width(optional, NOTE) + 6 <= inner
    said = told = _told(legend, row, near)
    if optional and not fits:
        first = f"{optional} · {said[0][0]}" if said and said[0][1] == "note" else optional
        said = [(first, "note"), *(said[1:] if first != optional else said)]
    change = change_of(compared) if compared else ""
    if change and compared:
        said = [*said, (_changed(legend, compared, change), "change")]
    if feeds:
        said = [*said, (legend.say("feeds", legend.join(feeds)), "note")]
    notes = tuple((line, sort) for text, sort in said
                  for line in wrap(text, NOTE, inner, MOST))
    moved = [_changed(legend, compared, change)] if compared and change else []
    spoken = [name, legend.status(row), *([optional] if optional else []),
              *(text for text, _ in told), *moved]
    return Card(row["id"], name, row["verdict"], change, lines, status, beside,
                optional if fits else "", notes, legend.say("semi").join(spoken))


def _told(legend: Legend, row: Row, near: bool) -> list[tuple[str, str]]:
    """Why we say so: firms, or the source that denies, or what is only inferred."""
    verdict = row["verdict"]
    if verdict == "present":
        mark = legend.choice("Freshness", "stale")
        old = [(f"{mark.symbol} {legend.text(mark.label)}{legend.say('colon')}"
                f"{legend.say('last', _last(row))}", "stale")] if row["stale"] else []
        return [(_firms(legend, row["firms"]), "note"), *old]
    denied = "；".join(_denials(legend, row))
    if verdict == "absent":
        return [(denied, "reason"), (_nearest(legend, row), "reason")]
    if verdict == "contested":
        return [(legend.say("yes", _firms(legend, row["firms"])), "reason"),
                (legend.say("no", denied), "reason")]
    if row["hints"]:
        names = legend.join(firm["name"] for firm in row["hinted"])
        return [(legend.say("hint", names) if names else legend.say("hint_bare"), "hint")]
    known = near and row["nearest"] and row["nearest"]["region"]
    return [(_nearest(legend, row), "note")] if known else []


def _firms(legend: Legend, firms: Sequence[Row]) -> str:
    if not firms:
        return legend.say("unnamed")
    count = legend.say("firm" if len(firms) == 1 else "firms", len(firms))
    return f"{count} {legend.join(str(firm['name']) for firm in firms)}"


def _last(row: Row) -> str:
    return max((str(e["observed"] or e["source"]["date"]) for e in row["evidence"]), default="")


def _denials(legend: Legend, row: Row) -> list[str]:
    """Publisher and date of whoever says that it is missing, each once."""
    found: dict[str, None] = {}
    for item in row["evidence"]:
        way = legend.ontology.kinds[item["kind"]].evidence
        if way in ("absence", "survey"):
            when = str(item["observed"] or "")
            if len(when) == 4:
                when = legend.say("year", when)
            found[legend.say("surveyed" if way == "survey" else "said", cited(item["source"]),
                             when)] = None
    return list(found)


def cited(source: Row) -> str:
    """Publisher and date, or the title of a source that states neither."""
    known = [str(source[key]) for key in ("publisher", "date") if source[key] != UNKNOWN]
    return " ".join(known) or f"《{source['title']}》"


def _nearest(legend: Legend, row: Row) -> str:
    near = row["nearest"]
    if not near or not near["region"]:
        return legend.say("nowhere")
    who = [firm["name"] for firm in near["firms"]]
    more = legend.say("etc") if len(who) > 1 else ""
    return legend.say("nearest", " ".join([legend.said(near["region"]), *who[:1]]) + more)


def _changed(legend: Legend, compared: Row, change: str) -> str:
    """“▲ 补上：缺失 → 具备”; of what we learned, what was thought before."""
    choice = legend.choice("Change", change)
    first = compared["verdict_from" if change == "learned" else "verdict_between"]
    words = [legend.word("Verdict", name) for name in (first, compared["verdict_to"])]
    return (f"{choice.symbol} {legend.text(choice.label)}{legend.say('colon')}"
            + " → ".join(words))
