"""Every cell against its field: what it says as a value, or why it is refused."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache

from graph import dates
from graph.codes import check_credit_code
from graph.figures import parse_figure
from graph.names import nearest, normalise
from graph.record import Value
from loaders.resolve import Fault, Known
from ontology.model import Field

__all__ = ["UNIT", "Checked", "Checker", "clean", "split"]

Checked = tuple[tuple[str, Value], ...]
"""Field names with their values (a quantity gives four), () for a blank cell."""

UNIT = "\x1e"
_MAX = 10_000
_MEMO = 200_000
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_ADDRESS = re.compile(r"https?://[^\s/?#\"<>\\^`{|}]+[^\s\"<>\\^`{|}]*", re.IGNORECASE)
_INTEGER = re.compile(r"[-+]?\d+(?:\.0+)?")
_DECIMAL = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?E\+\d+", re.IGNORECASE)
_YES = frozenset(["是", "有", "对", "真", "√", "✓", "y", "yes", "true", "t", "1"])
_NO = frozenset(["否", "无", "不是", "没有", "假", "×", "x", "n", "no", "false", "f", "0"])
_SENTENCE = re.compile("[，。！？]")


def clean(text: str) -> str:
    """A cell trimmed to one line of printable characters.  Raises Fault where it is not text."""
    text = text.strip()
    if not text.isprintable():
        text = text.translate(_INVISIBLE)
        text = " ".join(text.split()) if re.search(r"[\t\r\n]", text) else text
        for char in text:
            if unicodedata.category(char) in ("Cc", "Cs", "Cn") or _BIDI.match(char):
                raise Fault(f"含有控制字符或看不见的字符（U+{ord(char):04X}）")
    if "\ufffd" in text:
        raise Fault("含有 �，文字在别处已经损坏")
    if len(text) > _MAX:
        raise Fault(f"太长：{len(text)} 个字，最多 {_MAX}")
    return text


def split(text: str) -> list[str]:
    """The parts of a multiple value: at | if there is one, else at ；, else at 、 outside prose."""
    for separators in ("|｜", ";；", "、"):
        if any(s in text for s in separators):
            if separators == "、" and _SENTENCE.search(text):
                break
            return _cut(text, separators)
    return [text]


def _cut(text: str, separators: str) -> list[str]:
    """At these characters, but not within brackets: 电子信息(电容器、PCB) is one part."""
    parts = re.split(f"[{re.escape(separators)}](?![^(（]*[)）])", text)
    return [part for p in parts if (part := p.strip())]


class Checker:
    """Checks cells, each different text of a field once: cells repeat a lot."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self._memo: dict[tuple[Field, bool, str], Callable[[str], Checked]] = {}
        self._found: dict[tuple[str, ...], dict[str, str | Fault]] = {}

    def of(self, field: Field, *, last: bool = False, at: str = "") -> Callable[[str], Checked]:
        """The check of a field's column.

        last  a span of time means its end (valid_to, observed), not its start
        at    characters that alone separate the parts of a multiple value
        """
        key = field, last, at
        if key not in self._memo:
            self._memo[key] = lru_cache(_MEMO)(lambda text: self._check(field, text, last, at))
        return self._memo[key]

    def _check(self, field: Field, raw: str, last: bool, at: str) -> Checked:
        try:
            if field.datatype == "quantity":
                return _quantity(field, raw)
            text = clean(raw)
            if not text:
                return ()
            if not field.multiple:
                return ((field.name, self._one(field, text, last)),)
            values = {self._one(field, part, last) for part in _parts(field, text, at)}
            return ((field.name, tuple(sorted(values, key=str))),)
        except ValueError as error:
            raise Fault(str(error)) from None

    def find(self, text: str, refers: tuple[str, ...]) -> str:
        """`Known.find`, once for each text, once all names are declared."""
        memo = self._found.setdefault(refers, {})  # a firm stands in many columns
        if text not in memo:
            try:
                memo[text] = self.known.find(text, refers)
            except Fault as fault:
                memo[text] = fault
        found = memo[text]
        if isinstance(found, Fault):
            raise found.with_traceback(None)
        return found

    def _one(self, field: Field, text: str, last: bool) -> str | int | float | bool:
        if field.datatype == "reference":
            return self.find(text, field.refers)
        if field.datatype == "date":
            return _date(text, last)
        if field.datatype == "choice":
            return _choice(field, text)
        if field.datatype == "string" and field.role == "code":
            return _code(text)
        value = _READ[field.datatype](text)
        _at_least(field, value)
        return value


