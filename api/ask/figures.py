"""Questions for a figure: how many, how much, how fast it grew, which rank, who has the most."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from api.ask.clauses import _clauses, _halves, _joined
from api.ask.frame import Frame, Token
from api.ask.heading import contrary, going, ways_of
from api.ask.match import content, coverage, figures
from api.ask.reply import Reply, call, of_facts, slot, unknown
from api.ask.say import cite, figure, join, number, when
from api.ask.subjects import by_class, composed_things, proper
from api.ask.times import Time
from api.ask.words import same
from graph import dates
from graph.analysis.facts import Fact
from graph.analysis.filters import inside
from graph.index import Index

__all__ = ["Hit", "figure_of", "highest", "hits_of", "nearest_figures"]

ENOUGH = 0.62
_SCOPES = ("全国", "全省", "全市", "全球", "国内", "省内", "排")
_STATUSES = ("forecast", "target", "planned")


@dataclass(frozen=True)
class Hit:
    """A figure that answers: how much of the question it holds, how much else it says."""

    score: float
    extra: int
    subject: int
    fact: Fact


def figure_of(frame: Frame) -> Reply | None:
    """The figure (or figures, one a clause) that the question asks for."""
    clauses = _clauses(frame)
    found: list[tuple[Frame, list[Hit]]] = []
    for clause in clauses:
        halves = [(part, hits_of(part)) for part in _halves(clause)]
        if halves and all(mine and mine[0].score >= 0.8 for _, mine in halves) and (
                halves[0][1][0].fact.rows != halves[1][1][0].fact.rows):
            found += halves
            continue
        if found:  # it speaks of the same thing, in words of its own or of the one before
            first = found[0][1][0].subject
            again = [(c, [h for h in hits_of(c) if h.subject == first])
                     for c in _meant(found[-1][0], clause)]
            found += [(c, hits) for c, hits in again if hits][:1]
        elif hits := hits_of(clause):
            found.append((clause, hits))
    if not found:
        return None
    return _answer(frame, found)


def _meant(before: Frame, clause: Frame) -> list[Frame]:
    """A clause with the words of the one before, and alone; alone first if it names them all."""
    both = [_joined(before, clause), clause]
    named = {thing for t in clause.names for thing in t.things}
    return both[::-1] if len(clause.names) > 1 and all(
        named & set(t.things) for t in before.names) else both


def _answer(frame: Frame, found: Sequence[tuple[Frame, list[Hit]]]) -> Reply:
    index, at = frame.index, frame.at
    good: list[Fact] = []
    near: list[Fact] = []
    reasons: list[str] = []
    for clause, hits in found:
        fits, others, why = _chosen(clause, hits)
        good += fits
        if not fits:
            near += others
            reasons.append(why)
    subject = found[0][1][0].subject
    name = index.label(subject, at)
    metrics = join(dict.fromkeys(str(f.said.get("metric")) for f in good or near))
    time = "、".join(t.text for t in frame.times)
    ask = f"{name}{time and f'（{time}）'}的{metrics}是多少？"
    periods = [t.period for t in frame.times]
    slots_ = {"subject": slot(index, subject, at), "metric": metrics, "period": periods}
    where_to = call("observations", subject=name, metric=str((good or near)[0].said.get("metric")),
                    period=periods[0] if periods else "")
    good = list({f.rows: f for f in good}.values())
    near = list({f.rows: f for f in near if f not in good}.values())
    if not good:
        told = "；".join(figure(index, f, at) + cite(index, f.rows) for f in near[:4])
        return unknown("figure", ask, "；".join(reasons), told, slots=slots_, call=where_to,
                       cited=[r for f in near[:4] for r in f.rows])
    rows, cited = of_facts(frame, good)
    told = "；".join(_told(frame, f) for f in good)
    missing = f"另外不知道：{'；'.join(reasons)}。" if reasons else ""
    return Reply("figure", ask, f"{told}{cite(index, cited)}。{missing}", rows=rows, cited=cited,
                 slots=slots_, call=where_to)


def _told(frame: Frame, fact: Fact) -> str:
    note = str(fact.said.get("note") or "")
    wording = str(fact.said.get("wording") or "")
    text = figure(frame.index, fact, frame.at)
    value = number(fact.said["value"]) if "value" in fact.said else ""
    extra = [f"原话“{wording}”"] if wording and value not in wording and not _holds(
        text, wording) else []
    extra += [note] if note else []
    return text + (f"（{'；'.join(extra)}）" if extra else "")


def _holds(text: str, wording: str) -> bool:
    return wording.strip() in text


def _chosen(frame: Frame, hits: Sequence[Hit]) -> tuple[list[Fact], list[Fact], str]:
    """Of the best matching figures those of the time and sort that were asked for; the others as
    the nearest known; and why none fits."""
    top = hits[0]
    same_metric = [h for h in hits if h.subject == top.subject
                   and h.fact.said.get("metric") == top.fact.said.get("metric")]
    facts = [h.fact for h in same_metric]
    if together := _of_scope(frame, hits):
        return together, [], ""
    metric = str(top.fact.said.get("metric"))
    name = frame.index.label(top.subject, frame.at)
    time = _asked_time(frame, top)
    wanted = facts
    if frame.verb("compare") and len(frame.times) == 2:
        return _both(frame, facts, f"{name}的{metric}")
    if time is not None:
        wanted = [f for f in facts if f.said.get("period") == time.period] or [
            f for f in facts if _of_time(frame.index, f, time)]
        if not wanted:
            return [], facts, f"没有来源说过{name}{when(time.period)}的{metric}"
    status = _asked_status(frame, metric)
    if status is not None:
        kept = [f for f in wanted if str(f.said.get("status") or "actual") in status]
        if not kept:
            word = "、".join({"actual": "实际数", "target": "目标", "forecast": "预计数",
                             "planned": "计划数"}[one] for one in sorted(status))
            return [], wanted, f"没有来源说过{name}{time.text if time else ''}{metric}的{word}"
        return kept, [], ""
    if time is None:
        wanted = _latest(wanted)
    actual = [f for f in wanted if str(f.said.get("status") or "actual") == "actual"]
    return actual or wanted, [], ""


def _both(frame: Frame, facts: Sequence[Fact], what: str) -> tuple[list[Fact], list[Fact], str]:
    """The figure at two times; what is missing is said."""
    found: list[Fact] = []
    missing: list[str] = []
    for time in frame.times:
        mine = [f for f in facts if _of_time(frame.index, f, time)]
        found += [f for f in mine if f not in found]
        missing += [] if mine else [f"没有来源说过{when(time.first)}{what}"]
    return ([], list(facts), "；".join(missing)) if missing else (found, [], "")


def _of_scope(frame: Frame, hits: Sequence[Hit]) -> list[Fact]:
    """All figures of one scope, where the scope is what was asked for: 三次产业结构."""
    top, known = hits[0], figures(frame.index)
    scope = same(str(top.fact.said.get("scope") or ""))
    runs = content(frame.tokens, [t for t in frame.names if top.subject in t.things])
    metric = same(str(top.fact.said.get("metric") or ""))
    if not scope or coverage(runs, scope, known.weight, known.usual) < 0.8 or coverage(
            runs, metric, known.weight, known.usual) >= 0.8:
        return []
    return [h.fact for h in hits if h.subject == top.subject
            and h.fact.said.get("scope") == top.fact.said.get("scope")
            and h.fact.said.get("period") == top.fact.said.get("period")]


def nearest_figures(frame: Frame, thing: int, most: int = 4) -> list[Fact]:
    """The figures of a thing that share most with the question; all of them if they are few."""
    known = figures(frame.index)
    runs = content(frame.tokens, [t for t in frame.names if thing in t.things])
    mine = known.by_subject.get(thing, ())
    scored = sorted(((coverage(runs, known.entries[n][1], known.weight, known.usual), n)
                     for n in mine), key=lambda pair: (-pair[0], pair[1]))
    place = frame.index.ontology.kinds[frame.index.kind_of(thing)].place
    few = len(scored) <= 6 and not place  # of a region its figures say nothing of one another
    return [known.fact(n) for score, n in scored[:most] if score >= 0.25 or few or not runs]


def _asked_time(frame: Frame, top: Hit) -> Time | None:
    """The time that is asked for, unless it is a word of the metric itself (“十四五”期间新增)."""
    metric = f"{top.fact.said.get('metric')}{top.fact.said.get('scope') or ''}"
    asked = [t for t in frame.times if not (t.year and t.year in metric)]
    if not asked:
        return None
    if len(asked) < len(frame.times):
        return asked[-1]
    if len(frame.times) > 1 and frame.times[0].year and frame.times[-1].year:
        first, last = frame.times[0], frame.times[-1]
        if first.first < last.first:
            return Time(first.start, last.end, f"{first.text}—{last.text}", first.first, last.last)
    return frame.times[-1]


def _of_time(index: Index, fact: Fact, time: Time) -> bool:
    """A figure of that period; one without a period belongs to the year of its source."""
    period = str(fact.said.get("period") or "")
    if period:
        if time.meets(period):
            first, _, last = period.partition("/")
            return time.year == "" or first[:4] == (last or first)[:4] or time.first == first
        return False
    seen = [dates.unpack(int(index.table.observed[row])) for row in fact.rows]
    return any(day and time.meets(day[:len(time.last)] if len(day) > len(time.last) else day)
               for day in seen)


def _asked_status(frame: Frame, metric: str) -> set[str] | None:
    """Actual or not, if the question says so; 完成了 beside a target means actual, 目标企业 of
    a metric means nothing."""
    if any(t.text in ("实际", "实际完成", "实绩", "已完成", "完成了") for t in frame.tokens):
        return {"actual"}
    said = {m for t in frame.tokens for s, m in t.classes if s == "status"
            and t.text not in ("完成", "目标任务", "打算") and t.text not in metric}
    return said & set(_STATUSES) or None


def _latest(facts: Sequence[Fact]) -> list[Fact]:
    """Those of the last period of which something actual is known, else of the last at all."""
    def last(fact: Fact) -> str:
        first, _, end = str(fact.said.get("period") or "").partition("/")
        return (end or first)[:4]
    actual = [f for f in facts if str(f.said.get("status") or "actual") == "actual"] or list(facts)
    newest = max(map(last, actual))
    return [f for f in actual if last(f) == newest]


def hits_of(frame: Frame) -> list[Hit]:
    """Figures that hold the words of the question, best first."""
    index, known = frame.index, figures(frame.index)
    subjects = _subjects(frame)
    named = frozenset(subjects)
    runs = content(frame.tokens)
    if not runs or (not frame.names and sum(map(len, runs)) < 4) or _only_scope(frame):
        return []
    numbers: dict[int, None] = {}
    for thing in subjects:
        numbers |= dict.fromkeys(known.by_subject.get(thing, ()))
    numbers |= dict.fromkeys(known.near(runs, 60))
    hits: list[Hit] = []
    lefts: dict[tuple[int, ...], list[str]] = {}  # what is left of the question without a subject
    nouns = [*frame.of("noun"), *frame.of("verb", "honour")]
    heading, way = ways_of(frame), going(frame)
    for one in numbers:
        subject, doc, _ = known.entries[one]
        skip = _covered(frame, subject, doc, subject in named)
        if skip is None:
            continue
        key = tuple(token.start for token in skip)
        if key not in lefts:
            lefts[key] = content(frame.tokens, [*skip, *way])
        left = lefts[key]
        if not left:  # 集群2030年目标: any figure of that time and sort
            if frame.times and frame.has("status") and subject in subjects:
                hits.append(Hit(0.8, 0, subject, known.fact(one)))
            continue
        score = coverage(left, doc, known.weight, known.usual)
        if score < ENOUGH and nouns:  # 基地 of MLCC基地 need not stand in the figure
            rest = content(frame.tokens, [*skip, *nouns])
            if sum(map(len, rest)) > 4:
                score = max(score, coverage(rest, doc, known.weight, known.usual) - 0.1)
        if score >= (ENOUGH if subject in subjects or skip else 0.8):
            fact = known.fact(one)
            if not _fits_unit(frame, str(fact.said.get("unit") or "")) or contrary(
                    frame, heading, subject, str(fact.said.get("metric") or "")):
                continue
            more = _extra(left, same(str(fact.said.get("metric") or "")))
            if frame.times and not fact.said.get("period") and more > 4:
                continue  # of no time, and of something else besides
            hits.append(Hit(round(score, 3), more, subject, fact))
    order = sorted(hits, key=lambda h: (-_worth(frame, h), _rank_of(frame, h), -h.score,
                                        -int(index.table.seen[h.fact.rows[0]]),
                                        index.id(h.fact.things[0])))
    return order


def _only_scope(frame: Frame) -> bool:
    """全国排第几: neither who nor what is said, only among whom."""
    return all(t.text in _SCOPES or t.is_a("ask") or t.is_a("blank") or t.is_a("verb", "has")
               or t.sort in ("break", "time") for t in frame.tokens)


def _worth(frame: Frame, hit: Hit) -> float:
    """How well it answers, in steps: what it holds of the question, less what else it says; a
    stated period that is the one asked for counts for something."""
    period = str(hit.fact.said.get("period") or "")
    dated = 0.1 if frame.times and period and frame.times[-1].meets(period) else 0.0
    return round(round(hit.score, 1) - 0.03 * hit.extra + dated, 2)


def _fits_unit(frame: Frame, unit: str) -> bool:
    """多少钱 wants money, 百分之几 a share, 几家 neither."""
    asked = "".join(t.text for t in frame.tokens if t.is_a("ask", "count", "much"))
    if any(t.is_a("content", "份额") for t in frame.tokens) and frame.asks("much"):
        return "%" in unit or unit in ("成", "倍")
    if any(word in asked for word in ("钱", "亿", "万")):
        return "元" in unit or (any(word in asked for word in ("亿", "万")) and unit not in (
            "%", "位", "倍", "成"))
    if "百分" in asked or "几成" in asked or asked.endswith("个点"):
        return "%" in unit
    if unit in ("%", "位") and _counts_what_follows(frame):
        return False
    if _wants_money(frame):
        return "元" in unit
    if frame.asks("rank"):
        return unit in ("", "位", "名")
    if asked.endswith("人"):
        return unit in ("", "人", "名", "位", "万人", "人次", "万人次")
    if asked.endswith("家"):
        return unit in ("", "家", "户", "个", "所", "处")
    return not (asked and asked[-1] in "个项所名位条件座" and (
        "%" in unit or "元" in unit or unit == "位"))


def _counts_what_follows(frame: Frame) -> bool:
    """多少员工: a number of what stands right after, no share and no rank."""
    return any(one.is_a("ask", "much") and one.text == "多少" and other.start == one.end
               and (other.sort == "text" or other.is_a("content") or other.is_a("noun"))
               and not other.is_a("content", "份额", "增速") and other.text[0] not in "个%"
               for one, other in pairwise(frame.tokens))


def _wants_money(frame: Frame) -> bool:
    """投资多少: not how fast it grew, and not 去投资的企业有多少."""
    put = [t.end for t in frame.tokens if t.is_a("verb", "invest") or t.is_a("content", "总投资")]
    much = [t.start for t in frame.of("ask", "much")]
    return bool(put and much) and not frame.has("content", "增速", "份额") and not any(
        put[-1] <= t.start < much[-1] for t in frame.of("noun"))


def _rank_of(frame: Frame, hit: Hit) -> int:
    named = frame.things()
    return named.index(hit.subject) if hit.subject in named else len(named)


def _extra(runs: Sequence[str], metric: str) -> int:
    """Characters of the metric that the question did not say."""
    said = set("".join(runs))
    return sum(1 for char in metric if char not in said)


def _subjects(frame: Frame) -> list[int]:
    named = [t for token in frame.names for t in token.things]
    if len(frame.things()) > 1:
        named += [t for t in by_class(frame)[:3] if t not in named]
    composed = [t for t, _ in composed_things(frame)]
    return list(dict.fromkeys([*named, *composed]))


def _covered(frame: Frame, subject: int, doc: str, hit: bool) -> list[Token] | None:
    """The tokens that the subject accounts for; None if a name is about somebody else.

    A name is accounted for if it is the subject, if the subject's own name holds it, if the
    figure's words hold it, or (of a thing that is no place) if the subject lies there or
    belongs to it.  `hit`: it is one of the subjects.
    """
    own_names = figures(frame.index).names(subject)
    skip: list[Token] = []
    for token in frame.names:
        text = same(token.text)
        if subject in token.things:
            skip.append(token)
            hit = True
        elif text in doc:
            hit = hit or proper(frame, token)
        elif text in own_names and not _elsewhere(frame, subject, token):
            skip.append(token)
            hit = True
        elif _belongs(frame, subject, token):
            skip.append(token)
        elif proper(frame, token):
            return None
    for token in frame.tokens:  # 集群 of 石峰区功率半导体产业集群
        if token.sort != "name" and token not in skip and len(token.text) > 1 and (
                same(token.text) in own_names) and same(token.text) not in doc:
            skip.append(token)
            hit = hit or any(_belongs(frame, subject, t) for t in frame.names)
    nobody = not any(proper(frame, token) for token in frame.names)
    if not hit and not nobody and not _named_by_rest(frame, own_names, doc):
        return None
    return skip


def _elsewhere(frame: Frame, subject: int, token: Token) -> bool:
    """Whether a region's name in the name of an office says only where the office is."""
    return frame.kinds(token) == {"Region"} and frame.index.kind_of(subject) == "Agency"


