"""The questions of the command line; `api.cli` makes commands of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from api import chaintexts, datareport, thingtexts
from api.answers import Answers
from api.options import ChainArgument, FirmArgument, KindArgument, RegionOption, Shown
from graph import dates
from graph.analysis.filters import Filter
from loaders import chainbook
from loaders.pipeline import shipped
from loaders.sizes import sizes

__all__ = ["FIRST", "FURTHER"]

Text = str | None

ThingArgument = Annotated[str, typer.Argument(
    metavar="事物", help="任何事物的名称、别名、代码或编号")]
SegmentArgument = Annotated[str, typer.Argument(
    metavar="环节", help="写成 产业链/环节：锂电池/铜箔")]
PlaceOption = Annotated[str, typer.Option("--region", "-r", metavar="地区", help="地区或园区")]
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


def gaps(answers: Answers, chain: ChainArgument, region: RegionOption = "湖南") -> Shown:
    """一条链在一个地区缺什么：判定、依据、补链、强链、延链、待核。

    例：xianglian gaps 锂电池 --region 长沙 --at 2014
    """
    return answers.gaps(chain, region), chaintexts.gaps


def chain(answers: Answers, chain: ChainArgument,
          export: Annotated[Path | None, typer.Option(
              metavar="文件",
              help="把模板写成这个 .xlsx，改好后用 load 装回，就是新的一版")] = None,
          source: Annotated[str | None, typer.Option(
              metavar="来源",
              help="同 --export：新一版的来源，如 长沙锂电联盟2026版")] = None) -> Shown:
    """一条链由哪些环节构成，谁供给谁；可导出、修改、装回。

    例：xianglian chain 锂电池 --export 锂电模板.xlsx --source 长沙锂电联盟2026版
    """
    if export is None:
        return answers.chain(chain), chaintexts.chain
    written = chainbook.write_chain(answers.index, chain, answers.at, export, source)
    return {"file": str(export), "source": written}, chaintexts.template_written


def matrix(answers: Answers, chain: ChainsOption = None,
           region: Annotated[list[str] | None, typer.Option(
               "--region", "-r", metavar="地区", help="只看这些地区")] = None) -> Shown:
    """各链 × 各市州的完整度区间。"""
    return answers.matrix(chain or (), region or ()), chaintexts.matrix


def compare(answers: Answers, chain: ChainArgument, region: RegionOption = "湖南",
            first: Annotated[str, typer.Option(
                "--from", metavar="日期", help="从哪一天")] = "2014",
            last: Annotated[str | None, typer.Option(
                "--to", metavar="日期", help="到哪一天，不写则今天")] = None,
            known_from: Annotated[str | None, typer.Option(
                "--known-from", metavar="日期", help="前一日期按当时所知回答")] = None) -> Shown:
    """两个日期之间变了什么：世界变了，还是我们才知道。

    例：xianglian compare 锂电池 --region 长沙 --from 2014 --to today
    """
    if last and answers.at != dates.today():
        raise typer.BadParameter("--at 和 --to 是一个意思，只写一个")
    last = last or dates.iso(answers.at)
    return answers.compare(chain, region, first, last, known_from), chaintexts.compare


def suppliers(answers: Answers, firm: FirmArgument) -> Shown:
    """谁给这家企业供货。"""
    return answers.suppliers(firm), thingtexts.suppliers


def customers(answers: Answers, firm: FirmArgument) -> Shown:
    """这家企业给谁供货。"""
    return answers.customers(firm), thingtexts.customers


def path(answers: Answers,
         first: Annotated[str, typer.Argument(metavar="从", help="一家企业或别的单位")],
         last: Annotated[str, typer.Argument(metavar="到", help="另一家")],
         max_steps: Annotated[int, typer.Option(
             min=1, max=8, metavar="步数", help="最多几步")] = 4) -> Shown:
    """两家企业之间最短的、步步有出处的联系。"""
    return answers.path(first, last, max_steps), thingtexts.path


def company(answers: Answers, name: FirmArgument) -> Shown:
    """一家企业：各来源怎么说，做哪些环节，供应商和客户。"""
    return answers.show("Company", name), thingtexts.show


def show(answers: Answers, kind: KindArgument,
         name: Annotated[str | None, typer.Argument(
             metavar="名称", help="不写则列出")] = None) -> Shown:
    """任何一个事物，或它的一种关系，连同出处。"""
    return answers.show(kind, name), thingtexts.show


def list_(answers: Answers, kind: KindArgument, limit: RowsOption = None) -> Shown:
    """一个种类的全部事物或关系。"""
    return answers.list(kind, limit), thingtexts.listing


def sources(answers: Answers,
            name: Annotated[str | None, typer.Argument(
                metavar="名称", help="标题或报刊里的字")] = None,
            urls: Annotated[bool, typer.Option("--urls", help="连同网址")] = False) -> Shown:
    """图谱引用了哪些来源，各有多少条记录。"""
    return answers.sources(name or ""), thingtexts.addresses if urls else thingtexts.sources


def search(answers: Answers,
           text: Annotated[str, typer.Argument(
               metavar="名称", help="名称、别名、代码、拼音或首字母")],
           kind: Annotated[list[str] | None, typer.Option(
               "--kind", "-k", metavar="种类", help="只找这些种类")] = None,
           limit: LimitOption = 20) -> Shown:
    """按名称找事物。"""
    return answers.search(text, kind or (), limit), thingtexts.search


def partners(a: Answers, firm: FirmArgument, order: OrderOption = None, limit: LimitOption = 50,
             cursor: CursorOption = None) -> Shown:
    """一家企业可以和谁合作：上下游、科研机构、专家，各有理由。

    例：xianglian partners 中科星城 --order distance,link
    """
    return a.partners(firm, order or (), limit, cursor), thingtexts.partners


def candidates(a: Answers, segment: SegmentArgument, region: PlaceOption = "湖南",
               order: OrderOption = None, limit: LimitOption = 50,
               cursor: CursorOption = None) -> Shown:
    """谁能补上一个环节：理由，和不利的一面，各有出处或“不知道”。

    例：xianglian candidates 锂电池/铜箔 --region 长沙
    """
    return a.candidates(segment, region, order or (), limit, cursor), thingtexts.candidates


def neighbourhood(a: Answers, thing: ThingArgument,
                  depth: Annotated[int, typer.Option(min=1, max=2, metavar="步数",
                                                     help="几步以内")] = 1,
                  limit: LimitOption = 100) -> Shown:
    """一个事物周围有什么，还有多少没列出。"""
    return a.neighbourhood(thing, depth, limit), thingtexts.neighbourhood


def coverage(a: Answers, region: InOption = None, chain: ChainsOption = None,
             output: Annotated[Path | None, typer.Option(
                 "-o", metavar="文件", help="把数据报告写成这个 .md：各链各市州的企业、来源、"
                                            "等级、证据年龄，最弱的在前")] = None,
             check: Annotated[Path | None, typer.Option(
                 "--check", metavar="文件", help="同 -o：抽查结果 .csv，写出对错的比例")] = None,
             ) -> Shown:
    """知道多少：每条链有来源说得清的占多少；可写成数据报告。

    例：xianglian coverage -o 数据报告.md
    """
    answer = a.coverage(region, chain or ())
    if output is None:
        return answer, chaintexts.coverage
    checked = datareport.outcomes(check) if check else []
    whole = a.support(chain or (), [answer["region_id"]])
    text = datareport.report(a.ontology, answer, whole, a.support(chain or ()),
                             sizes(shipped(), a.ontology), a.origins, checked)
    output.write_text(text, encoding="utf-8", newline="\n")
    return {"file": str(output)}, thingtexts.written


def entity(a: Answers, thing: ThingArgument, limit: RowsOption = None) -> Shown:
    """任何一个事物：各来源合并后的样子、它的关系和对它的说明。"""
    return a.entity(thing, limit), thingtexts.show


def records(a: Answers, thing: ThingArgument) -> Shown:
    """每个来源对一个事物的原话，和说法不一的地方。"""
    return a.records(thing), thingtexts.records


def links(a: Answers, thing: ThingArgument,
          kind: Annotated[Text, typer.Option("--kind", "-k", metavar="关系",
                                             help="只要这一种关系")] = None,
          limit: RowsOption = None, cursor: CursorOption = None) -> Shown:
    """一个事物的全部关系，或其中一种。"""
    return a.links(thing, kind, limit, cursor), thingtexts.links


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
    return a.list(kind, limit, cursor, wanted), thingtexts.listing


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
    return a.observations(wanted, limit, cursor), thingtexts.listing


def projects(a: Answers, region: InOption = None, chain: ChainOption = None,
             segment: SegmentOption = None,
             company: Annotated[Text, typer.Option(metavar="企业", help="企业名称里的字")] = None,
             status: Annotated[Text, typer.Option(metavar="进展",
                                                  help="来源的说法里的字")] = None,
             limit: RowsOption = None, cursor: CursorOption = None) -> Shown:
    """项目和它们的进展。"""
    wanted = _wanted({"company": company, "status": status}, region=region, chain=chain,
                     segment=segment)
    return a.projects(wanted, limit, cursor), thingtexts.listing


def policies(a: Answers, region: InOption = None, chain: ChainOption = None,
             level: Annotated[Text, typer.Option(metavar="级别", help="级别里的字")] = None,
             issuer: Annotated[Text, typer.Option(metavar="单位", help="发布单位里的字")] = None,
             limit: RowsOption = None, cursor: CursorOption = None) -> Shown:
    """政策和它们的条款。"""
    return a.policies(_wanted({"level": level, "issuer": issuer}, region=region, chain=chain),
                      limit, cursor), thingtexts.listing


def demands(a: Answers, region: InOption = None, chain: ChainOption = None,
            segment: SegmentOption = None,
            type: Annotated[Text, typer.Option(
                metavar="类型", help="scenario、open_call、purchase、cooperation")] = None,
            limit: RowsOption = None, cursor: CursorOption = None) -> Shown:
    """公开提出的场景、揭榜、求购和合作意向。"""
    return a.demands(_wanted({"type": type}, region=region, chain=chain, segment=segment),
                     limit, cursor), thingtexts.listing


def _wanted(values: dict[str, Text] | None = None, **plain: Text) -> Filter | None:
    """What a list is narrowed to; None if nothing was asked."""
    said = {name: text for name, text in (values or {}).items() if text}
    given = {name: text for name, text in plain.items() if text}
    return Filter(**given, values=said) if said or given else None


# As the list of commands has them: before those that write, and after.
FIRST: tuple[Callable[..., Shown], ...] = (
    gaps, chain, matrix, compare, suppliers, customers, path, company, show, list_, sources,
    search)
FURTHER: tuple[Callable[..., Shown], ...] = (
    partners, candidates, neighbourhood, coverage, entity, records, links, things, observations,
    projects, policies, demands)
