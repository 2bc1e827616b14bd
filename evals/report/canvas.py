"""A small drawing surface over matplotlib: plots as SVG that takes its colours from the page.

Everything is drawn in colours nobody else uses, which are then replaced by CSS variables, so that
one drawing serves light and dark pages. Text stays text. The same data give the same bytes: no
date, fixed salts for the ids, settings that no file on the machine can change.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any

from evals.report.text import shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 400
WIDE = 460
SERIES = 6

INK, SOFT, LINE, PAPER = "#f00d01", "#f00d02", "#f00d03", "#f00d04"
COLOURS = tuple(f"#f00d1{number}" for number in range(1, SERIES + 1))
MARKERS = ("o", "s", "D", "^", "v", "P")
_VARIABLES = {INK: "--ink", SOFT: "--soft", LINE: "--line", PAPER: "--paper"} | {
    colour: f"--s{number}" for number, colour in enumerate(COLOURS, 1)
}

LIGHT = {
    "--paper": "#fbfaf7", "--ink": "#1d1c1a", "--soft": "#625e57", "--line": "#e3dfd6", "--s1": "#0c5d54",
    "--s2": "#b4560f", "--s3": "#5057a8", "--s4": "#a5305f", "--s5": "#68750f", "--s6": "#2f6f9f",
}  # fmt: skip
DARK = {
    "--paper": "#171614", "--ink": "#eceae5", "--soft": "#aba69c", "--line": "#37342f", "--s1": "#7bd0c4",
    "--s2": "#f0a35c", "--s3": "#a9b0f5", "--s4": "#f08fb4", "--s5": "#c3cf6a", "--s6": "#84c1ec",
}  # fmt: skip
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif"


def drawn(name: str, height: float, draw: Callable[[Figure], None], alt: str, *, width: float = WIDTH) -> str:
    """What `draw` draws on a figure of this size in pixels, as an `<svg>` element.

    Args:
        name: keeps the ids of two drawings on one page apart.
        alt: what the drawing shows, for those who do not see it.
    """
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # the page's fonts draw it, not these
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_settings(name))
        figure = Figure(figsize=(width / 72, height / 72), dpi=72)
        FigureCanvasSVG(figure)
        draw(figure)
        out = io.StringIO()
        figure.savefig(
            out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
        )
    return _cleaned(out.getvalue(), width, height, alt)


def axes(figure: Figure, *, left: float = 46, right: float = 24, top: float = 30, bottom: float = 42) -> Axes:
    """Axes with margins in pixels, without a frame."""
    width, height = figure.get_size_inches() * 72
    ax = figure.add_axes(
        (left / width, bottom / height, (width - left - right) / width, (height - top - bottom) / height)
    )
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    ax.set_axisbelow(True)
    return ax


def heading(figure: Figure, text: str) -> None:
    """What the y axis counts, above it: nobody has to tilt the head."""
    width, height = figure.get_size_inches() * 72
    figure.text(4 / width, 1 - 4 / height, text, va="top", ha="left", color=SOFT, fontsize=12)


def label(text: str, limit: int = 26) -> str:
    """A name on one line that leaves room for the drawing."""
    plain = " ".join(shown(text).split())
    return plain if len(plain) <= limit else plain[: limit - 1].rstrip() + "…"


def standalone(svg: str, title: str) -> str:
    """The drawing as a file of its own, with colours for light and dark, on its own paper."""

    def rules(colours: dict[str, str]) -> str:
        return "".join(f"{name}:{value};" for name, value in colours.items())

    width, height = _size(svg)
    style = (
        f"<style>svg{{{rules(LIGHT)}}}@media (prefers-color-scheme:dark){{svg{{{rules(DARK)}}}}}"
        f"text{{font-family:{FONT}}}*{{stroke-linejoin:round;stroke-linecap:butt}}</style>"
    )
    paper = f'<rect width="{width}" height="{height}" style="fill: var(--paper)"/>'
    head = f'width="{width}" height="{height}" '
    opened = svg.replace("<svg ", f"<svg {head}", 1)
    place = opened.index(">") + 1
    return f"{opened[:place]}<title>{escape(shown(title))}</title>{style}{paper}{opened[place:]}\n"


def _settings(name: str) -> dict[Any, Any]:
    return {
        "svg.fonttype": "none",
        "svg.hashsalt": f"footnote {name}",
        "svg.id": None,
        "text.parse_math": False,
        "text.usetex": False,
        "font.family": ["DejaVu Sans"],
        "font.size": 12,
        "figure.facecolor": "none",
        "axes.facecolor": "none",
        "savefig.facecolor": "none",
        "axes.edgecolor": LINE,
        "axes.labelcolor": SOFT,
        "axes.labelsize": 12,
        "axes.grid": False,
        "grid.color": LINE,
        "grid.linewidth": 1,
        "text.color": INK,
        "xtick.color": LINE,
        "ytick.color": LINE,
        "xtick.labelcolor": SOFT,
        "ytick.labelcolor": SOFT,
        "xtick.major.size": 0,
        "ytick.major.size": 0,
        "xtick.minor.size": 0,
        "ytick.minor.size": 0,
        "xtick.major.pad": 6,
        "ytick.major.pad": 6,
        "legend.frameon": False,
        "legend.fontsize": 12,
        "legend.handlelength": 1.4,
        "legend.handletextpad": 0.6,
        "legend.columnspacing": 2,
        "legend.borderaxespad": 0,
        "legend.borderpad": 0,
        "lines.linewidth": 2,
        "lines.markersize": 6.5,
        "lines.solid_capstyle": "round",
        "path.simplify": True,
        "path.simplify_threshold": 0.3,
    }


_NOISE = (
    re.compile(r"<metadata>.*?</metadata>", re.DOTALL),
    re.compile(r"<defs>\s*<style[^>]*>.*?</style>\s*</defs>", re.DOTALL),
    re.compile(r"<!--.*?-->", re.DOTALL),
    re.compile(r' id="(?:[A-Za-z0-9.]+_[0-9]+(?:\.[0-9]+)?|legend|[a-z]+)"'),
    re.compile(r"font-family: [^;\"]*;? ?"),
    re.compile(r"(?<=font: )(\d+(?:\.\d+)?px)[^;\"]*"),
)


def _cleaned(svg: str, width: float, height: float, alt: str) -> str:
    body = svg[svg.index("<svg") :]
    body = body[body.index(">") + 1 : body.rindex("</svg>")]
    for noise in _NOISE[:-1]:
        body = noise.sub("", body)
    body = _NOISE[-1].sub(lambda found: f"{found[1]} sans-serif", body)
    body = re.sub(r"font: (\d+(?:\.\d+)?px) sans-serif", r"font-size: \1", body)
    for colour, variable in _VARIABLES.items():
        body = body.replace(colour, f"var({variable})")
    body = re.sub(r"\n\s*", "\n", body).strip()
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'class="plot" viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(shown(alt))}">\n{body}\n</svg>'
    )


def _size(svg: str) -> tuple[str, str]:
    found = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    return (found[1], found[2]) if found else (str(WIDTH), "300")
