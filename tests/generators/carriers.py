r"""How one file travels inside OBX: the forms seen in the wild, each with what stands around the base64.

Forms that are not ED at all, that break lines in four ways, repeat, spread over segments, use another alphabet or lose the padding.
"""

from __future__ import annotations

import base64

IDENTIFIER = "11502-2^Laboratory report^LN"


def _lines(text: str, width: int = 76) -> list[str]:
    return [text[start : start + width] for start in range(0, len(text), width)]


def _obx(value: str, kind: str = "ED", number: int = 1, sub_id: str = "") -> str:
    return f"OBX|{number}|{kind}|{IDENTIFIER}|{sub_id}|{value}||||||F"


def carriers(document: bytes) -> dict[str, list[str]]:
    """OBX segments that carry ``document``, by the name of the form; all of them mean the same bytes."""
    text = base64.b64encode(document).decode("ascii")
    url = text.replace("+", "-").replace("/", "_")
    cut = max(4, len(text) // 3 // 4 * 4)
    pieces = [text[start : start + cut] for start in range(0, len(text), cut)]
    heads = {
        "mime": "^application^pdf^Base64",
        "table_0191": "^AP^PDF^Base64",
        "no_subtype": "^AP^^Base64",
        "first_component": "Application^PDF^Base64",
        "text_type": "report.pdf^TEXT^PDF^Base64",
        "lower_case": "^application^pdf^base64",
        "upper_case": "^APPLICATION^PDF^BASE64",
        "untyped": "^^^",
        "octets": "NS^^Octet-stream^Base64",
        "wrong_type": "^IM^TIFF^Base64",
    }
    forms = {name: [_obx(f"{head}^{text}")] for name, head in heads.items()}
    typed = "^application^pdf^Base64^"
    breaks = {"br": "\\.br\\", "hex_crlf": "\\X0D\\\\X0A\\", "hex_wrong": "\\X000d\\", "blank": " "}
    forms |= {f"broken_{name}": [_obx(typed + sign.join(_lines(text)))] for name, sign in breaks.items()}
    return forms | {
        "one_component_short": [_obx(f"PDF^Base64^{text}")],
        "bare_ed": [_obx(text)],
        "bare_st": [_obx(text, "ST")],
        "bare_tx": [_obx(text, "TX")],
        "data_uri": [_obx(f"data:application/pdf;base64,{text}", "ST")],
        "url_safe": [_obx(typed + url)],
        "no_padding": [_obx(typed + text.rstrip("="))],
        "hex": [_obx(f"^application^pdf^Hex^{document.hex().upper()}")],
        "repeated": [_obx(typed + "~".join(pieces))],
        "repeated_whole": [_obx("~".join(typed + piece for piece in pieces))],
        "spread": [_obx(typed + piece, number=n, sub_id=str(n)) for n, piece in enumerate(pieces, 1)],
        "spread_same_id": [_obx(typed + piece, number=n, sub_id="1") for n, piece in enumerate(pieces, 1)],
        "spread_tx": [_obx(piece, "TX", n) for n, piece in enumerate(_lines(text, 200), 1)],
        "real_line_feeds": [_obx(typed + "\n".join(_lines(text)))],
    }
