"""Answers about chains as plain Chinese for the terminal."""

from collections.abc import Iterable, Iterator, Sequence

from rich.markup import escape

from api.texts import Answer, Texts, few, firms
from visual.lists import LISTS

__all__ = ["chain", "compare", "coverage", "gaps", "matrix", "story", "template_written"]

# Symbol, word and colour of a verdict.
VERDICTS = {
    "present": ("●", "具备", "green"),
    "absent": ("✕", "缺失", "red"),
    "contested": ("◐", "存疑", "magenta"),
    "unknown": ("○", "待核", "yellow"),
}
STRENGTHS = {"strong": "强", "weak": "弱", "single": "单点"}
_FEW = 3  # chains whose sources are named


def gaps(texts: Texts, answer: Answer) -> None:
    """One sentence, the table of verdicts, the four lists, the numbered sources."""
    texts.title(answer["region"], answer["chain"], f"截至 {answer['at']}", known=answer)
    texts.say(_headline(answer))
    texts.table(("环节", "位置", "判定", "企业", "依据"), (
        (_segment(row), texts.word("SegmentStage", row["stage"]), _verdict(row),
         firms(row["firms"]) or (f"推断：{firms(row['hinted'])}" if row["hinted"] else ""),
         texts.mark(row["evidence"])) for row in answer["segments"]))
    _unplaced(texts, answer)
    for key, (title, meaning) in LISTS.items():
        _list(texts, title, meaning, answer["lists"][key])
    _closed(texts, [row for row in answer["segments"] if row["closed"]])
    texts.cited()
    _thresholds(texts, answer)
    texts.say(_version(answer["template"]))


def _unplaced(texts: Texts, answer: Answer, most: int = 12) -> None:
    """Who is here and of the chain while nobody says for which segment."""
    found = answer["unplaced"]
    if not found:
        return
    named = "、".join(f"{firm['name']}（{firm['ties'][0]}）{texts.notes.mark(firm['evidence'])}"
                     for firm in found[:most])
    texts.say(f"另有 {len(found)} 家本地企业与这条链有往来或名分，没有来源说做哪个环节："
              f"{named}{'等' if len(found) > most else ''}。问清它们做什么，就能定下几个环节。")


def _list(texts: Texts, title: str, meaning: str, items: Sequence[Answer], most: int = 8) -> None:
    if not items:
        return
    texts.console.print(f"[bold]{title}[/bold]（{meaning}）{len(items)} 项")
    bare = [item for item in items if item["bare"]]
    told = [item for item in items if not item["bare"]]
    for item in told[:most]:
        texts.say(f"  · {item['segment']}：{item['why']}", "    ")
    if len(told) > most:
        texts.say(f"  · 以及：{'、'.join(item['segment'] for item in told[most:])}", "    ")
    if bare:
        texts.say("  · 没有来源说过有没有，也没有本地的上下游可循："
                  f"{'、'.join(item['segment'] for item in bare)}", "    ")
    if items[0]["verdict"] == "unknown" and title == "待核":
        texts.say(f"  怎么查：{items[0]['look_up']}", "    ")


def _closed(texts: Texts, rows: Sequence[Answer]) -> None:
    """The gaps that were closed: until when, by whom, and through whom if a source says so."""
    if rows:
        texts.console.print(f"[bold]补上的缺口[/bold]（曾有来源说缺，现在具备）{len(rows)} 项")
    for row in rows:
        closed = row["closed"]
        helped = [*closed["through"], *(h for firm in closed["firms"] for h in firm["through"])]
        proofs = [*closed["missing"], *(item for part in (*closed["firms"], *helped)
                                        for item in part["evidence"])]
        texts.say(f"  · {row['segment']}：{closed['said']}{texts.notes.mark(proofs)}", "    ")


def _thresholds(texts: Texts, answer: Answer) -> None:
    limits = answer["thresholds"]
    years = {name: max(kind.shelf_life for kind in texts.ontology.links if kind.evidence == name)
             for name in ("firm", "absence")}
    texts.say(
        f"口径：{limits['strong_firms']:g} 家以上、或 {limits['strong_firms_with_leader']:g} 家"
        f"以上且含链主、单项冠军或上市公司为强，旧证的企业也数在内，标作含旧证；"
        f"“有”的证据管 {years['firm']} 年，"
        f"“没有”和“已排查”管 {years['absence']} 年；"
        f"只采用{texts.word('Grade', str(limits['min_grade']))}以上等级的来源。")


