"""Word and Excel, read again by other libraries."""

from io import BytesIO
from zipfile import ZipFile

import docx
import openpyxl
import pytest

from graph.analysis.candidates import candidates
from tests.pictured import answers, battery
from tests.small import ONTOLOGY, day, index_of
from visual.dossier import Dossier, dossier
from visual.sheet import sheet
from visual.word import word

FORMULA = "=HYPERLINK(\"http://a.example\",\"x\")"


@pytest.fixture(scope="module")
def report(chinese_font: None) -> Dossier:
    small = battery(script=True)
    small.cite(FORMULA, "press", "2014-08")
    firm = small.thing("Company", name="=1+1")
    small.link("operatesIn", firm, "Segment:锂电池/正极材料", place="Region:430100",
               function="production")
    some = [candidates(index_of(small.records), "锂电池/隔膜", "长沙市", day("2014"))]
    return dossier(ONTOLOGY, *answers(small), some)


def test_word_says_what_is_missing_first_then_lists_and_sources(report: Dossier) -> None:
    document = docx.Document(BytesIO(word(report)))
    texts = [paragraph.text for paragraph in document.paragraphs]
    assert texts[0] == "长沙市 · 锂电池 产业链报告"
    assert texts[2] == "缺失 1 个：隔膜"
    assert any("完整度 33%–67%" in text for text in texts)
    heads = [p.text for p in document.paragraphs if p.style.name == "Heading 1"]
    assert [head[:2] for head in heads] == ["补链", "强链", "延链", "待核", "候选", "判定", "依据"]
    assert any(text.startswith("[1] 《") and "湖南日报" in text and "（媒体）" in text
               for text in texts)
    assert report.version in texts[1] and "截至 2014-12-31" in texts[1]


def test_word_carries_the_picture_and_a_font_for_both_alphabets(report: Dossier) -> None:
    content = word(report)
    with ZipFile(BytesIO(content)) as files:
        pictures = [name for name in files.namelist() if name.startswith("word/media/")]
        styles = files.read("word/styles.xml").decode()
        assert [files.read(name)[:4] for name in pictures] == [b"\x89PNG"]
    assert 'w:eastAsia="微软雅黑"' in styles
    shape = docx.Document(BytesIO(content)).inline_shapes[0]
    assert shape.width.cm < 26.4 and shape.height.cm < 12.7


def test_excel_keeps_strings_as_strings(report: Dossier) -> None:
    book = openpyxl.load_workbook(BytesIO(sheet(report)))
    assert book.sheetnames == ["图谱", "判定", "补链", "强链", "延链", "待核", "候选企业", "依据"]
    cells = [cell for page in book for row in page.iter_rows() for cell in row
             if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert not [cell for cell in cells if cell.hyperlink]
    assert any("=1+1" in str(cell.value) for cell in cells)
    assert FORMULA in [cell.value for cell in book["依据"]["B"]]
    with ZipFile(BytesIO(sheet(report))) as parts:
        assert sum(name.startswith("xl/media/") for name in parts.namelist()) == 1


def test_excel_lists_what_is_missing_with_its_source(report: Dossier) -> None:
    book = openpyxl.load_workbook(BytesIO(sheet(report)))
    rows = list(book["补链"].iter_rows(values_only=True))
    assert rows[0] == ("环节", "为什么", "下一步", "依据")
    assert rows[1][0] == "隔膜" and "联盟牵线" in str(rows[1][1])
    number = str(rows[1][3])[1:-1]
    sources = {row[0]: row for row in book["依据"].iter_rows(values_only=True)}
    assert sources[number][1:5] == ("联盟牵线", "湖南日报", "2014-06-01", "媒体")


def test_candidates_that_are_not_listed_are_counted() -> None:
    small = battery()
    for number in range(4):
        firm = small.thing("Company", name=f"外地{number}厂")
        small.link("operatesIn", firm, "Segment:锂电池/隔膜", place="Region:430700",
                   function="production", observed="2014")
    found = candidates(index_of(small.records), "锂电池/隔膜", "长沙市", day("2014"), limit=2)
    plain = dossier(ONTOLOGY, *answers(small), [found], picture=False)
    assert plain.candidates and len(plain.candidates.rows) == 3
    assert plain.candidates.rows[2][:2] == ("隔膜", f"另有 {found['total'] - 2} 家")


def test_what_is_not_known_does_not_speak_against_a_candidate(report: Dossier) -> None:
    heads, *rows = openpyxl.load_workbook(BytesIO(sheet(report)))["候选企业"].iter_rows(
        values_only=True)
    assert heads[4:6] == ("不利的一面", "还不知道")
    assert rows and all("不知道" not in str(row[4]) for row in rows)
    assert any("有没有扩产打算" in str(row[5]) for row in rows)


def test_without_candidates_and_font_both_still_open() -> None:
    plain = dossier(ONTOLOGY, *answers(battery()), picture=False)
    document = docx.Document(BytesIO(word(plain)))
    assert any("没有找到中文字体" in p.text for p in document.paragraphs)
    assert "候选企业" not in openpyxl.load_workbook(BytesIO(sheet(plain))).sheetnames
