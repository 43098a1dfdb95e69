"""Messages to a shop, made by a small grammar, each with the department that should read it.

All messages share their sentences and the names of things. Only one or two nouns say which department is meant, and
each department has twenty of them: few messages show few of its nouns, and a new message mostly has others.
"""

from typing import TYPE_CHECKING

import numpy as np

from tlbook.errors import check_whole
from tlbook.runtime import LARGEST_SEED

if TYPE_CHECKING:
    import pandas

NOUNS = {
    "delivery": (
        "truck", "driver", "mail", "road", "train", "ship", "station", "street", "address", "route", "traffic",
        "highway", "package", "cargo", "port", "plane", "vehicle", "journey", "bridge", "arrival",
    ),
    "payment": (
        "money", "bill", "price", "dollars", "bank", "cost", "tax", "fee", "payment", "credit", "cash", "loan",
        "account", "debt", "salary", "budget", "interest", "rent", "charge", "fund",
    ),
    "quality": (
        "wood", "glass", "metal", "paint", "leather", "steel", "plastic", "surface", "cloth", "paper", "wool",
        "rubber", "iron", "color", "wire", "cotton", "brass", "stone", "edge", "thread",
    ),
}  # fmt: skip
THINGS = (
    "lamp", "chair", "table", "coat", "clock", "radio", "camera", "bed", "piano", "bicycle", "hat", "mirror",
    "box", "knife", "book", "doll", "boat", "guitar", "tent", "watch",
)  # fmt: skip
GREETINGS = ("Hello.", "Good morning.", "Dear friends,", "Hi again.", "")
SENTENCES = (
    "Something is wrong with the {noun} of my {thing}.",
    "I write about the {noun}, because of the {thing}.",
    "You sold me a {thing}, and now the {noun} worries me.",
    "Please tell me more about the {noun}: I mean the {thing}.",
    "My {thing} is here, but what about the {noun}?",
    "About the {thing}: I am not happy with the {noun}.",
)
SECONDS = ("And then there is the {noun}.", "The same is true of the {noun}.", "Look at the {noun} as well.")
CLOSINGS = ("Please answer soon.", "Thank you.", "I will wait.", "")
SHARE_OF_SECONDS = 0.5
MESSAGES_A_CUSTOMER = 2


def make_messages(per_class: int = 200, *, seed: int = 0) -> "pandas.DataFrame":
    """Make messages to a shop by a grammar, each with the department that should read it.

    Parameters
    ----------
    per_class : int
        Messages of each of the three departments, at least 1.
    seed : int
        0 to 2**32 - 1.

    Returns
    -------
    pandas.DataFrame
        Columns ``message``, ``department`` and ``customer``, in a random order; a customer wrote two messages, to any
        department.

    Examples
    --------
    >>> frame = make_messages(4)
    >>> len(frame), sorted(frame["department"].unique())
    (12, ['delivery', 'payment', 'quality'])
    """
    import pandas as pd

    check_whole("per_class", per_class, 1)
    check_whole("seed", seed, 0, LARGEST_SEED)
    rng = np.random.default_rng([seed, 0x7E87])
    departments = rng.permutation(np.repeat(list(NOUNS), per_class)).tolist()
    return pd.DataFrame(
        {
            "message": [_write_message(NOUNS[department], rng) for department in departments],
            "department": departments,
            "customer": [f"customer {number // MESSAGES_A_CUSTOMER:04}" for number in range(len(departments))],
        }
    )


def _write_message(nouns, rng):
    """Write one message about one or two of a department's nouns."""
    first, second = rng.choice(nouns, 2, replace=False)
    parts = [rng.choice(GREETINGS), rng.choice(SENTENCES).format(noun=first, thing=rng.choice(THINGS))]
    if rng.random() < SHARE_OF_SECONDS:
        parts.append(rng.choice(SECONDS).format(noun=second))
    return " ".join(part for part in [*parts, rng.choice(CLOSINGS)] if part)