def _named_by_rest(frame: Frame, names: str, doc: str) -> bool:
    """Whether what is no known name is enough to tell the subject: 皮具箱包 of 蓝山…集群."""
    return any(len(t.text) > 2 and same(t.text) in names for t in frame.tokens
               if t.sort == "text" and same(t.text) not in doc)


def _belongs(frame: Frame, subject: int, token: Token) -> bool:
    """Whether the subject, no place itself, lies in or belongs to what is named."""
    index = frame.index
    if index.ontology.kinds[index.kind_of(subject)].place and index.kind_of(subject) != "Park":
        return False
    return index.kind_of(subject) != "Park" and not figures(index).homes(subject).isdisjoint(
        token.things)


def highest(frame: Frame) -> Reply | None:
    """Which of a class has the most of a metric: only what sources say, of how many."""
    if not frame.verb("most", "least") or not (frame.asks("which", "who", "where")):
        return None
    index, known = frame.index, figures(frame.index)
    kinds = [k for k in frame.nouns if k in ("Park", "Region", "Cluster", "Company")]
    drop = [t for t in frame.tokens if t.is_a("noun", *kinds[:1])][:1] if kinds else []
    runs = content(frame.tokens, [*frame.names, *drop])
    if not runs or not kinds:
        return None
    places = frame.things("Region", "Park")
    near = inside(index, places[0], frame.at) if places else set[int]()
    found = [known.fact(n) for n in known.near(runs, 300)
             if index.kind_of(known.entries[n][0]) == kinds[0]
             and (not near or known.entries[n][0] in near
                  or not known.homes(known.entries[n][0]).isdisjoint(near))
             and coverage(runs, known.entries[n][1], known.weight, known.usual) >= 0.8
             and _extra(runs, known.entries[n][1]) <= 4]
    found = [f for f in found if "value" in f.said and f.said.get("unit") not in ("%", "位")]
    if not found:
        return None
    units: dict[str, list[Fact]] = {}
    for fact in found:
        units.setdefault(str(fact.said.get("unit")), []).append(fact)
    some = max(units.values(), key=len)
    low = frame.verb("least")
    some.sort(key=lambda f: ((1 if low else -1) * f.said["value"], index.id(f.things[0])))
    names = {index.reference(f.said.get("subject")) for f in some}
    rows, cited = of_facts(frame, some[:10])
    best = some[0]
    text = (f"在有来源给出数字的 {len(names)} 个里，{figure(index, best, frame.at)}"
            f"{'最少' if low else '最多'}{cite(index, best.rows)}；"
            "其余没有来源给出数字，不能比较。")
    return Reply("highest", f"哪个{index.ontology.kinds[kinds[0]].label.zh}的{'、'.join(runs)}"
                 f"{'最少' if low else '最多'}？", text, rows=rows, cited=cited,
                 slots={"class": kinds[0], "metric": "、".join(runs)},
                 call=call("observations", metric=str(best.said.get("metric"))))
