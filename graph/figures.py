"""Figures as people write them: 超1200亿元 is the number 120000000000, 元, and "over"."""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

__all__ = ["Figure", "parse_figure", "to_decimal"]


@dataclass(frozen=True, slots=True)
class Figure:
    """A number in its base unit; `bound` is exact, over, about or at_most."""

    value: int | float
    unit: str
    bound: str
    wording: str


_BEFORE = {
    "over": "不低于 不少于 不小于 至少 最低 超过 突破 大于 高于 多于 超 逾 过 破 > ≥",
    "at_most": "不超过 不高于 不多于 不大于 至多 最多 最高 最大 低于 少于 小于 不足 不到 < ≤",
    "about": "大约 将近 接近 大概 约为 约 近 ≈ ~",
}
_AFTER = {
    "over": "及以上 以上 之上 有余 余 多 +",
    "at_most": "及以下 以下 以内 之内 之下 封顶",
    "about": "左右 上下 前后",
}


def _longest_first(words: dict[str, str]) -> list[tuple[str, str]]:
    pairs = [(word, bound) for bound, row in words.items() for word in row.split()]
    return sorted(pairs, key=lambda pair: -len(pair[0]))


_BOUNDS_BEFORE, _BOUNDS_AFTER = _longest_first(_BEFORE), _longest_first(_AFTER)
_LEAD = re.compile("(?:达到|达|为|共计|累计|总计|合计|共)?(人民币|RMB|¥)?", re.IGNORECASE)
_SMALL = {"十": 10, "百": 100, "千": 1000, "拾": 10, "佰": 100, "仟": 1000}
_LARGE = {"万": 10**4, "亿": 10**8}
_DIGIT = {c: str(i) for i, c in enumerate("零一二三四五六七八九")} | {"〇": "0", "两": "2"}
# 千 and 百 that belong to the unit and not to the number.
_IN_UNIT = "(?:千[克瓦米伏卡帕安赫牛焦]|百分)"
_NUMERAL = "零〇一二两三四五六七八九"
_TOKEN = re.compile(
    rf"(?P<number>[-+]?\d[\d,]*(?:\.\d+)?|[{_NUMERAL}]+(?:点[{_NUMERAL}]+)?)"
    rf"|(?!{_IN_UNIT})(?P<scale>[十百千拾佰仟万亿])|(?P<more>[余多来](?=[十百千万亿\D]))"
)
_RANGE = re.compile(rf"[\d十百千万亿元%{_NUMERAL}]\S*?(?:-|–|—|~|至|到)[约近]?[\d十百{_NUMERAL}]")
_UNIT = re.compile(r"(?:[^\W\d_]|(?<=[A-Za-z])[23]|[/%‰°·])*")
_PLAIN = re.compile(r"[-+]?(?:\d+|\d{1,3}(?:,\d{3})+)?(?:\.\d+)?(?:[eE][-+]?\d+)?", re.ASCII)


