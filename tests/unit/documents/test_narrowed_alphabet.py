"""The reading model knows fewer characters here than its file: which ones stay, and that nothing else changes."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("onnxruntime")
from engine.documents.ocr.models import READER, _model, load_models
from engine.documents.ocr.narrowed import alphabet_of, narrow, narrowed


def test_only_ideographs_are_left_out() -> None:
    """Letters, signs, foreign scripts and blanks stay, so that a glyph that may be one of them is not more certain."""
    assert narrow(("", "a", "中", "ē", "％", "の", " ", "一")) == [0, 1, 3, 4, 5, 6]


def test_the_alphabet_of_the_file_is_found() -> None:
    """The characters stand in the model's own description: no character first, a blank last."""
    alphabet = alphabet_of(_model(*READER))
    assert (alphabet[0], alphabet[-1], len(alphabet)) == ("", " ", 18_710)
    assert {"µ", "é", "ß", "7", "中"} <= set(alphabet)


def test_bytes_are_put_behind_and_names_keep_their_length() -> None:
    """Both names of the last layer's inputs are led elsewhere; the weights keep theirs, and the file's length stays."""
    model = b"\n\x0clinear_8.w_0 \n\x0clinear_8.b_0 B\x0clinear_8.w_0 B\x0clinear_8.b_0"
    changed = narrowed(model, [0, 300])
    assert changed.startswith(b"\n\x0clinear_8.w_k \n\x0clinear_8.b_k B\x0clinear_8.w_0 B\x0clinear_8.b_0")
    assert np.array([0, 300], "<i8").tobytes() in changed[len(model) :]


@pytest.mark.slow
def test_certainties_are_those_of_the_whole_model() -> None:
    """On one picture both models see the same characters, as sure of them as makes no difference."""
    import onnxruntime

    models = load_models()
    whole = onnxruntime.InferenceSession(_model(*READER), providers=["CPUExecutionProvider"])
    picture = np.random.default_rng(1).uniform(-1, 1, (1, 3, 48, 160)).astype(np.float32)
    chosen = narrow(alphabet_of(_model(*READER)))
    all_of_them = whole.run(None, {"x": picture})[0][0][:, chosen]
    few = models.reader.run(None, {"x": picture})[0][0]
    assert few.shape == all_of_them.shape == (20, len(models.alphabet))
    share = all_of_them.sum(axis=1, keepdims=True)
    assert np.allclose(few, all_of_them / share, atol=1e-4)
