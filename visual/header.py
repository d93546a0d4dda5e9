"""What stands above and below the cards: title, sentence, interval; the key of the picture."""

from collections.abc import Mapping
from typing import Any

from ontology import Choice
from visual.legend import ACCENT, INK, LINE, MUTED, PAPER, Legend, change_of
from visual.lettering import clean, tag, width, wrap

__all__ = ["header", "key", "moved"]

Answer = Mapping[str, Any]
BAR = 300.0  # the interval's width
TITLE, SENTENCE, SMALL = 20.0, 16.0, 12.5


def header(legend: Legend, gaps: Answer, template: Answer, compared: Answer | None, wide: float,
           margin: float) -> tuple[float, str]:
    """(where the cards may begin, markup)."""
    side = BAR + 2 * margin if wide >= 900 else 0.0
    room = wide - 2 * margin - side
    y, parts = 34.0, list[str]()
    chain = (template.get("name_en") if legend.lang == "en" else "") or gaps["chain"]
    when = _when(legend, gaps, compared)
    title = f"{legend.said(gaps['region'])} · {chain}"
    for line in wrap(title, TITLE, room, 2):
        parts.append(_text(margin, y, TITLE, line, weight=700))
        y += 26
    if side and width(title, TITLE) + width(when, SMALL) + 20 < room:
        parts.append(_text(margin + width(title, TITLE) + 16, y - 26, SMALL, when, MUTED))
    else:
        parts.append(_text(margin, y - 5, SMALL, when, MUTED))
        y += 16
    absent = legend.verdict("absent")
    missing = any(row["essential"] and row["verdict"] == "absent" for row in gaps["segments"])
    sentence = f"{absent.symbol} {legend.missing(gaps)}" if missing else legend.missing(gaps)
    for line in wrap(sentence, SENTENCE, room, 3):
        parts.append(_text(margin, y + 2, SENTENCE, line, absent.colour if missing else INK, 700))
        y += 22
    for line in wrap(legend.counts(gaps), SMALL, room, 2):
        parts.append(_text(margin, y, SMALL, line, MUTED))
        y += 18
    if compared:
        for line in wrap(_moved(legend, compared, gaps), SMALL, room, 2):
            parts.append(_text(margin, y, SMALL, line, ACCENT, 700))
            y += 18
    if side:
        parts.append(_interval(legend, gaps, wide - margin - BAR, 22))
        return max(y, 84.0), "".join(parts)
    parts.append(_interval(legend, gaps, margin, y - 2, min(BAR, wide - 2 * margin)))
    return y + 62, "".join(parts)


def _when(legend: Legend, gaps: Answer, compared: Answer | None) -> str:
    text = (legend.say("between", compared["at_from"], compared["at"]) if compared
            else legend.say("at", gaps["at"]))
    if gaps["known_at"]:
        text += " · " + legend.say("known_at", gaps["known_at"].partition("T")[0])
    return text


def moved(legend: Legend, compared: Answer, gaps: Answer) -> list[tuple[Choice, list[str]]]:
    """What changed between the dates: each sort of change with the names of its segments."""
    names = {row["id"]: legend.name(row) for row in gaps["segments"]}
    found: dict[str, list[str]] = {}
    for row in compared["rows"]:
        if change := change_of(row):
            found.setdefault(change, []).append(names.get(row["id"], row["segment"]))
    return [(choice, found[choice.name]) for choice in legend.ontology.words.get("Change", ())
            if choice.name in found]


def _moved(legend: Legend, compared: Answer, gaps: Answer) -> str:
    told = []
    for choice, names in moved(legend, compared, gaps):
        some = names[:6]
        more = legend.say("etc") if len(names) > 6 else ""
        told.append(f"{choice.symbol} {legend.text(choice.label)} {len(names)}"
                    f"{legend.say('colon')}{legend.join(some)}{more}")
    return legend.say("semi").join(told) or legend.say("nochange")


