"""The command line: parses, calls `Answers` or the loaders once, and prints."""

import inspect
import json
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

from api import keying, pictures, questions, unknown
from api.answers import Answer, Answers
from api.asking import ask
from api.chinese import Command, Group
from api.door import STOPPED
from api.password import asked
from api.serving import serve
from api.settings import Settings
from api.texts import Texts, progress
from api.tools import mcp
from graph import dates
from graph.store import Store, open_store
from graph.store import copy as copy_store
from graph.store import restore as restore_store
from loaders import chainbook, pipeline, template
from loaders import export as exports
from loaders.report import Report
from ontology import NotFound, Ontology, StoreError, XianglianError, load_ontology

__all__ = ["app", "main"]

app = typer.Typer(
    name="xianglian", cls=Group, no_args_is_help=True, add_completion=False,
    rich_markup_mode="rich", pretty_exceptions_enable=False,
    help="湘链：湖南产业链知识图谱。说清楚一条链缺什么、凭什么、去找谁。\n\n"
         "先运行 [bold]xianglian start[/bold]（装入随附数据并看一个例子），再运行 "
         "[bold]xianglian gaps 锂电池 --region 长沙[/bold]。\n\n"
         "Knowledge graph of Hunan's industrial chains: what is missing, why, whom to call.",
)

command = partial(app.command, cls=Command)

_held = ExitStack()  # what the running command has opened

StoreOption = Annotated[str | None, typer.Option(
    "--store", metavar="地址", help="图谱存放处，如 sqlite:///图谱.db")]
JsonOption = Annotated[bool, typer.Option("--json", help="输出 JSON")]
AtOption = Annotated[str | None, typer.Option(
    "--at", metavar="日期", help="截至哪天：2014、2018-06；不写则是今天")]
KnownOption = Annotated[str | None, typer.Option(
    "--known-at", metavar="日期", help="按那天已录入的资料回答")]
GradeOption = Annotated[str | None, typer.Option(
    "--min-grade", metavar="等级", help="只采用官方、媒体或行业以上的来源")]
RegionOption = Annotated[str, typer.Option(
    "--region", "-r", metavar="地区", help="地区：长沙、益阳高新区、430100、Changsha")]
ChainArgument = Annotated[str, typer.Argument(
    metavar="产业链", help="锂电池、工程机械、lithium battery")]
FirmArgument = Annotated[str, typer.Argument(metavar="企业", help="简称、全称、别名或代码")]
KindArgument = Annotated[str, typer.Argument(
    metavar="种类", help="Company、企业、suppliesTo、供应 …")]


def _console(stderr: bool = False) -> Console:
    """Colour on a terminal; elsewhere plain text, 100 columns wide."""
    console = Console(stderr=stderr, highlight=False, emoji=False)
    return console if console.is_terminal else Console(
        stderr=stderr, highlight=False, emoji=False, width=100, no_color=True)


def _json(answer: Answer) -> None:
    print(json.dumps(answer, ensure_ascii=False, sort_keys=True, indent=1))


def _say(answer: Answer, as_json: bool, sentence: str) -> None:
    if as_json:
        _json(answer)
    else:
        _console().print(sentence, markup=False)


def _answers(store: str | None, at: str | None = None, known_at: str | None = None,
             min_grade: str | None = None) -> Answers:
    answers = Answers(asked(store), at=at, known_at=known_at, min_grade=min_grade)
    _held.callback(answers.close)
    if answers.at > dates.today():
        _warn("提示：这一天还没有到，按已有的资料回答。")
    return answers


def _warn(sentence: str) -> None:
    if sentence:
        _console(stderr=True).print(sentence, markup=False, soft_wrap=True)


@contextmanager
def _opened(store: str | None, *, create: bool = True) -> Iterator[tuple[Store, Ontology]]:
    """The store, to be written, and its ontology."""
    settings = asked(store)
    model = load_ontology(settings.ontology)
    target = open_store(settings.store, model, create=create)
    try:
        yield target, model
    finally:
        target.close()


# --- questions -----------------------------------------------------------------------------

Shown = tuple[Answer, Callable[[Texts, Answer], None]]
"""An answer, and how the terminal shows it."""


