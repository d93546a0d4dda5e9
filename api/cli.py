"""The command line: makes commands of the questions, and ends with the right exit code."""

import inspect
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, NoReturn

import typer

from api import keying, pictures, questions, unknown
from api.answers import Answers
from api.asking import ask
from api.chinese import Command, Group
from api.commands import COMMANDS
from api.door import STOPPED
from api.options import AtOption, GradeOption, JsonOption, KnownOption, Shown, StoreOption
from api.serving import serve
from api.settings import Settings
from api.terminal import answers_of, console, held, print_json, warn
from api.texts import Texts
from api.tools import mcp
from ontology import NotFound, StoreError, XianglianError

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


def question(ask: Callable[..., Shown]) -> Callable[..., Shown]:
    """Make a command of a function that asks `Answers` one thing, with every question's options."""
    def answer(at: AtOption = None, known_at: KnownOption = None, min_grade: GradeOption = None,
               as_json: JsonOption = False, store: StoreOption = None, **own: Any) -> None:
        answers = answers_of(store, at, known_at, min_grade)
        try:
            found, show = ask(answers, **own)
        except NotFound as error:
            raise XianglianError(f"{error}{_elsewhere(answers, error.name)}") from None
        finally:
            if "index" in vars(answers):
                warn(unknown.of_table(answers.ontology, answers.index.table))
        if as_json:
            print_json(found)
        else:
            show(Texts(console(), answers.ontology), found)

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


for _ask in questions.FIRST:
    question(_ask)
for _run in COMMANDS:
    command(_run.__name__.rstrip("_"))(_run)
for _ask in questions.FURTHER:
    question(_ask)
question(pictures.draw)
question(pictures.report)
for _run in (serve, ask, mcp):
    command(_run.__name__)(_run)
app.add_typer(keying.app, name="key")


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
        with held:
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
    console(stderr=True).print(message, style="red", markup=False, soft_wrap=True)
    sys.exit(code)
