"""Pages over all stored runs: served to a browser on this machine, or written as files.

::

    views ─► pages          records into words, words into text: the same for both
              ├── server    which address shows what, over what the store holds now
              │     ├── guard      what is let in, and what every answer says
              │     └── serving    a socket, and an orderly end
              └── site      the pages as files

``server``, ``guard`` and ``serving`` alone need Starlette and uvicorn, the extra ``web``. This
package must not measure, judge or write to the store.
"""
