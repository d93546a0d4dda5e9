"""docs/data.md: what the data holds, how well it is supported, and where it is weakest."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from loaders.sizes import FolderSize
from ontology import InputError, Ontology, Problem

__all__ = ["outcomes", "report"]

Answer = dict[str, Any]
OUTCOMES = {"right": "对", "wrong": "错", "not checkable": "查不了"}
HEAD = ("| {} | 企业 | 仅推断 | 来源 | 等级 | 证据中位年龄 | 必备环节 | 待核 | "
        "旧证 | 存疑 |\n|---|---|---|---|---|---|---|---|---|---|")


def outcomes(file: Path) -> list[dict[str, str]]:
    """The lines of a spot check.  Raises InputError if the file has not its columns."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows = [*csv.DictReader(lines)]
    except OSError as error:
        raise InputError([Problem(file.name, f"读不了：{error.strerror}")]) from None
    needed = {"kind", "mended"}
    if any(row.get("outcome") not in OUTCOMES or not needed <= set(row) for row in rows):
        raise InputError([Problem(file.name, "不是抽查结果：要有 kind、mended 和 outcome"
                                             "（right、wrong、not checkable）三列")])
    return rows


def report(ontology: Ontology, coverage: Answer, whole: Answer, cities: Answer,
           folders: Iterable[FolderSize], origins: Mapping[str, int],
           checked: Sequence[Mapping[str, str]]) -> str:
    """Markdown; the same bytes for the same content, date and spot check.

    whole and cities: the answers of `support` for the province and for its prefectures.
    """
    grades = {grade.name: grade.label.zh for grade in ontology.grades}
    parts = [_head(coverage, grades), _by_chain(whole, grades), _by_city(cities),
             _by_both(cities, grades), _checked(checked, ontology), _tables([*folders], origins)]
    return "\n".join(line for part in parts for line in part)


def _head(coverage: Answer, grades: Mapping[str, str]) -> Iterator[str]:
    yield "# 数据报告"
    yield ""
    yield ("由 `xianglian coverage -o docs/data.md --check docs/data-check.csv "
           f"--at {coverage['at']}` 写出，不要手改。内容版本 `{coverage['version']}`。")
    yield ""
    yield ("完整度低首先说明资料缺，不等于产业缺。“待核”是没有来源说过，"
           "“旧证”是最近的证据已过期限，“存疑”是来源说法相反，都按必备环节数。"
           "“仅推断”的企业只有推断或机器读出的记录，不计入判定。")
    yield ""
    yield (f"记录 {coverage['records']} 条，其中推断 {coverage['inferred']} 条；没有日期的联系 "
           f"{coverage['undated']} 条，只显示，不计入判定。")
    yield ""
    yield "| 等级 | 来源 | 记录 |"
    yield "|---|---|---|"
    for row in coverage["grades"]:
        if row["records"]:
            yield f"| {grades[row['name']]} | {row['things']} | {row['records']} |"
    yield ""
    yield "| 种类 | 事物 | 记录 |"
    yield "|---|---|---|"
    for row in sorted(coverage["kinds"], key=lambda row: (-row["records"], row["name"])):
        yield f"| {row['label']} | {row['things']} | {row['records']} |"
    yield ""


def _by_chain(whole: Answer, grades: Mapping[str, str]) -> Iterator[str]:
    yield "## 各链（全省），最弱的在前"
    yield ""
    yield HEAD.format("产业链")
    for row in whole["rows"]:
        yield f"| {row['chain']} | {_counts(row, grades)} |"
    yield ""


def _by_city(cities: Answer) -> Iterator[str]:
    """Prefectures over all chains, the weakest first."""
    yield "## 各市州（各链合计），最弱的在前"
    yield ""
    yield "| 市州 | 有来源说过的链 | 说得清的必备环节 | 占比 | 旧证 | 存疑 |"
    yield "|---|---|---|---|---|---|"
    places: dict[str, list[Answer]] = {}
    for row in cities["rows"]:
        places.setdefault(row["region"], []).append(row)
    lines = []
    for place, rows in places.items():
        total = Counter[str]()
        for row in rows:
            total.update({key: value for key, value in row["completeness"].items()
                          if isinstance(value, int)})
        clear = total["present"] + total["absent"]
        said = sum(row["sources"] > 0 for row in rows)
        lines.append((clear / (total["essential"] or 1), place,
                      f"| {place} | {said} / {len(rows)} | {clear} / {total['essential']} | "
                      f"{clear / (total['essential'] or 1):.0%} | {total['stale']} | "
                      f"{total['contested']} |"))
    yield from (line for *_, line in sorted(lines))
    yield ""


