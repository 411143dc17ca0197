"""Write the demo set to a folder: ``python -m tests.generators FOLDER [SEED]``."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import asdict
from pathlib import Path

from tests.generators.demo import demo_patients, demo_set


def write_demo(folder: Path, seed: int = 1) -> list[Path]:
    """One ``.hl7`` file per case in sending order, ``patients.csv``, and ``expected.json`` that names each file's outcome."""
    folder.mkdir(parents=True, exist_ok=True)
    expected, written = [], []
    for number, case in enumerate(demo_set(seed), 1):
        path = folder / f"{number:02d}-{re.sub(r'[^a-z0-9]+', '-', case.title.lower()).strip('-')}.hl7"
        path.write_bytes(case.raw)
        written.append(path)
        expected.append({"file": path.name} | {key: value for key, value in asdict(case).items() if key != "raw"})
    (folder / "patients.csv").write_text(demo_patients(seed), encoding="utf-8")
    (folder / "expected.json").write_text(json.dumps(expected, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return written


if __name__ == "__main__":
    for written_file in write_demo(Path(sys.argv[1]), *(int(seed) for seed in sys.argv[2:3])):
        print(written_file)
