"""The fetcher: pages by their address, politely, and only from where it is allowed to go."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime
from functools import partial

from index.fetch.address import WebAddress, parse
from index.fetch.connect import Dial, Resolve, TimeLeft, dial, resolve
from index.fetch.errors import Broken, FetchError, FetchFailed, FetchGone, FetchRefused, NotAllowed, shown
from index.fetch.exchange import PERMANENT, REDIRECTS, Answer, Exchanges
from index.fetch.guard import Guard
from index.fetch.options import Fetched, FetchOptions, Wanted
from index.fetch.robots import MOST_BYTES, Robots
from index.fetch.shelf import RobotsShelf
from index.fetch.turns import Turns

_ROBOTS_REDIRECTS = 5
_PASSING = frozenset({429, 500, 502, 503, 504})


class Fetcher:
    """Fetches pages over http and https, from any number of threads; a context manager.

    What can be told it stands in `FetchOptions`. The rest is for tests: `resolve` and `dial` stand in for
    the network, `clock` (seconds), `wall_clock` (UTC) and `sleep` for time, `chance` for backoff's spread.
    """

    def __init__(
        self,
        options: FetchOptions | None = None,
        *,
        resolve: Resolve = resolve,
        dial: Dial = dial,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], object] | None = None,
        chance: random.Random | None = None,
    ) -> None:
        self.options = options or FetchOptions()
        self._closed = threading.Event()
        self._clock = clock
        self._wall_clock = wall_clock
        self._sleep = sleep or self._closed.wait  # so that `close` ends the waiting too
        self._chance = chance or random.Random()
        self._guard = Guard(allow_private=self.options.allow_private, allowed=self.options.allowed)
        self._exchanges = Exchanges(
            self.options, self._guard, resolve=resolve, dial=dial, wall_clock=wall_clock
        )
        self._turns = Turns(self.options.host_delay, self.options.host_at_once, clock, self._sleep)
        self._shelf = RobotsShelf(self.options.robots_file) if self.options.robots_file else None
        self._robots = Robots(self.options.robot_name, self._robots_text, clock, self._shelf)

    def __enter__(self) -> Fetcher:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends what is under way, in all threads, with `FetchFailed`. May be called twice."""
        self._closed.set()
        self._exchanges.close()
        if self._shelf:
            self._shelf.save()

    def get(self, url: str, *, etag: str = "", last_modified: str = "") -> Fetched:
        """One page, after redirects. With the validators of an earlier answer it may be `not_modified`.

        Raises `FetchRefused`, `FetchGone` or `FetchFailed` (see `index.fetch.errors`), each with `url` as
        asked and the reason, which names the address it is about where a redirect led elsewhere.
        """
        here: WebAddress | None = None
        try:
            first = here = parse(url)
            left = TimeLeft(self.options.total_seconds, self._clock)
            seen = {str(here)}
            permanent = True
            for _ in range(self.options.most_redirects + 1):
                answer = self._asked(here, left, etag, last_modified)
                if answer.status not in REDIRECTS:
                    return self._fetched(url, first, here, answer, etag, last_modified, permanent)
                permanent = permanent and answer.status in PERMANENT
                here = _next(here, answer)
                if str(here) in seen:
                    raise Broken("it redirects in a circle")
                seen.add(str(here))
            raise Broken(f"it redirects more than {self.options.most_redirects} times")
        except NotAllowed as error:
            raise FetchRefused(url, _about(url, here, error.reason), error.next_step) from error
        except Broken as error:
            reason = _about(url, here, error.reason)
            if error.status in (404, 410):
                raise FetchGone(url, reason, error.status) from error
            raise FetchFailed(
                url,
                reason,
                status=error.status,
                temporary=error.temporary,
                retry_after=error.retry_after,
            ) from error

    def get_many(
        self, wanted: Iterable[Wanted | str], *, workers: int = 8, look_ahead: int = 500
    ) -> Iterator[Fetched | FetchError]:
        """Many pages, each result as it arrives, errors among them as values.

        `wanted` is read as it is needed, by the thread that iterates, `look_ahead` addresses ahead at most,
        so that hosts take turns even where the addresses are sorted by host; it may be endless. At most
        twice `workers` pages are in memory at a time. Leaving the iteration stops it; what is under way
        then ends by itself, or at `close`.
        """
        queues: OrderedDict[str, deque[Wanted]] = OrderedDict()
        running: dict[Future[Fetched | FetchError], str] = {}
        busy: Counter[str] = Counter()
        most = 2 * workers
        source = iter(wanted)
        waiting, more = 0, True
        pool = ThreadPoolExecutor(workers, thread_name_prefix="footnote-fetch")

        def dispatch() -> int:
            """Hands out what may run, hosts in turn."""
            given = 0
            for host in list(queues):
                queue = queues[host]
                while queue and len(running) < most and busy[host] < self.options.host_at_once:
                    running[pool.submit(self._result, queue.popleft())] = host
                    busy[host] += 1
                    given += 1
                    queues.move_to_end(host)
                if not queue:
                    del queues[host]
                if len(running) == most:
                    break
            return given

        try:
            while True:
                while more and waiting < look_ahead and not any(future.done() for future in running):
                    try:
                        item = next(source)
                    except StopIteration:
                        more = False
                        break
                    one = Wanted(item) if isinstance(item, str) else item
                    queues.setdefault(_host(one.url), deque()).append(one)
                    waiting += 1
                    if len(running) < most:
                        waiting -= dispatch()
                waiting -= dispatch()
                if not running:
                    return
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    host = running.pop(future)
                    busy[host] -= 1
                    if not busy[host]:
                        del busy[host]
                    yield future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _result(self, one: Wanted) -> Fetched | FetchError:
        try:
            return self.get(one.url, etag=one.etag, last_modified=one.last_modified)
        except FetchError as error:
            return error.with_traceback(None)

    def _asked(self, address: WebAddress, left: TimeLeft, etag: str, last_modified: str) -> Answer:
        """One hop: robots.txt, the host's turn, and tries until one succeeds or none will."""
        delay = 0.0
        self._guard.check_name(address)  # before it waits for its turn; each exchange checks again
        if self.options.obey_robots:
            word = self._robots.word(address)
            if word.closed:
                raise Broken(
                    f"its robots.txt could not be read ({word.closed}), so its host is left alone for now",
                    temporary=True,
                )
            if not word.allowed:
                raise NotAllowed(f"its host's robots.txt does not allow it for {self.options.robot_name}")
            delay = min(word.delay, self.options.most_host_delay)
        ask = partial(self._exchanges.get, address, left, etag=etag, last_modified=last_modified)
        return self._tried(address, delay, ask, left)

    def _tried(self, address: WebAddress, delay: float, ask: Callable[[], Answer], left: TimeLeft) -> Answer:
        for attempt in range(self.options.retries + 1):
            try:
                with self._turns.turn(address.host, delay), left:
                    answer = ask()
                if answer.status not in _PASSING:
                    return answer
                problem = _refusal(answer)
            except Broken as broken:
                if not broken.again:
                    raise
                problem = broken
            last = attempt == self.options.retries
            if problem.retry_after > self.options.most_wait:
                self._turns.hold(address.host, problem.retry_after, close=True)
                raise problem
            if problem.retry_after:
                self._turns.hold(address.host, problem.retry_after, close=False)
            elif not last:
                self._sleep(self.options.backoff * 2**attempt * self._chance.uniform(0.5, 1.5))
            if last:
                raise problem
        raise AssertionError("the last try ends above")

    def _fetched(
        self,
        url: str,
        first: WebAddress,
        here: WebAddress,
        answer: Answer,
        etag: str,
        last_modified: str,
        permanent: bool,
    ) -> Fetched:
        if answer.status == 304 and not (etag or last_modified):
            raise Broken("the server says that nothing changed, though nothing was known", status=304)
        if answer.status not in (200, 304):
            raise _refusal(answer)
        same = answer.status == 304
        return Fetched(
            asked=url,
            url=str(here),
            status=answer.status,
            body=answer.body,
            content_type=answer.content_type,
            charset=answer.charset,
            etag=answer.etag or (etag if same else ""),
            last_modified=answer.last_modified or (last_modified if same else ""),
            moved_to=str(here) if permanent and here != first else "",
            fetched_at=self._wall_clock().astimezone(UTC).isoformat(timespec="seconds"),
        )

    def _robots_text(self, place: WebAddress) -> str:
        """The robots.txt at `place`, "" where there is none (4xx, or too many redirects: RFC 9309, 2.3.1)."""
        here = place
        left = TimeLeft(self.options.total_seconds, self._clock)
        for _ in range(_ROBOTS_REDIRECTS + 1):
            ask = partial(self._exchanges.get, here, left, most=MOST_BYTES, cut=True)
            try:
                answer = self._tried(here, 0.0, ask, left)
            except NotAllowed as error:
                if here == place:
                    raise
                raise Broken(f"it redirects to where it may not: {error.reason}") from error
            if answer.status in REDIRECTS:
                try:
                    here = _next(here, answer)
                except NotAllowed as error:
                    raise Broken(f"it redirects to where it may not: {error.reason}") from error
            elif answer.status == 200:
                return answer.body.decode("utf-8", "replace").removeprefix("\ufeff")
            elif 400 <= answer.status < 500:
                return ""
            else:
                raise _refusal(answer)
        return ""


