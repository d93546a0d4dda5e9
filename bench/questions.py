"""`python -m bench.questions` asks the questions of tests/questions of the shipped data and prints
how many are answered rightly and how quickly; `--write` puts the table into docs/questions.md.

A file has one question a line: {question, kind, expected, forbidden, status}.  Right is an answer
whose sentence or rows hold every `expected` item (`a|b`: one of them) and none of `forbidden`,
compared after NFKC without spaces and thousands separators; of kind "unanswerable" one that says
that no source says it.
"""

import argparse
import json
import re
import tempfile
import time
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.ask import answer
from graph import dates
from graph.index import Index
from graph.sqlite import SQLiteStore
from loaders import pipeline
from ontology import load_ontology

__all__ = ["Rate", "faults", "questions", "rate", "shipped"]

ROOT = Path(__file__).parent.parent
FILES = {"sample": "给定的 20 个样题", "open": "边做边看的题", "aside": "放在一边、不看的题",
         "blind": "没见过程序的人写的题（改完以后）", "varied": "换一种问法（改完以后）"}
UNSAID = ("没有", "未找到", "找不到", "不知道", "不清楚", "未记载", "没有记载", "无法", "暂无",
          "未提", "未说明", "未列", "未写明", "查不到", "缺少", "一定比例")
BEGIN, END = "<!-- rates -->", "<!-- /rates -->"

Question = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rate:
    """What came of one file; `wrong` by kind, times in milliseconds."""

    asked: int
    right: int
    wrong: Counter[str]
    times: tuple[float, ...]


def questions(name: str) -> list[Question]:
    """The questions of tests/questions/<name>.jsonl."""
    text = (ROOT / "tests" / "questions" / f"{name}.jsonl").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def faults(question: Question, found: dict[str, Any]) -> list[str]:
    """What is wrong with an answer; nothing if it is right."""
    text = _flat(found["answer"] + json.dumps(found["rows"], ensure_ascii=False))
    missing = [item for item in question.get("expected", ())
               if not any(_flat(part) in text for part in item.split("|"))]
    wrong = [f"少了 {item}" for item in missing]
    wrong += [f"不该有 {item}" for item in question.get("forbidden", ()) if _flat(item) in text]
    if "status" in question and found["status"] != question["status"]:
        wrong.append(f"status {found['status']}，应为 {question['status']}")
    if question["kind"] == "unanswerable" and not any(word in found["answer"] for word in UNSAID):
        wrong.append("没有说来源没说过")
    return wrong


def _flat(text: str) -> str:
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).casefold()
    return re.sub(r"(?<=\d),(?=\d{3})", "", plain)


def rate(index: Index, name: str, at: int) -> Rate:
    """Ask a whole file; each question twice, the second time is measured."""
    wrong, times, right = Counter[str](), [], 0
    every = questions(name)
    for question in every:
        found = answer(index, question["question"], at)
        begun = time.perf_counter()
        answer(index, question["question"], at)
        times.append(1000 * (time.perf_counter() - begun))
        if faults(question, found):
            wrong[question["kind"]] += 1
        else:
            right += 1
    return Rate(len(every), right, wrong, tuple(sorted(times)))


def shipped(folder: Path) -> Index:
    """The index of the shipped data, loaded into a file in the folder."""
    ontology = load_ontology()
    with closing(SQLiteStore(folder / "shipped.db", ontology)) as store:
        pipeline.load(store, ontology, pipeline.shipped())
        return Index.build(store, ontology)


def table(index: Index, at: int) -> Iterator[str]:
    """The rates as lines of a Markdown table."""
    yield "| 题目 | 题数 | 答对 | 比例 | 答错的种类 | 耗时中位数 | 95 % 以内 |"
    yield "|---|---|---|---|---|---|---|"
    for name, title in FILES.items():
        found = rate(index, name, at)
        wrong = "、".join(f"{kind} {n}" for kind, n in sorted(found.wrong.items())) or "—"
        middle, most = (found.times[int(len(found.times) * part)] for part in (0.5, 0.95))
        yield (f"| {title}（`{name}`） | {found.asked} | {found.right} | "
               f"{found.right / found.asked:.0%} | {wrong} | {middle:.1f} ms | {most:.1f} ms |")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table, or put it between its marks in docs/questions.md."""
    parser = argparse.ArgumentParser(prog="python -m bench.questions", description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the table into the document")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        lines = "\n".join(table(shipped(Path(folder)), dates.today()))
    print(lines)
    if chosen.write:
        page = ROOT / "docs" / "questions.md"
        text = page.read_text("utf-8")
        before, rest = text.split(BEGIN)
        page.write_text(f"{before}{BEGIN}\n{lines}\n{END}{rest.split(END)[1]}", "utf-8")


if __name__ == "__main__":
    main()
