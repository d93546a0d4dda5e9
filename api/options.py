"""What several commands ask for, said once, and what a question gives back."""

from collections.abc import Callable
from typing import Annotated

import typer

from api.answers import Answer
from api.texts import Texts

__all__ = ["AtOption", "ChainArgument", "FirmArgument", "GradeOption", "JsonOption",
           "KindArgument", "KnownOption", "RegionOption", "Shown", "StoreOption"]

Shown = tuple[Answer, Callable[[Texts, Answer], None]]
"""An answer, and how the terminal shows it."""

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
