"""The colours, symbols and words of pictures, all from the ontology, and the phrases round them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from graph.wording import english
from ontology import Choice, Ontology, Text

__all__ = ["ACCENT", "BAND", "INK", "LINE", "MUTED", "PAPER", "Legend", "change_of"]

# Neutral tones; every other colour comes from the ontology.  Ink and muted are legible on paper
# and on band (contrast above 5.5).
INK, MUTED, LINE, BAND, PAPER, ACCENT = (
    "#1B2430", "#4F5B69", "#C3CBD4", "#F3F5F7", "#FFFFFF", "#1F5FA8")
SHORT = 8  # names that a sentence lists
ORDER = ("absent", "present", "unknown", "contested")  # as a sentence tells them

PHRASES: Mapping[str, Text] = {key: Text(*both) for key, both in {
    "at": ("截至 {}", "as of {}"),
    "between": ("从 {} 到 {}", "from {} to {}"),
    "known_at": ("按 {} 已录入的资料", "as known on {}"),
    "complete": ("完整度 {:.0%}–{:.0%}", "completeness {:.0%}–{:.0%}"),
    "coverage": ("有来源说得清的占 {:.0%}", "{:.0%} covered by sources"),
    "absent": ("缺失 {} 个", "{} absent"),
    "none_absent": ("没有来源说缺哪一个必备环节", "No source says that any essential is missing"),
    "nothing": ("还没有来源说过这条链在当地的情况", "No source speaks of this chain here"),
    "count": ("{} {} 个", "{} {}"),
    "of": ("必备环节 {} 个", "{} essential segments"),
    "firms": ("{} 家", "{} firms"), "firm": ("{} 家", "{} firm"),
    "unnamed": ("没有点名企业", "no firm named"),
    "optional": ("非必备", "optional"),
    "year": ("{} 年", "{}"),
    "said": ("据{}：{}没有", "{}: not there {}"),
    "surveyed": ("据{}：{}排查过，没有", "{}: surveyed {}, nobody"),
    "nearest": ("最近：{}", "nearest: {}"),
    "nowhere": ("没有来源说别处有", "no source names a place that has it"),
    "yes": ("说有：{}", "yes: {}"), "no": ("说没有：{}", "no: {}"),
    "hint": ("推断：{}（不计入）", "inferred: {} (not counted)"),
    "hint_bare": ("只有推断，不计入", "only inferred, not counted"),
    "last": ("最近的证据 {}", "last evidence {}"),
    "feeds": ("供给：{}", "feeds: {}"),
    "segments": ("{} 个环节", "{} segments"),
    "sep": ("、", ", "), "comma": ("，", ", "),
    "semi": ("；", "; "), "colon": ("：", ": "), "etc": ("等", " …"),
    "legend": ("图例", "Legend"),
    "unknown_is": ("没有来源说过，不等于没有", "nobody has said; not the same as absent"),
    "contested_is": ("来源说法不一", "sources disagree"),
    "absent_is": ("有来源说没有", "a source says it is not there"),
    "present_is": ("有来源说有", "a source says it is there"),
    "strong_is": ("{:g} 家以上，或 {:g} 家以上且含链主、单项冠军或上市企业",
                  "{:g} firms, or {:g} with a chain leader, champion or listed firm"),
    "single_is": ("已录入的只有一家", "one firm on record"), "weak_is": ("其余", "the others"),
    "stale_is": ("最近的证据超过 {:g} 年，仍算具备", "last evidence older than {:g} years"),
    "feed": ("供料", "feeds"), "feed_inferred": ("推断的供料", "inferred feed"),
    "feed_absent": ("连着缺失环节的供料", "feed of an absent segment"),
    "outside": ("另有 {} 条供料通往别的产业链，没有画出", "{} feeds to other chains are not drawn"),
    "none": ("这条链还没有录入环节", "No segments on record"),
    "panorama": ("产业链图谱", "chain panorama"),
    "data": ("数据版本 {}", "data version {}"),
    "left_out": ("另有 {} 个没有列出", "{} more are not shown"),
    "nochange": ("判定没有变化", "no verdict changed"),
}.items()}


@dataclass(frozen=True)
class Legend:
    """The ontology's words in one language ("zh" or "en")."""

    ontology: Ontology
    lang: str = "zh"

    def choice(self, vocabulary: str, name: str) -> Choice:
        """The value of that name; a bare one where the vocabulary has none."""
        return next((c for c in self.ontology.words.get(vocabulary, ()) if c.name == name),
                    Choice(name, Text(name, name)))

    def word(self, vocabulary: str, name: str) -> str:
        return self.text(self.choice(vocabulary, name).label)

    def verdict(self, name: str) -> Choice:
        return self.choice("Verdict", name)

    def text(self, text: Text) -> str:
        return text.en if self.lang == "en" else text.zh

    def said(self, sentence: str) -> str:
        """A sentence of an answer in the language, as far as it has it."""
        return english(sentence) if self.lang == "en" else sentence

    def say(self, key: str, *values: object) -> str:
        return self.text(PHRASES[key]).format(*values)

    def join(self, names: Iterable[str]) -> str:
        return self.say("sep").join(map(self.said, names))

    def name(self, row: Mapping[str, Any]) -> str:
        """A segment's name in the language, as far as there is one."""
        return str((row["name_en"] if self.lang == "en" else "") or row["segment"])

    def status(self, row: Mapping[str, Any], stale: bool = True) -> str:
        """Verdict, strength and, if wanted, age in words: 具备·弱·旧证."""
        parts = [self.word("Verdict", row["verdict"])]
        parts += [self.word("Strength", row["strength"])] if row["strength"] else []
        parts += [self.word("Freshness", "stale")] if row["stale"] and stale else []
        return "·".join(parts)

    def missing(self, gaps: Mapping[str, Any]) -> str:
        """What is missing, in one sentence; never more than the sources say."""
        named = [self.name(row) for row in gaps["segments"]
                 if row["essential"] and row["verdict"] == "absent"]
        if named:
            return self.say("absent", len(named)) + self.say("colon") + self.join(named)
        known = any(row["verdict"] != "unknown" for row in gaps["segments"])
        return self.say("none_absent" if known else "nothing")

    def counts(self, gaps: Mapping[str, Any]) -> str:
        """How many essential segments have each other verdict; names of those to look up."""
        told = [self.say("of", sum(row["essential"] for row in gaps["segments"]))]
        for verdict in ORDER[1:]:
            names = [self.name(row) for row in gaps["segments"]
                     if row["essential"] and row["verdict"] == verdict]
            word = self.word("Verdict", verdict)
            if names:
                one = self.say("count", *((len(names), word) if self.lang == "en"
                                          else (word, len(names))))
                listed = verdict != "present" and len(names) <= SHORT
                told.append(one + (self.say("colon") + self.join(names) if listed else ""))
        return self.say("semi").join(told)

    def interval(self, gaps: Mapping[str, Any]) -> str:
        whole = gaps["completeness"]
        return self.say("complete", whole["low"], whole["high"])

    def explained(self, thresholds: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Word and meaning of strengths and age, with the numbers in force."""
        strengths = {
            "strong": self.say("strong_is", thresholds["strong_firms"],
                               thresholds["strong_firms_with_leader"]),
            "weak": self.say("weak_is"), "single": self.say("single_is")}
        years = max((kind.shelf_life for kind in self.ontology.links if kind.evidence == "firm"),
                    default=0)
        return [*((self.word("Strength", name), text) for name, text in strengths.items()),
                (self.word("Freshness", "stale"), self.say("stale_is", years))]


def change_of(row: Mapping[str, Any]) -> str:
    """What became of a segment between two dates: a name in the vocabulary Change, or blank."""
    first, last = row["verdict_between"], row["verdict_to"]
    if first == last:
        return "learned" if row["learned"] else ""
    if last == "absent":
        return "opened"
    if last == "present":
        return "closed" if first in ("absent", "contested") else "seen"
    return "faded" if first in ("present", "absent") else "seen"
