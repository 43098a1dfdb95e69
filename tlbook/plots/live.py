"""Results with controls: alive in the book's page without a kernel, a table everywhere else.

The output of a cell holds the computed data, a script of the book (``assets/live.js``) makes controls of it, and where
that script is absent (a notebook, print) a table is seen. The script computes what `Live.answer` computes, and words it
in the same words; `tests/plots/test_live.py` holds one against the other.
"""

import json
import math
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from typing import Any

from tlbook.datasets.printing import format_html, format_text
from tlbook.errors import BadInput

NICE = (1, 1.5, 2, 3, 4, 5, 7)


@dataclass(frozen=True)
class Control:
    """One thing that a reader chooses.

    Attributes
    ----------
    name : str
        By which the answer knows it.
    label : str
        What the reader sees.
    values : tuple
        Numbers or words to choose from, in their order.
    words : tuple of str
        The same, as a reader sees them.
    start : int
        Place of the value to begin with.
    slides : bool
        A slider, or a list to choose from.
    """

    name: str
    label: str
    values: tuple
    words: tuple
    start: int
    slides: bool = True


@dataclass(frozen=True)
class Live:
    """A result with controls. In the book's page it is live without a kernel; elsewhere it prints as a table.

    Attributes
    ----------
    kind : str
        Which part of the page's script it is for.
    title : str
        What it is about.
    controls : tuple of Control
    data : dict
        All that an answer is computed from, plain enough for JSON.
    compute : callable
        Takes ``data`` and a dict of the controls' values; returns a sentence and the rows of a table, the first its
        header.
    rows : tuple of tuple of str
        The table that is seen where there are no controls; the first row is its header.
    note : str
        A sentence below that table.
    """

    kind: str
    title: str
    controls: tuple[Control, ...]
    data: dict[str, Any] = field(repr=False)
    compute: Callable = field(repr=False)
    rows: tuple[tuple[str, ...], ...] = field(repr=False)
    note: str = ""

    def answer(self, **chosen: Any) -> tuple[str, list[list[str]]]:
        """Answer for a choice, as the page does.

        Parameters
        ----------
        **chosen
            Values of controls by their names; one that is not named stands at its start.

        Returns
        -------
        tuple of (str, list of list of str)
            A sentence, and the rows of a table with its header.

        Raises
        ------
        BadInput
            No control has such a name.
        """
        values = {control.name: control.values[control.start] for control in self.controls}
        unknown = ", ".join(name for name in chosen if name not in values)
        if unknown:
            raise BadInput(f"received the control {unknown}; expected some of {', '.join(values)}")
        return self.compute(self.data, values | chosen)

    def widget(self) -> Any:
        """Make controls that work in a notebook with a running kernel.

        Returns
        -------
        ipywidgets.VBox

        Raises
        ------
        BadInput
            The package ipywidgets is not there.
        """
        try:
            import ipywidgets
        except ImportError:
            raise BadInput("received no package ipywidgets; expected one: pip install ipywidgets") from None
        wide = {"style": {"description_width": "13em"}, "layout": {"width": "34em"}}
        inputs = {
            control.name: (ipywidgets.SelectionSlider if control.slides else ipywidgets.Dropdown)(
                options=list(zip(control.words, control.values, strict=True)),
                value=control.values[control.start], description=control.label, **wide,
            )
            for control in self.controls
        }  # fmt: skip
        shown = ipywidgets.HTML()

        def show(_=None):
            sentence, rows = self.answer(**{name: control.value for name, control in inputs.items()})
            shown.value = format_html(rows, below=sentence)

        for control in inputs.values():
            control.observe(show, "value")
        show()
        return ipywidgets.VBox([*inputs.values(), shown])

    def __repr__(self):
        note = textwrap.fill(self.note, 88, break_on_hyphens=False)
        return "\n".join(filter(None, [self.title, format_text(self.rows), note]))

    def _repr_html_(self):
        fields = ("name", "label", "values", "words", "start", "slides")
        controls = [{name: getattr(control, name) for name in fields} for control in self.controls]
        told = {"title": self.title, "controls": controls, "data": self.data}
        values = json.dumps(told, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        values = values.replace("&", "&amp;").replace("'", "&#39;").replace("<", "&lt;")
        table = format_html(self.rows, below=self.note)
        title = f"<p><strong>{escape(self.title)}</strong></p>"
        kernel = '<p class="tl-kernel">Where a kernel runs, <code>.widget()</code> gives this table controls.</p>'
        opening = f'<div class="tl-try" data-kind="{self.kind}" data-values=\'{values}\'>'
        return f"{opening}{title}{table}{kernel}</div>"


def slide(name, label, values, start, write):
    """A slider over numbers in their order; ``start`` is one of them, whether it is listed or not."""
    values = sorted({*values, start})
    plain = tuple(int(value) if float(value).is_integer() else float(value) for value in values)
    return Control(name, label, plain, tuple(write(value) for value in plain), values.index(start))


def list_nice(low, high):
    """List numbers that are easily said, from ``low`` to ``high``, about six to each factor of ten."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    found = [step * 10.0**power for power in powers for step in NICE]
    return [value for value in found if low <= value <= high]


def shorten_number(value, digits=6):
    """A number with so many digits: what a page and Python both start from."""
    return float(f"{value:.{digits}g}")


# How numbers are written; assets/live.js writes them the same way.


def round_half(value):
    """Round to a whole number, a half upwards."""
    return math.floor(value + 0.5)


def write_count(value):
    """1234 as 1,234, and what is no whole number as it is."""
    return f"{round_half(value):,}" if float(value).is_integer() or value >= 100 else f"{value:g}"


def write_percent(value):
    """0.1234 as 12.3 %."""
    return f"{round_half(1000 * value) / 10:.1f} %"


def write_points(value, *, signed=False):
    """0.0123 as 1.2, with its sign where asked."""
    tenths = round_half(1000 * value)
    return ("+" if signed and tenths > 0 else "−" if tenths < 0 else "") + f"{abs(tenths) / 10:.1f}"


def write_money(value, currency):
    """1234.5 as $1,235, and below 100 with its cents."""
    return currency + (f"{round_half(value):,}" if value >= 100 else f"{round_half(100 * value) / 100:.2f}")
