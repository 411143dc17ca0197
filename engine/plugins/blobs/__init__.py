"""Large bodies, kept by content.

Holds: adapters of the BlobStore port.
May import: ports.
May touch: the blob folder or server of the adapter.
Never: a row of the store; it alone knows which bytes are still named.
"""
