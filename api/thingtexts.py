"""Answers about firms and other things, and about the model, as plain Chinese for the terminal."""

from collections.abc import Iterable, Sequence
from typing import Any

from rich.markup import escape

from api.texts import HIDDEN, NOBODY, Answer, Texts, firms
from graph.places import RUNGS

__all__ = ["addresses", "candidates", "customers", "links", "listing", "neighbourhood",
           "ontology_term", "partners", "path", "records", "search", "show", "sources",
           "suppliers", "written"]

TYPES = {"string": "文字", "integer": "整数", "decimal": "数字", "boolean": "是或否",
         "date": "日期", "period": "时期", "quantity": "数量", "address": "网址",
         "credit_code": "18 位代码"}


def suppliers(texts: Texts, answer: Answer) -> None:
    _supplies(texts, answer, "的供应商")


def customers(texts: Texts, answer: Answer) -> None:
    _supplies(texts, answer, "的客户")


def _supplies(texts: Texts, answer: Answer, what: str) -> None:
    """Partners with product, form, dates and sources."""
    texts.title(answer["firm"] + what, f"截至 {answer['at']}", known=answer)
    texts.table(("企业", "产品", "方式", "起", "止", "依据"), (
        (firms([row]), escape(row["product"] or ""),
         (texts.word("SupplyForm", row["form"] or "") or row["link_name"])
         + ("（推断）" if row["inferred"] else ""),
         row["valid_from"] or "", row["valid_to"] or "", texts.mark(row["evidence"]))
        for row in answer["rows"]), NOBODY)
    texts.cited()


def path(texts: Texts, answer: Answer) -> None:
    """Each way as one line of names and arrows, sources below."""
    texts.title(f"{answer['one']} 到 {answer['other']}", f"截至 {answer['at']}", known=answer)
    if not answer["rows"]:
        texts.console.print("没有找到步步有来源的联系。" + NOBODY)
    for number, row in enumerate(answer["rows"], 1):
        text = f"{number}. {row['names'][0]}"
        for step in row["steps"]:
            word = step["link_name"] + (f" {step['product']}" if step["product"] else "")
            arrow = f" ──{word}─▶ " if step["forward"] else f" ◀─{word}── "
            text += arrow + step["to"] + texts.notes.mark(step["evidence"])
        texts.say(text, "   ")
    if answer["more"]:
        texts.console.print("还有同样短的其他联系。")
    texts.cited()


def show(texts: Texts, answer: Answer) -> None:
    """One thing: merged fields, conflicts, links, sources; of a link its rows."""
    if "links" not in answer:
        listing(texts, answer)
        return
    kind = texts.ontology.kinds[answer["kind"]]
    for row in answer["rows"]:
        texts.title(row["name"], kind.label.zh, known=answer)
        for name, text in texts.fields(kind.name, row):
            texts.say(f"  {name}：{text}", "    ")
        if row["records"]:
            texts.say(f"  依据 {texts.notes.mark(row['records'], answer['evidence'])}")
    texts.table(("关系", "内容", "依据"), (
        (link["kind_name"] + ("（推断）" if link["inferred"] else ""),
         escape(_link(texts, link, answer["rows"][0]["name"])),
         texts.mark(link["records"], answer["evidence"])) for link in answer["links"]), "")
    texts.cited()


def _link(texts: Texts, link: Answer, own: str) -> str:
    """The other end, then what the sources say of the link."""
    head, tail = (end.name for end in texts.ontology.kinds[link["kind"]].ends or ())
    other = f"→ {link[tail]}" if link[head] == own else f"← {link[head]}"
    said = [f"{name}：{text}" for name, text in texts.fields(link["kind"], {
        key: value for key, value in link.items() if key not in (head, tail)})]
    return "；".join([other, *said])


def listing(texts: Texts, answer: Answer) -> None:
    """Rows of any kind; the first columns that hold something."""
    kind = texts.ontology.kinds[answer["kind"]]
    texts.title(kind.label.zh, f"共 {answer['total']} 行", known=answer)
    names = ["name"] if kind.role("name") else []
    keys = names + [key for key in dict.fromkeys(key for row in answer["rows"] for key in row)
                    if key not in HIDDEN
                    and any(row.get(key) not in (None, "", []) for row in answer["rows"])]
    texts.table((*(escape(texts.label(kind.name, key)) for key in keys[:6]), "依据"), (
        (*(escape(texts.value(kind.name, key, row.get(key))) for key in keys[:6]),
         texts.mark(row["records"], answer["evidence"])) for row in answer["rows"]), NOBODY)
    if answer["total"] > len(answer["rows"]):
        texts.console.print(f"只列出 {len(answer['rows'])} 行。")
    texts.cited()


