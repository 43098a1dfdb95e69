"""``tlbook cases`` and ``tlbook sources``: what there is, whether it is on this machine, and what suits a folder."""

import dataclasses
import json

from tlbook.errors import BadInput

OF_RANKS = ("groups", "source", "method")  # options that mean nothing to a list


def run_cases(options):
    """Print the cases, as a table or as JSON.

    Parameters
    ----------
    options : argparse.Namespace
        ``json`` asks for JSON instead of a table.

    Returns
    -------
    int
        Exit status.
    """
    from tlbook.cases import cases

    columns = {"name": "case", "variant": "variant", "num_classes": "classes", "num_images": "images",
               "licence": "licence", "on_this_machine": "here", "origin": "origin"}  # fmt: skip
    return _print_list(cases(), columns, options.json)


def run_sources(options):
    """Print the source models, or rank them on a folder of images, as a table or as JSON.

    Parameters
    ----------
    options : argparse.Namespace
        ``rank`` is the folder; ``json`` asks for JSON instead of a table.

    Returns
    -------
    int
        Exit status.
    """
    from tlbook.models.listing import sources

    if options.rank is not None:
        return _rank_sources(options)
    for name in OF_RANKS:
        if getattr(options, name):
            raise BadInput(f"received `{name}` without `rank`; expected both: a folder of images to rank sources on")

    columns = {"name": "source", "parameters": "parameters", "image_size": "pixels", "licence": "licence",
               "on_this_machine": "here", "origin": "origin"}  # fmt: skip
    return _print_list(sources(), columns, options.json)


def _rank_sources(options):
    """Rank source models on the training images of a folder; what can't be done is said before TensorFlow is loaded."""
    from tlbook.commands.signals import leave_on_signals
    from tlbook.datasets.folders import from_folder
    from tlbook.evidence.ranking import DEFAULT, check_methods, check_sources, rank_sources

    methods = check_methods(options.method or DEFAULT)
    candidates = check_sources(options.source or None)
    data = from_folder(options.rank, groups=options.groups, quiet=options.quiet)
    with leave_on_signals("tlbook: interrupted; nothing was written"):
        ranking = rank_sources(data, candidates, method=methods, quiet=options.quiet)
    print(json.dumps(ranking.as_dict(), indent=2, ensure_ascii=False) if options.json else ranking)
    return 0


def _print_list(items, columns, as_json):
    if as_json:
        print(json.dumps([dataclasses.asdict(item) for item in items], indent=2, ensure_ascii=False))
        return 0
    rows = [list(columns.values())]
    rows += [[_format(getattr(item, key)) for key in columns] for item in items]
    widths = [min(40, max(len(row[i]) for row in rows)) for i in range(len(columns))]
    for row in rows:
        cells = [
            cell if len(cell) <= width else cell[: width - 1] + "…" for cell, width in zip(row, widths, strict=True)
        ]
        print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip())
    return 0


def _format(value):
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)
