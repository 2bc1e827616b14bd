"""Footnote as a LlamaIndex query engine, for programs that speak LlamaIndex."""

from __future__ import annotations

import asyncio

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.response.schema import RESPONSE_TYPE, Response
from llama_index.core.callbacks import CallbackManager
from llama_index.core.prompts.mixin import PromptMixinType
from llama_index.core.schema import QueryBundle

from rag.pipeline import Pipeline
from rag.retrieve import as_node
from rag.schema import citation_fields


class FootnoteQueryEngine(BaseQueryEngine):
    """Wraps a `Pipeline`: `query("...")` gives a Response whose text carries markers like [1].

    `source_nodes` are the passages cited, in the order of their markers (all passages found when
    the answer abstains); `metadata` holds abstained, reason, engine, model and the citations
    (marker, article_id, title, url, published, quote, start, end).
    """

    def __init__(self, pipeline: Pipeline) -> None:
        super().__init__(callback_manager=CallbackManager())
        self._pipeline = pipeline

    def _query(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        answer = self._pipeline.ask(query_bundle.query_str)
        cited = list({c.passage.chunk.id: c.passage for c in answer.citations}.values())
        return Response(
            response=answer.text,
            source_nodes=[as_node(passage) for passage in (cited or answer.passages)],
            metadata={
                "abstained": answer.abstained,
                "reason": answer.reason,
                "engine": answer.engine,
                "model": answer.model,
                "citations": [citation_fields(citation) for citation in answer.citations],
                "details": list(answer.details),
            },
        )

    async def _aquery(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        return await asyncio.to_thread(self._query, query_bundle)

    def _get_prompt_modules(self) -> PromptMixinType:
        return {}
