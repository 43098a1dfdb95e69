"""The README's Python runs as printed."""

import re
from pathlib import Path

from PIL import Image

from tlbook.cases import load_case

README = Path(__file__).resolve().parents[1] / "README.md"


def write_xrays(folder):
    """Write synthetic radiographs as a newcomer has them: a folder a class, and a table of the patients."""
    case = load_case("fractures", per_class=20, size=64)
    rows = ["path,group"]
    for split in (case.train, case.val, case.test):
        for i in range(min(len(split), 40)):
            path = Path(case.classes[split.labels[i]]) / split.names[i].replace("/", "_")
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(split.images.read(i)).save(folder / path)
            rows.append(f"{path.as_posix()},{split.groups[i]}")
    (folder / "metadata.csv").write_text("\n".join(rows))
    Image.fromarray(case.test.images.read(len(case.test) - 1)).save(folder.parent / "new.png")


def test_the_ten_lines_run_as_printed(tmp_path, monkeypatch, capsys):
    write_xrays(tmp_path / "xrays")
    monkeypatch.chdir(tmp_path)
    (lines,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert len(lines.strip().splitlines()) <= 11
    exec(compile(lines, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "balanced accuracy" in printed.lower() and "new.png" in printed
    assert {"new.png", "recall.png", "run", "xrays"} == {path.name for path in tmp_path.iterdir()}