def question(ask: Callable[..., Shown]) -> Callable[..., Shown]:
    """Make a command of a function that asks `Answers` one thing, with every question's options."""
    def answer(at: AtOption = None, known_at: KnownOption = None, min_grade: GradeOption = None,
                as_json: JsonOption = False, store: StoreOption = None, **own: Any) -> None:
        answers = _answers(store, at, known_at, min_grade)
        try:
            found, show = ask(answers, **own)
        except NotFound as error:
            raise XianglianError(f"{error}{_elsewhere(answers, error.name)}") from None
        finally:
            if "index" in vars(answers):
                _warn(unknown.of_table(answers.ontology, answers.index.table))
        if as_json:
            _json(found)
        else:
            show(Texts(_console(), answers.ontology), found)

    own, shared = (list(inspect.signature(f).parameters.values()) for f in (ask, answer))
    setattr(answer, "__signature__", inspect.Signature([*own[1:], *shared[:-1]]))  # noqa: B010
    command(ask.__name__.rstrip("_"), help=ask.__doc__)(answer)
    return ask


def _elsewhere(answers: Answers, name: str) -> str:
    """Of which other kinds the name is, and how to ask for those."""
    with suppress(StoreError):
        kinds = {kind.name: kind.label.zh for kind in answers.ontology.classes}
        found = answers.index.names([*kinds]).find(name)
        labels = dict.fromkeys(kinds[id.partition(":")[0]] for id in found)
        return "".join(f"。「{name}」是{label}，请用 xianglian show {label} {name}"
                       for label in labels)
    return ""


@question
def gaps(answers: Answers, chain: ChainArgument, region: RegionOption = "湖南") -> Shown:
    """一条链在一个地区缺什么：判定、依据、补链、强链、延链、待核。

    例：xianglian gaps 锂电池 --region 长沙 --at 2014
    """
    return answers.gaps(chain, region), Texts.gaps


@question
def chain(answers: Answers, chain: ChainArgument,
          export: Annotated[Path | None, typer.Option(
              metavar="文件",
              help="把模板写成这个 .xlsx，改好后用 load 装回，就是新的一版")] = None,
          source: Annotated[str | None, typer.Option(
              metavar="来源",
              help="同 --export：新一版的来源，如 长沙锂电联盟2026版")] = None) -> Shown:
    """一条链由哪些环节构成，谁供给谁，模板有没有毛病；可导出、修改、装回成新的一版。

    例：xianglian chain 锂电池 --export 锂电模板.xlsx --source 长沙锂电联盟2026版
    """
    if export is None:
        return answers.chain(chain), Texts.chain
    written = chainbook.write_chain(answers.index, chain, answers.at, export, source)
    return {"file": str(export), "source": written}, Texts.template_written


@question
def matrix(answers: Answers,
           chain: Annotated[list[str] | None, typer.Option(
               "--chain", "-c", metavar="产业链", help="只看这些链")] = None,
           region: Annotated[list[str] | None, typer.Option(
               "--region", "-r", metavar="地区", help="只看这些地区")] = None) -> Shown:
    """各链 × 各市州的完整度区间。"""
    return answers.matrix(chain or (), region or ()), Texts.matrix


@question
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
    return answers.compare(chain, region, first, last, known_from), Texts.compare


@question
def suppliers(answers: Answers, firm: FirmArgument) -> Shown:
    """谁给这家企业供货。"""
    return answers.suppliers(firm), Texts.suppliers


@question
def customers(answers: Answers, firm: FirmArgument) -> Shown:
    """这家企业给谁供货。"""
    return answers.customers(firm), Texts.customers


@question
def path(answers: Answers,
         first: Annotated[str, typer.Argument(metavar="从", help="一家企业或别的单位")],
         last: Annotated[str, typer.Argument(metavar="到", help="另一家")],
         max_steps: Annotated[int, typer.Option(
             min=1, max=8, metavar="步数", help="最多几步")] = 4) -> Shown:
    """两家企业之间最短的、步步有出处的联系。"""
    return answers.path(first, last, max_steps), Texts.path


@question
def company(answers: Answers, name: FirmArgument) -> Shown:
    """一家企业：各来源怎么说，做哪些环节，供应商和客户。"""
    return answers.show("Company", name), Texts.show


@question
def show(answers: Answers, kind: KindArgument,
         name: Annotated[str | None, typer.Argument(
             metavar="名称", help="不写则列出")] = None) -> Shown:
    """任何一个事物，或它的一种关系，连同出处。"""
    return answers.show(kind, name), Texts.show


