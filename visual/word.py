"""A report as a Word document."""

from io import BytesIO
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from visual.dossier import Dossier, Table
from visual.legend import INK, LINE, MUTED
from visual.lettering import legal
from visual.png import NO_FONT

__all__ = ["word"]

LATIN, CHINESE = "Microsoft YaHei", "微软雅黑"
ACROSS, HIGH = 26.3, 12.6  # cm between the margins of a landscape page, and for the picture
WIDTHS = {"环节": 3.2, "为什么": 11.0, "下一步": 8.6, "依据": 2.6, "位置": 1.8, "必备": 1.5,
          "判定": 3.6, "企业": 13.6, "候选企业": 4.0, "所在地": 3.4, "理由": 6.4,
          "不利的一面": 3.9, "还不知道": 3.9}


def word(report: Dossier) -> bytes:
    """The file's content."""
    document = Document()
    _page(document)
    _styles(document)
    document.core_properties.title = legal(report.title)
    document.core_properties.author = "湘链"
    document.core_properties.comments = f"数据版本 {report.version}"
    document.add_heading(legal(report.title), 0)
    _text(document, f"{report.when} · 数据版本 {report.version}", MUTED, 9)
    _text(document, report.missing, INK, 14, bold=True)
    for line in report.lines[:2]:
        _text(document, line)
    if report.picture:
        across, high = _size(report.picture)
        document.add_picture(BytesIO(report.picture), width=Cm(min(ACROSS, HIGH * across / high)))
    else:
        _text(document, NO_FONT, MUTED)
    _text(document, "口径：" + "".join(report.lines[2:]), MUTED, 9)
    for table in report.lists:
        _table(document, table)
    if report.candidates:
        _table(document, report.candidates)
    _table(document, report.verdicts)
    document.add_heading("依据", 1)
    for source in report.sources:
        address = f" {source.address}" if "://" in source.address else ""
        _text(document, f"[{source.number}] {source.text}{address}", size=9)
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def _size(picture: bytes) -> tuple[int, int]:
    """Width and height in pixels, from the head of the PNG."""
    return int.from_bytes(picture[16:20], "big"), int.from_bytes(picture[20:24], "big")


def _page(document: Any) -> None:
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Cm(29.7), Cm(21.0)
    section.left_margin = section.right_margin = Cm((29.7 - ACROSS) / 2)
    section.top_margin = section.bottom_margin = Cm(1.6)


def _styles(document: Any) -> None:
    """Both alphabets in every style; Word would else take a theme's font for the Chinese."""
    for name, size in (("Normal", 10), ("Title", 20), ("Heading 1", 13)):
        style = document.styles[name]
        style.font.name, style.font.size = LATIN, Pt(size)
        style.font.color.rgb = RGBColor.from_string(INK[1:])
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        for script in ("ascii", "hAnsi", "cs"):
            fonts.set(qn(f"w:{script}"), LATIN)
        fonts.set(qn("w:eastAsia"), CHINESE)
        style.element.rPr.append(_element("w:lang", val="en-US", eastAsia="zh-CN"))
    document.styles["Normal"].paragraph_format.space_after = Pt(3)


def _text(document: Any, text: str, colour: str = INK, size: int = 10,
          bold: bool = False) -> None:
    run = document.add_paragraph().add_run(legal(text))
    run.font.size, run.font.bold = Pt(size), bold
    run.font.color.rgb = RGBColor.from_string(colour[1:])


def _table(document: Any, table: Table) -> None:
    document.add_heading(f"{table.name}（{table.meaning}）{len(table.rows)} 项", 1)
    if not table.rows:
        _text(document, "没有。", MUTED)
        return
    drawn = document.add_table(rows=1, cols=len(table.heads), style="Table Grid")
    drawn.autofit = False
    for cell, head in zip(drawn.rows[0].cells, table.heads, strict=True):
        _cell(cell, head, bold=True)
    drawn.rows[0]._tr.get_or_add_trPr().append(_element("w:tblHeader", val="true"))
    borders = OxmlElement("w:tblBorders")
    for side in ("top", "bottom", "insideH"):
        borders.append(_element(f"w:{side}", val="single", sz="4", color=LINE[1:]))
    for side in ("left", "right", "insideV"):
        borders.append(_element(f"w:{side}", val="nil"))
    drawn._tbl.tblPr.append(borders)
    for row in table.rows:
        line = drawn.add_row()
        line._tr.get_or_add_trPr().append(_element("w:cantSplit", val="true"))
        for cell, text in zip(line.cells, row, strict=True):
            _cell(cell, text)
    scale = ACROSS / sum(WIDTHS[head] for head in table.heads)
    for column, head in zip(drawn.columns, table.heads, strict=True):
        column.width = Cm(WIDTHS[head] * scale)
        for cell in column.cells:
            cell.width = Cm(WIDTHS[head] * scale)


def _element(name: str, **attributes: str) -> Any:
    made = OxmlElement(name)
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), value)
    return made


def _cell(cell: Any, text: str, bold: bool = False) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(2)
    run = paragraph.add_run(legal(text))
    run.font.size, run.font.bold = Pt(9), bold
