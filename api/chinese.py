"""The frame that typer puts around help and wrong usage, in Chinese."""

from typing import Any

from typer import rich_utils
from typer.core import TyperCommand, TyperGroup

__all__ = ["Command", "Group"]

_FRAME = {
    "DEFAULT_STRING": "[不写则是：{}]",
    "REQUIRED_LONG_STRING": "[必填]",
    "ARGUMENTS_PANEL_TITLE": "要写的",
    "OPTIONS_PANEL_TITLE": "选项",
    "COMMANDS_PANEL_TITLE": "命令",
    "ERRORS_PANEL_TITLE": "用法不对",
    "ABORTED_TEXT": "已中断。",
    "RICH_HELP": "看用法：[blue]{command_path} {help_option}[/]",
}
_USAGE = {"Usage: ": "用法：", "[OPTIONS]": "[选项]", "COMMAND [ARGS]...": "命令 …"}

for _name, _text in _FRAME.items():
    setattr(rich_utils, _name, _text)


def _usage(text: str) -> str:
    for english, chinese in _USAGE.items():
        text = text.replace(english, chinese)
    return text


def _worded(params: list[Any]) -> list[Any]:
    """The parameters without what typer says of them in English: Python types, the help option."""
    for param in params:
        if param.param_type_name == "argument" or param.is_flag:
            param.display_type_rich = lambda ctx: None
        if param.name == "help":
            param.help = "显示这段说明"
    return params


class Command(TyperCommand):
    """A command whose help is Chinese throughout."""

    def get_usage(self, ctx: Any) -> str:
        return _usage(super().get_usage(ctx))

    def get_params(self, ctx: Any) -> list[Any]:
        return _worded(super().get_params(ctx))


class Group(TyperGroup):
    """The same for the list of commands."""

    def get_usage(self, ctx: Any) -> str:
        return _usage(super().get_usage(ctx))

    def get_params(self, ctx: Any) -> list[Any]:
        return _worded(super().get_params(ctx))
