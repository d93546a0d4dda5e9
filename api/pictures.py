"""Pictures and reports of the command line; `api.cli` makes commands of them."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from api.answers import Answer, Answers
from api.options import ChainArgument, RegionOption, Shown
from api.texts import Texts
from graph import dates, structure
from ontology import NotFound, XianglianError
from visual.around import around_svg
from visual.panorama import panorama

__all__ = ["candidates_of", "draw", "report"]

XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
BEST = 5  # candidates of a segment that a report names; it says how many more there are


def draw(answers: Answers,
         name: Annotated[str, typer.Argument(metavar="产业链或事物",
                                             help="产业链、企业、园区或别的事物")],
         output: Annotated[Path, typer.Option("-o", "--output", metavar="文件",
                                              help="写成 .html、.svg 或 .png")],
         region: RegionOption = "湖南",
         first: Annotated[str | None, typer.Option(
             "--from", metavar="日期", help="标出从这天以来的变化（只用于产业链）")] = None,
         depth: Annotated[int, typer.Option(min=1, max=2, metavar="步数",
                                            help="事物周围几步")] = 1,
         limit: Annotated[int, typer.Option(min=1, max=120, metavar="个数",
                                            help="事物周围最多几个")] = 120,
         width: Annotated[int, typer.Option(min=300, max=4000, metavar="像素",
                                            help="产业链图的宽度，手机用 390")] = 1366,
         lang: Annotated[str, typer.Option(metavar="语言",
                                           help="svg 和 png 里的语言：zh、en")] = "zh") -> Shown:
    """画一条链的图谱，或一个事物周围的关系。

    html 是一个不联网也能打开的文件。

    例：xianglian draw 锂电池 --region 长沙 --at 2014 -o 锂电池.html
    """
    from visual import png, share  # loaded late: other commands need not wait for them

    kind = _suffix(output, ("html", "svg", "png"))
    if lang not in ("zh", "en"):
        raise typer.BadParameter("--lang 是 zh 或 en")
    if _is_chain(answers, name):
        gaps, template = answers.gaps(name, region), answers.chain(name)
        compared = (answers.compare(name, region, first, dates.iso(answers.at)) if first
                    else None)
        makers: Mapping[str, Callable[[], str]] = {
            "html": lambda: share.chain_page(answers.ontology, gaps, template, compared),
            "svg": lambda: panorama(answers.ontology, gaps, template, compared=compared,
                                    width=width, lang=lang)}
    elif first:
        raise typer.BadParameter("--from 只用于产业链")
    else:
        around = answers.neighbourhood(name, depth, limit)
        makers = {"html": lambda: share.thing_page(answers.ontology, around),
                  "svg": lambda: around_svg(answers.ontology, around, lang)}
    if kind == "png":
        output.write_bytes(png.png(makers["svg"](), 2.0))
    else:
        text = makers[kind]()
        output.write_text(XML + text if kind == "svg" else text, encoding="utf-8", newline="\n")
    return _written(answers, output)


def report(answers: Answers,
           chain: ChainArgument,
           output: Annotated[Path, typer.Option("-o", "--output", metavar="文件",
                                                help="写成 .docx（Word）或 .xlsx（Excel）")],
           region: RegionOption = "湖南") -> Shown:
    """一条链在一个地区的报告：缺什么、四张清单、候选、来源。

    例：xianglian report 锂电池 --region 长沙 -o 锂电池.docx
    """
    from visual import dossier, png, sheet, word  # loaded late, as above

    kind = _suffix(output, ("docx", "xlsx"))
    gaps = answers.gaps(chain, region)
    content = dossier.dossier(answers.ontology, gaps, answers.chain(chain),
                              candidates_of(answers, gaps), picture=png.has_chinese())
    output.write_bytes(word.word(content) if kind == "docx" else sheet.sheet(content))
    return _written(answers, output, "" if content.picture else png.NO_FONT)


def candidates_of(answers: Answers, gaps: Answer) -> list[Answer]:
    """Candidates for all that is missing first, then for all that is doubtful or unknown."""
    wanted = [item["id"] for item in gaps["lists"]["fill"]]
    wanted += [row["id"] for row in gaps["segments"] if row["verdict"] == "absent"]
    wanted += [item["id"] for item in gaps["lists"]["check"] if item["verdict"] != "present"]
    return [answers.candidates(id, gaps["region_id"], limit=BEST) for id in dict.fromkeys(wanted)]


def _is_chain(answers: Answers, name: str) -> bool:
    try:
        answers.index.resolve(name, [structure.CHAIN], "产业链")
    except NotFound:
        return False
    return True


def _suffix(output: Path, known: tuple[str, ...]) -> str:
    kind = output.suffix.lower().removeprefix(".")
    if kind not in known:
        raise XianglianError(f"不会写 {output.name}；文件名要以 "
                             f"{'、'.join(f'.{one}' for one in known)} 结尾")
    if not output.parent.is_dir():
        raise XianglianError(f"没有文件夹 {output.parent}")
    return kind


def _written(answers: Answers, output: Path, note: str = "") -> Shown:
    def say(texts: Texts, answer: Answer) -> None:
        texts.console.print(f"已写出 {answer['file']}", markup=False, soft_wrap=True)
        if note:
            texts.console.print(note, markup=False, soft_wrap=True)

    return {"file": str(output), "version": answers.index.version, "note": note or None}, say
