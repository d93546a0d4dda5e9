"""The questions at their addresses: parse, ask `Answers` once, reply."""


from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api import queries as q
from api.ask import Asked
from api.ask import ask as answer_to
from api.examples import example
from api.exports import exported
from api.models import model
from api.replies import Replies
from graph.analysis import (
    candidates,
    chain,
    compare,
    coverage,
    gaps,
    matrix,
    neighbourhood,
    partners,
    paths,
    search,
    supplies,
    things,
)

__all__ = ["router"]

router = APIRouter(prefix="/api/v1")

Identity = Annotated[str, Path(description="编号、名称、别名或代码；编号里的斜线照写",
                               examples=["金博股份"], min_length=1, max_length=200)]


def replies(request: Request) -> Replies:
    found: Replies = request.app.state.replies
    return found


def shape(name: str, answer: Any, summary: str, tag: str) -> dict[str, Any]:
    """How an operation is described: its name, what it answers, and a real example of that."""
    return {"operation_id": name, "summary": summary, "tags": [tag],
            "responses": {200: {"model": answer, "description": "回答",
                                "headers": {"ETag": {"description": "内容版本与问题",
                                                     "schema": {"type": "string"}}},
                                "content": {"application/json": {"example": example(name)}}},
                          304: {"description": "与 If-None-Match 所说的相同"}}}


# --- a question in words ---------------------------------------------------------------------


@router.get("/ask", **shape("ask", Asked, "用一句话提问", "提问"))
async def ask_in_words(request: Request, asked: Annotated[q.Question, Query()]) -> Response:
    """听成了什么、一句话的回答、各行和依据；没有来源说过就说不知道，名称有歧义就反问。
    问题里没有时间的，截至 `at`；不联网，不用模型，同样的问题总是同样的回答。"""
    return await replies(request).json(request, asked, lambda a: answer_to(a, asked.q))


# --- chains ----------------------------------------------------------------------------------


@router.get("/gaps", **shape("gaps", gaps.Gaps, "一条链在一个地区缺什么", "产业链"))
async def ask_gaps(request: Request, asked: Annotated[q.Gaps, Query()]) -> Response:
    """判定、依据、完整度区间，和补链、强链、延链、待核四张清单。
    一个环节曾经缺失、后来补上的，`closed` 说明由谁补上、有没有来源说过谁牵线。"""
    return await replies(request).json(request, asked,
                                       lambda a: a.gaps(asked.chain, asked.region))


@router.get("/chains", **shape("chains", things.Listing, "全部产业链", "产业链"))
async def ask_chains(request: Request, asked: Annotated[q.Page, Query()]) -> Response:
    """每条链的名称、英文名和定义；链的结构见 chains/{chain}。"""
    return await replies(request).json(
        request, asked, lambda a: a.list("Chain", asked.limit, asked.cursor))


@router.get("/chains/{chain:path}", **shape("chain", chain.ChainAnswer, "一条链的结构", "产业链"))
async def ask_chain(request: Request, asked: Annotated[q.Chain, Query()],
                    chain: Annotated[str, Path(description="产业链：名称、别名、英文名或编号",
                                               examples=["先进碳基材料"], min_length=1,
                                               max_length=200)]) -> Response:
    """由哪些环节构成，谁供给谁，有没有成环或孤立的环节。"""
    return await replies(request).json(request, asked, lambda a: a.chain(chain))


@router.get("/matrix", **shape("matrix", matrix.Matrix, "各链 × 各地区的完整度", "产业链"))
async def ask_matrix(request: Request, asked: Annotated[q.Matrix, Query()]) -> Response:
    """完整度总是一个区间：low 是已经具备的，high 再加上没人说过的。"""
    return await replies(request).json(request, asked,
                                       lambda a: a.matrix(asked.chain, asked.region))


@router.get("/compare", **shape("compare", compare.Comparison, "两个日期之间变了什么", "产业链"))
async def ask_compare(request: Request, asked: Annotated[q.Compare, Query()]) -> Response:
    """变化分成两份：世界变了（moved），和我们才知道（learned）。"""
    return await replies(request).json(request, asked, lambda a: a.compare(
        asked.chain, asked.region, asked.first, asked.last or asked.at, asked.known_from))