def _parts(field: Field, text: str, at: str) -> list[str]:
    if at:
        return _cut(text, at)
    if field.datatype == "address":
        return [part for part in re.split(r"[|｜\s]+", text) if part]
    return split(text)


def _code(text: str) -> str:
    text = "".join(unicodedata.normalize("NFKC", text).split())
    if _SCIENTIFIC.fullmatch(text):
        raise ValueError("Excel 把代码变成了数字：请把这一列设为“文本”格式后重填")
    return text


def _date(text: str, last: bool) -> str:
    plain = unicodedata.normalize("NFKC", text)
    if plain.isdigit() and len(plain) == 5:
        return dates.from_excel(int(plain))
    return dates.parse_span(text)[last]


def _choice(field: Field, text: str) -> str:
    wanted = normalise(text)
    for choice in field.choices:
        names = (choice.name, choice.label.zh, choice.label.en, *choice.synonyms)
        if wanted in map(normalise, names):
            return choice.name
    labels = [choice.label.zh for choice in field.choices]
    raise Fault(f"只能填：{'、'.join(labels)}",
                nearest(text, [*labels, *(choice.name for choice in field.choices)], 1))


def _boolean(text: str) -> bool:
    word = normalise(text)
    if word not in _YES | _NO:
        raise ValueError("只能填：是、否")
    return word in _YES


def _number(text: str) -> str:
    """Half-width, without the commas between thousands."""
    return _THOUSANDS.sub("", unicodedata.normalize("NFKC", text)).replace(" ", "")


def _integer(text: str) -> int:
    plain = _number(text)
    if not _INTEGER.fullmatch(plain) or len(plain) > 18:
        raise ValueError("要填整数")
    return int(plain.partition(".")[0])


def _decimal(text: str) -> float:
    plain = _number(text)
    if not _DECIMAL.fullmatch(plain.removesuffix("%")):
        raise ValueError("要填数字")
    return float(plain.removesuffix("%")) / (100 if plain.endswith("%") else 1)


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise ValueError("网址要以 http:// 或 https:// 开头")
    return text


_READ: Mapping[str, Callable[[str], str | int | float | bool]] = {
    "string": str, "integer": _integer, "decimal": _decimal, "boolean": _boolean,
    "period": dates.period, "address": _address, "credit_code": check_credit_code,
}


def _at_least(field: Field, value: object) -> None:
    if field.minimum is not None and isinstance(value, int | float) and value < field.minimum:
        raise ValueError(f"不能小于 {field.minimum:g}")


def _quantity(field: Field, raw: str) -> Checked:
    """Value, unit, bound and wording; UNIT stands between a number and the text of its own column.

    1200 with 万元 is 12000000 元, and so is 1,200万元 whose unit column repeats 万元.
    """
    number, unit = (clean(part) for part in (*raw.split(UNIT), "")[:2])
    if not number:
        if unit:
            raise ValueError("有单位没有数字")
        return ()
    figure = parse_figure(number)
    if unit and not figure.unit:
        figure = parse_figure(number + unit)
    elif unit and parse_figure("1" + unit).unit != figure.unit:
        raise ValueError(f"数字里的单位是「{figure.unit}」，单位列写的是「{unit}」")
    _at_least(field, figure.value)
    said = ((field.name, figure.value), (field.unit_field, figure.unit),
            (field.bound_field, figure.bound), (field.wording_field, figure.wording))
    return tuple((name, part) for name, part in said if name and part != "")
