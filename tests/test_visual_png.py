"""PNG without a browser: twice the size, no character missing."""

import pytest
import resvg_py

from tests.pictured import answers, battery
from tests.small import ONTOLOGY
from visual import png as pictures
from visual.lettering import stack
from visual.panorama import panorama

pytestmark = pytest.mark.usefixtures("chinese_font")


def glyph(character: str) -> bytes:
    return resvg_py.svg_to_bytes(
        svg_string=f'<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24"><text x="2" '
                   f'y="20" font-size="18" font-family="{stack()}">{character}</text></svg>')


def test_a_picture_has_twice_the_pixels() -> None:
    drawn = pictures.png(panorama(ONTOLOGY, *answers(battery()), width=1366))
    assert drawn[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(drawn[16:20], "big") == 2732


def test_no_character_of_the_picture_or_of_the_ontology_is_missing() -> None:
    texts = [panorama(ONTOLOGY, *answers(battery()))]
    texts += [choice.label.zh + choice.symbol for words in ONTOLOGY.words.values()
              for choice in words]
    texts += [kind.label.zh for kind in ONTOLOGY.kinds.values()]
    missing = {glyph(""), glyph("\U0010fffd")}
    shown = {c for text in texts for c in text if not c.isspace() and c not in "<>&\u3000"}
    assert not {c for c in shown if glyph(c) in missing}


def test_without_any_font_it_says_so() -> None:
    assert pictures.has_chinese() and not pictures.has_chinese(system=False)
    assert "没有找到中文字体" in pictures.NO_FONT
