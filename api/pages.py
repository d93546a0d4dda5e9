"""The frame of every page that the server writes: no script, one style sheet of its own."""

from html import escape

__all__ = ["STYLE", "page"]

STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.6 "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif;
  max-width: 64rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.25rem; margin-top: 2rem; } h3 { font-size: 1.05rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0; }
th, td { text-align: left; vertical-align: top; padding: .25rem .6rem; overflow-wrap: anywhere;
  border-bottom: 1px solid #8884; }
code, pre { font-family: ui-monospace, Consolas, monospace; font-size: .9em; }
pre { background: #8881; padding: .6rem; overflow: auto; max-height: 24rem; }
label { display: inline-block; margin: .2rem .8rem .2rem 0; }
input, button { font: inherit; padding: .1rem .4rem; max-width: 100%; }
.method { font-weight: bold; color: #2a6a9a; }
nav a { margin-right: .8rem; white-space: nowrap; }
details { margin: .5rem 0; } summary { cursor: pointer; }
""".strip()


def page(title: str, body: str) -> str:
    """A whole page; `body` is HTML that is safe already."""
    return (f'<!doctype html>\n<html lang="zh-CN"><head><meta charset="utf-8"><title>'
            f'{escape(title)}</title><meta name="viewport" content="width=device-width">'
            f'<link rel="stylesheet" href="/docs.css"></head><body><h1>{escape(title)}</h1>'
            f"{body}</body></html>\n")
