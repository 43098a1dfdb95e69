"""How many strategies were held against how many families is said at the end of a run."""

COUNTED = {"family": "families of architectures", "whole_network": "whole networks"}


def pytest_terminal_summary(terminalreporter):
    for name, what in COUNTED.items():
        passed = [r for r in terminalreporter.stats.get("passed", ()) if f"::test_strategy_on_{name}[" in r.nodeid]
        if passed:
            terminalreporter.write_line(f"strategies x {what}: {len(passed)} combinations passed")
