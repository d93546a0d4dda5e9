"""The ontology drives everything: a class, a link and a field more in the Turtle, and no Python."""

import shutil
from pathlib import Path

import pytest

import ontology
from tests.shell import Shell

MORE = """
@prefix xl: <https://w3id.org/xianglian/ontology#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

xl:Port a xl:Class ; xl:order 90 ; xl:symbol "港" ; xl:colour "#336699" ;
  rdfs:label "港口"@zh , "port"@en ; rdfs:comment "货物进出的港口。"@zh , "A port."@en ;
  sh:property [ sh:path xl:name ; sh:name "港口名称"@zh , "name"@en ; sh:order 1 ;
    sh:description "叫什么。"@zh , "What it is called."@en ; sh:datatype xsd:string ;
    sh:minCount 1 ; sh:maxCount 1 ; xl:role "name" ; xl:example "城陵矶港" ] .

xl:shipsFrom a xl:Link ; xl:order 91 ; xl:symbol "运" ; xl:colour "#996633" ; xl:tie true ;
  rdfs:label "出货"@zh , "ships from"@en ; rdfs:comment "从哪个港出货。"@zh , "Ships from it."@en ;
  sh:property [ xl:end "from" ; sh:path xl:shipper ; sh:name "发货企业"@zh , "shipper"@en ;
    sh:description "谁发货。"@zh , "Who ships."@en ; sh:class xl:Company ;
    sh:minCount 1 ; sh:maxCount 1 ; xl:example "金博股份" ] ,
  [ xl:end "to" ; sh:path xl:port ; sh:name "港口"@zh , "port"@en ;
    sh:description "哪个港。"@zh , "Which port."@en ; sh:class xl:Port ;
    sh:minCount 1 ; sh:maxCount 1 ; xl:example "城陵矶港" ] .

xl:Company sh:property [ sh:path xl:staff ; sh:name "职工人数"@zh , "staff"@en ; sh:order 80 ;
  sh:description "有多少职工。"@zh , "How many work there."@en ; sh:datatype xsd:integer ;
  sh:maxCount 1 ] .
"""


@pytest.fixture
def extended(tmp_path: Path) -> Shell:
    """An empty store under a copy of the shipped Turtle with a file more."""
    model = tmp_path / "model"
    model.mkdir()
    for file in Path(ontology.__file__).parent.glob("*.ttl"):
        shutil.copy(file, model)
    (model / "more.ttl").write_text(MORE, encoding="utf-8")
    shell = Shell(tmp_path, f"sqlite:///{(tmp_path / 'x.db').as_posix()}")
    shell.environ["XIANGLIAN_ONTOLOGY"] = str(model)
    return shell


def write(shell: Shell, name: str, text: str) -> str:
    (shell.folder / name).write_text(text, encoding="utf-8")
    return name


def test_a_new_class_link_and_field_work_everywhere(extended: Shell) -> None:
    files = [
        write(extended, "港口.csv", "港口名称,来源\n城陵矶港,走访\n"),
        write(extended, "企业.csv", "企业名称,职工人数,来源\n甲厂,１２００,走访\n"),
        write(extended, "shipsFrom.csv", "发货企业,港口,有效期起,来源\n甲厂,城陵矶港,2025,走访\n"),
    ]
    assert extended.json("load", *reversed(files))["loaded"] == 3
    assert extended.json("show", "Port", "城陵矶港")["links"][0]["shipper"] == "甲厂"
    assert extended.json("list", "港口")["rows"][0]["name"] == "城陵矶港"
    assert extended.json("show", "企业", "甲厂")["rows"][0]["staff"] == 1200
    path = extended.json("path", "甲厂", "城陵矶港")["rows"]
    assert path[0]["steps"][0]["link_name"] == "出货"
    assert "职工人数" in extended.run("ontology", "Company")
    extended.run("template", "shipsFrom", code=1)  # a table of that name stands there already
    extended.run("template", "shipsFrom", "--force")
    header = (extended.folder / "shipsFrom.csv").read_text(encoding="utf-8-sig").splitlines()[0]
    assert header.startswith("发货企业 (shipper),港口 (port)")
    for format in ("csv", "graphml", "nquads"):
        extended.run("export", "--format", format, "-o", f"out-{format}")
    table = extended.folder / "out-csv" / "Company.csv"
    assert "职工人数 (staff)" in table.read_text("utf-8-sig")
    for format in ("graphml", "nquads"):
        text = (extended.folder / f"out-{format}").read_text("utf-8")
        assert "shipsFrom" in text and "Port" in text


@pytest.mark.parametrize(("file", "text", "column", "nearest"), [
    ("企业.csv", "企业名称,职工人数,来源\n甲厂,很多,走访\n", "职工人数", ""),
    ("shipsFrom.csv", "发货企业,港口,来源\n甲厂,城陵矶巷,走访\n", "港口", "城陵矶港"),
])
def test_they_are_validated_too(extended: Shell, file: str, text: str, column: str,
                                nearest: str) -> None:
    extended.json("load", write(extended, "Port.csv", "港口名称,来源\n城陵矶港,走访\n"))
    report = extended.json("load", write(extended, file, text), code=1)
    problem = report["problems"][0]
    assert (problem["file"], problem["row"], problem["column"]) == (file, 2, column)
    assert nearest in "、".join(problem["nearest"])


def test_a_store_of_a_larger_ontology_says_what_is_not_shown(extended: Shell) -> None:
    files = [
        write(extended, "港口.csv", "港口名称,来源\n城陵矶港,走访\n"),
        write(extended, "企业.csv", "企业名称,职工人数,来源\n甲厂,1200,走访\n"),
        write(extended, "shipsFrom.csv", "发货企业,港口,有效期起,来源\n甲厂,城陵矶港,2025,走访\n"),
    ]
    assert not extended.process("load", *files).stderr
    model = extended.environ.pop("XIANGLIAN_ONTOLOGY")
    more = write(extended, "Product.csv", "产品名称,来源\n热场,走访二\n")
    for words in (("company", "甲厂"), ("gaps", "锂电池"), ("load", more)):
        said = extended.process(*words).stderr
        assert "种类 Port、shipsFrom，字段 Company.staff" in said and "没有丢失" in said
    extended.environ["XIANGLIAN_ONTOLOGY"] = model
    assert extended.json("show", "企业", "甲厂")["rows"][0]["staff"] == 1200
    assert not extended.process("company", "甲厂").stderr
