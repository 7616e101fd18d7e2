"""Serves the debugger to clients: in this process by ``pipe``, over sockets by ``listening``; both on one ``host``."""