def sources(texts: Texts, answer: Answer) -> None:
    """Cited sources, and what was loaded."""
    texts.table(("标题", "出版者", "日期", "等级", "记录"), (
        (escape(row["title"]), escape(row["publisher"]), row["date"],
         texts.word("Grade", row["grade"]), str(row["records"])) for row in answer["rows"]))
    origins = sorted(answer["origins"].items(), key=lambda item: -item[1])
    more = f"；另有 {len(origins) - 8} 个，共 {len(origins)} 个" if len(origins) > 8 else ""
    if answer["origins"]:
        texts.say("已装入：" + "；".join(
            f"{name} {count} 条" for name, count in origins[:8]) + more)


def addresses(texts: Texts, answer: Answer) -> None:
    """Titles with their web addresses, one below the other."""
    for row in answer["rows"]:
        texts.say(f"《{row['title']}》{row['publisher']} {row['date']}")
        texts.console.print(f"  {row['address'] or '没有网址'}", markup=False, soft_wrap=True)


def search(texts: Texts, answer: Answer) -> None:
    """Names found, with their kind."""
    keys = ("name", "kind_name", "full_name", "matched")
    texts.table(("名称", "种类", "全称", "匹配到"), (
        [escape(row[key]) for key in keys] for row in answer["rows"]), "没有找到。")


def _titles(proofs: Iterable[Answer]) -> str:
    """At most two sources in brackets, as they are cited in a sentence."""
    titles = list(dict.fromkeys(f"《{item['source']['title']}》" for item in proofs))
    return f"（{''.join(titles[:2])}{'等' if len(titles) > 2 else ''}）" if titles else ""


def _rows(texts: Texts, answer: Answer) -> None:
    for number, row in enumerate(answer["rows"], 1):
        where = "、".join(row["places"][:3]) or "地点没有来源说过"
        texts.say(f"{number}. {row['name']}（{row['kind_name']}，{where}）", "   ")
        for role in row.get("roles", ()):
            pair = f"：{role['theirs']} → {role['mine']}" if role["role"] == "upstream" else (
                f"：{role['mine']} → {role['theirs']}" if role["theirs"] else "")
            texts.say(f"   {role['role_name']}{pair}{_titles(role['evidence'])}", "     ")
        for why in row["reasons"]:
            if why["evidence"]:
                texts.say(f"   ＋ {why['label']}：{why['said']}{_titles(why['evidence'])}", "     ")
        for against in row.get("counters", ()):
            if against["holds"]:
                texts.say(f"   － {against['label']}：{against['said']}"
                          f"{_titles(against['evidence'])}", "     ")
        unsaid = [one["open"] for one in row.get("counters", ()) if one["holds"] is None]
        if unsaid:
            texts.say(f"   ？ 还不知道：{'；'.join(unsaid)}", "     ")
    if answer["next"]:
        texts.say(f"只列出 {len(answer['rows'])} 个，共 {answer['total']} 个。")


def partners(texts: Texts, answer: Answer) -> None:
    texts.say(f"{answer['firm']}可以和谁合作 · 截至 {answer['at']} · 共 {answer['total']} 个")
    if answer["note"]:
        texts.say(answer["note"])
    _rows(texts, answer)


def candidates(texts: Texts, answer: Answer) -> None:
    words = {"present": "已经具备", "absent": "缺失", "contested": "存疑", "unknown": "待核"}
    texts.say(f"谁能在{answer['region']}补上{answer['segment']} · 截至 {answer['at']} · "
              f"目前{words[answer['verdict']]} · 共 {answer['total']} 个")
    if answer["here"]:
        texts.say("本地已在做的：" + "、".join(firm["name"] for firm in answer["here"]))
    for remark in answer["remarks"]:
        texts.say(f"{remark['text']}{_titles(remark['evidence'])}")
    _rows(texts, answer)
    if any(RUNGS["outside"] in row["places"] for row in answer["rows"]):
        texts.say(f"“{RUNGS['outside']}”：来源只写到湖南之外，没有写在哪个省。")


