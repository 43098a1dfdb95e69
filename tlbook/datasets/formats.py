"""Which image formats are read, and what to do with the others that people have."""

from tlbook.datasets.provenance import count

ENDINGS = "jpg jpeg jfif jpe png bmp gif webp tif tiff"
EXTENSIONS = frozenset(f".{ending}" for ending in ENDINGS.split())
_DICOM = ("DICOM", "pydicom writes its pixel_array to a TIFF of 16 bits")
_NIFTI = ("NIfTI", "nibabel reads the volume; save each slice as a TIFF of 16 bits, the patient in its name")
_HEIC = ("HEIC", "heif-convert, ImageMagick or the phone's export write JPEG")
_RAW = ("a camera's RAW", "darktable-cli, dcraw -T or the camera's program write TIFF or JPEG")
_PILLOW = "Pillow or ImageMagick write PNG: magick mogrify -format png"
# by extension: the format's name, and how it becomes one that is read
OTHER_FORMATS = {
    ".dcm": _DICOM,
    ".dicom": _DICOM,
    ".ima": _DICOM,
    ".heic": _HEIC,
    ".heif": _HEIC,
    ".avif": ("AVIF", "ImageMagick or avifdec write PNG"),
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
