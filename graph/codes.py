"""统一社会信用代码: 18 characters whose last one checks the others (GB 32100-2015)."""

import re
import unicodedata

__all__ = ["check_character", "check_credit_code"]

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = tuple(3**i % 31 for i in range(17))
# The registering departments of the standard and its amendments; kept wide on purpose.
_DEPARTMENTS = "123456789AGNY"
# GB/T 2260: provinces, and 100000 for what the State itself registers.
_PROVINCES = frozenset(map(str, (10, *range(11, 16), *range(21, 24), *range(31, 38),
                                 *range(41, 47), *range(50, 55), *range(61, 66), 71, 81, 82)))
_LOOKALIKES = {"I": "数字 1", "O": "数字 0", "Z": "数字 2", "S": "数字 5", "V": "字母 U 或 Y"}
_EXCEL = re.compile(r"\d(?:\.\d+)?E\+?\d+")


def check_character(body: str) -> str:
    """The last character that belongs to the first 17."""
    total = sum(ALPHABET.index(c) * w for c, w in zip(body, _WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


def check_credit_code(text: str) -> str:
    """The code in its only right spelling: half-width capitals without spaces.

    Raises ValueError with a sentence that says what is wrong and, where it can be known, right.
    """
    code = "".join(unicodedata.normalize("NFKC", text).upper().split())
    if _EXCEL.fullmatch(code):
        raise ValueError(_destroyed(text))
    if len(code) != 18:
        raise ValueError(f"统一社会信用代码应为 18 位，这里是 {len(code)} 位")
    for place, char in enumerate(code, 1):
        if char not in ALPHABET:
            hint = f"，也许是 {_LOOKALIKES[char]}" if char in _LOOKALIKES else ""
            raise ValueError(f"第 {place} 位不能是「{char}」{hint}")
    if code[0] not in _DEPARTMENTS:
        raise ValueError(f"第 1 位「{code[0]}」不是登记管理部门的代码")
    if not (code[2:8].isdigit() and code[2:4] in _PROVINCES):
        raise ValueError(f"第 3 至 8 位「{code[2:8]}」不是行政区划代码")
    right = check_character(code[:17])
    if code[17] != right:
        if code.isdigit() and code.endswith("000"):
            raise ValueError(_destroyed(text))
        raise ValueError(f"校验位不对：最后一位是「{code[17]}」，按前 17 位应为「{right}」，"
                         "请核对是否有一位抄错")
    return code


def _destroyed(text: str) -> str:
    return (f"「{text}」是被 Excel 当成数字而毁掉的代码，后几位已经丢失："
            "请先把这一列设为“文本”格式，再从原件重新录入")
