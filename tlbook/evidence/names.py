"""What pages call the real sets and the source models of the measured tables."""

from tlbook.errors import BadInput
from tlbook.models.catalogue import find_application

SET_NAMES = {
    "fractures": "Fractures (X-ray)",
    "brains": "Alzheimer (MRI)",
    "dogs": "Dog breeds",
    "pets": "Cats and dogs",
    "signs": "Road signs",
    "textures": "Textures",
    "flowers": "Flowers",
    "characters": "Characters",
    "objects": "Objects",
}
OURS = {"photos": "photos", "worlds": "worlds", "template": "template", "random": "random weights"}


def name_set(case):
    """Name a real set for a page.

    Parameters
    ----------
    case : str
        Its case, as the tables have it.

    Returns
    -------
    str

    Raises
    ------
    BadInput
        No such set.

    Examples
    --------
    >>> name_set("brains")
    'Alzheimer (MRI)'
    """
    if case not in [*SET_NAMES]:
        raise BadInput(f"received `case` {case!r}; expected {', '.join(SET_NAMES)}")
    return SET_NAMES[case]


def name_source(source, image_size=None):
    """Name a source model for a page, its width in brackets.

    Parameters
    ----------
    source : str
        Its name, as the tables have it.
    image_size : int, optional
        Pixels a side, said behind the name.

    Returns
    -------
    str

    Raises
    ------
    BadInput
        No source has this name.

    Examples
    --------
    >>> name_source("mobilenet_v2_035", 96), name_source("photos")
    ('MobileNetV2 (0.35), 96 px', 'photos')
    """
    if source in [*OURS]:
        name = OURS[source]
    else:
        known = find_application(source)
        width = known.alpha if known.alpha is not None else 1.0 if known.constructor.startswith("MobileNet") else None
        name = known.constructor if width is None else f"{known.constructor} ({width:.3g})".replace("(1)", "(1.0)")
    return name if image_size is None else f"{name}, {image_size} px"