@question
def list_(answers: Answers, kind: KindArgument,
          limit: Annotated[int | None, typer.Option(
              min=1, metavar="行数", help="最多几行")] = None) -> Shown:
    """一个种类的全部事物或关系。"""
    return answers.list(kind, limit), Texts.list


@question
def sources(answers: Answers,
            name: Annotated[str | None, typer.Argument(
                metavar="名称", help="标题或报刊里的字")] = None,
            urls: Annotated[bool, typer.Option("--urls", help="连同网址")] = False) -> Shown:
    """图谱引用了哪些来源，各有多少条记录。"""
    return answers.sources(name or ""), Texts.addresses if urls else Texts.sources


@question
def search(answers: Answers,
           text: Annotated[str, typer.Argument(
               metavar="名称", help="名称、别名、代码、拼音或首字母")],
           kind: Annotated[list[str] | None, typer.Option(
               "--kind", "-k", metavar="种类", help="只找这些种类")] = None,
           limit: Annotated[int, typer.Option(
               min=1, max=500, metavar="行数", help="最多几行")] = 20) -> Shown:
    """按名称找事物。"""
    return answers.search(text, kind or (), limit), Texts.search


@command()
def ontology(term: Annotated[str | None, typer.Argument(
                 metavar="术语", help="类别、关系、字段或词表")] = None,
             as_json: JsonOption = False, store: StoreOption = None) -> None:
    """解释模型：有哪些类别和关系，每个字段是什么意思。"""
    answers = _answers(store)
    answer = answers.explain(term)
    if as_json:
        _json(answer)
    else:
        Texts(_console(), answers.ontology).ontology_term(answer)


# --- putting facts in and taking them out ---------------------------------------------------


@command()
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
    with _opened(store, create=not dry_run) as (target, model), ExitStack() as scratch:
        if dry_run and not target.origins():  # nothing there yet: check against nothing
            target = scratch.enter_context(closing(open_store("sqlite://", model)))
        _warn(unknown.of_store(model, target))
        with progress(_console(stderr=True)) as bar:
            outcome = pipeline.load(target, model, chosen, dry_run=dry_run, keep_good=keep_good,
                                    allow_shrink=allow_shrink, progress=bar)
    if report:
        outcome.write(report)
    _finish(outcome, as_json)


@command("template")
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
    _say({"files": names}, as_json,
         f"已写出：{'、'.join(names)}。第 1 行是列名，第 2 行是可直接装入的例子。")


@command()
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
    with _opened(store) as (target, model):
        outcome = pipeline.add(target, model, model.kind(kind), cells, source)
    _finish(outcome, as_json)


@command()
def retract(name: Annotated[str, typer.Argument(
                metavar="来源", help="来源文件夹名、模板里的来源，或来源标题")],
            as_json: JsonOption = False, store: StoreOption = None) -> None:
    """收回一个来源说过的一切；历史仍在，可用 --known-at 看到。"""
    with _opened(store, create=False) as (target, model):
        count = pipeline.retract(target, model, name)
    _say({"retracted": count}, as_json, f"已收回「{name}」的 {count} 条记录。")


@command()
def export(format: Annotated[str, typer.Option(
               "--format", "-f", metavar="格式",
               help="csv、graphml、nquads、neo4j-admin")] = "csv",
           output: Annotated[Path | None, typer.Option(
               "-o", metavar="路径", help="文件；csv 和 neo4j-admin 则为文件夹")] = None,
           as_json: JsonOption = False, store: StoreOption = None) -> None:
    """导出现行的全部记录；同样的内容每次都是同样的字节。

    neo4j-admin 则连同历史，供 Neo4j 第一次批量装入：文件夹里的 README.md 写着命令。
    """
    answers = _answers(store)
    files = exports.export(answers.store, answers.ontology, format, output)
    if output is not None:
        names = [str(file) for file in files]
        _say({"files": names}, as_json, f"已写出 {len(names)} 个文件到 {output}")


@command()
def backup(file: Annotated[Path, typer.Argument(
               metavar="文件", help="备份到这个新文件")],
           as_json: JsonOption = False, store: StoreOption = None) -> None:
    """把整个图谱连同历史备份到一个文件。"""
    answers = _answers(store)
    answers.store.verify()
    answers.store.backup(file)
    version = answers.store.version()
    _say({"file": str(file), "version": version}, as_json, f"已备份到 {file}，内容版本 {version}。")


