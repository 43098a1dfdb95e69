"""How many strategies were held against how many families is said at the end of a run."""


def pytest_terminal_summary(terminalreporter):
    passed = [r for r in terminalreporter.stats.get("passed", ()) if "::test_strategy_on_family[" in r.nodeid]
    if passed:
        terminalreporter.write_line(f"strategies x families of architectures: {len(passed)} combinations passed")
