"""SVG to PNG without a browser; real letters, or a plain word that no Chinese font is there."""

from functools import cache

import resvg_py

from ontology import XianglianError
from visual.lettering import FONTS, stack

__all__ = ["NO_FONT", "has_chinese", "png"]

NO_FONT = ("这台电脑上没有找到中文字体，图里的汉字会变成空白，所以没有画 PNG。"
           "请装上任一种：微软雅黑、思源黑体（Noto Sans CJK）、文泉驿微米黑；或改用 -o 图.svg")
_PROBE = ('<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24">'
          f'<text x="2" y="20" font-size="18" font-family="{stack()}">{{}}</text></svg>')


def png(svg: str, zoom: float = 2.0) -> bytes:
    """The picture at that many pixels a unit.

    Fonts are the system's.  Raises XianglianError if none of them has Chinese characters.
    """
    if not has_chinese():
        raise XianglianError(NO_FONT)
    return resvg_py.svg_to_bytes(svg_string=svg, zoom=zoom, languages=["zh-CN", "zh", "en"],
                                 font_family=FONTS[0], sans_serif_family=FONTS[0])


@cache
def has_chinese(system: bool = True) -> bool:
    """Whether a font draws two different characters differently (without one, both are blank or
    the same box); `system` False looks at no fonts at all."""
    drawn = {resvg_py.svg_to_bytes(
        svg_string=_PROBE.format(character), skip_system_fonts=not system)
        for character in "湘链"}
    return len(drawn) == 2