@router.get("/coverage", **shape("coverage", coverage.Coverage, "知道多少", "产业链"))
async def ask_coverage(request: Request, asked: Annotated[q.Coverage, Query()]) -> Response:
    """每条链有来源说得清的占多少，资料有多少，哪些没有日期、有待定夺。"""
    return await replies(request).json(request, asked,
                                       lambda a: a.coverage(asked.region, asked.chain))


# --- firms -----------------------------------------------------------------------------------


@router.get("/suppliers", **shape("suppliers", supplies.Supplies, "谁给它供货", "企业"))
async def ask_suppliers(request: Request, asked: Annotated[q.Firm, Query()]) -> Response:
    """供应商、产品、形式和时间，各有出处。"""
    return await replies(request).json(request, asked, lambda a: a.suppliers(
        asked.name, asked.limit, asked.cursor))


@router.get("/customers", **shape("customers", supplies.Supplies, "它给谁供货", "企业"))
async def ask_customers(request: Request, asked: Annotated[q.Firm, Query()]) -> Response:
    """客户、产品、形式和时间，各有出处。"""
    return await replies(request).json(request, asked, lambda a: a.customers(
        asked.name, asked.limit, asked.cursor))


@router.get("/partners", **shape("partners", partners.Partners, "可以和谁合作", "企业"))
async def ask_partners(request: Request, asked: Annotated[q.Partners, Query()]) -> Response:
    """上下游企业、科研机构和专家，按写明的理由一条一条比，不打分；每条理由都有出处。"""
    return await replies(request).json(request, asked, lambda a: a.partners(
        asked.name, asked.order, asked.limit, asked.cursor))


@router.get("/candidates", **shape("candidates", candidates.Candidates, "谁能补上这个环节", "企业"))
async def ask_candidates(request: Request, asked: Annotated[q.Candidates, Query()]) -> Response:
    """最近的、本地隔一道供料的、与本地有往来的外地企业和在推进的项目；
    也列出不利的一面：每条不是有出处，就是“不知道”。"""
    return await replies(request).json(request, asked, lambda a: a.candidates(
        asked.segment, asked.region, asked.order, asked.limit, asked.cursor))


@router.get("/path", **shape("path", paths.Paths, "两家之间怎么联系得上", "企业"))
async def ask_path(request: Request, asked: Annotated[q.Path, Query()]) -> Response:
    """最短的、步步有出处的联系。"""
    return await replies(request).json(
        request, asked, lambda a: a.path(asked.first, asked.last, asked.max_steps))


# --- things ----------------------------------------------------------------------------------


@router.get("/entities", **shape("search", search.Search, "按名称找事物", "事物"))
async def ask_search(request: Request, asked: Annotated[q.Find, Query()]) -> Response:
    """名称、别名、代码、拼音或首字母，最像的在前。"""
    return await replies(request).json(
        request, asked, lambda a: a.search(asked.q, asked.kind, asked.limit, asked.cursor))


@router.get("/entities/{id:path}/records",
            **shape("records", things.Told, "各来源的原话", "事物"))
async def ask_records(request: Request, asked: Annotated[q.Chain, Query()],
                      id: Identity) -> Response:
    """每个来源说了什么，什么等级、什么时候；说法不一的列在 conflicts。"""
    return await replies(request).json(request, asked, lambda a: a.records(id))


@router.get("/entities/{id:path}/links", **shape("links", things.Listing, "它的全部关系", "事物"))
async def ask_links(request: Request, asked: Annotated[q.Links, Query()],
                    id: Identity) -> Response:
    """一种或全部关系，分页。"""
    return await replies(request).json(
        request, asked, lambda a: a.links(id, asked.kind, asked.limit, asked.cursor))


@router.get("/entities/{id:path}", **shape("entity", things.Shown, "一个事物", "事物"))
async def ask_entity(request: Request, asked: Annotated[q.Chain, Query()],
                     id: Identity) -> Response:
    """各来源合并后的样子、它的关系，和别的事物对它的说明（指标、特点、进展、条款）。"""
    return await replies(request).json(request, asked, lambda a: a.entity(id))


@router.get("/things/{kind}", **shape("things", things.Listing, "一个种类的全部", "事物"))
async def ask_things(request: Request, asked: Annotated[q.Things, Query()],
                     kind: Annotated[str, Path(description="种类：Company、企业、suppliesTo …",
                                               examples=["Company"], min_length=1,
                                               max_length=60)]) -> Response:
    """本体里的每个类别和关系都可以列出；可按地区、链、环节、荣誉和名称缩小。"""
    return await replies(request).json(
        request, asked, lambda a: a.list(kind, asked.limit, asked.cursor, asked.wanted()))