def to_decimal(text: str) -> Decimal:
    """The exact value of a plain number, thousands separators and full-width digits allowed.

    Raises ValueError with a sentence, also for NaN, infinity and what no float can hold.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    try:
        if not _PLAIN.fullmatch(plain):
            raise InvalidOperation
        value = Decimal(plain.replace(",", ""))
    except InvalidOperation:
        raise ValueError(f"「{text}」不是数字") from None
    if abs(value) > Decimal("1e300") or (value and abs(value) < Decimal("1e-300")):
        raise ValueError(f"数字「{text}」超出范围")
    return value


def parse_figure(text: str) -> Figure:
    """The figure that a text states: number, unit, bound and the wording itself.

    1,200万元 → 12000000 元; 近300家 → 300 家, about; 百亿 → 10000000000; 85% stays 85 %.
    Raises ValueError with a sentence for a range, or when no single number is stated.
    """
    wording = text.strip()
    plain = re.sub(r"(?<!\d)\s+|\s+(?!\d)", "", unicodedata.normalize("NFKC", wording))
    if _PLAIN.fullmatch(plain):
        return Figure(_short(to_decimal(plain)), "", "exact", wording)
    plain, money = _led(plain)
    bound, plain = _bound(plain)
    plain, money_too = _led(plain)
    if _RANGE.match(plain):
        raise ValueError(f"「{text}」是一个范围：请只写一个数，例如“不超过3万元”")
    plain = re.sub("^百分之(.+)$", r"\1%", plain)
    number, vague, place = _number(plain, bool(bound))
    if number is None:
        raise ValueError(f"「{text}」里没有确切的数字")
    unit = _unit(plain[place:], text) or ("元" if money or money_too else "")
    return Figure(_short(number), unit, bound or vague or "exact", wording)


def _short(number: Decimal) -> int | float:
    if abs(number) >= 2**63:
        raise ValueError(f"数字 {number:.3g} 超出范围")
    return int(number) if number == number.to_integral_value() else float(number)


def _led(plain: str) -> tuple[str, bool]:
    """The text without 达, 共, 人民币 … before the number, and whether money was among them."""
    match = _LEAD.match(plain)
    return (plain[match.end() :], match[1] is not None) if match else (plain, False)


def _bound(plain: str) -> tuple[str, str]:
    """The bound that the words at either end of the text give, and the text without them."""
    for word, bound in _BOUNDS_BEFORE:
        if plain.startswith(word):
            return bound, plain[len(word) :]
    for word, bound in _BOUNDS_AFTER:
        if plain.endswith(word) and len(plain) > len(word):
            return bound, plain[: -len(word)]
    return "", plain


def _number(plain: str, bare: bool) -> tuple[Decimal | None, str, int]:
    """The number that the text begins with (None: none), the bound that 余, 多, 来 give, its end.

    `bare`: a lone 万 or 亿 is a number too (超亿元).
    """
    total = section = Decimal(0)
    pending: Decimal | None = None
    vague, place = "", 0
    while match := _TOKEN.match(plain, place):
        scale = match["scale"]
        if match["number"]:
            if pending is not None or _several(match["number"], plain, match.end(), place > 0):
                return None, "", 0
            pending = _digits(match["number"])
        elif match["more"]:
            if not place:
                return None, "", 0
            vague = "about" if match["more"] == "来" else "over"
        elif scale in _SMALL:
            section, pending = section + _SMALL[scale] * (1 if pending is None else pending), None
        else:
            if not place:
                if not bare and plain[1:2] != "亿":
                    return None, "", 0
                pending = Decimal(1)
            section, pending = section + (pending or 0), None
            if scale == "亿":  # of everything before it: 1.2万亿
                total, section = total + section, Decimal(0)
                total *= _LARGE[scale]
            else:
                total, section = total + section * _LARGE[scale], Decimal(0)
        place = match.end()
    return (total + section + (pending or 0) if place else None), vague, place


def _several(written: str, plain: str, end: int, scaled: bool) -> bool:
    """Whether Chinese digits side by side mean several numbers: 两三百, 三四十, 十四五."""
    scaled = scaled or plain[end : end + 1] in _SMALL or plain[end : end + 1] in _LARGE
    return scaled and written[0] in _NUMERAL and "点" not in written and (
        len(written.lstrip("零〇")) > 1)


def _digits(written: str) -> Decimal:
    if written[0] in _NUMERAL:
        written = "".join(_DIGIT.get(c, ".") for c in written)
    return to_decimal(written)


def _unit(rest: str, text: str) -> str:
    """The unit in what follows the number."""
    unit = re.sub("人民币|RMB", "", rest, flags=re.IGNORECASE)
    unit = "元" if rest and not unit else unit
    unit = unit.removeprefix("个") if unit.endswith("百分点") else unit
    if len(unit) > 16 or not _UNIT.fullmatch(unit):
        raise ValueError(f"看不懂数字「{text}」的单位：请写成 1200万元、85% 或 300家 这样")
    return unit
