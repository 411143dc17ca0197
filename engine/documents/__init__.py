"""Opening what is embedded.

Holds: carriers (base64, hex), sniffing, and one opener per format, all ending in pages of words with boxes.
May import: domain.
May touch: nothing but memory; the libraries that open foreign files are called here and only here.
Never: decide what a word means; fetch or write anything.
"""
