"""The commands `key add`, `key list` and `key remove`."""

from enum import StrEnum
from functools import partial
from typing import Annotated

import typer

from api.answers import Answer
from api.chinese import Command, Group
from api.keys import Keys
from api.options import JsonOption, StoreOption
from api.settings import Settings
from api.terminal import print_json

__all__ = ["app"]

app = typer.Typer(cls=Group, no_args_is_help=True, help="接口的密钥：谁能查询、写入、管理。")
command = partial(app.command, cls=Command)

NameArgument = Annotated[str, typer.Argument(metavar="名称", help="给谁用的，如 长沙锂电联盟")]


class Scope(StrEnum):
    """What a key opens; each holds those before it."""

    read = "read"
    write = "write"
    admin = "admin"


def _keys(store: str | None) -> Keys:
    return Keys(Settings.read(store=store).desk)


def _say(answer: Answer, as_json: bool, *lines: str) -> None:
    if as_json:
        print_json(answer)
    else:
        print("\n".join(lines))


@command()
def add(name: NameArgument,
        scope: Annotated[Scope, typer.Option(
            help="read 只查询，write 也能装入、录入和收回自己装入的，"
                              "admin 还能收回随附的来源、看谁写过什么")] = Scope.read,
        as_json: JsonOption = False, store: StoreOption = None) -> None:
    """新的密钥；只显示这一次。

    例：xianglian key add 长沙锂电联盟 --scope write
    """
    key = _keys(store).add(name, scope.value)
    _say({"name": name.strip(), "scope": scope.value, "key": key}, as_json,
         f"「{name.strip()}」的密钥（{scope.value}），只显示这一次，请收好：", key,
         "有了密钥，接口的每个请求都要带：Authorization: Bearer 密钥")


@command("list")
def list_(as_json: JsonOption = False, store: StoreOption = None) -> None:
    """有哪些密钥；密钥本身没有保存，看不到。"""
    rows = [{"name": key.name, "scope": key.scope, "added": key.added}
            for key in _keys(store).all()]
    _say({"rows": rows}, as_json, *(
        [f"{row['name']}  {row['scope']}  {row['added']}" for row in rows] or ["还没有密钥"]))


@command()
def remove(name: NameArgument, as_json: JsonOption = False, store: StoreOption = None) -> None:
    """作废一把密钥；运行着的服务器几秒之内就不再认它。"""
    _keys(store).remove(name)
    _say({"removed": name}, as_json, f"「{name}」的密钥已作废。")
