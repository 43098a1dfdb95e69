"""The folder of the commands' tests."""

from tests.commands.conftest import stripes  # noqa: F401
