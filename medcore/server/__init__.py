"""What stands between a browser and the pages: who may ask, what every answer carries, what is logged.

Pure Starlette and standard library: the pages' framework is wired to it in app.py alone.
"""