def story(texts: Texts, answers: Sequence[Answer]) -> None:
    """Several dates of one chain side by side: the segments that some source speaks of."""
    first = answers[0]
    texts.console.print(f"\n[bold]{escape(first['region'])}的{escape(first['chain'])}链："
                        "缺过什么，后来怎样，还有什么没人知道[/bold]")
    segments = [states for states in zip(*(a["segments"] for a in answers), strict=True)
                if not states[0]["whole"]]
    silent = [states[0]["segment"] for states in segments if states[0]["essential"]
              and all(state["verdict"] == "unknown" for state in states)]
    texts.table(("环节", *(f"截至 {answer['at']}" for answer in answers)), (
        (escape(states[0]["segment"]), *(_cell(texts, state) for state in states))
        for states in segments if states[0]["verdict"] != "unknown"))
    for answer in answers:
        texts.say(f"· 截至 {answer['at']}，{_headline(answer)}", "  ")
    for row, *_ in segments:
        if row["verdict"] == "absent" and (near := row["nearest"]) and near["region"]:
            who = few([firm["name"] for firm in near["firms"]]) or "未点名"
            texts.say(f"· {first['at'][:4]} 年离得最近的{row['segment']}在{near['region']}"
                      f"（{who}）{texts.notes.mark(near['evidence'])}", "  ")
    if silent:
        texts.say(f"· 三个时间点都没有来源说过的必备环节：{'、'.join(silent)}。"
                  "没人说过不等于没有，请去查。", "  ")
    texts.cited()


def _cell(texts: Texts, state: Answer) -> str:
    text = _verdict(state | {"stale_firms": 0}) + texts.mark(state["evidence"])
    return text + (f"\n{firms(state['firms'])}" if state["firms"] else "")


def chain(texts: Texts, answer: Answer) -> None:
    """Segments by stage with inputs and products; then the faults of the template."""
    count = f"{len(answer['rows'])} 个环节"
    texts.title(answer["chain"], answer["name_en"], count, known=answer)
    inputs: dict[str, list[str]] = {}
    for feed in answer["feeds"]:
        inputs.setdefault(feed["downstream"], []).append(feed["upstream"])
    texts.table(("位置", "环节", "上家环节", "产品"), (
        (texts.word("SegmentStage", row["stage"]), _segment(row),
         escape("、".join(inputs.get(row["segment"], []))), escape("、".join(row["products"])))
        for row in answer["rows"]))
    for ring in answer["cycles"]:
        texts.say(f"! 供料关系成环：{' → '.join(ring)}", "  ")
    if answer["apart"]:
        texts.say(f"! 没有供料关系的环节：{'、'.join(answer['apart'])}", "  ")
    texts.say(_version(answer["template"]))


def template_written(texts: Texts, answer: Answer) -> None:
    texts.say(f"已写出 {answer['file']}，来源写作「{answer['source']}」。改好后 xianglian load "
              f"{answer['file']}，这条链就用这一版；不要它就收回这个来源。")


def matrix(texts: Texts, answer: Answer) -> None:
    """Chains down, regions across, each cell the interval in percent."""
    texts.console.print(f"完整度区间（%），截至 {answer['at']}；— 表示没有来源说过")
    cells = {(row["chain"], row["region"]): row["completeness"] for row in answer["rows"]}
    places = list(dict.fromkeys(row["region"] for row in answer["rows"]))
    for start in range(0, len(places), 7):
        part = places[start:start + 7]
        texts.table(("产业链", *map(escape, part)), (
            (escape(chain), *(_interval(cells[chain, place]) for place in part))
            for chain in dict.fromkeys(row["chain"] for row in answer["rows"])))
    for line in _versions(answer["templates"]):
        texts.say(line)


