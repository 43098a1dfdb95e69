import numpy as np
import pytest

from tlbook.errors import BadInput
from tlbook.synthetic import worlds

NAMES = [domain.name for domain in worlds.DOMAINS]
# the source models in data/weights learned from these very images, and their cards hold these hashes
HASHES = {
    "fractals": "f44f46aa3d3c34e746d0c6f1ff90fb0a6f0eaae58264d07e7fab748a8aea4ec7",
    "textures": "49f04f6fbccba746350900d615b1fc0334701d2e45a809de667dea72f7c026b2",
    "solids": "10443503aaafaa5b30982dd04e275d10fe084bd9cf279f11510054281db1b5e7",
    "glyphs": "dfa767c86c544697a664d9e86650bd265c3ae86f60f19f2099feead1e501e74f",
    "contours": "4c5e35838b45166c496d703aee4980e3175f0ee908a364861a420374061858ee",
    "creatures": "022ba352e91cc6bc94ac0e1b63b4f0db9594994d02fb48952de26428c47045dd",
}


@pytest.mark.parametrize("name", NAMES)
def test_first_images_are_those_the_sources_learned_from(name):
    assert worlds.hash_domain(name) == HASHES[name]


def test_hash_follows_seed_and_number():
    hashes = {worlds.hash_domain("glyphs", n, seed=seed) for n, seed in ((2, 0), (3, 0), (2, 1))}
    assert len(hashes) == 3


def test_two_processes_draw_what_one_draws_in_the_same_order():
    together, labels = worlds.draw_world(1, size=24, processes=2, quiet=True)
    alone, _ = worlds.draw_world(2, size=24, quiet=True)
    count = len(worlds.LABELS)
    assert together.dtype == np.uint8
    assert together.shape == (count, 24, 24, 3)
    assert labels.dtype == np.int32
    assert labels.tolist() == list(range(count))
    # nested: one image a class is the beginning of two images a class
    assert np.array_equal(together, alone[:count])
    domain, cls = worlds.LABELS[-1]
    assert np.array_equal(alone[-1], worlds.draw_image(domain, cls, 1, size=24))


def test_labels_count_through_the_domains():
    assert len(worlds.LABELS) == sum(domain.num_classes for domain in worlds.DOMAINS)
    assert 220 <= len(worlds.LABELS) <= 240
    assert worlds.LABELS[worlds.DOMAINS[0].num_classes] == (worlds.DOMAINS[1].name, 0)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [32, 144])
def test_images_have_the_size_asked_for_and_are_not_flat(name, size):
    images = worlds.draw_images(name, 5, range(3), size=size)
    assert images.shape == (3, size, size, 3)
    assert images.dtype == np.uint8
    assert images.std((1, 2, 3)).min() > 1


def test_an_image_depends_on_number_and_seed_but_not_on_its_company():
    several = worlds.draw_images("contours", 7, [4, 0, 2])
    assert np.array_equal(several[1], worlds.draw_image("contours", 7, 0))
    assert not np.array_equal(several[0], several[1])
    assert not np.array_equal(several[1], worlds.draw_image("contours", 7, 0, seed=1))


def measure_spectrum(images):
    """Mean log power in 16 rings of spatial frequency, of grey images of equal mean and spread."""
    gray = images.mean(-1)
    gray = (gray - gray.mean((1, 2), keepdims=True)) / (gray.std((1, 2), keepdims=True) + 1)
    power = np.log(np.abs(np.fft.rfft2(gray)) ** 2 + 1).reshape(len(gray), -1)
    radius = np.hypot(np.fft.fftfreq(96)[:, None], np.fft.rfftfreq(96)) * 96
    ring = np.digitize(radius, np.geomspace(1, 60, 16)).ravel()
    return np.stack([power[:, ring == k].mean(1) for k in range(1, 17)], 1)


@pytest.mark.parametrize(("name", "least"), [("textures", 5), ("fractals", 2), ("contours", 2), ("creatures", 2)])
def test_even_a_power_spectrum_tells_classes_apart(name, least):
    classes = range(0, 34, 2)
    train = np.stack([measure_spectrum(worlds.draw_images(name, cls, range(8))) for cls in classes])
    test = np.stack([measure_spectrum(worlds.draw_images(name, cls, range(8, 14))) for cls in classes])
    scale = train.std((0, 1))
    distance = (((test[:, :, None] - train.mean(1)) / scale) ** 2).sum(-1)
    accuracy = (distance.argmin(-1) == np.arange(len(classes))[:, None]).mean()
    assert accuracy > least / len(classes)


def test_no_beast_has_four_legs():
    from tlbook.synthetic.worlds.creature_parts import NUM_CLASSES, creature_plan

    plans = [creature_plan(cls) for cls in range(NUM_CLASSES)]
    assert all(plan.legs != 4 for plan in plans if plan.view == "beast")
    assert len(set(plans)) == NUM_CLASSES


def test_sheet_shows_every_class_once():
    sheet = worlds.draw_sheet("glyphs", columns=10, size=32, gap=2)
    assert sheet.shape == (4 * 34 - 2, 10 * 34 - 2, 3)
    assert np.array_equal(sheet[34:66, :32], worlds.draw_image("glyphs", 10, 0, size=32))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: worlds.draw_image("x-rays", 0, 0), "received `domain` 'x-rays'; expected one of fractals"),
        (lambda: worlds.draw_image("glyphs", 40, 0), "received `cls` 40; expected a whole number from 0 to 39"),
        (lambda: worlds.draw_image("glyphs", 0, -1), "received `index` -1"),
        (lambda: worlds.draw_image("glyphs", 0, 0, size=8), "received `size` 8"),
        (lambda: worlds.draw_world(0), "received `per_class` 0"),
    ],
)
def test_bad_numbers_are_named(call, message):
    with pytest.raises(BadInput, match=message) as error:
        call()
    assert "\n" not in str(error.value)
