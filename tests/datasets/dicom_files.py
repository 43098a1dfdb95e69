"""Small DICOM files, written as machines write them."""

from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid


def write_dicom(path, pixels, *, bits=None, kind="MONOCHROME2", frames=None, syntax=ExplicitVRLittleEndian, **elements):
    """Write grey pixels, (height, width) or (frames, height, width), or colours, as DICOM with further elements."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = syntax
    data = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    data.SOPClassUID, data.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    data.Modality, data.PhotometricInterpretation = "OT", kind
    size = pixels.dtype.itemsize * 8
    data.BitsAllocated, data.BitsStored = size, bits or size
    data.HighBit, data.PixelRepresentation = data.BitsStored - 1, int(pixels.dtype.kind == "i")
    colours = kind not in ("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR")
    data.SamplesPerPixel = 3 if colours else 1
    if colours:
        data.PlanarConfiguration = 0
    if frames:
        data.NumberOfFrames = frames
    data.Rows, data.Columns = pixels.shape[1:3] if frames else pixels.shape[:2]
    data.PixelData = pixels.tobytes()
    for name, value in elements.items():
        setattr(data, name, value)
    path.parent.mkdir(parents=True, exist_ok=True)
    data.save_as(path, enforce_file_format=True)
    return path
