"""What a report on one chain in one region says, before it is Word or Excel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ontology import Ontology
from visual.legend import Legend
from visual.lists import LISTS, listed
from visual.notes import Notes, Source
from visual.panorama import panorama
from visual.png import png

__all__ = ["CANDIDATES", "LISTED", "SEGMENTS", "SOURCES", "Dossier", "Table", "dossier"]

Answer = Mapping[str, Any]
PAGE = 1150  # pixels of the picture's width: legible across a landscape page
LISTED = ("环节", "为什么", "下一步", "依据")
SEGMENTS = ("环节", "位置", "必备", "判定", "企业", "依据")
CANDIDATES = ("环节", "候选企业", "所在地", "理由", "不利的一面", "还不知道", "依据")
SOURCES = ("编号", "标题", "出版者", "日期", "等级", "网址")


@dataclass(frozen=True, slots=True)
class Table:
    """One list: its name, what it means, and its rows of text."""

    name: str
    meaning: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Dossier:
    """picture: a PNG of twice the size in pixels, None where no Chinese font is there."""

    title: str
    when: str
    missing: str
    lines: tuple[str, ...]
    picture: bytes | None
    verdicts: Table
    lists: tuple[Table, ...]
    candidates: Table | None
    sources: tuple[Source, ...]
    version: str
    at: str


def dossier(ontology: Ontology, gaps: Answer, template: Answer,
            candidates: Sequence[Answer] = (), picture: bool = True) -> Dossier:
    """From the answers of `gaps`, `chain` and, where there are any, `candidates`."""
    legend = Legend(ontology)
    notes = Notes(legend)
    verdicts = Table("判定", "每个环节的判定和依据", SEGMENTS, tuple((
        row["segment"], legend.word("SegmentStage", row["stage"]),
        "是" if row["essential"] else "否",
        f"{legend.verdict(row['verdict']).symbol} {legend.status(row)}",
        legend.join(firm["name"] for firm in row["firms"]), notes.mark(row["evidence"]))
        for row in gaps["segments"]))
    lists = tuple(Table(title, meaning, LISTED, tuple(listed(gaps, name, notes)))
                  for name, (title, meaning) in LISTS.items())
    found = tuple(line for answer in candidates for line in _candidates(legend, answer, notes))
    drawn = png(panorama(ontology, gaps, template, width=PAGE, heading=False),
                2.0) if picture else None
    known = ([legend.say("known_at", gaps["known_at"].partition("T")[0])]
             if gaps["known_at"] else [])
    return Dossier(
        f"{gaps['region']} · {gaps['chain']} 产业链报告",
        " · ".join([legend.say("at", gaps["at"]), *known]), legend.missing(gaps),
        (legend.counts(gaps) + "。",
         f"{legend.interval(gaps)}，{legend.say('coverage', gaps['coverage'])}。",
         *(f"{word}：{meaning}。" for word, meaning in legend.explained(gaps["thresholds"]))),
        drawn, verdicts, lists,
        Table("候选企业", "谁能补上，理由和不利的一面", CANDIDATES, found) if found else None,
        tuple(notes.sources), gaps["version"], gaps["at"])


def _candidates(legend: Legend, answer: Answer, notes: Notes) -> list[tuple[str, ...]]:
    """Only reasons that a record stands for; what speaks against, what nobody has said, and how
    many more there are."""
    lines = list[tuple[str, ...]]()
    for row in answer["rows"]:
        reasons = [one for one in row["reasons"] if one["rank"] == 0 and one["evidence"]]
        against = [one["said"] for one in row["counters"] if one["holds"]]
        silent = [str(one["open"]) for one in row["counters"] if one["holds"] is None]
        lines.append((
            answer["segment"], _who(row), legend.join(row["places"]),
            "；".join(_reason(one) for one in reasons), "；".join(against),
            "；".join(silent),
            notes.mark(item for one in reasons for item in one["evidence"])))
    if not answer["rows"]:
        lines.append((answer["segment"], "没有", "", "没有来源说过谁能补上", "", "", ""))
    more = answer["total"] - len(answer["rows"])
    if more:
        lines.append((answer["segment"], f"另有 {more} 家", "",
                      f"见湘链里{answer['region']}“{answer['segment']}”的环节页", "", "", ""))
    return lines


def _reason(one: Answer) -> str:
    said = f"（{one['said']}）" if one["said"] not in ("", "是") else ""
    return f"{one['label']}{said}"


def _who(row: Answer) -> str:
    name = str(row["name"])
    return name + (f"（{row['kind_name']}：{row['company']}）" if row["company"] else "")
