"""One picture for each report: bars, or lines over a logarithmic axis; in the terminal and as PNG."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import plotext
from matplotlib.axes import Axes

_HEIGHT = 14
_WIDEST = 100
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Chart:
    """Groups of bars where `x` holds names, one bar of each series; lines where it holds numbers (both axes by ten)."""

    title: str
    unit: str
    x: Sequence[str] | Sequence[float]
    series: Mapping[str, Sequence[float]]
    x_label: str = ""

    @property
    def lines(self) -> bool:
        """Whether it is lines."""
        return not isinstance(self.x[0], str)


def terminal(chart: Chart, width: int) -> str:
    """The picture in characters."""
    figure = plotext.figure
    figure.clear()
    figure.theme("colorless")
    figure.plot_size(min(width, _WIDEST), _HEIGHT)
    unit = f"{chart.unit}, log10" if chart.lines else chart.unit
    figure.title(f"{chart.title} ({unit}): {', '.join(chart.series)}")
    if chart.lines:
        for values in chart.series.values():
            figure.draw(figure.signal([math.log10(float(x)) for x in chart.x], [math.log10(y) for y in values]))
    else:
        figure.draw(figure.bar(list(chart.x), [list(values) for values in chart.series.values()]))
    return _COLOUR.sub("", str(figure.build()))


def picture(chart: Chart, path: Path) -> None:
    """Writes the picture as PNG."""
    mpl.use("Agg")  # there is no display here
    figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
    if chart.lines:
        for name, values in chart.series.items():
            axes.plot(chart.x, values, marker="o", label=name)
        axes.set_xscale("log")
        axes.set_yscale("log")
    else:
        _bars(axes, chart)
    axes.set_title(chart.title)
    axes.set_ylabel(chart.unit)
    axes.set_xlabel(chart.x_label)
    axes.grid(visible=True, axis="y", alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _bars(axes: Axes, chart: Chart) -> None:
    width = 0.8 / len(chart.series)
    for number, (name, values) in enumerate(chart.series.items()):
        places = [place + (number - (len(chart.series) - 1) / 2) * width for place in range(len(chart.x))]
        axes.bar(places, values, width, label=name)
    axes.set_xticks(range(len(chart.x)), [str(name) for name in chart.x])
