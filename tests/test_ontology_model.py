"""The shipped model says everything that the other rooms rely on."""

import re
from itertools import combinations
from pathlib import Path

import pytest
from rdflib import RDF, RDFS, SH, Graph, Namespace

import ontology
from ontology import Kind, NotFound, load_ontology

MODEL = load_ontology()
XL = Namespace(MODEL.namespace)
KINDS = pytest.mark.parametrize("kind", MODEL.kinds.values(), ids=lambda k: k.name)
CLASSES = """Company Site Park Region Cluster Alliance Institute Agency Person Chain Segment Product
    Project Stage Policy Clause Demand Event Agreement Fund Platform Space Honour Source
    Observation Trait"""
LINKS = """suppliesTo sellsTo operatesIn produces productOf feeds segmentOf subsegmentOf
    alternativeTo locatedIn partOf memberOf leads supports cooperatesWith ownedBy investsIn fills
    facilitates honoured takesPartIn issuedBy appliesTo asksFor holds operates absentFrom
    presentIn surveyed sameAs differentFrom"""


def test_the_exports_of_the_room() -> None:
    assert sorted(ontology.__all__) == ontology.__all__
    assert all(hasattr(ontology, name) for name in ontology.__all__)


def test_every_class_and_link_is_there() -> None:
    assert sorted(k.name for k in MODEL.classes) == sorted(CLASSES.split())
    assert sorted(k.name for k in MODEL.links) == sorted(LINKS.split())


@KINDS
def test_everything_has_a_label_and_a_comment_in_both_languages(kind: Kind) -> None:
    for part in (kind, *kind.fields, *(kind.ends or ())):
        for text in (part.label, part.comment):
            assert re.search(r"[\u4e00-\u9fff]", text.zh), part.name
            assert re.fullmatch(r"[\x20-\x7e]+", text.en), part.name
        assert part.comment.zh.endswith("。") and part.comment.en.endswith("."), part.name


@KINDS
def test_what_must_be_filled_in_has_an_example(kind: Kind) -> None:
    """But periods, dates and codes that would not be true of the example may stay blank."""
    for field in kind.fields:
        assert field.example or not field.required, field.name
    assert all(end.example for end in kind.ends or ())


@KINDS
def test_examples_fit_their_fields(kind: Kind) -> None:
    patterns = {"integer": r"-?\d+", "decimal": r"-?\d+(\.\d+)?", "quantity": r"-?\d+(\.\d+)?",
                "boolean": "是|否", "date": r"\d{4}(-\d\d){0,2}", "period": r"\d{4}(-\d\d)?"}
    for field in (*kind.fields, *MODEL.common):
        if field.choices and field.example:
            words = [w for c in field.choices for w in (c.name, c.label.zh, *c.synonyms)]
            assert field.example in words, field.name
        elif field.example:
            assert re.fullmatch(patterns.get(field.datatype, ".+"), field.example), field.name


@KINDS
def test_links_have_two_ends_and_classes_an_identity(kind: Kind) -> None:
    if kind.ends:
        assert kind.ends[0].name != kind.ends[1].name
    else:
        assert kind.key or kind.role("name")


def test_colours_and_symbols_are_told_apart() -> None:
    for kinds in (MODEL.classes, MODEL.links):
        assert len({k.colour for k in kinds}) == len(kinds)
    assert len({k.symbol for k in MODEL.kinds.values()}) == len(MODEL.kinds)
    assert all(len(k.symbol) == 1 for k in MODEL.kinds.values())


def test_the_open_world_is_told_by_the_turtle() -> None:
    by_evidence = {k.name: (k.evidence, k.shelf_life) for k in MODEL.links if k.evidence}
    assert by_evidence == {"operatesIn": ("firm", 5), "presentIn": ("presence", 5),
                           "absentFrom": ("absence", 1), "surveyed": ("survey", 1)}
    assert {k.name for k in MODEL.classes if k.place} == {"Region", "Park", "Site"}
    assert {k.name for k in MODEL.links if k.timeless} == {
        "productOf", "feeds", "segmentOf", "subsegmentOf", "alternativeTo", "locatedIn", "partOf"}
    assert {k.name: k.identity for k in MODEL.links if k.identity} == {
        "sameAs": "same", "differentFrom": "different"}
    assert {k.name for k in MODEL.links if k.tie} == {
        "suppliesTo", "supports", "cooperatesWith", "ownedBy", "investsIn"}
    assert {k.name for k in MODEL.classes if k.open} == {
        "Company", "Site", "Institute", "Agency", "Person", "Product", "Honour"}