def _by_both(cities: Answer, grades: Mapping[str, str]) -> Iterator[str]:
    """Chain and prefecture where a source speaks, the weakest first; the silent ones by name."""
    yield "## 各链在各市州，最弱的在前"
    yield ""
    yield "没有任何来源说过的："
    yield ""
    silent: dict[str, list[str]] = {}
    for row in cities["rows"]:
        if not row["sources"]:
            silent.setdefault(row["region"], []).append(row["chain"])
    for place, chains in sorted(silent.items(), key=lambda item: (-len(item[1]), item[0])):
        yield f"- {place} {len(chains)} 条链：{'、'.join(sorted(chains))}"
    yield ""
    yield "有来源说过的："
    yield ""
    yield HEAD.format("市州 · 产业链")
    for row in cities["rows"]:
        if row["sources"]:
            yield f"| {row['region']} · {row['chain']} | {_counts(row, grades)} |"
    yield ""


def _counts(row: Answer, grades: Mapping[str, str]) -> str:
    found = row["completeness"]
    needed = found["essential"] or 1
    said = "，".join(f"{grades[name]} {n}" for name, n in row["grades"].items()) or "—"
    age = "—" if row["age"] is None else f"{row['age']:.1f} 年"
    return (f"{row['firms']} | {row['hinted']} | {row['sources']} | {said} | {age} | "
            f"{found['essential']} | {found['unknown'] / needed:.0%} | "
            f"{found['stale'] / needed:.0%} | {found['contested'] / needed:.0%}")


def _checked(rows: Sequence[Mapping[str, str]], ontology: Ontology) -> Iterator[str]:
    """The rates at the first draw, and of what stands today."""
    if not rows:
        return
    yield "## 抽查"
    yield ""
    first, now = rows[:100], [row for row in rows if not row["mended"]]
    yield ("按固定种子抽签（`python -m bench.spot`），每条与所引的来源比对，逐条结果在 "
           "[data-check.csv](data-check.csv)。“查不了”是引用的网页或文档已取不到原文。")
    yield ""
    wrong = Counter(ontology.kind(row["kind"]).label.zh for row in first
                    if row["outcome"] == "wrong")
    kinds = "、".join(f"{kind} {n}" for kind, n in sorted(wrong.items()))
    yield (f"- 最初的 100 条：{_rate(first)}。错的是：{kinds or '没有'}；"
           "多数是引用的网页没有写到那一点。都已改正，改法写在各行的 mended 栏。")
    yield (f"- 现有数据里抽到的 {len(now)} 条（改过的、新加的都重抽重查）：{_rate(now)}。")
    yield ""


def _rate(rows: Sequence[Mapping[str, str]]) -> str:
    counts = Counter(row["outcome"] for row in rows)
    told = counts["right"] + counts["wrong"]
    share = f"查得了的 {told} 条里对的占 {counts['right'] / told:.0%}" if told else "都查不了"
    each = "，".join(f"{word} {counts[name]}" for name, word in OUTCOMES.items())
    return f"{each}；{share}"


def _tables(folders: Sequence[FolderSize], origins: Mapping[str, int]) -> Iterator[str]:
    yield "## 来源文件夹和各表的行数"
    yield ""
    yield "少于最少行数就拒绝装入。每条记录引自己的来源：`xianglian sources` 列出全部。"
    yield ""
    for folder in folders:
        yield f"### {folder.name}：{folder.title}"
        yield ""
        yield f"现行记录 {origins.get(folder.name, 0)} 条。"
        yield ""
        yield "| 表 | 行 | 最少 |"
        yield "|---|---|---|"
        for table in folder.tables:
            yield f"| {table.file} | {table.rows} | {table.minimum} |"
        yield ""