def neighbourhood(texts: Texts, answer: Answer) -> None:
    names = {node["id"]: node["name"] for node in answer["nodes"]}
    texts.say(f"{answer['name']}周围 {answer['depth']} 步 · 截至 {answer['at']}")
    for edge in answer["rows"]:
        what = edge["kind_name"] + (f" {edge['product']}" if edge["product"] else "")
        texts.say(f"  {names[edge['from_id']]} ──{what}─▶ {names[edge['to_id']]}", "    ")
    left = answer["left_out"]
    if answer["truncated"]:
        texts.say(f"没列出的：{left['nodes']} 个事物，{left['links']} 条关系。")


def written(texts: Texts, answer: Answer) -> None:
    texts.say(f"已写出 {answer['file']}。")


def records(texts: Texts, answer: Answer) -> None:
    texts.say(f"{answer['name']}（{answer['kind_name']}）· {len(answer['rows'])} 条记录")
    labels = {f.name: f.label.zh for f in texts.ontology.kinds[answer["kind"]].fields}
    for row in answer["rows"]:
        source = row["source"]
        said = "；".join(f"{labels[name]}：{_plain(value)}"
                        for name, value in row["values"].items())
        texts.say(f"  《{source['title']}》{source['publisher']} {source['date']}："
                  f"{said or '只提到名称'}", "    ")
    for name, values in answer["conflicts"].items():
        texts.say(f"  各来源说法不一：{labels[name]}：{'／'.join(map(_plain, values))}", "    ")


def _plain(value: Any) -> str:
    return "、".join(map(str, value)) if isinstance(value, list) else str(value)


def links(texts: Texts, answer: Answer) -> None:
    texts.say(f"共 {answer['total']} 条关系")
    for row in answer["rows"]:
        model = texts.ontology.kinds[row.get("kind") or answer["kind"]]
        head, tail = (end.name for end in model.ends or ())
        texts.say(f"  {row[head]} ──{model.label.zh}─▶ {row[tail]}", "    ")


# --- the model -------------------------------------------------------------------------------


def ontology_term(texts: Texts, answer: Answer) -> None:
    """The model: an overview, or one kind, field, vocabulary or threshold."""
    if answer["type"] == "ontology":
        for key, title in (("classes", "类别"), ("links", "关系"), ("vocabularies", "词表"),
                           ("thresholds", "阈值")):
            texts.console.print(f"[bold]{title}[/bold]")
            _terms(texts, answer[key])
        texts.say("看其中一个：xianglian ontology 供应，或 xianglian ontology 统一社会信用代码")
    elif answer["type"] == "field":
        _columns(texts, answer["fields"])
    else:
        texts.title(answer["label"]["zh"], answer["name"], known={})
        texts.say(answer["comment"]["zh"])
        texts.say(answer["comment"]["en"])
        if "value" in answer:
            texts.console.print(f"  {answer['value']:g}")
        if "choices" in answer:
            _terms(texts, answer["choices"])
        if columns := [*answer.get("ends", ()), *answer.get("fields", ())]:
            _columns(texts, columns)


def _terms(texts: Texts, items: Sequence[Answer]) -> None:
    texts.table(("名称", "英文", "说明"), (
        (escape(item["label"]["zh"]), item["name"], escape(
            item.get("comment", {}).get("zh") or "、".join(item.get("synonyms", ()))))
        for item in items))


def _columns(texts: Texts, fields: Sequence[Answer]) -> None:
    """Ends and fields of a kind, as the columns of its template."""
    texts.table(("列名", "英文", "填什么", "说明"), (_column(texts, field) for field in fields))


def _column(texts: Texts, field: Answer) -> tuple[str, ...]:
    refers = [texts.ontology.kinds[kind].label.zh for kind in field.get("refers", ())]
    choices = [choice["label"]["zh"] for choice in field.get("choices", ())]
    what = "、".join(choices or refers) or TYPES.get(field.get("datatype", ""), "任何事物")
    marks = [word for key, word in (("required", "必填"), ("multiple", "可多个"),
                                    ("key", "区分不同记录")) if field.get(key)]
    example = [f"例：{field['example']}"] if field.get("example") else []
    about = "；".join([field["comment"]["zh"].rstrip("。"), *marks, *example])
    return escape(field["label"]["zh"]), field["name"], escape(what), escape(about)
