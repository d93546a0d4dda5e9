"""More questions of the command line; `api.cli` registers them."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from api import datareport
from api.answers import Answer, Answers
from api.texts import Texts
from graph.analysis.filters import Filter
from graph.places import RUNGS
from loaders.pipeline import shipped
from loaders.sizes import sizes

__all__ = ["register"]

Text = str | None

FirmArgument = Annotated[str, typer.Argument(metavar="企业", help="简称、全称、别名或代码")]
ThingArgument = Annotated[str, typer.Argument(
    metavar="事物", help="任何事物的名称、别名、代码或编号")]
SegmentArgument = Annotated[str, typer.Argument(
    metavar="环节", help="写成 产业链/环节：锂电池/铜箔")]
KindArgument = Annotated[str, typer.Argument(
    metavar="种类", help="Company、企业、suppliesTo、供应 …")]
RegionOption = Annotated[str, typer.Option("--region", "-r", metavar="地区", help="地区或园区")]
InOption = Annotated[Text, typer.Option(
    "--region", "-r", metavar="地区", help="在这个地区之内")]
ChainOption = Annotated[Text, typer.Option(
    "--chain", "-c", metavar="产业链", help="属于这条链")]
ChainsOption = Annotated[list[str] | None, typer.Option(
    "--chain", "-c", metavar="产业链", help="只看这些链")]
SegmentOption = Annotated[Text, typer.Option(
    "--segment", metavar="环节", help="属于这个环节，写成 产业链/环节")]
OrderOption = Annotated[list[str] | None, typer.Option(
    "--order", metavar="理由", help="先看哪些理由，逗号分隔")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=500, metavar="行数",
                                          help="最多几行")]
RowsOption = Annotated[int | None, typer.Option("--limit", min=1, metavar="行数",
                                                help="最多几行")]
CursorOption = Annotated[Text, typer.Option("--cursor", metavar="记号",
                                            help="上一页答案里的 next")]

Shown = tuple[Answer, Callable[[Texts, Answer], None]]


def register(question: Callable[[Callable[..., Shown]], object]) -> None:
    """Make a command of every question of this file; `question` is how `api.cli` does that."""
    for ask in QUESTIONS:
        question(ask)


# --- what is asked -----------------------------------------------------------------------------


def partners(a: Answers, firm: FirmArgument, order: OrderOption = None, limit: LimitOption = 50,
             cursor: CursorOption = None) -> Shown:
    """一家企业可以和谁合作：上下游、科研机构、专家，各有理由和出处。

    例：xianglian partners 中科星城 --order distance,link
    """
    return a.partners(firm, order or (), limit, cursor), _partners


def candidates(a: Answers, segment: SegmentArgument, region: RegionOption = "湖南",
               order: OrderOption = None, limit: LimitOption = 50,
               cursor: CursorOption = None) -> Shown:
    """谁能补上一个环节：理由，和不利的一面，各有出处或“不知道”。

    例：xianglian candidates 锂电池/铜箔 --region 长沙
    """
    return a.candidates(segment, region, order or (), limit, cursor), _candidates


def neighbourhood(a: Answers, thing: ThingArgument,
                  depth: Annotated[int, typer.Option(min=1, max=2, metavar="步数",
                                                     help="几步以内")] = 1,
                  limit: LimitOption = 100) -> Shown:
    """一个事物周围有什么，还有多少没列出。"""
    return a.neighbourhood(thing, depth, limit), _neighbourhood


def coverage(a: Answers, region: InOption = None, chain: ChainsOption = None,
             output: Annotated[Path | None, typer.Option(
                 "-o", metavar="文件", help="把数据报告写成这个 .md：各链各市州的企业、来源、"
                                            "等级、证据年龄，最弱的在前")] = None,
             check: Annotated[Path | None, typer.Option(
                 "--check", metavar="文件", help="同 -o：抽查结果 .csv，写出对错的比例")] = None,
             ) -> Shown:
    """知道多少：每条链有来源说得清的占多少，资料有多少；可写成数据报告。

    例：xianglian coverage -o 数据报告.md
    """
    answer = a.coverage(region, chain or ())
    if output is None:
        return answer, _coverage
    checked = datareport.outcomes(check) if check else []
    whole = a.support(chain or (), [answer["region_id"]])
    text = datareport.report(a.ontology, answer, whole, a.support(chain or ()),
                             sizes(shipped(), a.ontology), a.origins, checked)
    output.write_text(text, encoding="utf-8", newline="\n")
    return {"file": str(output)}, _written


def entity(a: Answers, thing: ThingArgument, limit: RowsOption = None) -> Shown:
    """任何一个事物：各来源合并后的样子、它的关系和对它的说明。"""
    return a.entity(thing, limit), Texts.show


def records(a: Answers, thing: ThingArgument) -> Shown:
    """每个来源对一个事物的原话，和说法不一的地方。"""
    return a.records(thing), _records


def links(a: Answers, thing: ThingArgument,
          kind: Annotated[Text, typer.Option("--kind", "-k", metavar="关系",
                                             help="只要这一种关系")] = None,
          limit: RowsOption = None, cursor: CursorOption = None) -> Shown:
    """一个事物的全部关系，或其中一种。"""
    return a.links(thing, kind, limit, cursor), _links


def things(a: Answers, kind: KindArgument,
           q: Annotated[Text, typer.Option("-q", metavar="字", help="名称里有这些字")] = None,
           region: InOption = None, chain: ChainOption = None, segment: SegmentOption = None,
           honour: Annotated[Text, typer.Option("--honour", metavar="荣誉",
                                                help="获得过名称里有这些字的荣誉")] = None,
           limit: RowsOption = None, cursor: CursorOption = None) -> Shown:
    """一个种类里符合条件的：在某地、属于某条链、获得过某荣誉。

    例：xianglian things 企业 --region 长沙 --honour 单项冠军
    """
    wanted = _wanted(q=q, region=region, chain=chain, segment=segment, honour=honour)
    return a.list(kind, limit, cursor, wanted), Texts.list


def observations(a: Answers,
                 subject: Annotated[Text, typer.Option(metavar="谁", help="谁的指标")] = None,
                 metric: Annotated[Text, typer.Option(metavar="指标",
                                                      help="指标名称里的字")] = None,
                 period: Annotated[Text, typer.Option(metavar="时期", help="哪一期")] = None,
                 status: Annotated[Text, typer.Option(
                     metavar="状态", help="actual、forecast、target、planned")] = None,
                 region: InOption = None, chain: ChainOption = None,
                 limit: RowsOption = None, cursor: CursorOption = None) -> Shown:
    """指标：谁的、哪个、哪一期、实际还是目标。"""
    wanted = _wanted({"subject": subject, "metric": metric, "period": period, "status": status},
                     region=region, chain=chain)
    return a.observations(wanted, limit, cursor), Texts.list


def projects(a: Answers, region: InOption = None, chain: ChainOption = None,
             segment: SegmentOption = None,
             company: Annotated[Text, typer.Option(metavar="企业", help="企业名称里的字")] = None,
             status: Annotated[Text, typer.Option(metavar="进展",
                                                  help="来源的说法里的字")] = None,
             limit: RowsOption = None, cursor: CursorOption = None) -> Shown:
    """项目和它们的进展。"""
    wanted = _wanted({"company": company, "status": status}, region=region, chain=chain,
                     segment=segment)
    return a.projects(wanted, limit, cursor), Texts.list


def policies(a: Answers, region: InOption = None, chain: ChainOption = None,
             level: Annotated[Text, typer.Option(metavar="级别", help="级别里的字")] = None,
             issuer: Annotated[Text, typer.Option(metavar="单位", help="发布单位里的字")] = None,
             limit: RowsOption = None, cursor: CursorOption = None) -> Shown:
    """政策和它们的条款。"""
    return a.policies(_wanted({"level": level, "issuer": issuer}, region=region, chain=chain),
                      limit, cursor), Texts.list


def demands(a: Answers, region: InOption = None, chain: ChainOption = None,
            segment: SegmentOption = None,
            type: Annotated[Text, typer.Option(
                metavar="类型", help="scenario、open_call、purchase、cooperation")] = None,
            limit: RowsOption = None, cursor: CursorOption = None) -> Shown:
    """公开提出的场景、揭榜、求购和合作意向。"""
    return a.demands(_wanted({"type": type}, region=region, chain=chain, segment=segment),
                     limit, cursor), Texts.list


def _wanted(values: dict[str, Text] | None = None, **plain: Text) -> Filter | None:
    """What a list is narrowed to; None if nothing was asked."""
    said = {name: text for name, text in (values or {}).items() if text}
    given = {name: text for name, text in plain.items() if text}
    return Filter(**given, values=said) if said or given else None


# --- how it is shown ---------------------------------------------------------------------------


def _titles(proofs: Iterable[Answer]) -> str:
    """At most two sources in brackets, as they are cited in a sentence."""
    titles = list(dict.fromkeys(f"《{item['source']['title']}》" for item in proofs))
    return f"（{''.join(titles[:2])}{'等' if len(titles) > 2 else ''}）" if titles else ""


def _rows(texts: Texts, answer: Answer) -> None:
    for number, row in enumerate(answer["rows"], 1):
        where = "、".join(row["places"][:3]) or "地点没有来源说过"
        texts.say(f"{number}. {row['name']}（{row['kind_name']}，{where}）", "   ")
        for role in row.get("roles", ()):
            pair = f"：{role['theirs']} → {role['mine']}" if role["role"] == "upstream" else (
                f"：{role['mine']} → {role['theirs']}" if role["theirs"] else "")
            texts.say(f"   {role['role_name']}{pair}{_titles(role['evidence'])}", "     ")
        for why in row["reasons"]:
            if why["evidence"]:
                texts.say(f"   ＋ {why['label']}：{why['said']}{_titles(why['evidence'])}", "     ")
        for against in row.get("counters", ()):
            if against["holds"] is not False:
                mark = "－" if against["holds"] else "？"
                texts.say(f"   {mark} {against['label']}：{against['said']}"
                          f"{_titles(against['evidence'])}", "     ")
    if answer["next"]:
        texts.say(f"只列出 {len(answer['rows'])} 个，共 {answer['total']} 个。")


def _partners(texts: Texts, answer: Answer) -> None:
    texts.say(f"{answer['firm']}可以和谁合作 · 截至 {answer['at']} · 共 {answer['total']} 个")
    if answer["note"]:
        texts.say(answer["note"])
    _rows(texts, answer)


def _candidates(texts: Texts, answer: Answer) -> None:
    words = {"present": "已经具备", "absent": "缺失", "contested": "存疑", "unknown": "待核"}
    texts.say(f"谁能在{answer['region']}补上{answer['segment']} · 截至 {answer['at']} · "
              f"目前{words[answer['verdict']]} · 共 {answer['total']} 个")
    if answer["here"]:
        texts.say("本地已在做的：" + "、".join(firm["name"] for firm in answer["here"]))
    for remark in answer["remarks"]:
        texts.say(f"{remark['text']}{_titles(remark['evidence'])}")
    _rows(texts, answer)
    if any(RUNGS["outside"] in row["places"] for row in answer["rows"]):
        texts.say(f"“{RUNGS['outside']}”：来源只写到湖南之外，没有写在哪个省。")


def _neighbourhood(texts: Texts, answer: Answer) -> None:
    names = {node["id"]: node["name"] for node in answer["nodes"]}
    texts.say(f"{answer['name']}周围 {answer['depth']} 步 · 截至 {answer['at']}")
    for edge in answer["rows"]:
        what = edge["kind_name"] + (f" {edge['product']}" if edge["product"] else "")
        texts.say(f"  {names[edge['from_id']]} ──{what}─▶ {names[edge['to_id']]}", "    ")
    left = answer["left_out"]
    if answer["truncated"]:
        texts.say(f"没列出的：{left['nodes']} 个事物，{left['links']} 条关系。")


def _coverage(texts: Texts, answer: Answer) -> None:
    texts.say(f"{answer['region']}知道多少 · 截至 {answer['at']} · 记录 {answer['records']} 条，"
              f"推断 {answer['inferred']} 条，没有日期 {answer['undated']} 条，"
              f"名称待定夺 {answer['doubts']} 处")
    for row in answer["rows"]:
        found = row["completeness"]
        texts.say(f"  {row['chain']}：说得清的占 {row['coverage']:.0%}（必备环节 "
                  f"{found['essential']} 个，待核 {found['unknown']} 个）", "    ")
    for fault in answer["faults"]:
        texts.say(fault)


def _written(texts: Texts, answer: Answer) -> None:
    texts.say(f"已写出 {answer['file']}。")


def _records(texts: Texts, answer: Answer) -> None:
    texts.say(f"{answer['name']}（{answer['kind_name']}）· {len(answer['rows'])} 条记录")
    labels = {f.name: f.label.zh for f in texts.ontology.kinds[answer["kind"]].fields}
    for row in answer["rows"]:
        source = row["source"]
        said = "；".join(f"{labels[name]}：{_plain(value)}"
                        for name, value in row["values"].items())
        texts.say(f"  《{source['title']}》{source['publisher']} {source['date']}："
                  f"{said or '只提到名称'}", "    ")
    for name, values in answer["conflicts"].items():
        texts.say(f"  各来源说法不一：{labels[name]}：{'／'.join(map(_plain, values))}", "    ")


def _plain(value: Any) -> str:
    return "、".join(map(str, value)) if isinstance(value, list) else str(value)


def _links(texts: Texts, answer: Answer) -> None:
    texts.say(f"共 {answer['total']} 条关系")
    for row in answer["rows"]:
        model = texts.ontology.kinds[row.get("kind") or answer["kind"]]
        head, tail = (end.name for end in model.ends or ())
        texts.say(f"  {row[head]} ──{model.label.zh}─▶ {row[tail]}", "    ")


QUESTIONS: tuple[Callable[..., Shown], ...] = (
    partners, candidates, neighbourhood, coverage, entity, records, links, things, observations,
    projects, policies, demands)
