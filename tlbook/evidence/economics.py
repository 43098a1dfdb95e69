"""What labels and compute cost, and how the errors of a decade's challenge winners fell."""

from dataclasses import dataclass

from tlbook.errors import check_arguments, is_number

HUMAN_TOP5_ERROR = 0.051  # one trained annotator; Russakovsky et al. 2015, doi:10.1007/s11263-015-0816-y
CROWD_PRICES = (0.02, 0.05)  # US dollars an image, the range usually quoted for crowd work


@dataclass(frozen=True)
class ChallengeYear:
    """The winner of a year's image classification challenge (ILSVRC, 1,000 classes).

    Attributes
    ----------
    year : int
    winner : str
    top5_error : float
        Share of test images whose class is not among five answers, 0-1.
    deep : bool
        True for a convolutional network.
    source : str
        DOI, arXiv id or address of the published number.
    note : str
        What a reader must know beside the number; may be empty.
    """

    year: int
    winner: str
    top5_error: float
    deep: bool
    source: str
    note: str = ""


_SURVEY = "doi:10.1007/s11263-015-0816-y"
CHALLENGE_YEARS = (
    ChallengeYear(2010, "NEC-UIUC", 0.282, False, _SURVEY),
    ChallengeYear(2011, "XRCE", 0.258, False, _SURVEY),
    ChallengeYear(2012, "SuperVision (AlexNet)", 0.153, True, _SURVEY, "16.4 % without extra training data"),
    ChallengeYear(2013, "Clarifai", 0.117, True, _SURVEY),
    ChallengeYear(2014, "GoogLeNet", 0.067, True, _SURVEY),
    ChallengeYear(2015, "MSRA (ResNet)", 0.0357, True, "doi:10.1109/CVPR.2016.90"),
    ChallengeYear(2016, "Trimps-Soushen", 0.0299, True, "https://image-net.org/challenges/LSVRC/2016/results"),
    ChallengeYear(2017, "WMW (SENet)", 0.0225, True, "doi:10.1109/CVPR.2018.00745"),
)


@dataclass(frozen=True)
class ComputePrice:
    """Price of hardware that runs at one billion floating-point operations a second.

    Attributes
    ----------
    year : int
    usd_per_gflops : float
        US dollars.
    machine : str
    source : str
    """

    year: int
    usd_per_gflops: float
    machine: str
    source: str


COMPUTE_PRICES = (
    ComputePrice(
        2003,
        109.0,
        "the cluster KASY0, 82 dollars at the time, 109 in dollars of about 2018",
        "Wikipedia, FLOPS, hardware costs (as widely quoted; no primary source at hand)",
    ),
    ComputePrice(
        2017,
        0.03,
        "consumer graphics cards, lowest list price; 0.03 to 3 dollars for different cards and precisions",
        "AI Impacts, current FLOPS prices, estimate of November 2017: https://wiki.aiimpacts.org",
    ),
)


def label_cost(num_images, *, hourly_rate, per_hour, passes=1):
    """Cost of having an expert label images.

    Parameters
    ----------
    num_images : int
        0 or more.
    hourly_rate : float
        Money an hour, any currency.
    per_hour : float
        Images labelled an hour, above 0.
    passes : int
        How many experts see each image, 1 or more.

    Returns
    -------
    float
        In the currency of the rate.

    Raises
    ------
    BadInput
        A number out of range.

    Examples
    --------
    >>> label_cost(10_000, hourly_rate=150, per_hour=4)
    375000.0
    """
    checks = {
        "num_images": (is_number(num_images, 0), "a number of at least 0"),
        "hourly_rate": (is_number(hourly_rate, 0), "a number of at least 0"),
        "per_hour": (is_number(per_hour) and per_hour > 0, "a number above 0"),
        "passes": (is_number(passes, 1), "a number of at least 1"),
    }
    check_arguments(locals(), checks)
    return num_images / per_hour * hourly_rate * passes


def crowd_cost(num_images, *, prices=CROWD_PRICES, passes=1):
    """Cost of having a crowd label images.

    Parameters
    ----------
    num_images : int
        0 or more.
    prices : (float, float)
        Lowest and highest price of one label.
    passes : int
        Labels an image, 1 or more.

    Returns
    -------
    tuple of float
        Lowest and highest cost.

    Raises
    ------
    BadInput
        A number out of range.

    Examples
    --------
    >>> crowd_cost(1_200_000)
    (24000.0, 60000.0)
    """
    low, high = prices
    checks = {
        "num_images": (is_number(num_images, 0), "a number of at least 0"),
        "prices": (is_number(low) and is_number(high) and 0 <= low <= high, "two numbers, the lower one first"),
        "passes": (is_number(passes, 1), "a number of at least 1"),
    }
    check_arguments(locals(), checks)
    return num_images * low * passes, num_images * high * passes
