"""Where the admin's YAML becomes typed settings, and every mistake gets an address.

Holds: the strict YAML reader, the models of site and channel files, secrets, checks across files, the JSON Schemas.
May import: ports, pydantic, PyYAML (only here and in the extraction packs), the standard library.
May touch: reads the files of the site and the secrets they name; the environment comes as an argument.
Never: build or start a plugin, open a socket, print, log, or repeat a secret.
"""
