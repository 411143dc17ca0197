"""LOINC codes that differ only by a method that a page with a bare test name does not print: either one is right."""

from __future__ import annotations

SAME_TEST: tuple[frozenset[str], ...] = tuple(
    frozenset(group)
    for group in (
        {"98979-8", "69405-9"},  # eGFR by CKD-EPI 2021, eGFR
        {"4537-7", "30341-2"},  # sedimentation rate by Westergren, sedimentation rate
        {"5811-5", "2965-2"},  # specific gravity of urine by test strip, without method
        {"5803-2", "2756-5"},  # pH of urine by test strip, without method
        {"13955-0", "16128-1"},  # hepatitis C antibody by immunoassay, without method
        {"13952-7", "16933-4"},  # hepatitis B core antibody by immunoassay, without method
        {"10900-9", "22322-2"},  # hepatitis B surface antibody by immunoassay, without method
        {"33935-8", "32218-0", "53027-9"},  # CCP antibody by immunoassay, without method
        {"5388-4", "8039-0"},  # toxoplasma IgG by immunoassay, without method
        {"5334-8", "8014-3"},  # rubella IgG by immunoassay, without method
        {"5767-9", "32167-9"},  # appearance of urine, printed as clarity
        {"14957-5", "1754-1"},  # microalbumin of urine, printed as albumin
        {"770-8", "26505-8"},  # neutrophils, printed as segmented neutrophils
        {"9318-7", "14959-1"},  # albumin and microalbumin by creatinine in urine
    )
)


def canonical(loinc: str) -> str:
    """One name for all codes of a group; other codes are their own."""
    return next((min(group) for group in SAME_TEST if loinc in group), loinc)
