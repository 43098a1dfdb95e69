"""The page of an audit: one file with pictures of what was found, which stays where it is."""

from functools import cache

from tlbook.report.figures import encode_thumbnail
from tlbook.report.page import make_environment

MOST_SHOWN = 24  # pictures, or pairs, of a finding
MOST_LISTED = 500  # names


def render_audit(audit, findings, images=None):
    """Write an audit as a self-contained page.

    Parameters
    ----------
    audit : dict
        ``name``, ``facts``, ``notes`` and ``refused``.
    findings : sequence of Finding
    images : AllImages, optional
        Where the pictures are read from; None leaves them out.

    Returns
    -------
    str
        HTML that makes no request.
    """
    number = {} if images is None else {name: i for i, name in enumerate(images.names)}

    def draw(name):
        return encode_thumbnail(images.read(number[name])) if name in number else None

    return _load_template().render(
        audit=audit, sections=[_lay_out(finding) for finding in findings], draw=draw, images=images is not None
    )


def _lay_out(finding):
    """Return a finding as the page shows it: rows of one picture, or of the two of a pair, and the names of all."""
    captions = finding.captions or ("",) * len(finding.files)
    cells = list(zip(finding.files, captions, strict=True))
    rows = list(zip(cells[::2], cells[1::2], strict=True)) if finding.paired else [(cell,) for cell in cells]
    return {
        "kind": _begin(finding.kind), "message": _begin(finding.message), "shown": rows[:MOST_SHOWN],
        "rows": rows[:MOST_LISTED], "more": max(0, len(rows) - MOST_LISTED), "paired": finding.paired,
        "pictures": bool(rows) and finding.kind != "unreadable",
    }  # fmt: skip


def _begin(text):
    return text[:1].upper() + text[1:]


@cache
def _load_template():
    return make_environment().get_template("templates/audit.html.jinja")
