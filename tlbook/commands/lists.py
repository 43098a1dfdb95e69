"""``tlbook cases`` and ``tlbook sources``: what there is, and whether it is on this machine."""

import dataclasses
import json


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
    """Print the source models, as a table or as JSON.

    Parameters
    ----------
    options : argparse.Namespace
        ``json`` asks for JSON instead of a table.

    Returns
    -------
    int
        Exit status.
    """
    from tlbook.models.listing import sources

    columns = {"name": "source", "parameters": "parameters", "image_size": "pixels", "licence": "licence",
               "on_this_machine": "here", "origin": "origin"}  # fmt: skip
    return _print_list(sources(), columns, options.json)


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
