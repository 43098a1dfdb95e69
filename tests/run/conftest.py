"""The run and the folder of the commands' tests."""

from tests.commands.conftest import finished_run, stripes  # noqa: F401