@command()
def restore(file: Annotated[Path, typer.Argument(metavar="文件", help="备份文件")],
            force: Annotated[bool, typer.Option("--force", help="允许替换已有的图谱")] = False,
            as_json: JsonOption = False, store: StoreOption = None) -> None:
    """从备份恢复；先检查备份，再替换。"""
    settings = asked(store)
    restore_store(settings.store, file, load_ontology(settings.ontology), overwrite=force)
    with _opened(store, create=False) as (target, _):
        version = target.version()
    _say({"file": str(file), "version": version}, as_json,
         f"已从 {file} 恢复，内容版本 {version}。")


@command()
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
    with progress(_console(stderr=True)) as bar:
        rows = copy_store(first, last, load_ontology(Settings.read().ontology), bar)
    with _opened(last, create=False) as (moved, _):
        said = {"rows": rows, "version": moved.version(), "history": moved.history_hash()}
    _say(said, as_json, f"已搬完 {rows} 行（连同历史），内容版本 {said['version']}。")


@command()
def start(answer_only: Annotated[bool, typer.Option(
              "--answer-only", help="只回答，不打开网页")] = False,
          port: Annotated[int, typer.Option(
              min=0, max=65535, metavar="端口", help="被占用就用下一个")] = 8000,
          as_json: JsonOption = False, store: StoreOption = None) -> None:
    """第一次使用：装入随附的湖南数据，看长沙锂电池链缺什么、后来怎样，然后打开网页。"""
    with _opened(store) as (target, model):
        if not target.origins():
            with progress(_console(stderr=True)) as bar:
                outcome = pipeline.load(target, model, pipeline.shipped(), progress=bar)
            outcome.show(_console(stderr=True))
            if not outcome.written:
                raise typer.Exit(1)
    found = [_answers(store, at).gaps("锂电池", "长沙") for at in ("2014", "2018-06-30", None)]
    if as_json:
        _json({"answers": found})
        return
    console = _console()
    Texts(console, model).story(found)
    console.print("\n接着试试：\n  xianglian gaps 锂电池 --region 长沙      今天的判定和四张清单"
                  "\n  xianglian customers 金博股份             给谁供货"
                  "\n  xianglian template 从事环节              写一份自己的 Excel"
                  "\n  xianglian --help                         全部命令", markup=False)
    if not answer_only:
        sys.stdout.flush()
        _held.close()
        from api.listening import listen  # a second that the other commands need not wait

        listen(asked(store), "127.0.0.1", port, 1, home=True)


def _finish(outcome: Report, as_json: bool) -> None:
    if as_json:
        _json(outcome.json())
    else:
        outcome.show(_console())
    if outcome.problems and not outcome.written:
        raise typer.Exit(1)


# --- questions and the server in files of their own ------------------------------------------

questions.register(question)
pictures.register(question)
command("serve")(serve)
command("ask")(ask)
command("mcp")(mcp)
app.add_typer(keying.app, name="key")


# --- the door ------------------------------------------------------------------------------


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit.

    0 answered (also "unknown"), 1 input refused or name not found, 2 wrong usage, 3 store not
    reachable or not permitted, 130 interrupted.
    """
    for stream in (sys.stdout, sys.stderr):
        # A Windows console may still speak GBK; Chinese beyond it must not end in a traceback.
        with suppress(AttributeError, ValueError):
            stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    try:
        with _held:
            app(arguments)
    except SystemExit as end:
        if end.code == 130:
            _fail(STOPPED, 130)
        raise
    except XianglianError as error:
        _fail(str(error), error.exit_code)
    except ValueError as error:
        _fail(str(error), 1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except KeyboardInterrupt:
        _fail(STOPPED, 130)
    except OSError as error:
        _fail(str(StoreError(f"文件读写失败：{error.strerror}：{error.filename}")), 3)
    except Exception as error:  # a fault of ours: said plainly, kept in full
        file, where = Settings.read().cache / "fault.txt", ""
        with suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(traceback.format_exc(), encoding="utf-8")
            where = f"详情在 {file}，请把它发给维护者。"
        _fail(f"程序内部出错（{type(error).__name__}：{error}）。"
              f"没有装完的不会留下任何痕迹。{where}", 1)
    sys.exit(0)


def _fail(message: str, code: int) -> NoReturn:
    _console(stderr=True).print(message, style="red", markup=False, soft_wrap=True)
    sys.exit(code)
