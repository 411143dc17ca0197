"""Plugins: the adapters that meet the world.

Holds: one folder a kind; each plugin is a module-level `PLUGIN`.
May import: ports and everything below it; one third-party library each where needed.
May touch: what its kind needs: sockets, files, its own processes.
Never: import another plugin, the pipeline, the web or the app.
"""
