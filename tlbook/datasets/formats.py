"""Which image formats are read, and what to do with the others that people have."""

import functools
import importlib.util

from tlbook.datasets.limits import UnreadableImage
from tlbook.datasets.provenance import count

# Pillow decides by content; this list keeps out formats that call other programs (EPS) or that nobody asked for.
FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF")
EXTENSIONS = frozenset({".jpg", ".jpeg", ".jfif", ".jpe", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff"})
# by the module that reads them, where it is installed: Pillow is built with or without AVIF
OPTIONAL = {
    "pydicom": frozenset({".dcm", ".dicom", ".ima"}),
    "pillow_heif": frozenset({".heic", ".heif", ".hif"}),
    "PIL._avif": frozenset({".avif"}),
}
# What stands in a file's "ftyp" box: AVIF has brands of its own or beside shared ones, all others here are HEIC's
BOX, AVIF, SHARED = b"ftyp", (b"avif", b"avis"), (b"mif1", b"msf1", b"miaf")
HEIF_MISSING = "pillow-heif, which reads HEIC, is not installed: pip install 'tlbook[heif]'"
AVIF_MISSING = "this Pillow does not read AVIF: pip install --upgrade pillow"
_DICOM = ("DICOM", "pip install 'tlbook[medical]' and it is read")
_NIFTI = ("NIfTI", "nibabel reads the volume; save each slice as a TIFF of 16 bits, the patient in its name")
_HEIC = ("HEIC", "pip install 'tlbook[heif]' and it is read")
_RAW = ("a camera's RAW", "darktable-cli, dcraw -T or the camera's program write TIFF or JPEG")
_PILLOW = "Pillow or ImageMagick write PNG: magick mogrify -format png"
# by extension: the format's name, and how it becomes one that is read
OTHER_FORMATS = {
    **dict.fromkeys(OPTIONAL["pydicom"], _DICOM),
    **dict.fromkeys(OPTIONAL["pillow_heif"], _HEIC),
    ".avif": ("AVIF", "pip install --upgrade pillow and it is read"),
    ".jxl": ("JPEG XL", "djxl writes PNG"),
    ".jp2": ("JPEG 2000", _PILLOW),
    ".j2k": ("JPEG 2000", _PILLOW),
    **dict.fromkeys((".nii", ".nii.gz"), _NIFTI),
    ".mha": ("MetaImage", "SimpleITK reads the volume; save each slice as a TIFF of 16 bits"),
    ".mhd": ("MetaImage", "SimpleITK reads the volume; save each slice as a TIFF of 16 bits"),
    ".nrrd": ("NRRD", "SimpleITK reads the volume; save each slice as a TIFF of 16 bits"),
    ".czi": ("Zeiss CZI", "Fiji or bioio write TIFF"),
    ".nd2": ("Nikon ND2", "Fiji or bioio write TIFF"),
    ".lif": ("Leica LIF", "Fiji or bioio write TIFF"),
    ".svs": ("a whole slide", "OpenSlide cuts it into tiles; save them as PNG"),
    ".ndpi": ("a whole slide", "OpenSlide cuts it into tiles; save them as PNG"),
    ".mrxs": ("a whole slide", "OpenSlide cuts it into tiles; save them as PNG"),
    **dict.fromkeys((".arw", ".cr2", ".cr3", ".dng", ".nef", ".orf", ".raf", ".raw", ".rw2"), _RAW),
    ".npy": (
        "NumPy",
        "numpy.load and from_arrays read it, or Pillow's Image.fromarray(array).save writes it as a TIFF",
    ),
    ".npz": (
        "NumPy",
        "numpy.load and from_arrays read it, or Pillow's Image.fromarray(array).save writes it as a TIFF",
    ),
    ".exr": ("OpenEXR", "ImageMagick or oiiotool write TIFF"),
    ".hdr": ("Radiance HDR", "ImageMagick or oiiotool write TIFF"),
    ".psd": ("Photoshop", "its export, or ImageMagick, write PNG"),
    ".svg": ("SVG", "Inkscape or rsvg-convert write PNG"),
    ".pdf": ("PDF", "pdftoppm -png writes a picture a page"),
    **dict.fromkeys((".ico", ".pbm", ".pgm", ".pnm", ".ppm", ".tga"), ("an older picture format", _PILLOW)),
}


def list_extensions():
    """Return the endings of files that are read here, a set: some only where a package for them is installed."""
    return EXTENSIONS.union(*(endings for module, endings in OPTIONAL.items() if _is_installed(module)))


def choose_formats(data):
    """Return the formats, as Pillow calls them, that the bytes of a file may have."""
    if data[4:8] != BOX:
        return FORMATS
    if data[8:12] in AVIF or (data[8:12] in SHARED and any(brand in data[16:48] for brand in AVIF)):
        if not _is_installed("PIL._avif"):
            raise UnreadableImage(AVIF_MISSING)
        return ("AVIF",)
    if not _is_installed("pillow_heif"):
        raise UnreadableImage(HEIF_MISSING)
    _register_heif()
    return ("HEIF",)


@functools.cache
def _register_heif():
    """Let Pillow open HEIC."""
    import pillow_heif

    pillow_heif.register_heif_opener()


def _is_installed(module):
    return importlib.util.find_spec(module) is not None


def describe_conversion(ignored):
    """Say how files of known formats that are not read become images that are; "" where there are none of them."""
    advice = {}
    for kind in ignored:  # ".heic file": as the listing counts them
        if found := OTHER_FORMATS.get(kind.removesuffix(" file")):
            advice.setdefault(found, []).append(kind.removesuffix(" file"))
    return "; ".join(f"{', '.join(kinds)} is {name}: {how}" for (name, how), kinds in advice.items())


def describe_passed(ignored):
    """Say what was passed over, counted by kind, and how to convert what can be: one line, or "" for nothing."""
    kinds = {kind: number for kind, number in ignored.items() if kind != "metadata.csv"}
    if not kinds:
        return ""
    advice = describe_conversion(kinds)
    return "passed over: " + ", ".join(count(n, kind) for kind, n in kinds.items()) + (f" ({advice})" if advice else "")
