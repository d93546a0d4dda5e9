"""The commands that write, copy or explain; `api.cli` registers them."""

import sys
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Annotated

import typer

from api import chaintexts, thingtexts, unknown
from api.options import JsonOption, KindArgument, StoreOption
from api.settings import Settings
from api.terminal import (
    answers_of,
    asked,
    console,
    held,
    opened,
    print_json,
    progress,
    say,
    warn,
)
from api.texts import Texts
from graph.store import copy as copy_store
from graph.store import open_store
from graph.store import restore as restore_store
from loaders import export as exports
from loaders import pipeline, template
from loaders.report import Report
from ontology import XianglianError, load_ontology

__all__ = ["COMMANDS"]


def ontology(term: Annotated[str | None, typer.Argument(
                 metavar="术语", help="类别、关系、字段或词表")] = None,
             as_json: JsonOption = False, store: StoreOption = None) -> None:
    """解释模型：有哪些类别和关系，每个字段是什么意思。"""
    answers = answers_of(store)
    answer = answers.explain(term)
    if as_json:
        print_json(answer)
    else:
        thingtexts.ontology_term(Texts(console(), answers.ontology), answer)


def load(paths: Annotated[list[Path] | None, typer.Argument(
             metavar="路径", help="来源文件夹、CSV 或 Excel；不写则装入随附数据")] = None,
         dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查，不写入")] = False,
         keep_good: Annotated[bool, typer.Option(
             "--keep-good", help="有错行时仍写入正确的行")] = False,
         allow_shrink: Annotated[bool, typer.Option(
             "--allow-shrink", help="允许比上次少两成以上")] = False,
         report: Annotated[Path | None, typer.Option(
             metavar="文件夹", help="把 report.json 和 report.xlsx 写到这个文件夹")] = None,
         as_json: JsonOption = False, store: StoreOption = None) -> None:
    """装入数据：全部正确才写入；同一来源再次装入即更新。

    CSV 的文件名、Excel 的工作表名要是种类名：operatesIn.xlsx、从事环节.csv。
    例：xianglian load operatesIn.xlsx --dry-run
    """
    chosen = [*paths] if paths else pipeline.shipped()
    with opened(store, create=not dry_run) as (target, model), ExitStack() as scratch:
        if dry_run and not target.origins():  # nothing there yet: check against nothing
            target = scratch.enter_context(closing(open_store("sqlite://", model)))
        warn(unknown.of_store(model, target))
        with progress() as bar:
            outcome = pipeline.load(target, model, chosen, dry_run=dry_run, keep_good=keep_good,
                                    allow_shrink=allow_shrink, progress=bar)
    if report:
        outcome.write(report)
    _finish(outcome, as_json)


def template_(kind: KindArgument,
              force: Annotated[bool, typer.Option(
                  "--force", help="允许覆盖已有的同名文件")] = False,
              as_json: JsonOption = False, store: StoreOption = None) -> None:
    """在当前文件夹写出填报模板 种类.csv 和 种类.xlsx。"""
    model = load_ontology(Settings.read(store=store).ontology)
    what = model.kind(kind)
    there = [file.name for file in (Path(f"{what.name}.csv"), Path(f"{what.name}.xlsx"))
             if file.exists()]
    if there and not force:
        raise XianglianError(f"{'、'.join(there)} 已经存在，没有覆盖；请先改名，或加 --force")
    files = template.write_template(what, Path.cwd(), model)
    names = [file.name for file in files]
    say({"files": names}, as_json,
        f"已写出：{'、'.join(names)}。第 1 行是列名，第 2 行是可直接装入的例子。")


def add(kind: KindArgument,
        values: Annotated[list[str], typer.Argument(
            metavar="字段=值", help="如 供应商=金博股份")],
        source: Annotated[str, typer.Option(metavar="来源", help="谁在哪里说的")],
        as_json: JsonOption = False, store: StoreOption = None) -> None:
    """录入一条有出处的记录。

    例：xianglian add suppliesTo 供应商=金博股份 客户=比亚迪 --source 2026年6月走访
    """
    cells: dict[str, str] = {}
    for item in values:
        name, equals, text = item.partition("=")
        if not equals:
            raise typer.BadParameter(f"「{item}」不是 字段=值 的样子")
        if name.strip() in cells:
            raise typer.BadParameter(f"「{name.strip()}」写了两次")
        cells[name.strip()] = text.strip()
    with opened(store) as (target, model):
        outcome = pipeline.add(target, model, model.kind(kind), cells, source)
    _finish(outcome, as_json)


def retract(name: Annotated[str, typer.Argument(
                metavar="来源", help="来源文件夹名、模板里的来源，或来源标题")],
            as_json: JsonOption = False, store: StoreOption = None) -> None:
    """收回一个来源说过的一切；历史仍在，可用 --known-at 看到。"""
    with opened(store, create=False) as (target, model):
        count = pipeline.retract(target, model, name)
    say({"retracted": count}, as_json, f"已收回「{name}」的 {count} 条记录。")


