"""The command `serve`: who may listen, checked before anything is loaded."""

from typing import Annotated

import typer

from api.keys import Keys
from api.options import StoreOption
from api.settings import is_local
from api.terminal import asked
from ontology import XianglianError

__all__ = ["serve"]


def serve(host: Annotated[str, typer.Option(metavar="地址", help="在哪个地址上听")] = "127.0.0.1",
          port: Annotated[int, typer.Option(min=0, max=65535, metavar="端口",
                                            help="0 为随便哪个")] = 8000,
          workers: Annotated[int, typer.Option(min=1, max=64, metavar="个数",
                                               help="几个进程一起回答")] = 1,
          store: StoreOption = None) -> None:
    """用 HTTP 回答同样的问题；说明见 http://127.0.0.1:8000/docs。

    例：xianglian serve --port 8000 --workers 2
    """
    settings = asked(store)
    if not is_local(host) and not settings.key and not Keys(settings.desk).all():
        raise XianglianError(
            f"要让别的电脑访问（--host {host}），先设密钥：xianglian key add 名称 --scope read，"
            "或环境变量 XIANGLIAN_API_KEY（至少 16 个字符）；之后每个请求带 "
            "Authorization: Bearer 密钥。只给本机用则不写 --host")
    from api.listening import listen  # a second that the other commands need not wait

    listen(settings, host, port, workers)
