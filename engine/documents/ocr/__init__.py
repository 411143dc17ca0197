"""Words from pictures of pages.

Holds: finding lines of text in a picture, reading them, turning a page upright, and the second look at its numbers.
May import: documents.pages; numpy, cv2 and onnxruntime, which are there only with the extra `[ocr]`.
May touch: the model files inside the rapidocr package, read once and checked against their digests.
Never: ask a network for anything; start a thread; decide what a word means.
"""