def _next(here: WebAddress, answer: Answer) -> WebAddress:
    if not answer.location:
        raise Broken(f"it redirects to nowhere (status {answer.status})", status=answer.status)
    try:
        return here.joined(answer.location)
    except NotAllowed as error:
        raise NotAllowed(f"it redirects to {shown(answer.location)}: {error.reason}") from error


def _refusal(answer: Answer) -> Broken:
    """An answer that is no page, in words."""
    words = {
        401: "it is only for those who log in",
        403: "the server does not give it to programs like this one",
        404: "there is no such page",
        410: "it has been taken down for good",
        429: "the server asks for fewer requests",
        451: "it is withheld for legal reasons",
    }
    status = answer.status
    said = words.get(status, "the server failed" if status >= 500 else "the server gave no page")
    return Broken(
        f"{said} (status {status})",
        status=status,
        temporary=status in _PASSING or status >= 500 or status in (408, 425),
        again=status in _PASSING,
        retry_after=answer.retry_after,
    )


def _about(url: str, here: WebAddress | None, reason: str) -> str:
    """The reason, with the address it is about where that is not the one asked for."""
    try:
        moved = here is not None and here != parse(url)
    except NotAllowed:
        moved = False
    return f"at {shown(str(here))}, where it redirects to: {reason}" if moved else reason


def _host(url: str) -> str:
    try:
        return parse(url).host
    except NotAllowed:
        return ""
