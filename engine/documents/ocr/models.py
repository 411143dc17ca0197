"""The two recognition models of the rapidocr package, pinned by digest and run on one thread."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

DETECTOR = ("PP-OCRv6_det_small.onnx", "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f")
READER = ("PP-OCRv6_rec_small.onnx", "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884")
_MODULES = ("rapidocr", "onnxruntime", "cv2", "numpy")


class OcrUnavailable(Exception):
    """Character recognition is not installed, or not with the models it was measured with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """Sessions of the detector and the reader, and the characters the reader tells apart by index of its output."""

    detector: Any
    reader: Any
    alphabet: tuple[str, ...]


def missing() -> str:
    """Why pages cannot be recognised here, or empty; nothing is loaded to find out."""
    absent = [name for name in _MODULES if find_spec(name) is None]
    if absent:
        return "character recognition is not installed (extra [ocr])"
    try:
        for name, digest in (DETECTOR, READER):
            _model(name, digest)
    except OcrUnavailable as problem:
        return str(problem)
    return ""


def load_models() -> Models:
    """Load both models from the installed package. Raises OcrUnavailable."""
    if any(find_spec(name) is None for name in _MODULES):
        raise OcrUnavailable("character recognition is not installed (extra [ocr])")
    import cv2  # noqa: PLC0415  loaded by the first page that needs it
    import onnxruntime  # noqa: PLC0415

    from engine.documents.ocr.narrowed import alphabet_of, narrow, narrowed  # noqa: PLC0415

    cv2.setNumThreads(1)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    reader = _model(*READER)
    alphabet = alphabet_of(reader)
    chosen = narrow(alphabet)
    detector, reading = (
        onnxruntime.InferenceSession(model, sess_options=options, providers=["CPUExecutionProvider"])
        for model in (_model(*DETECTOR), narrowed(reader, chosen))
    )
    return Models(detector=detector, reader=reading, alphabet=tuple(alphabet[index] for index in chosen))


def _model(name: str, digest: str) -> bytes:
    """A model file of the package, with the digest it must have: another model is another accuracy."""
    spec = find_spec("rapidocr")
    places = list(spec.submodule_search_locations or ()) if spec else []
    loader: Any = spec.loader if spec else None
    try:
        data = bytes(loader.get_data(f"{places[0]}/models/{name}"))
    except (OSError, IndexError, AttributeError):
        raise OcrUnavailable(f"the recognition model {name} is missing") from None
    if hashlib.sha256(data).hexdigest() != digest:
        raise OcrUnavailable(f"the recognition model {name} is not the one that was measured")
    return data
