"""What people and programs see over HTTP: the API, health, metrics and a few pages.

Holds: routes, guards, the shapes of the JSON contract, templates and static files.
May import: pipeline and everything below it; starlette, uvicorn and jinja2 live here only.
May touch: HTTP; the store only through its port; threads for work that would hold up the loop.
Never: write to the store but by acts of a person, send patient content to a log or put it in a URL, foreign scripts.
"""
