"""Bodies decompressed piece by piece, so that a small one that grows without end is noticed in time."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator

from index.fetch.errors import Broken

ENCODINGS = "gzip, deflate, br"
"""The Accept-Encoding that `decompressed` can undo."""

_PIECE = 64 * 1024
_MOST_LAYERS = 3


def decompressed(pieces: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """The body's pieces, none much longer than 64 kB, with the Content-Encoding undone. Raises `Broken`
    for an encoding that was not asked for, and for a stream that is damaged or ends before its end."""
    names = [name for part in encoding.split(",") if (name := part.strip().lower()) not in ("", "identity")]
    if len(names) > _MOST_LAYERS:
        raise Broken(f"its body is compressed {len(names)} times")
    for name in reversed(names):
        if name not in _LAYERS:
            raise Broken(f"its body is compressed in a way that was not asked for ({name[:40]!r})")
        pieces = _LAYERS[name](pieces)
    yield from pieces


def _gunzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """gzip, also of several members; what stands behind the last one is left out, as browsers do."""
    inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
    begun = False
    for piece in pieces:
        data = piece
        while data:
            if inflater.eof:
                if not data.startswith(b"\x1f"):
                    return
                inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
            yield from _inflated(inflater, data)
            begun, data = True, inflater.unused_data
    if begun and not inflater.eof:
        raise Broken("its compressed body ends midway", again=True)


def _deflated(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """deflate as the standard has it (in a zlib frame), and bare as some servers send it."""
    inflater = None
    head = b""
    for piece in pieces:
        if inflater is None:
            head += piece
            if len(head) < 2:
                continue
            framed = head[0] & 0x0F == 8 and int.from_bytes(head[:2], "big") % 31 == 0
            inflater = zlib.decompressobj(zlib.MAX_WBITS if framed else -zlib.MAX_WBITS)
            piece = head
        if inflater.eof:
            return
        yield from _inflated(inflater, piece)
    if head and (inflater is None or not inflater.eof):
        raise Broken("its compressed body ends midway", again=True)


def _inflated(inflater: zlib._Decompress, data: bytes) -> Iterator[bytes]:
    try:
        while True:
            piece = inflater.decompress(data, _PIECE)
            if piece:
                yield piece
            data = inflater.unconsumed_tail
            if inflater.eof or not (data or len(piece) == _PIECE):
                return
    except zlib.error as error:
        raise Broken("its compressed body is damaged") from error


def _unbrotlied(pieces: Iterable[bytes]) -> Iterator[bytes]:
    import brotli

    decoder = brotli.Decompressor()
    begun = False
    try:
        for piece in pieces:
            data = piece
            begun = begun or bool(data)
            while not decoder.is_finished():
                grown = decoder.process(data, output_buffer_limit=_PIECE)
                if grown:
                    yield grown
                data = b""
                if not grown and decoder.can_accept_more_data():
                    break
            if decoder.is_finished():
                return
    except brotli.error as error:
        raise Broken("its compressed body is damaged") from error
    if begun:
        raise Broken("its compressed body ends midway", again=True)


_LAYERS: dict[str, Callable[[Iterable[bytes]], Iterator[bytes]]] = {
    "gzip": _gunzipped,
    "x-gzip": _gunzipped,
    "deflate": _deflated,
    "br": _unbrotlied,
}
