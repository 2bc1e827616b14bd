"""The language model behind one small face: messages in, text out, piece by piece.

Three kinds, one road (LlamaIndex's `OpenAILike` over an OpenAI-compatible endpoint): the bundled
SmolLM2 or any GGUF file through llama.cpp's server inside this process (xllamacpp), or a server the
user runs (Ollama, llama-server, vLLM, LM Studio). A grammar is sent only where it is understood.
"""

from __future__ import annotations

import http.client
import json
import logging
import secrets
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from index import weights
from index.errors import InputError, ModelUnreachable
from rag import adapter, styles
from rag.schema import Message

log = logging.getLogger(__name__)

Kind = Literal["bundled", "gguf", "server"]
LOCAL_CONTEXT = 4096
ASSUMED_CONTEXT = 4096  # what Ollama gives below 24 GB of VRAM; a larger guess would be cut silently


class LanguageModel:
    """A model that is started (or contacted) at its first use. Made by `load_model`.

    `name` is for people; `kind` tells where it runs. `context_size` and `takes_grammar` start it.
    """

    def __init__(
        self,
        kind: Kind,
        name: str,
        *,
        path: Path | None,
        url: str,
        api_key: str,
        threads: int,
        timeout: float,
        adapter: Path | None = None,
    ) -> None:
        self.kind: Kind = kind
        self.name = name
        self.timeout = timeout
        self._path, self._url, self._key, self._threads = path, url.rstrip("/"), api_key, threads
        self._adapter = adapter
        self._lock = threading.Lock()
        self._reply = threading.local()
        self._server: Any = None
        self._base, self._secret = "", ""
        self._llm: Any = None
        self._context = 0
        self._grammar = False
        self._speed = 0.0
        self._refused = 0  # see `styles.Style.fields`
        self._thinks = self._unmarked = False

    @property
    def llm(self) -> Any:
        """The LlamaIndex `LLM` (an `OpenAILike`), started if need be; raises ModelUnreachable."""
        self._start()
        return self._llm

    @property
    def context_size(self) -> int:
        """Tokens of prompt and answer together that the model really takes here."""
        self._start()
        return self._context

    @property
    def takes_grammar(self) -> bool:
        """True where the server is llama.cpp's, which keeps to a GBNF grammar."""
        self._start()
        return self._grammar

    @property
    def adapted(self) -> bool:
        """True where the bundled model runs with its adapter, so that it wants the prompt of `rag.prompt.adapted_messages`."""
        if self._adapter is not None:
            self._start()
        return self._adapter is not None

    def evidence_budget(self) -> int:
        """Tokens of evidence for one prompt: 220 for the bundled model; for others what is read in
        about a second and a half at the measured speed, between 220 and what the model makes good use of."""
        if self.kind == "bundled":
            return 220
        return int(
            max(220, min(self.context_size // 3, styles.most_evidence(self.name), self.read_speed() * 1.5))
        )

    def read_speed(self) -> float:
        """Prompt tokens read a second, measured once with a prompt of about 200 tokens."""
        if not self._speed:
            text = " ".join(f"word{number} of a line that is read once" for number in range(22))
            started = time.perf_counter()
            for _ in self.stream([Message("user", f"{secrets.token_hex(4)} {text}\nSay yes.")], max_tokens=1):
                pass
            self._speed = 220 / max(time.perf_counter() - started, 1e-3)
        return self._speed

    def stream(
        self,
        messages: Sequence[Message],
        *,
        grammar: str = "",
        max_tokens: int = 160,
        stop: Sequence[str] = (),
    ) -> Iterator[str]:
        """Yields the reply in pieces, empty ones while the model thinks; closing the generator stops the model.

        `grammar` (GBNF) is ignored where the server takes none. What a model thinks before its answer is no part of
        the reply. Raises ModelUnreachable.
        """
        import httpx
        import openai
        from llama_index.core.llms import ChatMessage

        self._start()
        style = styles.style_of(self.name)
        refused = max(self._refused, int(self._grammar))
        extra = style.fields(refused=refused)
        if self._grammar:
            extra["cache_prompt"] = True
            if grammar and not style.always:  # a grammar would turn the thought into the answer
                extra["grammar"] = grammar
        told = style.told(messages, refused=refused)
        chat = [ChatMessage(role=message.role, content=message.content) for message in told]
        spare = styles.THOUGHT_TOKENS if (style.always or self._thinks) and max_tokens > 1 else 0
        options: dict[str, Any] = {"max_tokens": max_tokens + spare, "temperature": 0.0}
        if extra:
            options["extra_body"] = extra
        if stop:
            options["stop"] = list(stop)
        limit = getattr(self._reply, "limit", 0.0)
        if limit:
            options["timeout"] = limit
        replies = None
        thoughts, said, again = styles.Thoughts(always=style.always or self._unmarked), False, False
        try:
            replies = self._llm.stream_chat(chat, **options)
            cut = False
            for reply in replies:
                apart, cut = _beside(reply.raw)
                thoughts.seen |= apart
                answer = thoughts.take(reply.delta or "")
                said |= bool(answer.strip())
                if answer or thoughts.seen:
                    yield answer
            if answer := thoughts.rest(cut=cut):
                said = True
                yield answer
            self._unmarked |= thoughts.unmarked
            again = thoughts.seen and not (said or spare) and max_tokens > 1
            self._thinks |= again
        except (openai.APITimeoutError, httpx.TimeoutException) as error:
            raise ModelUnreachable(
                f"{self.name} did not answer within {self.timeout:g} s",
                "set FOOTNOTE_LLM_TIMEOUT higher, or ask with --engine quote",
            ) from error
        except openai.APIStatusError as error:
            less = style.again(refused, str(error)) if error.status_code in (400, 422) else refused
            again = less > refused
            self._refused = less if again else self._refused
            if not again:
                raise ModelUnreachable(
                    f"{self.name} refused the request ({error.status_code}: {_short(error)})", self._mend()
                ) from error
        except (openai.APIError, httpx.HTTPError, ConnectionError, json.JSONDecodeError) as error:
            raise ModelUnreachable(f"{self.name} broke off ({_short(error)})", self._mend()) from error
        finally:
            if replies is not None and hasattr(replies, "close"):
                replies.close()
            self._hang_up()
        if again:  # without what was refused, or with room for the thought
            yield from self.stream(messages, grammar=grammar, max_tokens=max_tokens, stop=stop)

    def reply(self, messages: Sequence[Message], *, seconds: float, max_tokens: int = 60) -> str:
        """The whole reply; raises ModelUnreachable where `seconds` pass without a piece of it, or from the first
        piece to the last."""
        said, until = "", 0.0
        self._reply.limit = seconds
        pieces = self.stream(messages, max_tokens=max_tokens)
        try:
            for piece in pieces:
                said += piece
                until = until or time.monotonic() + seconds
                if time.monotonic() > until:
                    raise ModelUnreachable(
                        f"{self.name} took more than {seconds:g} s", "the answer goes on without it"
                    )
        finally:
            self._reply.limit = 0.0
            if isinstance(pieces, Generator):
                pieces.close()
        return said

    def templated(self, messages: Sequence[Message]) -> str:
        """The prompt as llama.cpp lays the messages out for this model; raises ModelUnreachable where it cannot say."""
        self._start()
        told = _get(
            f"{self._base.removesuffix('/v1')}/apply-template",
            self._secret,
            self.timeout,
            {"messages": [{"role": m.role, "content": m.content} for m in messages]},
        )
        if not isinstance(told, dict) or not isinstance(told.get("prompt"), str):
            raise ModelUnreachable(f"{self.name} does not say how it lays out a prompt", self._mend())
        return told["prompt"]

    def _hang_up(self) -> None:
        """Closes this thread's reply, so that a server stops writing it: the client's own stream would
        stay open until the garbage collector finds it."""
        response = getattr(self._reply, "response", None)
        self._reply.response = None
        if response is not None:
            response.close()

    def _remember(self, response: Any) -> None:
        self._reply.response = response

    def close(self) -> None:
        """Stops a model running in this process; the next use starts it again."""
        with self._lock:
            self._llm = None
            self._server = None

    def _mend(self) -> str:
        return "`footnote doctor` says what answers at FOOTNOTE_LLM_URL; --engine quote needs no model"

    def _start(self) -> None:
        with self._lock:
            if self._llm is not None:
                return
            if self.kind == "server":
                base, key = _with_v1(self._url), self._key or "none"
                self._context, self._grammar = _ask_server(base, key, self.name, min(self.timeout, 10.0))
            else:
                assert self._path is not None
                key = secrets.token_hex(16)  # nobody else on this machine can use the port
                self._server = self._served(self._path, key)
                base = f"{self._server.listening_address}/v1"
                self._context, self._grammar = _ask_server(base, key, self.name, 10.0)
            self._base, self._secret = base, key
            import httpx
            from llama_index.llms.openai_like import OpenAILike

            # `http_client` is a parameter of the OpenAI class under it that its signature does not show.
            client: dict[str, Any] = {
                "http_client": httpx.Client(timeout=self.timeout, event_hooks={"response": [self._remember]})
            }
            self._llm = OpenAILike(
                model=self.name,
                api_base=base,
                api_key=key,
                is_chat_model=True,
                context_window=self._context,
                timeout=self.timeout,
                max_retries=0,
                reuse_client=True,
                **client,
            )

    def _served(self, path: Path, key: str) -> Any:
        """The server of a local model; without the adapter where llama.cpp does not take that."""
        try:
            return _serve(path, key, self._threads, self._adapter)
        except ModelUnreachable as error:
            if self._adapter is None:
                raise
            log.warning("the adapter is left out: %s", error)
            self._adapter = None
            return _serve(path, key, self._threads, None)


def load_model(
    *,
    url: str = "",
    model: str = "",
    api_key: str = "",
    gguf: str = "",
    threads: int = 0,
    timeout: float = 60.0,
    adapted: bool = True,
) -> LanguageModel:
    """The configured model: a server (`url`, with `model` as its name there), a GGUF file, or the
    bundled SmolLM2, with its adapter unless `adapted` is False or the adapter does not fit (which is logged).
    Nothing is started yet.

    Raises InputError for a URL or file that cannot be one, WeightsMissing when the bundled weights
    are not installed.
    """
    if url:
        if not url.startswith(("http://", "https://")):
            raise InputError(
                f"the model server's address {url!r} is no URL", "FOOTNOTE_LLM_URL=http://127.0.0.1:11434/v1"
            )
        if not model:
            raise InputError("a model server needs the model's name", "set FOOTNOTE_LLM_MODEL, e.g. qwen3:4b")
        return LanguageModel(
            "server", model, path=None, url=url, api_key=api_key, threads=threads, timeout=timeout
        )
    if gguf:
        path = Path(gguf).expanduser()
        if not path.is_file():
            raise InputError(f"there is no model file at {gguf}", "set FOOTNOTE_GGUF to a .gguf file")
        with path.open("rb") as stream:
            if stream.read(4) != b"GGUF":
                raise InputError(f"{gguf} is no GGUF file", "set FOOTNOTE_GGUF to a .gguf file")
        return LanguageModel(
            "gguf", path.stem, path=path, url="", api_key="", threads=threads, timeout=timeout
        )
    path = weights.verify(weights.SMOLLM2)
    trouble = adapter.problem() if adapted else ""
    if trouble:
        log.warning("the bundled model runs without its adapter: %s", trouble)
    return LanguageModel(
        "bundled",
        weights.SMOLLM2.name,
        path=path,
        url="",
        api_key="",
        threads=threads,
        timeout=timeout,
        adapter=adapter.FILE if adapted and not trouble else None,
    )


def _serve(path: Path, key: str, threads: int, adapter_file: Path | None) -> Any:
    """llama.cpp's server in this process, on a free loopback port, locked by `key`."""
    import xllamacpp

    runtime: Any = xllamacpp  # a compiled module without type stubs
    params = runtime.CommonParams()
    params.model.path = str(path)
    params.n_ctx = LOCAL_CONTEXT
    params.n_parallel = 2
    params.n_gpu_layers = -1
    params.api_keys = [key]
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.ui = False
    params.verbosity = -1
    if adapter_file is not None:
        params.lora_adapters = [runtime.CommonAdapterLoraInfo(str(adapter_file), 1.0)]
    if threads > 0:
        params.cpuparams.n_threads = threads
        params.cpuparams_batch.n_threads = threads
    try:
        return runtime.Server(params)
    except (RuntimeError, ValueError, OSError) as error:
        raise ModelUnreachable(
            f"llama.cpp could not load {path.name} ({_short(error)})",
            "`footnote doctor` checks the file; --engine quote needs no model",
        ) from error


def _with_v1(url: str) -> str:
    return url if url.endswith("/v1") else f"{url}/v1"


def _get(url: str, key: str, timeout: float, body: dict[str, Any] | None = None) -> Any:
    """JSON from a server, None when it has no such page; ModelUnreachable when it does not answer."""
    request = urllib.request.Request(
        url,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=timeout) as reply:
            return json.loads(reply.read())
    except urllib.error.HTTPError:
        return None
    except (urllib.error.URLError, OSError, ValueError, http.client.HTTPException) as error:
        if isinstance(error, ValueError):
            return None
        cause = getattr(error, "reason", error)
        raise ModelUnreachable(
            f"the model server at {url.split('/v1')[0]} does not answer ({_short(cause)})",
            "start it, or unset FOOTNOTE_LLM_URL to use the bundled model; --engine quote needs no model",
        ) from error


def _ask_server(base: str, key: str, model: str, timeout: float) -> tuple[int, bool]:
    """(context size, takes a grammar) as the server itself tells it.

    llama.cpp has /props, vLLM `max_model_len` in /v1/models, LM Studio /api/v0/models, Ollama
    /api/show; the last cuts prompts silently at its num_ctx, so the smallest known figure counts.
    """
    root = base.removesuffix("/v1")
    listing = _get(f"{base}/models", key, timeout)
    props = _get(f"{root}/props", key, timeout)
    if isinstance(props, dict) and "default_generation_settings" in props:
        return int(props["default_generation_settings"].get("n_ctx") or ASSUMED_CONTEXT), True
    entries = listing.get("data") if isinstance(listing, dict) else None
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict) and entry.get("id") == model and entry.get("max_model_len"):
            return int(entry["max_model_len"]), False
    shown = _get(f"{root}/api/v0/models/{model}", key, timeout)
    if isinstance(shown, dict) and shown.get("loaded_context_length"):
        return int(shown["loaded_context_length"]), False
    shown = _get(f"{root}/api/show", key, timeout, {"model": model})
    if isinstance(shown, dict) and isinstance(shown.get("parameters"), str):
        for line in shown["parameters"].splitlines():
            words = line.split()
            if len(words) == 2 and words[0] == "num_ctx" and words[1].isdigit():
                return int(words[1]), False
    return ASSUMED_CONTEXT, False


def _beside(chunk: Any) -> tuple[bool, bool]:
    """(a thought came in a field of its own, the token limit has ended the reply)."""
    choice = next(iter(getattr(chunk, "choices", None) or ()), None)
    delta = getattr(choice, "delta", None)
    apart = getattr(delta, "reasoning_content", None) or getattr(delta, "reasoning", None)
    return bool(apart), getattr(choice, "finish_reason", None) == "length"


def _short(error: object) -> str:
    text = " ".join(str(error).split())
    return text[:160] or type(error).__name__
