"""What the terminal says of a template: its version, its segments and their parts."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rich.markup import escape

__all__ = ["segment_name", "template_line", "template_lines"]

_FEW = 3  # chains whose sources are named


def segment_name(row: Mapping[str, Any]) -> str:
    """Marked up: a part of a wider segment is set under it."""
    if row["whole"]:
        return f"[dim]└[/dim] {escape(row['segment'])}"
    return escape(row["segment"]) + ("" if row["essential"] else " [dim]非必备[/dim]")


def template_line(template: Mapping[str, Any]) -> str:
    """Version and sources; a list of sources is cut to the first."""
    titles = template["sources"]
    more = f"等 {len(titles)} 个来源" if len(titles) > 1 else ""
    said = f"，出自《{titles[0]}》{more}" if titles else "，没有来源"
    return f"模板版本 {template['version']}{said}。"


def template_lines(templates: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """One line a chain for a few chains; of many only the versions."""
    every = list(templates)
    if len(every) <= _FEW:
        yield from (f"{one['chain']}：{template_line(one)}" for one in every)
    else:
        yield "模板版本 " + "、".join(f"{one['chain']} {one['version']}" for one in every) + "。"
