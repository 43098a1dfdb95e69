"""Data cards and model cards: what a case or a source model is, in facts and in prose."""

from dataclasses import dataclass
from functools import lru_cache

from tlbook.errors import BadInput
from tlbook.runtime import data_dir

KINDS = ("case", "source")
REQUIRED = ("name", "title", "kind", "licence", "origin")


@dataclass(frozen=True)
class Card:
    """A Markdown file with YAML front matter from ``data/cards``.

    Attributes
    ----------
    name, title : str
    kind : str
        "case" or "source".
    facts : dict
        The whole front matter.
    text : str
        The Markdown below it.
    """

    name: str
    title: str
    kind: str
    facts: dict
    text: str


def load_card(name):
    """Read the card of a case or of a source model.

    Parameters
    ----------
    name : str

    Returns
    -------
    Card

    Raises
    ------
    BadInput
        There is no card of that name.
    """
    cards = _read_all(data_dir() / "cards")
    if name not in cards:
        raise BadInput(f"received {name!r}; expected one of {', '.join(cards)}; there is no card of another name")
    return cards[name]


def load_cards(kind=None):
    """Read the cards of one kind, or all.

    Parameters
    ----------
    kind : str, optional
        "case" or "source".

    Returns
    -------
    tuple of Card
        Sorted by name.

    Raises
    ------
    BadInput
        There is no such kind.
    """
    if kind is not None and kind not in KINDS:
        raise BadInput(f"received the kind {kind!r}; expected one of {', '.join(KINDS)}")
    return tuple(card for card in _read_all(data_dir() / "cards").values() if kind in (None, card.kind))


def parse_card(text, where="a card"):
    """Split the text of a card into front matter and prose.

    Parameters
    ----------
    text : str
        YAML between two lines of three dashes, then Markdown.
    where : str
        What to call it in the error message.

    Returns
    -------
    Card

    Raises
    ------
    BadInput
        The front matter is missing, is no YAML mapping or lacks a key.
    """
    import yaml

    head, _, prose = text.removeprefix("---\n").partition("\n---\n")
    try:
        facts = yaml.safe_load(head) if text.startswith("---\n") and prose else None
    except yaml.YAMLError as error:
        raise BadInput(f"{where} has no valid front matter ({' '.join(str(error).split())})") from error
    lacking = [key for key in REQUIRED if key not in facts] if isinstance(facts, dict) else list(REQUIRED)
    if lacking or facts["kind"] not in KINDS:
        raise BadInput(f"{where} lacks {', '.join(lacking) or 'a known kind'}; expected YAML front matter with these")
    return Card(facts["name"], facts["title"], facts["kind"], facts, prose.strip() + "\n")


@lru_cache(maxsize=4)
def _read_all(folder):
    """Read every card of a folder, dict by name, sorted."""
    cards = [parse_card(path.read_text(encoding="utf-8"), path.name) for path in sorted(folder.glob("*.md"))]
    return {card.name: card for card in sorted(cards, key=lambda card: card.name)}
