"""Bar charts of what was measured, as SVG that a light and a dark page can show.

``python -m benchmarks.charts results.json`` draws those of a run again.
"""

from __future__ import annotations

import json
import re
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Drawn in colours that stand for others; a page's theme says which.
_INK, _OURS, _OTHERS, _FLOOR = "#010101", "#020202", "#030303", "#040404"
_NAMES = {_INK: "ink", _OURS: "ours", _OTHERS: "others", _FLOOR: "floor"}
_LIGHT = {"ink": "#24292f", "ours": "#1a7f37", "others": "#8c959f", "floor": "#d0d7de"}
_DARK = {"ink": "#e6edf3", "ours": "#3fb950", "others": "#7d8590", "floor": "#484f58"}
_FONT = "system-ui, -apple-system, 'Segoe UI', sans-serif"

Bars = dict[str, float]  # microseconds of each


def draw(result: dict[str, Any], path: Path) -> bool:
    """Draw what there is a chart for; whether there is one."""
    if "cases" in result:
        panels = _of_cookies(result)
    elif "microseconds" in result:
        panels = _of_stores(result)
    else:
        return False
    path.write_text(_themed(_svg(panels)), encoding="utf-8")
    return True


def _of_cookies(result: dict[str, Any]) -> dict[str, Bars]:
    """A small session in a cookie."""
    found = {each["case"]: each["microseconds"] for each in result["cases"]}
    titles = {
        "untouched, small": "a request that does not use its session",
        "read, small": "one that reads it",
        "changed, small": "one that changes it",
    }
    shown = ("ours", "Flask", "Starlette", "Pyramid", "Beaker", "floor")
    return {
        title: {name: found[case][name] for name in shown if name in found[case]}
        for case, title in titles.items()
    }


def _of_stores(result: dict[str, Any]) -> dict[str, Bars]:
    """A small session in each store."""
    times: dict[tuple[str, ...], float] = {
        tuple(name.split(" / ")): us for name, us in result["microseconds"].items()
    }
    bare = {"Flask-Session": "Flask", "Django": "Django"}
    panels: dict[str, Bars] = {}
    for store in ("Redis", "PostgreSQL", "SQLite"):
        for case in ("read", "changed"):
            bars = panels[f"{store}, {case}"] = {}
            for name in ("ours", "Flask-Session", "Beaker", "Django", "floor"):
                if (us := times.get((store, name, f"{case}, small"))) is None:
                    continue
                kind = bare.get(name, "WSGI")
                less = 0 if name == "floor" else times["bare", kind, "untouched, small"]
                bars[name] = us - less
    return panels


def _svg(panels: dict[str, Bars]) -> str:
    """One panel under the other, each with a bar for each library."""
    rows = [len(bars) for bars in panels.values()]
    height = sum(rows) * 0.3 + len(rows) * 0.55
    settings = {"svg.fonttype": "none", "svg.hashsalt": "charts", "font.size": 11}
    with matplotlib.rc_context(settings):
        figure = Figure(figsize=(5.4, height), layout="constrained")
        every = figure.subplots(len(rows), 1, height_ratios=[each + 1 for each in rows])
        for axes, (title, bars) in zip(every, panels.items(), strict=True):
            _panel(axes, title, bars)
        out = StringIO()
        nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
        figure.savefig(out, format="svg", transparent=True, metadata=nothing)
    return out.getvalue()


def _panel(axes: Axes, title: str, bars: Bars) -> None:
    colours = {"ours": _OURS, "floor": _FLOOR}
    names = [name if name != "ours" else "session_middleware" for name in bars]
    filled = [colours.get(name, _OTHERS) for name in bars]
    drawn = axes.barh(names, [*bars.values()], color=filled, height=0.7)
    labels = [f"{_rounded(each)} µs" for each in bars.values()]
    axes.bar_label(drawn, labels, padding=5, color=_INK)
    axes.set_title(title, loc="left", color=_INK, fontweight="bold", fontsize=11)
    axes.set_xlim(0, max(bars.values()) * 1.2)
    axes.invert_yaxis()
    axes.tick_params("both", length=0, labelcolor=_INK, labelbottom=False)
    axes.spines[:].set_visible(False)


def _rounded(us: float) -> str:
    return f"{max(us, 0):.1f}" if us < 20 else f"{us:,.0f}"


def _themed(svg: str) -> str:
    """The same with colours that follow the page, and the reader's own font."""
    for colour, name in _NAMES.items():
        svg = svg.replace(colour, f"var(--{name})")
    svg = re.sub(r"'DejaVu Sans'[^;\"]*", _FONT.replace("'", "&apos;"), svg)
    svg = re.sub(r"<\?xml.*?(?=<svg)", "", svg, flags=re.DOTALL)
    svg = re.sub(r"\n *<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    light, dark = f"svg {{ {_variables(_LIGHT)} }}", f"svg {{ {_variables(_DARK)} }}"
    style = f"<style>{light}\n@media (prefers-color-scheme: dark) {{ {dark} }}</style>"
    svg = re.sub(r" +$", "", svg, flags=re.MULTILINE)
    return re.sub(r"(<svg[^>]*>)", lambda found: f"{found[1]}\n{style}", svg, count=1)


def _variables(colours: dict[str, str]) -> str:
    return " ".join(f"--{name}: {value};" for name, value in colours.items())


def main() -> None:
    """Draw the charts of a run that was written down."""
    for name in sys.argv[1:]:
        path = Path(name)
        draw(json.loads(path.read_text()), path.with_suffix(".svg"))


if __name__ == "__main__":
    main()