def _interval(legend: Legend, gaps: Answer, x: float, y: float, across: float = BAR) -> str:
    """Completeness as a bar from 0 to 1: present solid, not known hatched open, absent solid."""
    whole = gaps["completeness"]
    low, high = whole["low"] * across, whole["high"] * across
    present, absent = legend.verdict("present"), legend.verdict("absent")
    parts = [_text(x, y + 4, 14, legend.interval(gaps), weight=700),
             tag("rect", {"x": x, "y": y + 12, "width": across, "height": 12, "fill": PAPER,
                          "stroke": MUTED}),
             tag("rect", {"x": x, "y": y + 12, "width": low, "height": 12,
                          "fill": present.colour}) if low else "",
             tag("rect", {"x": x + high, "y": y + 12, "width": across - high, "height": 12,
                          "fill": absent.colour}) if high < across else ""]
    at = x
    for choice, count, share in (
            (present, whole["present"], low),
            (legend.verdict("unknown"), whole["unknown"] + whole["contested"], high - low),
            (absent, whole["absent"], across - high)):
        text = f"{choice.symbol} {legend.text(choice.label)} {count}"
        if count and share:
            parts.append(_text(at, y + 38, 11.5, text, choice.colour, 700))
            at += width(text, 11.5) + 12
    parts.append(_text(x, y + 54, 11.5, legend.say("coverage", gaps["coverage"]), MUTED))
    return tag("g", {"class_": "interval"}, *parts)


def key(legend: Legend, gaps: Answer, template: Answer, compared: Answer | None, wide: float,
        margin: float, top: float, curves: bool) -> tuple[float, str]:
    """(bottom of the picture, the legend); curves: whether feeds are drawn."""
    items = _items(legend, gaps, template, compared, curves)
    x, y, parts = margin, top + 14, list[str]()
    parts.append(tag("path", {"d": f"M{margin:g},{top:g}H{wide - margin:g}", "stroke": LINE}))
    for mark, word, meaning, colour in items:
        need = (30 if mark in LINES else 0) + width(f"{word} {meaning}", 11.5) + 18
        if x > margin and x + need > wide - margin + 18:
            x, y = margin, y + 18
        if mark in LINES:
            parts.append(tag("path", {"d": f"M{x:.1f},{y:.1f}h24", "stroke": colour,
                                      "stroke_width": 1.8 if mark == "bold" else 1.4,
                                      "stroke_dasharray": "5 4" if mark == "dash" else None}))
            parts.append(_text(x + 30, y + 4, 11.5, meaning, MUTED))
        else:
            room = wide - margin - x
            lines = wrap(f"{word} {meaning}".strip(), 11.5, room, 3)
            bold = tag("tspan", {"font_weight": 700, "fill": colour}, clean(word)) if word else ""
            parts.append(tag("text", {"x": x, "y": y + 4, "font_size": 11.5, "fill": MUTED}, bold,
                             clean(lines[0][len(word):])))
            for line in lines[1:]:
                y += 16
                parts.append(_text(x, y + 4, 11.5, line, MUTED))
        x += need
    return y + 20, tag("g", {"class_": "key", "role": "note", "aria_label": legend.say("legend")},
                       *parts)


LINES = ("line", "dash", "bold")


def _items(legend: Legend, gaps: Answer, template: Answer, compared: Answer | None,
           curves: bool) -> list[tuple[str, str, str, str]]:
    """(mark, word, meaning, colour); only what the picture may show."""
    items = [("", f"{c.symbol} {legend.text(c.label)}", legend.say(f"{c.name}_is"), c.colour)
             for c in legend.ontology.words.get("Verdict", ())]
    items += [("", word, meaning, INK) for word, meaning in legend.explained(gaps["thresholds"])]
    if compared:
        items += [("", f"{c.symbol} {legend.text(c.label)}", "", c.colour)
                  for c in legend.ontology.words.get("Change", ())
                  if any(change_of(row) == c.name for row in compared["rows"])]
    verdicts = {row["id"]: row["verdict"] for row in gaps["segments"]}
    drawn = [feed for feed in template["feeds"]
             if {feed["upstream_id"], feed["downstream_id"]} <= verdicts.keys()]
    if drawn and curves:
        items.append(("line", "", legend.say("feed"), MUTED))
        if any(feed["inferred"] for feed in drawn):
            items.append(("dash", "", legend.say("feed_inferred"), MUTED))
        if any(verdicts[feed[end]] == "absent" for feed in drawn
               for end in ("upstream_id", "downstream_id")):
            items.append(("bold", "", legend.say("feed_absent"), legend.verdict("absent").colour))
    outside = len(template["feeds"]) - len(drawn)
    if outside:
        items.append(("", "", legend.say("outside", outside), MUTED))
    items.append(("", "", legend.say("data", gaps["version"][:12]), MUTED))
    return items


def _text(x: float, y: float, size: float, text: str, fill: str = INK, weight: int = 400) -> str:
    return tag("text", {"x": x, "y": y, "font_size": size, "fill": fill,
                        "font_weight": weight if weight != 400 else None}, clean(text))