@pytest.mark.parametrize(("kind", "keys"), [
    ("Segment", "chain name"), ("Source", "title publisher"), ("Clause", "policy name"),
    ("Observation", "subject metric period scope status"), ("Trait", "subject type text"),
    ("Stage", "project step"), ("Person", "name organisation"), ("suppliesTo", "product"),
    ("operatesIn", "place"), ("honoured", "year"), ("Company", "")])
def test_keys(kind: str, keys: str) -> None:
    assert [f.name for f in MODEL.kind(kind).key] == keys.split()


def test_roles_of_a_company() -> None:
    company = MODEL.kind("企业")
    assert {role: [f.name for f in company.role(role)]
            for role in ("code", "full_name", "name", "alias")} == {
        "code": ["credit_code"], "full_name": ["full_name"], "name": ["name"],
        "alias": ["aliases", "former_names"]}


def test_a_quantity_names_its_siblings() -> None:
    value = MODEL.kind("Observation").field("value")
    assert value and value.datatype == "quantity"
    assert (value.unit_field, value.bound_field, value.wording_field) == (
        "unit", "bound", "wording")
    bound = MODEL.kind("Project").field("amount_bound")
    assert bound and [c.name for c in bound.choices] == ["exact", "over", "about", "at_most"]


def test_grades_thresholds_and_shared_columns() -> None:
    assert [g.name for g in MODEL.grades] == ["official", "press", "industry", "inferred",
                                              "machine"]
    assert MODEL.thresholds == {"strong_firms": 3, "strong_firms_with_leader": 2, "shrink": 0.2}
    assert [c.label.zh for c in MODEL.words["StrongHonour"]] == ["单项冠军"]
    assert [f.name for f in MODEL.common] == [
        "source", "valid_from", "valid_to", "observed", "inferred", "source_publisher",
        "source_date", "source_grade", "source_address"]


def test_a_kind_is_found_by_either_name_and_a_wrong_one_gets_the_nearest() -> None:
    assert MODEL.kind("suppliesTo") is MODEL.kind(" 供应 ") is MODEL.kind("supplies to")
    with pytest.raises(NotFound, match="Company"):
        MODEL.kind("Compny")


def test_the_same_turtle_is_a_shapes_graph() -> None:
    """Every kind is an implicit class target, every property shape has one path and one type."""
    graph = Graph()
    for file in Path(ontology.__file__).parent.glob("*.ttl"):
        graph.parse(file, format="turtle")
    for type_ in (XL.Class, XL.Link):
        assert {RDFS.Class, SH.NodeShape} <= set(graph.objects(type_, RDFS.subClassOf))
    shapes = list(graph.objects(None, SH.property))
    columns = sum(len(k.fields) + len(k.ends or ()) for k in MODEL.kinds.values())
    assert len(shapes) == columns + len(MODEL.common)
    for shape in shapes:
        assert len(list(graph.objects(shape, SH.path))) == 1
        types = [list(graph.objects(shape, p))
                 for p in (SH.datatype, SH["class"], SH["or"], SH.nodeKind)]
        assert sum(map(len, types)) == 1
    for name in MODEL.kinds:
        assert set(graph.objects(XL[name], RDF.type)) & {XL.Class, XL.Link}


def test_other_vocabularies_are_reused() -> None:
    maps = {name: set(kind.maps_to) for name, kind in MODEL.kinds.items()}
    assert "http://www.w3.org/ns/org#FormalOrganization" in maps["Company"]
    assert "http://www.w3.org/ns/prov#Entity" in maps["Source"]
    assert "http://www.w3.org/2004/02/skos/core#inScheme" in maps["segmentOf"]
    assert any("schema.org" in address for address in maps["Event"])
    for one, other in combinations(MODEL.classes, 2):
        assert one.label != other.label
