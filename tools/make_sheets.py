"""Draw the sample sheets of synthetic cases and source domains: data/cards/sheets/<name>.jpg, shown on their cards.

Run it again after a change of the formulas: ``python tools/make_sheets.py``.
"""

import importlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tlbook.datasets.cards import load_cards
from tlbook.synthetic.worlds import DOMAINS, draw_image

ROOT = Path(__file__).resolve().parents[1]
SIZE, GAP, CAPTION = 96, 6, 18
COLUMNS = 10
QUALITY = 85


def choose_samples(name):
    """Make the first training images of a synthetic case: captions and uint8, (k, SIZE, SIZE, 3)."""
    module = importlib.import_module(f"tlbook.synthetic.{name}")
    per_class = COLUMNS if len(module.CLASSES) == 2 else 2
    case = module.make_case(per_class=per_class, val_per_class=1, test_per_class=1, size=SIZE)
    images = case.train.load(SIZE, quiet=True)
    samples = []
    for label, caption in enumerate(case.classes):
        of_class = images[case.train.labels == label]
        step = max(1, len(of_class) // per_class // COLUMNS) if len(of_class) > COLUMNS else 1  # slices of one person
        samples.append((caption.replace("_", " "), of_class[::step][:COLUMNS]))
    return samples


def choose_domain_samples():
    """Draw the first image of ten classes of each source domain: captions and uint8, (COLUMNS, SIZE, SIZE, 3)."""
    samples = []
    for domain in DOMAINS:
        classes = np.linspace(0, domain.num_classes - 1, COLUMNS).astype(int)
        samples.append((domain.name, np.stack([draw_image(domain, c, 0, size=SIZE, seed=0) for c in classes])))
    return samples


def draw_sheet(samples):
    """Lay samples out: few classes in rows of many images, many classes in columns of few."""
    wide = len(samples[0][1]) == COLUMNS
    blocks = [[sample] for sample in samples] if wide else [samples[i : i + 7] for i in range(0, len(samples), 7)]
    columns = COLUMNS if wide else 7
    rows = 1 if wide else len(samples[0][1])
    height = CAPTION + rows * (SIZE + GAP) + GAP
    sheet = Image.new("RGB", (columns * (SIZE + GAP) + GAP, len(blocks) * height), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    for block, members in enumerate(blocks):
        top = block * height
        for place, (caption, images) in enumerate(members):
            pen.text((GAP + place * (SIZE + GAP), top + 3), caption, fill="black", font=font)
            for k, image in enumerate(images):
                column, row = (k, 0) if wide else (place, k)
                corner = (GAP + column * (SIZE + GAP), top + CAPTION + row * (SIZE + GAP))
                sheet.paste(Image.fromarray(np.ascontiguousarray(image)), corner)
    return sheet


def main():
    """Write all sheets."""
    folder = ROOT / "data" / "cards" / "sheets"
    folder.mkdir(parents=True, exist_ok=True)
    synthetic = [card.name for card in load_cards("case") if "synthetic" in card.facts]
    for name in (*synthetic, "worlds"):
        path = folder / f"{name}.jpg"
        samples = choose_domain_samples() if name == "worlds" else choose_samples(name)
        draw_sheet(samples).save(path, quality=QUALITY, optimize=True)
        print(f"{path.relative_to(ROOT)}  {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