@router.get("/neighbourhood",
            **shape("neighbourhood", neighbourhood.Neighbourhood, "一个事物的周围", "事物"))
async def ask_neighbourhood(request: Request,
                            asked: Annotated[q.Neighbourhood, Query()]) -> Response:
    """一两步之内的事物和关系；没列出的有多少，写在 left_out。"""
    return await replies(request).json(
        request, asked, lambda a: a.neighbourhood(asked.id, asked.depth, asked.limit))


@router.get("/observations", **shape("observations", things.Listing, "指标", "事物"))
async def ask_observations(request: Request,
                           asked: Annotated[q.Observations, Query()]) -> Response:
    """数字：谁的、哪个指标、哪一期、实际还是目标。"""
    wanted = asked.wanted(subject=asked.subject, metric=asked.metric, period=asked.period,
                          status=asked.status)
    return await replies(request).json(
        request, asked, lambda a: a.observations(wanted, asked.limit, asked.cursor))


@router.get("/projects", **shape("projects", things.Listing, "项目", "事物"))
async def ask_projects(request: Request, asked: Annotated[q.Projects, Query()]) -> Response:
    """项目和它的进展（在谈、签约、开工、投产 …）。"""
    wanted = asked.wanted(company=asked.company, status=asked.status)
    return await replies(request).json(
        request, asked, lambda a: a.projects(wanted, asked.limit, asked.cursor))


@router.get("/policies", **shape("policies", things.Listing, "政策", "事物"))
async def ask_policies(request: Request, asked: Annotated[q.Policies, Query()]) -> Response:
    """政策和它的条款。"""
    wanted = asked.wanted(level=asked.level, issuer=asked.issuer)
    return await replies(request).json(
        request, asked, lambda a: a.policies(wanted, asked.limit, asked.cursor))


@router.get("/demands", **shape("demands", things.Listing, "需求", "事物"))
async def ask_demands(request: Request, asked: Annotated[q.Demands, Query()]) -> Response:
    """公开提出的场景、揭榜、求购和合作意向。"""
    return await replies(request).json(
        request, asked,
        lambda a: a.demands(asked.wanted(type=asked.type), asked.limit, asked.cursor))


# --- where it comes from -----------------------------------------------------------------------


@router.get("/sources", **shape("sources", things.Cited, "引用的来源", "出处与模型"))
async def ask_sources(request: Request, asked: Annotated[q.Titles, Query()]) -> Response:
    """标题、出版者、日期、等级、网址，和各有多少条记录。"""
    return await replies(request).json(
        request, asked, lambda a: a.sources(asked.q or "", asked.limit, asked.cursor))


TERM = {"type": "object", "required": ["type"], "properties": {"type": {
    "enum": ["ontology", "class", "link", "field", "vocabulary", "threshold"],
    "description": "整个模型，或所问的是哪一种；其余的键随它而定"}}}


def _texts(*media: str) -> dict[str, Any]:
    return {one: {"schema": {"type": "string"}} for one in media}


@router.get("/export", operation_id="export", summary="导出现行的全部记录", tags=["出处与模型"],
            responses={200: {"description": "一个文件", "content": {
                **_texts("application/graphml+xml", "application/n-quads"),
                "text/csv": {"schema": {"type": "string"}, "example": example("export")}}},
                304: {"description": "与 If-None-Match 所说的相同"}}, response_class=Response)
async def ask_export(request: Request, asked: Annotated[q.Export, Query()]) -> Response:
    """同样的内容每次都是同样的字节。"""
    return await exported(request, replies(request), asked.format)


@router.get("/ontology", operation_id="ontology", summary="模型本身", tags=["出处与模型"],
            responses={200: {"description": "JSON、Turtle 或网页", "content": {
                "application/json": {"schema": TERM, "example": example("ontology")},
                **_texts("text/turtle", "text/html")}},
                304: {"description": "与 If-None-Match 所说的相同"}}, response_class=Response)
async def ask_ontology(request: Request, asked: Annotated[q.Model, Query()]) -> Response:
    """有哪些类别、关系和字段，各是什么意思；格式按 Accept 头或 format。"""
    return model(request, replies(request), asked.term, asked.format)