def export(format: Annotated[str, typer.Option(
               "--format", "-f", metavar="格式",
               help="csv、graphml、nquads、neo4j-admin")] = "csv",
           output: Annotated[Path | None, typer.Option(
               "-o", metavar="路径", help="文件；csv 和 neo4j-admin 则为文件夹")] = None,
           as_json: JsonOption = False, store: StoreOption = None) -> None:
    """导出现行的全部记录；同样的内容每次都是同样的字节。

    neo4j-admin 则连同历史，供 Neo4j 第一次批量装入：文件夹里的 README.md 写着命令。
    """
    answers = answers_of(store)
    files = exports.export(answers.store, answers.ontology, format, output)
    if output is not None:
        names = [str(file) for file in files]
        say({"files": names}, as_json, f"已写出 {len(names)} 个文件到 {output}")


def backup(file: Annotated[Path, typer.Argument(
               metavar="文件", help="备份到这个新文件")],
           as_json: JsonOption = False, store: StoreOption = None) -> None:
    """把整个图谱连同历史备份到一个文件。"""
    answers = answers_of(store)
    answers.store.verify()
    answers.store.backup(file)
    version = answers.store.version()
    say({"file": str(file), "version": version}, as_json, f"已备份到 {file}，内容版本 {version}。")


def restore(file: Annotated[Path, typer.Argument(metavar="文件", help="备份文件")],
            force: Annotated[bool, typer.Option("--force", help="允许替换已有的图谱")] = False,
            as_json: JsonOption = False, store: StoreOption = None) -> None:
    """从备份恢复；先检查备份，再替换。"""
    settings = asked(store)
    restore_store(settings.store, file, load_ontology(settings.ontology), overwrite=force)
    with opened(store, create=False) as (target, _):
        version = target.version()
    say({"file": str(file), "version": version}, as_json,
        f"已从 {file} 恢复，内容版本 {version}。")


def copy(source: Annotated[str, typer.Argument(metavar="搬出", help="搬出的存储，如 图谱.db")],
         target: Annotated[str, typer.Argument(
             metavar="搬进", help="搬进的空存储，如 bolt://neo4j@127.0.0.1:7687")],
         as_json: JsonOption = False, store: StoreOption = None) -> None:
    """把整个图谱连同历史和录入时间搬到另一个空的存储；原件不动。

    例：xianglian copy 图谱.db bolt://neo4j@127.0.0.1:7687
    """
    if store:
        raise typer.BadParameter("搬运不用 --store：先写从哪里搬出，再写搬进哪里")
    first, last = (asked(url).store for url in (source, target))
    with progress() as bar:
        rows = copy_store(first, last, load_ontology(Settings.read().ontology), bar)
    with opened(last, create=False) as (moved, _):
        said = {"rows": rows, "version": moved.version(), "history": moved.history_hash()}
    say(said, as_json, f"已搬完 {rows} 行（连同历史），内容版本 {said['version']}。")


def start(answer_only: Annotated[bool, typer.Option(
              "--answer-only", help="只回答，不打开网页")] = False,
          port: Annotated[int, typer.Option(
              min=0, max=65535, metavar="端口", help="被占用就用下一个")] = 8000,
          as_json: JsonOption = False, store: StoreOption = None) -> None:
    """第一次使用：装入随附的湖南数据，看一个例子，打开网页。

    例子是长沙的锂电池链缺过什么、后来怎样。
    """
    with opened(store) as (target, model):
        if not target.origins():
            with progress() as bar:
                outcome = pipeline.load(target, model, pipeline.shipped(), progress=bar)
            outcome.show(console(stderr=True))
            if not outcome.written:
                raise typer.Exit(1)
    found = [answers_of(store, at).gaps("锂电池", "长沙") for at in ("2014", "2018-06-30", None)]
    if as_json:
        print_json({"answers": found})
        return
    shown = console()
    chaintexts.story(Texts(shown, model), found)
    shown.print("\n接着试试：\n  xianglian gaps 锂电池 --region 长沙      今天的判定和四张清单"
                "\n  xianglian customers 金博股份             给谁供货"
                "\n  xianglian template 从事环节              写一份自己的 Excel"
                "\n  xianglian --help                         全部命令", markup=False)
    if not answer_only:
        sys.stdout.flush()
        held.close()
        from api.listening import listen  # a second that the other commands need not wait

        listen(asked(store), "127.0.0.1", port, 1, home=True)


def _finish(outcome: Report, as_json: bool) -> None:
    if as_json:
        print_json(outcome.json())
    else:
        outcome.show(console())
    if outcome.problems and not outcome.written:
        raise typer.Exit(1)


COMMANDS: tuple[Callable[..., None], ...] = (
    ontology, load, template_, add, retract, export, backup, restore, copy, start)
