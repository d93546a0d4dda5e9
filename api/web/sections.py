"""A profile in the words of people: facts, groups of links, figures, each with its sources."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from api.answers import Answer
from api.web.words import spoken
from graph import structure
from ontology import End, Field, Kind
from visual.chart import Point, chart
from visual.legend import Legend
from visual.notes import Notes

__all__ = ["ACTUAL", "Cell", "Chart", "Fact", "Reader", "Section", "cited"]

ACTUAL = "actual"
TRAIT, TEXT = "Trait", "text"


@dataclass(frozen=True, slots=True)
class Cell:
    """A text; id: the thing that it names."""

    text: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of what is known; others: what else is said."""

    head: str
    values: tuple[tuple[Cell, tuple[int, ...]], ...]
    others: tuple[tuple[Cell, tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True)
class Row:
    cells: tuple[tuple[Cell, ...], ...]
    marks: tuple[int, ...]
    notes: tuple[str, ...]  # inferred, no longer so


@dataclass(frozen=True, slots=True)
class Section:
    """A table of links or of what names the thing; end: as what the others stand in the link;
    total: how many there are, of which the first are listed."""

    name: str
    kind: str
    title: str
    end: str
    total: int
    heads: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    title: str
    picture: str
    marks: tuple[int, ...]


@dataclass(frozen=True)
class Reader:
    """Reads one profile; numbers its sources as they come."""

    legend: Legend
    profile: Answer
    notes: Notes

    def t(self, zh: str, en: str) -> str:
        return en if self.legend.lang == "en" else zh

    def facts(self) -> list[Fact]:
        kind = self.legend.ontology.kinds[self.profile["kind"]]
        return [Fact(self.head(kind, fact["field"]), self._told(kind, fact, "values"),
                     self._told(kind, fact, "others")) for fact in self.profile["facts"]]

    def title(self) -> str:
        """Its name; of what has none, what makes it what it is."""
        kind = self.legend.ontology.kinds[self.profile["kind"]]
        keys = {field.name for field in kind.key}
        said = [] if kind.role("name") else [
            cell.text for fact in self.profile["facts"] if fact["field"] in keys
            for cell, _ in self._told(kind, fact, "values")]
        return " · ".join(said) or self.legend.said(self.profile["name"])

    def _told(self, kind: Kind, fact: Answer, part: str) -> tuple[
            tuple[Cell, tuple[int, ...]], ...]:
        field = kind.field(fact["field"])
        said = fact["parts"] if part == "values" else {}
        return tuple((Cell(spoken(self.legend, field, one["value"], said), one["id"] or ""),
                      self.marks(one["records"])) for one in fact[part])

    def head(self, kind: Kind, name: str) -> str:
        part = self._part(kind, name)
        return self.legend.text(part.label) if part else name

    def _part(self, kind: Kind, name: str) -> Field | End | None:
        return kind.field(name) or next(
            (end for end in kind.ends or () if end.name == name), None)

    def marks(self, records: Sequence[str]) -> tuple[int, ...]:
        proofs = [self.proofs[record] for record in records if record in self.proofs]
        self.notes.mark(proofs)
        return tuple(dict.fromkeys(self.notes.numbers[one["source"]["id"]] for one in proofs))

    @property
    def proofs(self) -> Mapping[str, Answer]:
        found: Mapping[str, Answer] = self.profile["proofs"]
        return found

    # --- groups ----------------------------------------------------------------------------------

    def sections(self) -> list[Section]:
        """What a person looks for first stands first; figures and traits are told elsewhere."""
        kinds = self.legend.ontology.kinds
        groups = [group for group in (*self.profile["links"], *self.profile["about"])
                  if group["kind"] not in (structure.OBSERVATION, TRAIT)]
        return [self._section(group) for group in sorted(
            groups, key=lambda group: _weight(kinds[group["kind"]]))]

    def _section(self, group: Answer) -> Section:
        kind = self.legend.ontology.kinds[group["kind"]]
        names = self._columns(kind, group)
        dated = any(row["since"] or row["until"] for row in group["rows"])
        steps = any(row["steps"] for row in group["rows"])
        heads = [self.head(kind, name) for name in names]
        heads += [self.t("进展", "Steps")] if steps else []
        heads += [self.t("时间", "Time")] if dated else []
        rows = []
        for row in group["rows"]:
            cells = [self._cells(kind, row, name, at == 0) for at, name in enumerate(names)]
            cells += [tuple(self._steps(row))] if steps else []
            cells += [(Cell(self._time(row)),)] if dated else []
            notes = [self.legend.word("Grade", structure.INFERRED)] if row["inferred"] else []
            notes += [] if row["holds"] else [self.t("当日不再有效", "not on that day")]
            told = [*row["records"], *(one for step in row["steps"] for one in step["records"])]
            rows.append(Row(tuple(cells), self.marks(told), tuple(notes)))
        end = next((end for end in kind.ends or () if end.name == group["end"]), None)
        return Section(f"{group['kind']}-{group['end']}", kind.name, self.legend.text(kind.label),
                       self.legend.text(end.label) if end else "", group["total"], tuple(heads),
                       tuple(rows))

    def _columns(self, kind: Kind, group: Answer) -> list[str]:
        """The other end or the name first, then every field that some row tells."""
        parts = {name for field in kind.fields for name in (
            field.unit_field, field.bound_field, field.wording_field) if name}
        said = {name for row in group["rows"] for name, value in row["fields"].items()
                if value not in (None, "", [])}
        if kind.ends is None:
            first = [field.name for field in kind.role("name")][:1]
            hidden = {group["end"]}
        else:
            ends = [end.name for end in kind.ends]
            first = [group["end"]] if group["end"] in ends else ends
            hidden = {*ends, group["end"]}
        return [*first, *(field.name for field in kind.fields if field.name in said
                          and field.name not in {*first, *hidden, *parts})]

    def _cells(self, kind: Kind, row: Answer, name: str, first: bool) -> tuple[Cell, ...]:
        """Of a thing the first cell leads to it."""
        field, value = kind.field(name), row["fields"].get(name)
        if kind.ends is None and field and field.role == "name":
            return (Cell(row["other"], row["other_id"]),)
        text = spoken(self.legend, field, value, row["fields"])
        own = row["other_id"] if first and kind.ends is None else ""
        return (Cell(text, row["refers"].get(name, own)),) if text else ()

    def _steps(self, row: Answer) -> Iterator[Cell]:
        """When, and what makes one step another: its key."""
        for step in row["steps"]:
            kind = self.legend.ontology.kinds[step["other_kind"]]
            told = [spoken(self.legend, field, step["fields"].get(field.name), step["fields"])
                    for field in kind.key if field.datatype != "reference"]
            yield Cell(" ".join(filter(None, [step["since"], *told])))

    def _time(self, row: Answer) -> str:
        if row["until"]:
            return f"{row['since'] or ''} – {row['until']}"
        return self.t(f"{row['since']} 起", f"since {row['since']}") if row["since"] else ""

    # --- figures and traits ----------------------------------------------------------------------

    def _group(self, name: str) -> list[Answer]:
        return [row for group in self.profile["about"] if group["kind"] == name
                for row in group["rows"]]

    def charts(self) -> list[Chart]:
        """Every metric with figures of two or more periods, in one unit and scope."""
        kind = self.legend.ontology.kinds.get(structure.OBSERVATION)
        together: dict[tuple[str, str, str], list[Answer]] = {}
        for row in self._group(structure.OBSERVATION):
            said = row["fields"]
            if said.get("period") and isinstance(said.get("value"), (int, float)):
                key = tuple(str(said.get(name) or "") for name in ("metric", "scope", "unit"))
                together.setdefault((key[0], key[1], key[2]), []).append(row)
        found = []
        for (metric, scope, _), rows in together.items():
            if kind and len({row["fields"]["period"] for row in rows}) > 1:
                rows.sort(key=lambda row: (row["fields"]["period"], row["id"]))
                title = f"{metric}（{scope}）" if scope else metric
                points = [Point(_period(row), float(row["fields"]["value"]),
                                self._number(kind, row),
                                row["fields"].get(structure.STATUS, ACTUAL) == ACTUAL)
                          for row in rows]
                found.append(Chart(title, chart(title, points), self.marks(
                    [record for row in rows for record in row["records"]])))
        return found

    def figures(self) -> list[tuple[str, str, str, str, tuple[int, ...]]]:
        """(metric, period, number, status, sources) of every figure."""
        kind = self.legend.ontology.kinds.get(structure.OBSERVATION)
        if kind is None:
            return []
        found = []
        for row in self._group(structure.OBSERVATION):
            said = row["fields"]
            scope = f"（{said['scope']}）" if said.get("scope") else ""
            found.append((f"{said.get('metric', '')}{scope}", _period(row),
                          self._number(kind, row), spoken(
                              self.legend, kind.field(structure.STATUS),
                              said.get(structure.STATUS), said), self.marks(row["records"])))
        return sorted(found, key=lambda one: (one[0], one[1]))

    def _number(self, kind: Kind, row: Answer) -> str:
        field, said = kind.field("value"), row["fields"]
        text = spoken(self.legend, field, said.get("value"), {**said, "wording": ""})
        return f"{text}/{said['out_of']:g}" if said.get("out_of") else text

    def traits(self) -> dict[str, list[tuple[str, tuple[int, ...]]]]:
        """Kind of trait → texts with their sources."""
        kind = self.legend.ontology.kinds.get(TRAIT)
        found: dict[str, list[tuple[str, tuple[int, ...]]]] = {}
        for row in self._group(TRAIT) if kind else ():
            said = row["fields"]
            head = spoken(self.legend, kind.field("type") if kind else None, said.get("type"), said)
            found.setdefault(head, []).append((str(said.get(TEXT, "")), self.marks(row["records"])))
        return found


def cited(notes: Notes) -> dict[int, str]:
    """Number → id of every source."""
    return {number: id for id, number in notes.numbers.items()}


def _period(row: Answer) -> str:
    return str(row["fields"].get("period") or "").replace("/", "–")


def _weight(kind: Kind) -> int:
    """What firms do, whom they supply, their other ties, marks and projects; then the rest."""
    if kind.evidence == "firm":
        return 0
    if kind.ends and kind.ends[1].name == structure.CUSTOMER:
        return 1
    if kind.name in (structure.LEADS, structure.HONOURED):
        return 2
    if kind.name == structure.PROJECT:
        return 3
    return 4 if kind.tie else 5 if kind.ends is None else 6
