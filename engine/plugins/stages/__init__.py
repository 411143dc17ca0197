"""Stages: the steps of a channel.

Holds: decode, extract, reconcile, dedupe, review, index; each looks at a dossier and says what comes next.
May import: ports and below.
May touch: nothing; extractors and directories come through ports.
Never: change anything outside the dossier it returns; `index` tells its directory only what may come twice.
"""
