"""Facts as rows and as Chinese: one place where a link, a figure or a date becomes words."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from api.ask.words import table
from graph import dates
from graph.analysis.facts import Fact, since
from graph.index import Index
from graph.merge import UNKNOWN
from ontology.model import Field

__all__ = ["because", "cite", "figure", "in_words", "join", "number", "phrase", "row",
           "shown", "when"]

_BOUNDS = {"over": "超过", "about": "约", "at_most": "不超过"}
_STATUS = {"forecast": "预计", "target": "目标", "planned": "计划"}
_ITEMS = 6  # of a list in the description of a thing
_MARKS = {"leader": "链主、单项冠军或上市企业", "essential": "必备环节"}  # what a true value means
_BEFORE = {"verdict_from": "原来", "verdict_to": "后来"}
_SILENT = ("id", "kind", "records", "cited", "verdict", "stage")  # codes; their words stand beside
_HOLE = re.compile(r"（?\{(\w+)\}）?")


def join(names: Iterable[str], most: int = 12, unit: str = "个") -> str:
    """甲、乙、丙; of very many the first and how many there are."""
    every = list(dict.fromkeys(names))
    more = f"等 {len(every)} {unit}" if len(every) > most else ""
    return "、".join(every[:most]) + more


def number(value: float) -> str:
    """Without a needless .0 and without thousands separators."""
    return f"{value:.10g}"


def amount(value: float, unit: str) -> str:
    """6800万元, 31.71亿元, 19077家: large round numbers in 万 and 亿."""
    for size, word in ((1e8, "亿"), (1e4, "万")):
        part = value / size
        if abs(part) >= 1 and abs(part - round(part, 2)) < 1e-9:
            return f"{number(round(part, 2))}{word}{unit}"
    return f"{number(value)}{unit}"


def quantity(said: dict[str, Any], field: Field) -> str:
    """超过 20 家, 第 15 位, 最高 200 万元: the number with its bound and unit."""
    value = said.get(field.name)
    if value is None:
        return ""
    unit = str(said.get(field.unit_field, "") or "")
    bound = str(said.get(field.bound_field, "") or "")
    return f"{_BOUNDS.get(bound, '')}{amount(value, unit)}"


def figure(index: Index, fact: Fact, at: int) -> str:
    """益阳高新区 2025 年规模以上企业数为 430家."""
    said = fact.said
    kind = index.ontology.kinds[fact.kind]
    value = kind.field("value")
    assert value is not None
    subject = index.reference(said.get("subject"))
    who = index.label(subject, at) if subject >= 0 else ""
    period = when(str(said.get("period") or ""))
    scope = f"（{said['scope']}）" if said.get("scope") else ""
    status = _STATUS.get(str(said.get("status", "")), "")
    if said.get("unit") == "位":
        bound = {"at_most": "前", "over": "之后的第"}.get(str(said.get("bound", "")), "第")
        told = f"{bound}{number(said['value'])}位" if "value" in said else ""
        if said.get("out_of"):
            told += f"（共 {number(said['out_of'])} 个）"
    else:
        told = quantity(said, value)
    who += " " if who[-1:].isascii() and who else ""
    return f"{who}{period}{said.get('metric', '')}{scope}：{status}{told}"


def when(text: str) -> str:
    """2025年, 2025年11月, 2025-12-10, 2021—2025年, 2025年1—6月."""
    if not text:
        return ""
    first, _, last = text.partition("/")
    if not last:
        parts = first.split("-")
        return first if len(parts) == 3 else "年".join(
            part if n == 0 else str(int(part)) for n, part in enumerate(parts)) + (
                "年" if len(parts) == 1 else "月")
    if len(first) == len(last) == 7 and first[:4] == last[:4]:
        return f"{first[:4]}年{int(first[5:])}—{int(last[5:])}月"
    return f"{first}—{last}{'年' if len(last) == 4 else ''}"


def cite(index: Index, rows: Sequence[int], most: int = 2) -> str:
    """（湖南日报 2025-12-28）: the publishers and dates of the best sources."""
    t = index.table
    titles: dict[str, None] = {}
    for row in index.best_first(rows):
        facts = t.sources[index.id(int(t.source[row]))]
        name = facts.publisher or f"《{facts.title}》"
        titles[f"{name} {facts.date}".strip() if facts.date else name] = None
    more = " 等" if len(titles) > most else ""
    return f"（{'；'.join([*titles][:most])}{more}）" if titles else ""


def shown(index: Index, field: Field, value: Any, at: int) -> Any:
    """A stored value as people read it: labels of choices, names of things."""
    if isinstance(value, list):
        return [shown(index, field, part, at) for part in value]
    if field.choices:
        return next((c.label.zh for c in field.choices if c.name == value), value)
    if isinstance(value, bool):
        return "是" if value else "否"
    if field.datatype == "reference" or not isinstance(value, (str, int, float)):
        thing = index.reference(value)
        return index.label(thing, at) if thing >= 0 else str(value).partition(":")[2]
    return value


def row(index: Index, fact: Fact, at: int) -> dict[str, Any]:
    """A fact as a row of the answer, its fields by their English names, values in Chinese."""
    kind = index.ontology.kinds[fact.kind]
    found: dict[str, Any] = {"kind": kind.name, "kind_name": kind.label.zh}
    if kind.ends:
        for end, thing in zip(kind.ends, fact.things, strict=True):
            found[end.name] = index.label(thing, at)
    else:
        found["id"] = index.id(fact.things[0])
        found["name"] = index.label(fact.things[0], at)
    for part in kind.fields:
        if part.name in fact.said and part.name not in found:
            found[part.name] = shown(index, part, fact.said[part.name], at)
    if begun := since(index, fact):
        found["valid_from"] = begun
    found["text"] = phrase(index, fact, at)
    found["records"] = [index.table.record_id(one) for one in fact.rows]
    return found


def in_words(said: dict[str, Any]) -> dict[str, Any]:
    """A row with a text for people: its values in words, no codes, no True."""
    if said.get("text"):
        return said
    parts: list[str] = []
    for name, value in said.items():
        if isinstance(value, bool):
            parts += [_MARKS[name]] if value and name in _MARKS else []
        elif value and name not in _SILENT:
            told = join(map(str, value), 8) if isinstance(value, list) else str(value)
            parts.append(f"{name}：{told}" if not name.isascii() else _BEFORE.get(name, "") + told)
    return {**said, "text": "，".join(parts)}


def because(one: Mapping[str, Any]) -> str:
    """A candidate and what the sources say for it: 湘钢（湘潭市）：供应（工程机械用钢）."""
    every = (str(r["said"]).partition("；本企业：")[0] for r in one["reasons"] if r["evidence"])
    said = list(dict.fromkeys(part for part in every if not part.startswith("本企业：")))
    where = f"（{join(one['places'], 3)}）" if one["places"] else ""
    return f"{one['name']}{where}" + (f"：{'；'.join(said)}" if said else "")


def phrase(index: Index, fact: Fact, at: int) -> str:
    """A fact in one clause; a link that words.toml does not know by its label."""
    kind = index.ontology.kinds[fact.kind]
    if kind.name == "Observation":
        return figure(index, fact, at)
    if not kind.ends:
        return _described(index, fact, at)
    one, other = (index.label(thing, at) for thing in fact.things)
    text = str(table()["phrase"].get(kind.name, f"{{0}} {kind.label.zh} {{1}}"))

    def fill(hole: re.Match[str]) -> str:
        name = hole[1]
        if name in "01":
            told = one if name == "0" else other
        else:
            part = kind.field(name)
            value = fact.said.get(name) if part else None
            told = str(shown(index, part, value, at)) if part and value else ""
            if not told:
                return ""
        return hole[0].replace("{" + name + "}", told)

    text = _HOLE.sub(fill, text)
    extra = [when(str(fact.said[part.name])) for part in kind.fields
             if part.datatype == "date" and fact.said.get(part.name)]
    return text + (f"（{'，'.join(extra)}）" if extra else "")


def _described(index: Index, fact: Fact, at: int) -> str:
    """Name and fields of a thing: 项目 麓宇光电…：金额6800万元，进展 拟投资."""
    kind = index.ontology.kinds[fact.kind]
    parts = fields(index, fact, at, _ITEMS)
    names = {f.name for f in kind.fields if f.role}
    told = "；".join(f"{label}：{text}" for name, label, text in parts if name not in names)
    own = index.label(fact.things[0], at) if kind.role("name") else ""
    if not own:
        keys = {f.name for f in kind.key}
        first, *rest = [text for name, _, text in parts if name in keys] or [""]
        more = [f"{label}：{text}" for name, label, text in parts if name not in keys]
        head = f"{first}（{rest[0]}）" if rest else first
        return "；".join([f"{head}：{rest[1]}" if rest[1:] else head, *more])
    return f"{own}（{told}）" if own and told else own or told


def fields(index: Index, fact: Fact, at: int, most: int = 99) -> list[tuple[str, str, str]]:
    """(name, label, text) of every field that is told; numbers with unit and bound, of lists the
    first `most`."""
    kind = index.ontology.kinds[fact.kind]
    parts = {p for f in kind.fields for p in (f.unit_field, f.bound_field, f.wording_field)}
    found: list[tuple[str, str, str]] = []
    for part in kind.fields:
        value = fact.said.get(part.name)
        if value in (None, "", []) or part.name in parts:
            continue
        if part.datatype == "quantity":
            text = quantity(fact.said, part)
        elif part.datatype == "date":
            text = when(str(value))
        else:
            told = shown(index, part, value, at)
            text = join(map(str, told), most, "项") if isinstance(told, list) else (
                number(told) if isinstance(told, float) else str(told))
        if part.wording_field and (wording := fact.said.get(part.wording_field)):
            text += "" if _plain(str(wording)) in _plain(text) or _plain(text) in _plain(
                str(wording)) else f"（原话“{wording}”）"
        found.append((part.name, part.label.zh, text))
    return found


def _plain(text: str) -> str:
    return re.sub(r"\s", "", text)


def source_titles(index: Index, rows: Iterable[int]) -> list[str]:
    """《标题》 with publisher and date, best first."""
    t = index.table
    found: dict[str, None] = {}
    for one in index.best_first(rows):
        facts = t.sources[index.id(int(t.source[one]))]
        told = " ".join(filter(None, (facts.publisher, facts.date)))
        found[f"{told or UNKNOWN}《{facts.title or facts.id.partition(':')[2]}》"] = None
    return list(found)


def day(index: Index, at: int) -> str:
    """A day as a reader wants it."""
    return dates.iso(at)
