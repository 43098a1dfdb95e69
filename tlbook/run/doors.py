"""Names turned into strategies and sources."""

from tlbook.errors import BadInput
from tlbook.models.sources import SourceModel, load_source
from tlbook.models.strategies import Strategy, find_strategy


def as_strategy(value):
    """Return a strategy for its name, or the strategy itself."""
    if isinstance(value, Strategy):
        return value
    if isinstance(value, str):
        return find_strategy(value)
    raise BadInput(f"received `strategy` {value!r}; expected a name or a Strategy")


def as_source(value):
    """Return a source model for its name, or the model itself."""
    if isinstance(value, SourceModel):
        return value
    if value is None or isinstance(value, str):
        return load_source(value or "photos")
    raise BadInput(f"received `source` {value!r}; expected a name or a SourceModel")
