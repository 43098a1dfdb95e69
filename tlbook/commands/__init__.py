"""The chain as commands: ``python -m tlbook``."""
