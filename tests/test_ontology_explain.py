"""`explain` answers for kinds, fields, vocabularies and thresholds, in either language."""

import json

import pytest

from ontology import NotFound, explain, load_ontology

MODEL = load_ontology()


def test_without_a_term_it_shows_the_whole_model() -> None:
    shown = explain(MODEL)
    assert shown["type"] == "ontology"
    assert [k["name"] for k in shown["classes"]] == [k.name for k in MODEL.classes]
    assert [k["name"] for k in shown["links"]] == [k.name for k in MODEL.links]
    assert {v["name"] for v in shown["vocabularies"]} == set(MODEL.words)
    assert {t["name"] for t in shown["thresholds"]} == set(MODEL.thresholds)
    assert shown["fingerprint"] == MODEL.fingerprint


@pytest.mark.parametrize("term", [None, "Company", "供应", "Company.region", "Grade",
                                  "strong_firms"])
def test_what_it_gives_survives_json(term: str | None) -> None:
    shown = explain(MODEL, term)
    assert json.loads(json.dumps(shown, ensure_ascii=False)) == shown


@pytest.mark.parametrize("term", ["Company", "企业", "company", " 企业 "])
def test_a_class(term: str) -> None:
    shown = explain(MODEL, term)
    assert (shown["type"], shown["name"], shown["open"]) == ("class", "Company", True)
    assert "ends" not in shown
    assert shown["fields"][0]["label"] == {"zh": "企业名称", "en": "name"}


def test_a_link_shows_its_ends_and_choices() -> None:
    shown = explain(MODEL, "从事环节")
    assert shown["type"] == "link" and shown["evidence"] == "firm" and shown["shelf_life"] == 5
    assert [e["name"] for e in shown["ends"]] == ["company", "segment"]
    function = next(f for f in shown["fields"] if f["name"] == "function")
    assert [c["label"]["zh"] for c in function["choices"]] == ["总部", "研发", "生产", "销售",
                                                              "未载明"]


@pytest.mark.parametrize("term", ["Company.credit_code", "企业.统一社会信用代码",
                                  "统一社会信用代码", "company.Credit Code"])
def test_a_field(term: str) -> None:
    shown = explain(MODEL, term)
    assert shown["type"] == "field"
    assert [(f["kind"], f["name"], f["role"]) for f in shown["fields"]] == [
        ("Company", "credit_code", "code")]


def test_a_field_named_alone_is_given_for_every_kind_that_has_it() -> None:
    shown = explain(MODEL, "aliases")
    assert {"Company", "Region", "Chain"} <= {f["kind"] for f in shown["fields"]}


def test_a_class_comes_before_a_field_of_its_name() -> None:
    assert explain(MODEL, "segment")["type"] == "class"


def test_ends_and_shared_columns_are_fields_too() -> None:
    assert explain(MODEL, "供应商")["fields"][0]["refers"] == ["Company"]
    shown = explain(MODEL, "有效期起")["fields"]
    assert [(f["kind"], f["name"]) for f in shown] == [("", "valid_from")]


def test_vocabularies_and_thresholds() -> None:
    assert explain(MODEL, "Bound")["choices"][1]["label"]["zh"] == "超"
    assert explain(MODEL, "项目步骤")["name"] == "Step"
    assert explain(MODEL, "允许缩减比例")["value"] == 0.2


@pytest.mark.parametrize(("term", "nearest"), [
    ("Compny", "Company"), ("统一信用代码", "统一社会信用代码"), ("Company.credit", "credit"),
    ("strong_firm", "strong_firms")])
def test_an_unknown_term_gets_the_nearest_ones(term: str, nearest: str) -> None:
    with pytest.raises(NotFound) as caught:
        explain(MODEL, term)
    assert any(nearest in name for name in caught.value.nearest)
