"""Questions as people type them: read, understood as one of a closed set of intents, answered
from the index with evidence, deterministic and offline."""

from api.ask.ask import Asked, answer, ask, intents

__all__ = ["Asked", "answer", "ask", "intents"]
