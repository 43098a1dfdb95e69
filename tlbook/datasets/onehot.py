"""Labels as columns of 0 and 1, one a class, of which each row has one 1."""

from tlbook.datasets.lookup import read_cells, show_columns
from tlbook.errors import BadInput

ONE_LABEL = "expected one label an image: one of several classes is learned here, not several at once"
ONES = {"1", "1.0"}
ONE_HOT = {"0", "0.0", ""} | ONES


def are_hot(rows, columns):
    """Tell several columns of 0 and 1."""
    return len(columns) > 1 and all({*read_cells(rows, n)} <= ONE_HOT for n in columns)


def check_one_hot(file, header, rows, hot, at):
    """Refuse rows of 0 and 1 that have several labels, or none."""
    for row in rows:
        labels = name_hot([row], hot, header)
        if len(labels) != 1 and any(read_cells([row], n)[0] for n in hot):  # else one without label
            found = f"{labels[0]!r} and {labels[1]!r}" if labels else "none"
            raise BadInput(
                f"the labels file {file!r} has a column of 0 and 1 for each of {len(hot)} labels "
                f"({show_columns(header)}), and {read_cells([row], at)[0]!r} has {found}; {ONE_LABEL}; keep the rows "
                "with one 1, or choose one column with `label_column`"
            )


def name_hot(rows, hot, header):
    """Return the names of the columns in which these rows have a 1."""
    return [header[n] for row in rows for n, cell in zip(hot, (read_cells([row], n)[0] for n in hot), strict=True)
            if cell in ONES]  # fmt: skip
