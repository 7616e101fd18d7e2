"""Core files: what a process was at one moment, written by the kernel, by gcore, or by ``dump``.

``file`` reads the container, ``memory`` its bytes and, where it has none, those of the files that were mapped;
``source`` makes a target of it (``looking.Source``); ``writing`` makes one of a live process.
"""