def compare(texts: Texts, answer: Answer) -> None:
    """Segments whose verdict differs, and how the change splits."""
    texts.title(answer["region"], answer["chain"],
                f"从 {answer['at_from']} 到 {answer['at']}", known=answer)
    for key, words in (("gained", "从缺失到具备"), ("lost", "从具备到缺失"),
                       ("newly_seen", "从前没有来源说过，后来有来源说具备")):
        if answer[key]:
            texts.say(f"{words}：{'、'.join(answer[key])}", "  ")
    texts.table(("环节", "从", "到", "后来的企业", "依据"), (
        (escape(row["segment"]), _word(row["verdict_from"]), _word(row["verdict_to"]),
         escape(few(row["firms_to"])), texts.mark(row["evidence"]))
        for row in answer["rows"] if row["verdict_from"] != row["verdict_to"]),
        "判定没有变化。")
    for key, word in (("moved", "两个日期之间"), ("learned", "前一日期我们后来才知道的"),
                      ("total", "合计")):
        part = answer[key]
        texts.say(f"  {word}：完整度下限 {part['low']:+.0%}，上限 {part['high']:+.0%}", "    ")
    if answer["newly_seen"]:
        texts.say(f"  其中 {len(answer['newly_seen'])} 个环节当年没有来源说过，"
                  "不能说是新增，只能说如今有来源说具备。", "    ")
    texts.cited()


def coverage(texts: Texts, answer: Answer) -> None:
    texts.say(f"{answer['region']}知道多少 · 截至 {answer['at']} · 记录 {answer['records']} 条，"
              f"推断 {answer['inferred']} 条，没有日期 {answer['undated']} 条，"
              f"名称待定夺 {answer['doubts']} 处")
    for row in answer["rows"]:
        found = row["completeness"]
        texts.say(f"  {row['chain']}：说得清的占 {row['coverage']:.0%}（必备环节 "
                  f"{found['essential']} 个，待核 {found['unknown']} 个）", "    ")
    for fault in answer["faults"]:
        texts.say(fault)


# --- words ---------------------------------------------------------------------------------


def _headline(answer: Answer) -> str:
    """One sentence: what is missing, there, doubtful, unknown; and the interval."""
    whole = answer["completeness"]
    parts = []
    for verdict in ("absent", "present", "contested", "unknown"):
        found = [row["segment"] for row in answer["segments"]
                 if row["essential"] and row["verdict"] == verdict]
        if found or verdict == "absent":
            more = "…" if len(found) > 12 else ""
            names = f"（{'、'.join(found[:12])}{more}）" if found and verdict != "unknown" else ""
            parts.append(f"{VERDICTS[verdict][1]} {len(found)} 个{names}")
    return (f"必备环节 {whole['essential']} 个：{'，'.join(parts)}。"
            f"完整度在 {whole['low']:.0%} 到 {whole['high']:.0%} 之间，"
            f"有来源说得清的占 {answer['coverage']:.0%}。")


def _verdict(state: Answer) -> str:
    old = state["stale_firms"] if state["strength"] else 0
    extra = [STRENGTHS.get(state["strength"] or "", ""),
             "旧证" if state["stale"] else "含旧证" if old else ""]
    words = "·".join(part for part in extra if part)
    return _word(state["verdict"]) + (f"（{words}）" if words else "")


def _word(verdict: str) -> str:
    symbol, word, colour = VERDICTS[verdict]
    return f"[{colour}]{symbol} {word}[/{colour}]"


def _interval(part: Answer) -> str:
    """“65–100”, or a dash where no source has said anything."""
    if part["unknown"] == part["essential"]:
        return "—"
    return f"{100 * part['low']:.0f}–{100 * part['high']:.0f}"


def _segment(row: Answer) -> str:
    """Marked up: a part of a wider segment is set under it."""
    if row["whole"]:
        return f"[dim]└[/dim] {escape(row['segment'])}"
    return escape(row["segment"]) + ("" if row["essential"] else " [dim]非必备[/dim]")


def _version(template: Answer) -> str:
    """Version and sources; a list of sources is cut to the first."""
    titles = template["sources"]
    more = f"等 {len(titles)} 个来源" if len(titles) > 1 else ""
    said = f"，出自《{titles[0]}》{more}" if titles else "，没有来源"
    return f"模板版本 {template['version']}{said}。"


def _versions(templates: Iterable[Answer]) -> Iterator[str]:
    """One line a chain for a few chains; of many only the versions."""
    every = list(templates)
    if len(every) <= _FEW:
        yield from (f"{one['chain']}：{_version(one)}" for one in every)
    else:
        yield "模板版本 " + "、".join(f"{one['chain']} {one['version']}" for one in every) + "。"
