"""The reading model with fewer characters: its last layer is cut to those that reports are made of, and their rivals.

The packaged model tells 18,710 characters apart, nearly all of them ideographs, and weighs every one at every step: a
ninth of what a piece costs. Text in an alphabet is never read as an ideograph here, so their columns are left out
when the model is loaded. All else that is printed on paper stays in, though it is never given out: a glyph that might
as well be a foreign sign must not look more certain for it (measured: certainties differ by 0.005 at most).

The file itself stays the one that was measured. Two names in it lead the last layer to its weights; names of the same
length lead it to a choice of those weights instead, and the choosing is put behind the model's bytes: protobuf merges
a message that comes in two parts, and onnxruntime makes the choice once while it loads.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_WEIGHTS = (("linear_8.w_0", "linear_8.w_k", 1), ("linear_8.b_0", "linear_8.b_k", 0))
"""What the last layer multiplies with and adds: its name, the name of the choice, and the axis of the characters."""
_LETTERS = b"\n\x09character\x12"
_FIRST_IDEOGRAPH, _LAST_IDEOGRAPH = "\u3400", "\u9fff"
# Fields of onnx.proto: ModelProto.graph; GraphProto.node, initializer; NodeProto.input, output, op_type, attribute;
# AttributeProto.name, i, type; TensorProto.dims, data_type, name, raw_data.
_GRAPH, _NODE, _INITIALIZER = 7, 1, 5
_INPUT, _OUTPUT, _OPERATOR, _ATTRIBUTE = 1, 2, 4, 5
_NAME, _INTEGER, _TYPE, _TYPE_INTEGER = 1, 3, 20, 2
_DIMS, _DATA_TYPE, _INT64, _TENSOR_NAME, _RAW = 1, 2, 7, 8, 9


def alphabet_of(model: bytes) -> tuple[str, ...]:
    """The characters a reading model tells apart, by index of its output; 0 is no character, the last a blank."""
    at = model.rindex(_LETTERS) + len(_LETTERS)
    size, shift = 0, 0
    while True:
        byte = model[at]
        size, shift, at = size | (byte & 0x7F) << shift, shift + 7, at + 1
        if byte < 0x80:
            break
    return ("", *model[at : at + size].decode().split("\n"), " ")


def narrow(alphabet: Sequence[str]) -> list[int]:
    """The indexes of the characters that stay: all that hold no ideograph."""
    return [
        index
        for index, letters in enumerate(alphabet)
        if not any(_FIRST_IDEOGRAPH <= letter <= _LAST_IDEOGRAPH for letter in letters)
    ]


def narrowed(model: bytes, chosen: Sequence[int]) -> bytes:
    """The model whose last layer knows the chosen characters only, in their order."""
    chooser = [_indexes("chosen", chosen)]
    for name, choice, axis in _WEIGHTS:
        # Only the layer names its weights as an input; they themselves carry the name in another field and keep it.
        model = model.replace(_part(_INPUT, name.encode()), _part(_INPUT, choice.encode()))
        chooser.append(_gather(name, "chosen", choice, axis))
    return model + _part(_GRAPH, b"".join(chooser))


def _gather(name: str, indexes: str, out: str, axis: int) -> bytes:
    how = _part(_NAME, b"axis") + _number(_INTEGER, axis) + _number(_TYPE, _TYPE_INTEGER)
    fields = ((_INPUT, name), (_INPUT, indexes), (_OUTPUT, out), (_OPERATOR, "Gather"))
    return _part(_NODE, b"".join(_part(field, text.encode()) for field, text in fields) + _part(_ATTRIBUTE, how))


def _indexes(name: str, values: Sequence[int]) -> bytes:
    shape = _number(_DIMS, len(values)) + _number(_DATA_TYPE, _INT64)
    return _part(
        _INITIALIZER, shape + _part(_TENSOR_NAME, name.encode()) + _part(_RAW, np.array(values, "<i8").tobytes())
    )


def _part(field: int, data: bytes) -> bytes:
    """A field of bytes: its key, its length, itself."""
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
