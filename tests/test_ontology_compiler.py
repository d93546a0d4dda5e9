"""The compiler understands every file whole, or says which file, which term, and what was meant."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import ontology
from ontology import Ontology, OntologyError, load_ontology

PACKAGED = Path(ontology.__file__).parent
PREFIXES = "".join(
    f"@prefix {name}: <{address}> .\n" for name, address in {
        "xl": "https://w3id.org/xianglian/ontology#",
        "sh": "http://www.w3.org/ns/shacl#",
        "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
        "skos": "http://www.w3.org/2004/02/skos/core#",
        "owl": "http://www.w3.org/2002/07/owl#",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
    }.items())
NAME = """[ sh:path xl:name ; sh:name "名称"@zh , "name"@en ;
    sh:description "名称。"@zh , "Name."@en ; sh:datatype xsd:string ;
    sh:minCount 1 ; sh:maxCount 1 ; xl:role "name" ]"""


def label(zh: str, en: str) -> str:
    return f'rdfs:label "{zh}"@zh , "{en}"@en ; rdfs:comment "{zh}。"@zh , "{en}."@en'


def shape(path: str, rest: str, zh: str = "甲乙") -> str:
    return (f'[ sh:path xl:{path} ; sh:name "{zh}"@zh , "{path}"@en ; '
            f'sh:description "{zh}。"@zh , "{path}."@en ; {rest} ]')


def port(rest: str = "") -> str:
    """A class of its own with one field more."""
    extra = f" , {rest}" if rest else ""
    return f"xl:Port a xl:Class ; {label('港口', 'port')} ; sh:property {NAME}{extra} .\n"


def end(path: str, side: str, type_: str) -> str:
    return shape(path, f'{type_} ; sh:maxCount 1 ; xl:end "{side}"', f"{path} 端")


def link(rest: str, start: str = "sh:class xl:Company", stop: str = "sh:class xl:Region") -> str:
    ends = end("one_end", "from", start) + " , " + end("other_end", "to", stop)
    return f"xl:ships a xl:Link ; {label('发运', 'ships')} ; {rest} sh:property {ends} .\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for file in PACKAGED.glob("*.ttl"):
        shutil.copy(file, tmp_path)
    return tmp_path


@pytest.fixture
def compiled(folder: Path) -> Callable[[str], Ontology]:
    """Compiles the packaged files together with one more."""
    def compile_with(text: str) -> Ontology:
        (folder / "more.ttl").write_text(PREFIXES + text, encoding="utf-8")
        return load_ontology(folder)
    return compile_with


def test_the_packaged_ontology_is_compiled_once_and_equals_its_folder() -> None:
    assert load_ontology() is load_ontology()
    assert load_ontology(PACKAGED) == load_ontology()


def test_one_more_class_link_and_field_need_no_python(compiled: Callable[[str], Ontology]) -> None:
    quay = shape("quays", "sh:datatype xsd:integer ; sh:minInclusive 1 ; sh:maxCount 1", "泊位数")
    depth = shape("depth", "sh:datatype xsd:decimal ; sh:maxCount 1 ; sh:order 90", "水深")
    found = compiled(port(quay) + f"xl:Company sh:property {depth} ."
                     + link('xl:tie true ; xl:shelfLife "P2Y"^^xsd:duration ;',
                            stop="sh:or ( [ sh:class xl:Port ] [ sh:class xl:Region ] )"))
    port_, ships = found.kind("港口"), found.kind("ships")
    assert [f.name for f in port_.fields] == ["name", "quays"]
    assert [f.minimum for f in port_.fields] == [None, 1]
    assert port_.symbol == "港" and port_.colour.startswith("#")
    assert ships.ends and ships.ends[1].refers == ("Port", "Region")
    assert ships.tie and ships.shelf_life == 2
    assert found.kind("Company").fields[-1].name == "depth"
    assert found.fingerprint != load_ontology().fingerprint


def test_names_and_order_of_the_files_do_not_matter(folder: Path) -> None:
    for number, file in enumerate(sorted(folder.glob("*.ttl"), reverse=True)):
        file.rename(folder / f"{number}.ttl")
    assert load_ontology(folder).fingerprint == load_ontology().fingerprint


def test_formatting_does_not_change_the_fingerprint_but_meaning_does(folder: Path) -> None:
    file = folder / "chains.ttl"
    text = file.read_text(encoding="utf-8")
    file.write_bytes(b"\xef\xbb\xbf" + text.replace("  ", "\t").replace("\n", "\r\n").encode())
    assert load_ontology(folder).fingerprint == load_ontology().fingerprint
    file.write_text(text.replace('"隔膜"', '"电解液"'), encoding="utf-8")
    assert load_ontology(folder).fingerprint != load_ontology().fingerprint


def test_an_import_is_not_followed(compiled: Callable[[str], Ontology]) -> None:
    text = "<https://example.org/o> a owl:Ontology ; owl:imports <https://example.invalid/x> ."
    assert compiled(text).fingerprint == load_ontology().fingerprint


FAULTS = {
    # what is wrong: (Turtle, term, part of the reason, a nearest word)
    "property": (port(shape("size", "sh:datatype xsd:string ; xl:exmaple \"大\"")),
                 "Port.size", "xl:exmaple", "xl:example"),
    "property of SHACL": (port(shape("size", "sh:datatype xsd:string ; sh:mincount 1")),
                          "Port.size", "sh:mincount", "sh:minCount"),
    "property in the wrong place": (f"xl:Port a xl:Class ; {label('港口', 'port')} ; xl:key true .",
                                    "Port", "这里不能用", ""),
    "type": (f"xl:Port a xl:Clas ; {label('港口', 'port')} .", "Port", "xl:Clas", "xl:Class"),
    "no type": (f"xl:Compny sh:property {NAME} .", "Compny", "没有写明它是什么", "xl:Company"),
    "no Chinese label": ('xl:Port a xl:Class ; rdfs:label "port"@en ; '
                         f'rdfs:comment "港"@zh , "p"@en ; sh:property {NAME} .',
                         "Port", "缺少中文 rdfs:label", ""),
    "no English comment": (f'xl:Port a xl:Class ; rdfs:label "港口"@zh , "port"@en ; '
                           f'rdfs:comment "港"@zh ; sh:property {NAME} .',
                           "Port", "缺少英文 rdfs:comment", ""),
    "label without language": ('xl:Port a xl:Class ; rdfs:label "港口" ; '
                               f'rdfs:comment "港"@zh ; sh:property {NAME} .',
                               "Port", "标明语言", ""),
    "no field description": (port('[ sh:path xl:size ; sh:name "大小"@zh , "size"@en ; '
                                  "sh:datatype xsd:string ]"),
                             "Port.size", "缺少中文 sh:description", ""),
    "declared twice": (f"xl:Company a xl:Class ; {label('公司', 'firm')} .",
                       "Company", "写了两次", ""),
    "name in use": (f"xl:Port a xl:Class ; {label('企业', 'port')} ; sh:property {NAME} .",
                    "Port", "已经用于 Company", ""),
    "class": (port(shape("owner", "sh:class xl:Compny")),
              "Port.owner", "xl:Compny", "xl:Company"),
    "class in a list": (port(shape("owner", "sh:or ( [ sh:class xl:Park ] [ sh:class xl:Prk ] )")),
                        "Port.owner", "xl:Prk", "xl:Park"),
    "datatype": (port(shape("size", "sh:datatype xsd:deciml")),
                 "Port.size", "xsd:deciml", "xsd:decimal"),
    "no type of value": (port(shape("size", "sh:maxCount 1")), "Port.size", "只写一种", ""),
    "vocabulary": (port(shape("use", "sh:datatype xsd:string ; xl:choices xl:Funktion")),
                   "Port.use", "Funktion", "Function"),
    "vocabulary of a number": (port(shape("use", "sh:datatype xsd:integer ; "
                                                 "xl:choices xl:Function")),
                               "Port.use", "xsd:string", ""),
    "field twice": (port(shape("size", "sh:datatype xsd:string") + " , "
                         + shape("size", "sh:datatype xsd:integer", "大小")),
                    "Port.size", "重复", ""),
    "heading twice": (port(shape("size", "sh:datatype xsd:string") + " , "
                           + shape("length", "sh:datatype xsd:string")),
                      "Port", "「甲乙」既指", ""),
    "shared column": (port(shape("observed", "sh:datatype xl:Date")),
                      "Port", "公共列", ""),
    "key of many": (port(shape("size", "sh:datatype xsd:string ; xl:key true")),
                    "Port.size", "多值字段不能是键", ""),
    "name of many": (port(shape("size", 'sh:datatype xsd:string ; xl:role "code"')),
                     "Port.size", "不能担任 code", ""),
    "role": (port(shape("size", 'sh:datatype xsd:string ; xl:role "alais"')),
             "Port.size", "alais", "alias"),
    "two names": (port(shape("size", 'sh:datatype xsd:string ; sh:maxCount 1 ; xl:role "name"')),
                  "Port", "两个字段担任 name", ""),
    "unit field": (port(shape("size", 'sh:datatype xl:Quantity ; sh:maxCount 1 ; '
                                      'xl:unitField "nam"')),
                   "Port.size", "「nam」不存在", "name"),
    "bound field": (port(shape("size", 'sh:datatype xl:Quantity ; sh:maxCount 1 ; '
                                       'xl:boundField "name"')),
                    "Port.size", "类型不对", ""),
    "unit of a text": (port(shape("size", 'sh:datatype xsd:string ; xl:unitField "name"')),
                       "Port.size", "只用于数量", ""),
    "cardinality": (port(shape("size", "sh:datatype xsd:string ; sh:maxCount 3")),
                    "Port.size", "sh:maxCount", ""),
    "least text": (port(shape("size", "sh:datatype xsd:string ; sh:minInclusive 0")),
                   "Port.size", "sh:minInclusive 只用于数字", ""),
    "least word": (port(shape("size", 'sh:datatype xsd:integer ; sh:minInclusive "none"')),
                   "Port.size", "none", ""),
    "field name": (port(shape("Size", "sh:datatype xsd:string")), "Port.Size", "小写字母", ""),
    "class name": (f"xl:port a xl:Class ; {label('港口', 'port')} ; sh:property {NAME} .",
                   "port", "大写字母", ""),
    "no identity": (f"xl:Port a xl:Class ; {label('港口', 'port')} .", "Port", "无法识别", ""),
    "inheritance": (f"xl:Port a xl:Class ; rdfs:subClassOf xl:Park ; {label('港口', 'port')} ; "
                    f"sh:property {NAME} .", "Port", "继承", ""),
    "colour": (link('xl:colour "blue" ;'), "ships", "#RRGGBB", ""),
    "duration": (link('xl:shelfLife "5 years" ;'), "ships", "P5Y", ""),
    "flag": (link('xl:tie "yes" ;'), "ships", "true 或 false", ""),
    "class flag on a link": (link("xl:open true ;"), "ships", "只用于类", ""),
    "one end": (f"xl:ships a xl:Link ; {label('发运', 'ships')} ; "
                f"sh:property {end('one_end', 'from', 'sh:class xl:Company')} .",
                "ships", "xl:end \"to\"", ""),
    "end of a class": (port(end("size", "from", "sh:class xl:Park")), "Port", "只用于联系", ""),
    "end of text": (link("", stop="sh:datatype xsd:string"), "ships.other_end", "指向", ""),
    "evidence word": (link('xl:evidence "absense" ;'), "ships", "absense", "absence"),
    "evidence of another class": (link('xl:evidence "absence" ;'), "ships", "Segment 指向地点", ""),
    "evidence at no place": (link('xl:evidence "absence" ;', "sh:class xl:Segment",
                                  "sh:class xl:Company"), "ships", "Park、Region、Site", ""),
    "firm without a place": (link('xl:evidence "firm" ;', stop="sh:class xl:Segment"),
                             "ships", "地点的键字段", ""),
    "concept of no vocabulary": ('xl:Tide-low a skos:Concept ; skos:inScheme xl:Tide ; '
                                 'skos:notation "low" .', "xl:Tide-low", "不认识词表", ""),
    "empty vocabulary": ('xl:Tide a skos:ConceptScheme ; skos:prefLabel "潮"@zh , "tide"@en ; '
                         'skos:definition "潮。"@zh , "Tide."@en .', "xl:Tide", "一个词也没有", ""),
    "word with two meanings": ('xl:Grade-rumour a skos:Concept ; skos:inScheme xl:Grade ; '
                               'skos:notation "rumour" ; skos:prefLabel "传闻"@zh , "rumour"@en ; '
                               'skos:altLabel "新闻"@zh .', "xl:Grade-rumour", "「新闻」既指", ""),
    "threshold": (f'xl:weak_firms a xl:Threshold ; {label("弱", "weak")} ; '
                  '<http://www.w3.org/1999/02/22-rdf-syntax-ns#value> "many" .',
                  "xl:weak_firms", "many", ""),
    "mapping of no field": ('xl:full_nam a <http://www.w3.org/1999/02/22-rdf-syntax-ns#Property> ; '
                            'skos:closeMatch rdfs:label .',
                            "xl:full_nam", "没有哪个类", "xl:full_name"),
    "foreign name": (f"<https://example.org/Port> a xl:Class ; {label('港口', 'port')} .",
                     "https://example.org/Port", "命名空间", ""),
}


@pytest.mark.parametrize(("text", "term", "reason", "nearest"), FAULTS.values(), ids=FAULTS)
def test_a_fault_names_file_term_reason_and_nearest(
        compiled: Callable[[str], Ontology], text: str, term: str, reason: str,
        nearest: str) -> None:
    with pytest.raises(OntologyError) as caught:
        compiled(text)
    error = caught.value
    assert error.file == "more.ttl" or term == "Company"  # declared in two files: either one
    assert error.term.removeprefix("xl:") == term.removeprefix("xl:")
    assert reason in error.reason
    assert nearest in error.nearest if nearest else True
    assert all(part in str(error) for part in (error.file, error.term, error.reason))


def test_a_syntax_error_is_reported_with_its_line(compiled: Callable[[str], Ontology]) -> None:
    line = PREFIXES.count("\n") + 2
    with pytest.raises(OntologyError, match=f"more.ttl：第 {line} 行"):
        compiled("xl:Port a xl:Class ;\n  rdfs:label 港口 .\n")


def test_a_file_in_another_encoding_is_refused(folder: Path) -> None:
    (folder / "more.ttl").write_bytes('xl:Port rdfs:label "港口"@zh .'.encode("gb18030"))
    with pytest.raises(OntologyError, match="UTF-8"):
        load_ontology(folder)


def test_a_folder_without_turtle_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OntologyError, match="没有 Turtle 文件"):
        load_ontology(tmp_path)


def test_the_vocabulary_of_grades_may_not_be_missing(tmp_path: Path) -> None:
    (tmp_path / "port.ttl").write_text(PREFIXES + port(), encoding="utf-8")
    with pytest.raises(OntologyError, match="Grade"):
        load_ontology(tmp_path)
