"""Data cards and model cards: what a case or a source model is, in facts and in prose.

A real data set is added by its card alone, ``data/cards/NAME.md``: everything else reads the facts from there.
"""

from dataclasses import dataclass
from functools import lru_cache

from tlbook.errors import BadInput
from tlbook.runtime import data_dir

KINDS = ("case", "source", "text")
REQUIRED = ("name", "title", "kind", "licence", "origin")
VARIANTS = {  # of a case, with the facts of each that are read
    "synthetic": ("origin", "licence", "num_classes", "num_images", "groups"),
    "real": ("stem", "title", "origin", "licence", "num_classes", "num_images", "ask"),
}


@dataclass(frozen=True)
class Card:
    """A Markdown file with YAML front matter from ``data/cards``.

    Attributes
    ----------
    name, title : str
    kind : str
        "case", "source", or "text": a source of texts, or sets of them.
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
        Of a case or a source, such as "fractures" or "photos".

    Returns
    -------
    Card
        Facts and prose.

    Raises
    ------
    BadInput
        There is no card of that name.

    Examples
    --------
    >>> load_card("fractures").facts["real"]["licence"]
    'CC BY 4.0'
    """
    cards = _read_all(data_dir() / "cards")
    if not isinstance(name, str) or name not in cards:
        raise BadInput(f"received `name` {name!r}; expected one that has a card: {', '.join(cards)}")
    return cards[name]


def load_cards(kind=None):
    """Read all cards of a kind ("case", "source", "text"), or of all; a tuple sorted by name."""
    if kind is not None and kind not in KINDS:
        raise BadInput(f"received the kind {kind!r}; expected one of {', '.join(KINDS)}")
    return tuple(card for card in _read_all(data_dir() / "cards").values() if kind in (None, card.kind))


def parse_card(text, where="a card"):
    """Split a card into its YAML front matter and its prose; refuse one that lacks what others read."""
    import yaml

    head, _, prose = text.removeprefix("---\n").partition("\n---\n")
    try:
        facts = yaml.safe_load(head) if text.startswith("---\n") and prose else None
    except yaml.YAMLError as error:
        raise BadInput(f"{where} has no valid front matter ({' '.join(str(error).split())})") from error
    lacking = [key for key in REQUIRED if key not in facts] if isinstance(facts, dict) else list(REQUIRED)
    if lacking or facts["kind"] not in KINDS:
        raise BadInput(f"{where} lacks {', '.join(lacking) or 'a known kind'}; expected YAML front matter with these")
    if facts["kind"] == "case":
        _check_variants(facts, where)
    return Card(facts["name"], facts["title"], facts["kind"], facts, prose.strip() + "\n")


def _check_variants(facts, where):
    """Check that a case has a variant, and each what is read of it."""
    variants = {name: facts[name] for name in VARIANTS if name in facts}
    if not variants:
        raise BadInput(f"{where} has neither of {' and '.join(VARIANTS)}; expected the facts of one or both")
    for name, known in variants.items():
        lacking = [key for key in VARIANTS[name] if not isinstance(known, dict) or key not in known]
        if lacking:
            raise BadInput(f"{where} lacks {', '.join(lacking)} under {name}; expected these")


@lru_cache(maxsize=4)
def _read_all(folder):
    """Read every card of a folder, dict by name, sorted."""
    cards = [parse_card(path.read_text(encoding="utf-8"), path.name) for path in sorted(folder.glob("*.md"))]
    return {card.name: card for card in sorted(cards, key=lambda card: card.name)}
