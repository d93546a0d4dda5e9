"""A figure over time as a small picture: what came true is filled, an aim is an outline."""

from collections.abc import Sequence
from dataclasses import dataclass

from visual.legend import ACCENT, INK, LINE, MUTED, PAPER
from visual.lettering import clean, cut, stack, tag, width

__all__ = ["Point", "chart"]

WIDE, HIGH, TOP, FOOT = 340.0, 132.0, 20.0, 20.0
SMALL = 11.0
MOST = 8  # points; of more the last


@dataclass(frozen=True, slots=True)
class Point:
    """period as people read it; said: the number in words; actual: no forecast, target or plan."""

    period: str
    value: float
    said: str
    actual: bool


def chart(title: str, points: Sequence[Point]) -> str:
    """Columns from zero, in the order given; every one bears its words."""
    points = points[-MOST:]
    top = max((abs(point.value) for point in points), default=0) or 1.0
    room = WIDE / max(len(points), 1)
    bar = min(room * 0.5, 30.0)
    base = HIGH - FOOT
    parts = [tag("path", {"d": f"M0,{base}H{WIDE}", "stroke": LINE})]
    for at, point in enumerate(points):
        middle, high = room * (at + 0.5), max(abs(point.value) / top * (base - TOP - 4), 1.0)
        parts.append(tag("rect", {
            "x": middle - bar / 2, "y": base - high, "width": bar, "height": high,
            "fill": ACCENT if point.actual else PAPER, "stroke": ACCENT,
            "stroke_dasharray": None if point.actual else "4 3"}))
        parts += [_text(middle, base - high - 5, cut(point.said, SMALL, room - 4), INK),
                  _text(middle, HIGH - 6, cut(point.period, SMALL, room - 4), MUTED)]
    said = f"{title}：" + "；".join(f"{point.period} {point.said}" for point in points)
    return tag("svg", {"xmlns": "http://www.w3.org/2000/svg", "class_": "chart", "role": "img",
                       "viewBox": f"0 0 {WIDE:g} {HIGH:g}", "font_family": stack(),
                       "aria_label": said}, tag("title", {}, clean(said)), *parts)


def _text(x: float, y: float, text: str, colour: str) -> str:
    half = width(text, SMALL) / 2
    return tag("text", {"x": min(max(x, half), WIDE - half), "y": y, "text_anchor": "middle",
                        "font_size": SMALL, "fill": colour}, clean(text))
