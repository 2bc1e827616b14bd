"""Footnote as a tool for programs that speak the Model Context Protocol, over stdin and stdout."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from pydantic import Field, ValidationError

from index.errors import FootnoteError
from rag.schema import Finished
from ui.api.schemas import AnswerOut, Ask
from ui.collection import Answers, Collections
from ui.terminal import plain_answer

USE = (
    "Answers questions from a collection of articles. Every sentence carries a numbered footnote with the exact "
    "words it rests on; what the articles do not support is not said."
)


def mcp_server(pipelines: Mapping[str, Answers]) -> MCPServer:
    """A server with the one tool `ask_articles`, which answers from these collections."""
    collections = Collections(pipelines)
    server = MCPServer("footnote", instructions=USE, log_level="WARNING")

    @server.tool(
        title="Ask the articles",
        description=f"{USE} Collections: {', '.join(collections.names)}.",
        annotations=ToolAnnotations(read_only_hint=True, open_world_hint=False),
    )
    def ask_articles(
        question: Annotated[str, Field(description="The question, complete in itself.")],
        collection: Annotated[str, Field(description="The collection; the first without one.")] = "",
        since: Annotated[
            str, Field(description="Only articles published on this day or later, 2024-05-31.")
        ] = "",
        until: Annotated[str, Field(description="Only articles published on this day or before.")] = "",
        source: Annotated[str, Field(description="Only articles of this source.")] = "",
        topic: Annotated[str, Field(description="Only articles on this topic.")] = "",
    ) -> Annotated[CallToolResult, AnswerOut]:
        try:
            asked = Ask.model_validate(
                {
                    "question": question,
                    "collection": collection,
                    "since": since or None,
                    "until": until or None,
                    "source": [source] if source else [],
                    "topic": [topic] if topic else [],
                }
            )
            found = collections.get(asked.collection)
            for event in found.answers.stream(asked.question, only=asked.only(found)):
                if isinstance(event, Finished):
                    whole = AnswerOut.of(event.answer, found.name, found.name)
                    return CallToolResult(
                        content=[TextContent(type="text", text=plain_answer(event.answer))],
                        structured_content=whole.model_dump(mode="json"),
                    )
        except ValidationError as error:
            problem = error.errors()[0]
            raise ToolError(": ".join([*map(str, problem["loc"]), problem["msg"]])) from None
        except FootnoteError as error:
            raise ToolError(f"{error}. {error.next_step}".strip(". ")) from None
        raise ToolError("no answer came")

    return server
