"""What the commands accept, and their help."""

import argparse
import re
from pathlib import Path

from tlbook import __version__
from tlbook.errors import BadInput
from tlbook.models.strategies import STRATEGIES
from tlbook.runtime import LARGEST_SEED

FORMATS = """images: jpg, png, bmp, gif, webp, tiff; AVIF where Pillow reads it; DICOM (also without ending) with
tlbook[medical]; HEIC with tlbook[heif]. A JPEG without its end is decoded where three quarters of it are there. One
image may take 1,024 MiB while it is decoded, a file 512. All rules: the page "How a folder is read" of the book."""
ARGUMENT = re.compile(r"`([a-z]\w*)`")
POSITIONAL = {"path": "FOLDER", "data": "FOLDER"}


def name_flags(message):
    """Put flags in the place of the arguments that a message names: ``--per-class`` for ```per_class```."""
    return ARGUMENT.sub(lambda m: POSITIONAL.get(m[1], "--" + m[1].replace("_", "-")), message)


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are bad input, one line."""

    def error(self, message):
        """Raise the complaint as bad input."""
        raise BadInput(f"{message}; see python -m {self.prog} --help")


def parse_arguments(arguments=None):
    """Parse a command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        None takes those of the process.

    Returns
    -------
    argparse.Namespace
        ``run`` is the command's function; it takes the namespace and returns the exit status.

    Raises
    ------
    BadInput
        The command line is not understood.
    """
    parser = Parser("tlbook", description="Transfer learning with little data: from a folder of images to a report.")
    parser.add_argument("--version", action="version", version=f"tlbook {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=Parser)
    for add in (_add_adapt, _add_audit, _add_predict, _add_cases, _add_sources, _add_pretrain):
        add(commands)
    return parser.parse_args(arguments)


def whole_number(low, high=None):
    """Return an argument type: a whole number in a range.

    Parameters
    ----------
    low : int
    high : int, optional

    Returns
    -------
    callable
    """
    expected = f"a whole number from {low}" + (f" to {high}" if high is not None else " up")

    def parse(text):
        try:
            number = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"received {text!r}; expected {expected}") from None
        if number < low or (high is not None and number > high):
            raise argparse.ArgumentTypeError(f"received {number}; expected {expected}")
        return number

    return parse


def _share(text):
    try:
        number = float(text)
    except ValueError:
        number = -1
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"received {text!r}; expected a share from 0 to 1")
    return number


def _path(text):
    if not text:  # an unset variable of the shell, which would be the working directory
        raise argparse.ArgumentTypeError("received an empty name; expected a path")
    return Path(text)


def _add(commands, name, help_line, examples, run):
    lines = "\n".join(f"  python -m tlbook {line}" for line in examples)
    parser = commands.add_parser(
        name, help=help_line, description=help_line[0].upper() + help_line[1:] + ".", epilog=f"examples:\n{lines}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.set_defaults(run=run)
    return parser


def _add_adapt(commands):
    def run(options):
        from tlbook.commands.adapt import run_adapt

        return run_adapt(options)

    examples = (
        "adapt xrays --out run",
        "adapt xrays --out run --groups metadata.csv --source mobilenet_v2",
        "adapt pets --out run --labels train.csv --label-column breed",
        "adapt xrays.zip --out run --groups '^(patient[0-9]+)_' --strategy full --epochs 30",
        "adapt scans --out run --groups dicom:PatientID --range -1000 400",
    )
    parser = _add(commands, "adapt", "adapt a source model to a folder of images and report on it", examples, run)
    lines = "\n".join(f"  {name:9}{strategy.summary}" for name, strategy in STRATEGIES.items())
    parser.epilog += f"\n\nstrategies:\n{lines}\n\n{FORMATS}"
    parser.add_argument("folder", metavar="FOLDER", type=_path, help="FOLDER/<class>/…, with or without train/val/test")
    parser.add_argument("--out", metavar="RUN", type=_path, required=True, help="folder to write; must not exist")
    parser.add_argument(
        "--source", default="photos", metavar="NAME", help="source model (default: photos); see tlbook sources"
    )
    parser.add_argument(
        "--trust", action="store_true",
        help="load a TensorFlow Hub module that is not of tfhub.dev or kaggle.com: modules are programs, which can read"
        " and write files",
    )  # fmt: skip
    parser.add_argument("--weights", metavar="PATH|imagenet", help="weights of the source model")
    parser.add_argument(
        "--strategy", default="auto",
        help=f"auto (default: the head, unless full leads clearly on validation) or {', '.join(STRATEGIES)}: see below",
    )  # fmt: skip
    _add_labels(parser)
    parser.add_argument("--per-class", type=whole_number(1), metavar="N", help="at most N training images a class")
    parser.add_argument(
        "--image-size", type=whole_number(32, 2048), metavar="N", help="pixels a side (default: the source's)"
    )
    parser.add_argument(
        "--modality", metavar="KIND",
        help="vary training images as photographs, radiographs, slices or signs bear it, or none (default: what is best"
        " by cross-validation of the head; of more than 1,000 images none)",
    )  # fmt: skip
    parser.add_argument(
        "--epochs", type=whole_number(1, 100_000), metavar="N", help="epochs (default: 100 to 300 steps; head has none)"
    )
    parser.add_argument(
        "--seed", type=whole_number(0, LARGEST_SEED), default=0, metavar="N", help="of split and training (default: 0)"
    )
    parser.add_argument(
        "--positive", metavar="CLASS", help="of two classes, the one that AUROC means (default: the last)"
    )
    _add_limits(parser)
    parser.add_argument(
        "--no-activation-cache",
        action="store_true",
        help="run what is frozen in every epoch, instead of once for all of them",
    )
    parser.add_argument("--no-images", action="store_true", help="leave pictures out of the report")
    parser.add_argument("--overwrite", action="store_true", help="replace RUN if it is an earlier run")
    parser.add_argument("--quiet", action="store_true", help="no progress bars, no closing lines")


def _add_labels(parser):
    """Add what says which images belong together and what they show; ``adapt`` and ``audit`` read folders alike."""
    parser.add_argument(
        "--groups", metavar="X",
        help="CSV file, regular expression with one group, or dicom:PatientID: what a split keeps together",
    )  # fmt: skip
    parser.add_argument(
        "--labels", metavar="X",
        help="CSV file, or regular expression with one group: the class of each image, where no folder says it",
    )  # fmt: skip
    parser.add_argument(
        "--label-column", metavar="NAME", help="column of the labels in that file (default: label, class, diagnosis, …)"
    )


def _add_limits(parser):
    """Add what is left out or borne with, and how deep images are scaled."""
    parser.add_argument(
        "--exclude", metavar="CLASS", action="append", default=[], help="leave a class out; may be repeated"
    )
    parser.add_argument(
        "--min-images", type=whole_number(1), metavar="N",
        help="leave out classes of fewer images (with groups also of fewer than 3 groups)",
    )  # fmt: skip
    parser.add_argument(
        "--max-unreadable", type=_share, default=0.05, metavar="SHARE",
        help="share of the images that may be unreadable, and are skipped (default: 0.05)",
    )  # fmt: skip
    parser.add_argument(
        "--range", type=float, nargs=2, metavar=("LOW", "HIGH"),
        help="values of images of more than 8 bits that become black and white (default: the window that all DICOM"
        " files propose, else the bits that the training images use, or their 0.5th to 99.5th percentile)",
    )  # fmt: skip


def _add_audit(commands):
    def run(options):
        from tlbook.commands.audit import run_audit

        return run_audit(options)

    examples = (
        "audit xrays --quick",
        "audit xrays.zip --groups metadata.csv --out audit.html",
        "audit pets --labels train.csv --label-column breed --source mobilenet_v2 --json",
    )
    help_line = "look at a folder of images before anything is trained: exit status 0 clean, 1 findings, 2 unusable"
    parser = _add(commands, "audit", help_line, examples, run)
    parser.add_argument("folder", metavar="FOLDER", type=_path, help="FOLDER/<class>/…, with or without train/val/test")
    _add_labels(parser)
    _add_limits(parser)
    parser.add_argument(
        "--source", default="photos", metavar="NAME",
        help="source model whose features labels are judged by (default: photos); see tlbook sources",
    )  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="no look at labels, which runs a network")
    parser.add_argument("--out", metavar="FILE", type=_path, help="HTML file to write, with pictures of what was found")
    parser.add_argument("--no-images", action="store_true", help="leave pictures out of that file")
    parser.add_argument("--overwrite", action="store_true", help="replace that file")
    parser.add_argument("--json", action="store_true", help="as JSON, every file of every finding listed")
    parser.add_argument("--quiet", action="store_true", help="no progress bars")


def _add_predict(commands):
    def run(options):
        from tlbook.commands.predict import run_predict

        return run_predict(options)

    examples = ("predict run new.png", "predict run folder/ > predictions.csv")
    parser = _add(commands, "predict", "predict images with an adapted model, as CSV", examples, run)
    parser.add_argument("run_folder", metavar="RUN", type=_path, help="folder that adapt wrote")
    parser.add_argument("images", metavar="IMAGE|FOLDER", type=_path, nargs="+", help="images, folders or zip files")
    parser.add_argument(
        "--trust",
        action="store_true",
        help="load a model that runs a TensorFlow Hub module, a program",
    )
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


def _add_cases(commands):
    def run(options):
        from tlbook.commands.lists import run_cases

        return run_cases(options)

    parser = _add(commands, "cases", "list the cases and whether they are here", ("cases --json",), run)
    parser.add_argument("--json", action="store_true", help="as JSON")


def _add_sources(commands):
    def run(options):
        from tlbook.commands.lists import run_sources

        return run_sources(options)

    examples = (
        "sources",
        "sources --rank xrays --groups metadata.csv",
        "sources --rank pets --source photos --source mobilenet_v2 --method probe",
    )
    help_line = "list the source models and whether they are here, or rank them on a folder of images"
    parser = _add(commands, "sources", help_line, examples, run)
    parser.description += (
        " A TensorFlow Hub\nmodule is a source too, by its handle (https://…), or by ./FOLDER or FILE.tar.gz with "
        "--trust:\na module is a program, which can read and write files. Ranks are told from the training images, "
        "by frozen\nfeatures: nothing is trained."
    )
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument(
        "--rank", metavar="FOLDER", type=_path, help="rank sources on FOLDER/<class>/…, before anything is trained"
    )
    parser.add_argument("--groups", metavar="X", help="CSV file, or regular expression with one group")
    parser.add_argument(
        "--source", metavar="NAME", action="append", default=[],
        help="rank this one; may be repeated (default: every source whose weights are on this machine)",
    )  # fmt: skip
    parser.add_argument(
        "--method", metavar="NAME", action="append", default=[],
        help="logme, nleep, h_score or probe; may be repeated, the first orders (default: logme)",
    )  # fmt: skip
    parser.add_argument("--quiet", action="store_true", help="no progress bars")


def _add_pretrain(commands):
    def run(options):
        from tlbook.commands.pretrain import run_pretrain

        return run_pretrain(options)

    examples = ("pretrain --source worlds", "pretrain --source photos --steps 200 --work work")
    examples += ("pretrain --source photos  # again: goes on where it stopped; on a GPU with KERAS_BACKEND=jax",)
    parser = _add(commands, "pretrain", "pre-train an embedded source model from its recipe", examples, run)
    parser.add_argument("--source", required=True, metavar="NAME", help="worlds, photos or template")
    parser.add_argument("--steps", type=whole_number(1), metavar="N", help="instead of the recipe's")
    parser.add_argument("--seed", type=whole_number(0, LARGEST_SEED), metavar="N", help="instead of the recipe's")
    parser.add_argument("--work", type=Path, metavar="FOLDER", help="work folder (default: in the user's cache)")
    parser.add_argument("--quiet", action="store_true", help="no progress")
