"""The command `ask`: a question as people type it, one or a file of them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from api.answers import Answer, Answers
from api.ask import ask as answer_to
from api.options import JsonOption, KnownOption, StoreOption
from api.terminal import answers_of, console, print_json
from api.texts import Texts
from ontology import XianglianError

__all__ = ["ask", "questions_of", "tell"]

_MOST = 10  # lines of rows and of sources on a terminal


def ask(question: Annotated[str, typer.Argument(
            metavar="问题", help="一句话：2014年长沙锂电池产业链缺哪些环节？")] = "",
        batch: Annotated[Path | None, typer.Option(
            "--batch", metavar="文件", help="一行一个问题；.jsonl 则取每行的 question")] = None,
        at: Annotated[str | None, typer.Option(
            "--at", metavar="日期", help="问题里没有时间时，截至哪天；不写则是今天")] = None,
        known_at: KnownOption = None,
        min_grade: Annotated[str | None, typer.Option(
            "--min-grade", metavar="等级", help="只采用此等级以上的来源")] = None,
        as_json: JsonOption = False, store: StoreOption = None) -> None:
    """用一句话提问：听成了什么、一句话的回答、依据。

    没有来源说过就说不知道。

    例：xianglian ask 谁给比亚迪供碳陶制动盘；xianglian ask --batch 问题.txt --json
    """
    if bool(question.strip()) == (batch is not None):
        raise typer.BadParameter("写一个问题，或用 --batch 给一个文件，二者选一")
    answers = answers_of(store, at, known_at, min_grade)
    if batch is not None:
        for line in questions_of(batch):
            found = answer_to(answers, line)
            print(json.dumps(found, ensure_ascii=False, sort_keys=True) if as_json
                  else f"问：{line}\n答：{found['answer']}\n")
        return
    found = answer_to(answers, question)
    if as_json:
        print_json(found)
    else:
        tell(answers, found)


def questions_of(file: Path) -> Iterator[str]:
    """The questions of a file, one a line; blank lines are left out.

    Raises XianglianError for a file that cannot be read or a line that is no JSON with a question.
    """
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise XianglianError(f"读不了文件 {file}：请给一个 UTF-8 的文本文件") from error
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        if file.suffix.casefold() != ".jsonl":
            yield line.strip()
            continue
        try:
            yield str(json.loads(line)["question"])
        except (ValueError, TypeError, KeyError) as error:
            raise XianglianError(
                f"{file} 第 {number} 行不是带 question 的 JSON") from error


def tell(answers: Answers, found: Answer) -> None:
    """An answer on a terminal: what was understood, the sentence, rows, sources, the call."""
    texts = Texts(console(), answers.ontology)
    texts.say(f"理解为：{found['understood']['restated']}")
    texts.say(found["answer"])
    for row in found["rows"][:_MOST]:
        texts.say(f"· {_line(row)}", "  ")
    if len(found["rows"]) > _MOST:
        texts.say(f"  … 共 {len(found['rows'])} 行，全部见 --json")
    sources = list({item["source"]["id"]: item["source"] for item in found["evidence"]}.values())
    if sources:
        texts.say("依据")
    for number, source in enumerate(sources[:_MOST], 1):
        texts.say(f"  [{number}] {source['publisher']} {source['date']}《{source['title']}》"
                  f"（{texts.word('Grade', source['grade'])}）", "      ")
    if found["call"]:
        texts.console.print(f"同样的问题：{found['call']}", markup=False, soft_wrap=True)


def _line(row: Answer) -> str:
    """A row in one line: its own sentence, or its values."""
    if row.get("text"):
        return str(row["text"])
    return "，".join("、".join(map(str, value)) if isinstance(value, list) else str(value)
                    for name, value in row.items()
                    if value not in (None, "", [], False) and name not in ("id", "kind", "records"))


