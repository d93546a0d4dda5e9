"""Answers as plain Chinese for the terminal; tables stay within 100 columns."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from api.notes import Notes, fold
from api.templates import segment_name, template_line, template_lines
from ontology import Ontology

__all__ = ["Texts", "progress"]

Answer = dict[str, Any]

# Symbol, word and colour of a verdict.
VERDICTS = {
    "present": ("●", "具备", "green"),
    "absent": ("✕", "缺失", "red"),
    "contested": ("◐", "存疑", "magenta"),
    "unknown": ("○", "待核", "yellow"),
}
STRENGTHS = {"strong": "强", "weak": "弱", "single": "单点"}
LISTS = {
    "fill": ("补链", "有来源说缺，且必备"),
    "strengthen": ("强链", "有，但弱、单点或证据已旧"),
    "extend": ("延链", "当地有上下游邻居，可以延伸"),
    "check": ("待核", "没有来源说过、说法不一或证据已旧，先去查"),
}
TYPES = {"string": "文字", "integer": "整数", "decimal": "数字", "boolean": "是或否",
         "date": "日期", "period": "时期", "quantity": "数量", "address": "网址",
         "credit_code": "18 位代码"}
NARROW = ("判定", "位置", "从", "到")  # columns that never break
NOBODY = "没有来源说过。没人说过不等于没有。"
HIDDEN = ("id", "name", "kind", "kind_name", "records", "conflicts", "inferred")


class Texts:
    """Shows answers on a console, in the words of the ontology."""

    def __init__(self, console: Console, ontology: Ontology) -> None:
        self.console = console
        self.ontology = ontology
        self.notes = Notes({grade.name: grade.label.zh for grade in ontology.grades})

    # --- chains -----------------------------------------------------------------------------

    def gaps(self, answer: Answer) -> None:
        """One sentence, the table of verdicts, the four lists, the numbered sources."""
        self._title(answer["region"], answer["chain"], f"截至 {answer['at']}", known=answer)
        self.say(headline(answer))
        self._table(("环节", "位置", "判定", "企业", "依据"), (
            (segment_name(row), self.word("SegmentStage", row["stage"]), _verdict(row),
             _firms(row["firms"]) or (f"推断：{_firms(row['hinted'])}" if row["hinted"] else ""),
             self._mark(row["evidence"])) for row in answer["segments"]))
        self._unplaced(answer)
        for key, (title, meaning) in LISTS.items():
            self._list(title, meaning, answer["lists"][key])
        self._closed([row for row in answer["segments"] if row["closed"]])
        self._cited()
        self._thresholds(answer)
        self.say(template_line(answer["template"]))

    def _unplaced(self, answer: Answer, most: int = 12) -> None:
        """Who is here and of the chain while nobody says for which segment."""
        found = answer["unplaced"]
        if not found:
            return
        named = "、".join(f"{firm['name']}（{firm['ties'][0]}）{self.notes.mark(firm['evidence'])}"
                         for firm in found[:most])
        self.say(f"另有 {len(found)} 家本地企业与这条链有往来或名分，没有来源说做哪个环节："
                 f"{named}{'等' if len(found) > most else ''}。问清它们做什么，就能定下几个环节。")

    def _list(self, title: str, meaning: str, items: Sequence[Answer], most: int = 8) -> None:
        if not items:
            return
        self.console.print(f"[bold]{title}[/bold]（{meaning}）{len(items)} 项")
        bare = [item for item in items if item["bare"]]
        told = [item for item in items if not item["bare"]]
        for item in told[:most]:
            self.say(f"  · {item['segment']}：{item['why']}", "    ")
        if len(told) > most:
            self.say(f"  · 以及：{'、'.join(item['segment'] for item in told[most:])}", "    ")
        if bare:
            self.say("  · 没有来源说过有没有，也没有本地的上下游可循："
                     f"{'、'.join(item['segment'] for item in bare)}", "    ")
        if items[0]["verdict"] == "unknown" and title == "待核":
            self.say(f"  怎么查：{items[0]['look_up']}", "    ")

    def _closed(self, rows: Sequence[Answer]) -> None:
        """The gaps that were closed: until when, by whom, and through whom if a source says so."""
        if rows:
            self.console.print(f"[bold]补上的缺口[/bold]（曾有来源说缺，现在具备）{len(rows)} 项")
        for row in rows:
            closed = row["closed"]
            helped = [*closed["through"], *(h for firm in closed["firms"] for h in firm["through"])]
            proofs = [*closed["missing"], *(item for part in (*closed["firms"], *helped)
                                            for item in part["evidence"])]
            self.say(f"  · {row['segment']}：{closed['said']}{self.notes.mark(proofs)}", "    ")

    def _thresholds(self, answer: Answer) -> None:
        limits = answer["thresholds"]
        years = {name: max(kind.shelf_life for kind in self.ontology.links if kind.evidence == name)
                 for name in ("firm", "absence")}
        self.say(
            f"口径：{limits['strong_firms']:g} 家以上、或 {limits['strong_firms_with_leader']:g} 家"
            f"以上且含链主、单项冠军或上市公司为强，旧证的企业也数在内，标作含旧证；"
            f"“有”的证据管 {years['firm']} 年，"
            f"“没有”和“已排查”管 {years['absence']} 年；"
            f"只采用{self.word('Grade', str(limits['min_grade']))}以上等级的来源。")

    def story(self, answers: Sequence[Answer]) -> None:
        """Several dates of one chain side by side: the segments that some source speaks of."""
        first = answers[0]
        self.console.print(f"\n[bold]{escape(first['region'])}的{escape(first['chain'])}链："
                           "缺过什么，后来怎样，还有什么没人知道[/bold]")
        segments = [states for states in zip(*(a["segments"] for a in answers), strict=True)
                    if not states[0]["whole"]]
        silent = [states[0]["segment"] for states in segments if states[0]["essential"]
                  and all(state["verdict"] == "unknown" for state in states)]
        self._table(("环节", *(f"截至 {answer['at']}" for answer in answers)), (
            (escape(states[0]["segment"]), *map(self._cell, states))
            for states in segments if states[0]["verdict"] != "unknown"))
        for answer in answers:
            self.say(f"· 截至 {answer['at']}，{headline(answer)}", "  ")
        for row, *_ in segments:
            if row["verdict"] == "absent" and (near := row["nearest"]) and near["region"]:
                who = _few([firm["name"] for firm in near["firms"]]) or "未点名"
                self.say(f"· {first['at'][:4]} 年离得最近的{row['segment']}在{near['region']}"
                         f"（{who}）{self.notes.mark(near['evidence'])}", "  ")
        if silent:
            self.say(f"· 三个时间点都没有来源说过的必备环节：{'、'.join(silent)}。"
                     "没人说过不等于没有，请去查。", "  ")
        self._cited()

    def _cell(self, state: Answer) -> str:
        text = _verdict(state | {"stale_firms": 0}) + self._mark(state["evidence"])
        return text + (f"\n{_firms(state['firms'])}" if state["firms"] else "")

    def chain(self, answer: Answer) -> None:
        """Segments by stage with inputs and products; then the faults of the template."""
        count = f"{len(answer['rows'])} 个环节"
        self._title(answer["chain"], answer["name_en"], count, known=answer)
        inputs: dict[str, list[str]] = {}
        for feed in answer["feeds"]:
            inputs.setdefault(feed["downstream"], []).append(feed["upstream"])
        self._table(("位置", "环节", "上家环节", "产品"), (
            (self.word("SegmentStage", row["stage"]), segment_name(row),
             escape("、".join(inputs.get(row["segment"], []))), escape("、".join(row["products"])))
            for row in answer["rows"]))
        for ring in answer["cycles"]:
            self.say(f"! 供料关系成环：{' → '.join(ring)}", "  ")
        if answer["apart"]:
            self.say(f"! 没有供料关系的环节：{'、'.join(answer['apart'])}", "  ")
        self.say(template_line(answer["template"]))

    def template_written(self, answer: Answer) -> None:
        self.say(f"已写出 {answer['file']}，来源写作「{answer['source']}」。改好后 xianglian load "
                 f"{answer['file']}，这条链就用这一版；不要它就收回这个来源。")

    def matrix(self, answer: Answer) -> None:
        """Chains down, regions across, each cell the interval in percent."""
        self.console.print(f"完整度区间（%），截至 {answer['at']}；— 表示没有来源说过")
        cells = {(row["chain"], row["region"]): row["completeness"] for row in answer["rows"]}
        places = list(dict.fromkeys(row["region"] for row in answer["rows"]))
        for start in range(0, len(places), 7):
            part = places[start:start + 7]
            self._table(("产业链", *map(escape, part)), (
                (escape(chain), *(_interval(cells[chain, place]) for place in part))
                for chain in dict.fromkeys(row["chain"] for row in answer["rows"])))
        for line in template_lines(answer["templates"]):
            self.say(line)

    def compare(self, answer: Answer) -> None:
        """Segments whose verdict differs, and how the change splits."""
        self._title(answer["region"], answer["chain"],
                    f"从 {answer['at_from']} 到 {answer['at']}", known=answer)
        for key, words in (("gained", "从缺失到具备"), ("lost", "从具备到缺失"),
                           ("newly_seen", "从前没有来源说过，后来有来源说具备")):
            if answer[key]:
                self.say(f"{words}：{'、'.join(answer[key])}", "  ")
        self._table(("环节", "从", "到", "后来的企业", "依据"), (
            (escape(row["segment"]), _word(row["verdict_from"]), _word(row["verdict_to"]),
             escape(_few(row["firms_to"])), self._mark(row["evidence"]))
            for row in answer["rows"] if row["verdict_from"] != row["verdict_to"]),
            "判定没有变化。")
        for key, word in (("moved", "两个日期之间"), ("learned", "前一日期我们后来才知道的"),
                          ("total", "合计")):
            part = answer[key]
            self.say(f"  {word}：完整度下限 {part['low']:+.0%}，上限 {part['high']:+.0%}", "    ")
        if answer["newly_seen"]:
            self.say(f"  其中 {len(answer['newly_seen'])} 个环节当年没有来源说过，"
                     "不能说是新增，只能说如今有来源说具备。", "    ")
        self._cited()

    # --- firms and things -------------------------------------------------------------------

    def suppliers(self, answer: Answer) -> None:
        self._supplies(answer, "的供应商")

    def customers(self, answer: Answer) -> None:
        self._supplies(answer, "的客户")

    def _supplies(self, answer: Answer, what: str) -> None:
        """Partners with product, form, dates and sources."""
        self._title(answer["firm"] + what, f"截至 {answer['at']}", known=answer)
        self._table(("企业", "产品", "方式", "起", "止", "依据"), (
            (_firms([row]), escape(row["product"] or ""),
             (self.word("SupplyForm", row["form"] or "") or row["link_name"])
             + ("（推断）" if row["inferred"] else ""),
             row["valid_from"] or "", row["valid_to"] or "", self._mark(row["evidence"]))
            for row in answer["rows"]), NOBODY)
        self._cited()

    def path(self, answer: Answer) -> None:
        """Each way as one line of names and arrows, sources below."""
        self._title(f"{answer['one']} 到 {answer['other']}", f"截至 {answer['at']}", known=answer)
        if not answer["rows"]:
            self.console.print("没有找到步步有来源的联系。" + NOBODY)
        for number, row in enumerate(answer["rows"], 1):
            text = f"{number}. {row['names'][0]}"
            for step in row["steps"]:
                word = step["link_name"] + (f" {step['product']}" if step["product"] else "")
                arrow = f" ──{word}─▶ " if step["forward"] else f" ◀─{word}── "
                text += arrow + step["to"] + self.notes.mark(step["evidence"])
            self.say(text, "   ")
        if answer["more"]:
            self.console.print("还有同样短的其他联系。")
        self._cited()

    def show(self, answer: Answer) -> None:
        """One thing: merged fields, conflicts, links, sources; of a link its rows."""
        if "links" not in answer:
            self.list(answer)
            return
        kind = self.ontology.kinds[answer["kind"]]
        for row in answer["rows"]:
            self._title(row["name"], kind.label.zh, known=answer)
            for name, text in self._fields(kind.name, row):
                self.say(f"  {name}：{text}", "    ")
            if row["records"]:
                self.say(f"  依据 {self.notes.mark(row['records'], answer['evidence'])}")
        self._table(("关系", "内容", "依据"), (
            (link["kind_name"], escape(self._link(link, answer["rows"][0]["name"])),
             self._mark(link["records"], answer["evidence"])) for link in answer["links"]), "")
        self._cited()

    def list(self, answer: Answer) -> None:
        """Rows of any kind; the first columns that hold something."""
        kind = self.ontology.kinds[answer["kind"]]
        self._title(kind.label.zh, f"共 {answer['total']} 行", known=answer)
        names = ["name"] if kind.role("name") else []
        keys = names + [key for key in dict.fromkeys(key for row in answer["rows"] for key in row)
                        if key not in HIDDEN
                        and any(row.get(key) not in (None, "", []) for row in answer["rows"])]
        self._table((*(escape(self._label(kind.name, key)) for key in keys[:6]), "依据"), (
            (*(escape(self._text(kind.name, key, row.get(key))) for key in keys[:6]),
             self._mark(row["records"], answer["evidence"])) for row in answer["rows"]), NOBODY)
        if answer["total"] > len(answer["rows"]):
            self.console.print(f"只列出 {len(answer['rows'])} 行。")
        self._cited()

    def sources(self, answer: Answer) -> None:
        """Cited sources, and what was loaded."""
        self._table(("标题", "出版者", "日期", "等级", "记录"), (
            (escape(row["title"]), escape(row["publisher"]), row["date"],
             self.word("Grade", row["grade"]), str(row["records"])) for row in answer["rows"]))
        origins = sorted(answer["origins"].items(), key=lambda item: -item[1])
        more = f"；另有 {len(origins) - 8} 个，共 {len(origins)} 个" if len(origins) > 8 else ""
        if answer["origins"]:
            self.say("已装入：" + "；".join(
                f"{name} {count} 条" for name, count in origins[:8]) + more)

    def addresses(self, answer: Answer) -> None:
        """Titles with their web addresses, one below the other."""
        for row in answer["rows"]:
            self.say(f"《{row['title']}》{row['publisher']} {row['date']}")
            self.console.print(f"  {row['address'] or '没有网址'}", markup=False, soft_wrap=True)

    def search(self, answer: Answer) -> None:
        """Names found, with their kind."""
        keys = ("name", "kind_name", "full_name", "matched")
        self._table(("名称", "种类", "全称", "匹配到"), (
            [escape(row[key]) for key in keys] for row in answer["rows"]), "没有找到。")

    def ontology_term(self, answer: Answer) -> None:
        """The model: an overview, or one kind, field, vocabulary or threshold."""
        if answer["type"] == "ontology":
            for key, title in (("classes", "类别"), ("links", "关系"), ("vocabularies", "词表"),
                               ("thresholds", "阈值")):
                self.console.print(f"[bold]{title}[/bold]")
                self._terms(answer[key])
            self.say("看其中一个：xianglian ontology 供应，或 xianglian ontology 统一社会信用代码")
        elif answer["type"] == "field":
            self._columns(answer["fields"])
        else:
            self._title(answer["label"]["zh"], answer["name"], known={})
            self.say(answer["comment"]["zh"])
            self.say(answer["comment"]["en"])
            if "value" in answer:
                self.console.print(f"  {answer['value']:g}")
            if "choices" in answer:
                self._terms(answer["choices"])
            if columns := [*answer.get("ends", ()), *answer.get("fields", ())]:
                self._columns(columns)

    def _terms(self, items: Sequence[Answer]) -> None:
        self._table(("名称", "英文", "说明"), (
            (escape(item["label"]["zh"]), item["name"], escape(
                item.get("comment", {}).get("zh") or "、".join(item.get("synonyms", ()))))
            for item in items))

    def _columns(self, fields: Sequence[Answer]) -> None:
        """Ends and fields of a kind, as the columns of its template."""
        self._table(("列名", "英文", "填什么", "说明"), map(self._column, fields))

    def _column(self, field: Answer) -> tuple[str, ...]:
        refers = [self.ontology.kinds[kind].label.zh for kind in field.get("refers", ())]
        choices = [choice["label"]["zh"] for choice in field.get("choices", ())]
        what = "、".join(choices or refers) or TYPES.get(field.get("datatype", ""), "任何事物")
        marks = [word for key, word in (("required", "必填"), ("multiple", "可多个"),
                                        ("key", "区分不同记录")) if field.get(key)]
        example = [f"例：{field['example']}"] if field.get("example") else []
        about = "；".join([field["comment"]["zh"].rstrip("。"), *marks, *example])
        return escape(field["label"]["zh"]), field["name"], escape(what), escape(about)

    # --- words ------------------------------------------------------------------------------

    def word(self, vocabulary: str, name: str) -> str:
        """The Chinese label of a choice; the name itself where there is none."""
        return next((choice.label.zh for choice in self.ontology.words.get(vocabulary, ())
                     if choice.name == name), name)

    def _mark(self, proofs: Sequence[Any], pool: Sequence[Answer] = ()) -> str:
        """Numbers of the sources, safe inside a table cell."""
        return escape(self.notes.mark(proofs, pool))

    def say(self, text: str, indent: str = "") -> None:
        """A sentence, broken between any two Chinese characters (rich breaks at spaces only)."""
        for line in fold(text, self.console.width, indent):
            self.console.print(line, markup=False)

    def _table(self, columns: Sequence[str], rows: Iterable[Sequence[str]],
               empty: str | None = None) -> None:
        """Rows of escaped cells; without any, the sentence `empty` if there is one."""
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
        for column in columns:
            table.add_column(column, overflow="fold", no_wrap=column in NARROW)
        for row in rows:
            table.add_row(*row)
        if table.row_count or empty is None:
            self.console.print(table)
        elif empty:
            self.console.print(empty)

    def _cited(self) -> None:
        """The numbered sources, where there are any."""
        for number, line in enumerate(self.notes.lines()):
            if not number:
                self.console.print("[bold]依据[/bold]")
            self.say(line, "      ")

    def _title(self, *parts: str, known: Answer) -> None:
        moment = [f"按 {known['known_at'].partition('T')[0]} 已录入的资料"] if known.get(
            "known_at") else []
        first, *rest = [part for part in (*parts, *moment) if part]
        self.console.print(f"[bold]{escape(first)}[/bold]" + escape("".join(
            f" · {part}" for part in rest)))

    def _label(self, kind: str, key: str) -> str:
        """What a column is called in Chinese."""
        what = self.ontology.kinds[kind]
        for part in (*(what.ends or ()), *what.fields, *self.ontology.common):
            if part.name == key:
                return str(part.label.zh)
        return {"name": "名称"}.get(key, key)

    def _fields(self, kind: str, row: Answer) -> Iterator[tuple[str, str]]:
        for key, value in row.items():
            if key not in HIDDEN and value not in (None, "", []):
                yield self._label(kind, key), self._text(kind, key, value)
        for key, values in row["conflicts"].items():
            told = "／".join(self._text(kind, key, value) for value in values)
            yield "各来源说法不一", f"{self._label(kind, key)}：{told}"

    def _link(self, link: Answer, own: str) -> str:
        """The other end, then what the sources say of the link."""
        head, tail = (end.name for end in self.ontology.kinds[link["kind"]].ends or ())
        other = f"→ {link[tail]}" if link[head] == own else f"← {link[head]}"
        said = [f"{name}：{text}" for name, text in self._fields(link["kind"], {
            key: value for key, value in link.items() if key not in (head, tail)})]
        return "；".join([other, *said])

    def _text(self, kind: str, key: str, value: Any) -> str:
        if isinstance(value, list):
            return "、".join(self._text(kind, key, part) for part in value)
        if isinstance(value, bool) or value is None:
            return {True: "是", False: "否", None: ""}[value]
        field = self.ontology.kinds[kind].field(key)
        if field is not None and field.vocabulary:
            return self.word(field.vocabulary, str(value))
        if isinstance(value, float):
            return f"{value:,.10g}"
        return f"{value:,}" if isinstance(value, int) else str(value)


def headline(answer: Answer) -> str:
    """One sentence: what is missing, there, doubtful, unknown; and the interval."""
    whole = answer["completeness"]
    named: dict[str, list[str]] = {verdict: [] for verdict in VERDICTS}
    for row in answer["segments"]:
        if row["essential"]:
            named[row["verdict"]].append(row["segment"])
    parts = []
    for verdict in ("absent", "present", "contested", "unknown"):
        found = named[verdict]
        if found or verdict == "absent":
            more = "…" if len(found) > 12 else ""
            names = f"（{'、'.join(found[:12])}{more}）" if found and verdict != "unknown" else ""
            parts.append(f"{VERDICTS[verdict][1]} {len(found)} 个{names}")
    return (f"必备环节 {whole['essential']} 个：{'，'.join(parts)}。"
            f"完整度在 {whole['low']:.0%} 到 {whole['high']:.0%} 之间，"
            f"有来源说得清的占 {answer['coverage']:.0%}。")


@contextmanager
def progress(console: Console) -> Iterator[Callable[[str, int, int], None]]:
    """A bar on stderr; call it with (what, done, total); silent when not on a terminal."""
    with Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
                  console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("装入", total=None)

        def advance(what: str, done: int, total: int) -> None:
            bar.update(task, description=escape(what), completed=done, total=total or None)

        yield advance



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


def _firms(firms: Sequence[Answer]) -> str:
    return escape(_few([firm["name"] + (f"（今{firm['now']}）" if firm.get("now") else "")
                        for firm in firms]))


def _few(names: Sequence[str], most: int = 4, unit: str = "家") -> str:
    return "、".join(names[:most]) + (f" 等 {len(names)} {unit}" if len(names) > most else "")
