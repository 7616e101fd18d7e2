"""What both ends of a connection share: frames, the api's types as JSON, names of methods, addresses, a queue of
events.

Not here: what a request does (``debugger``), who may connect and who hears what (``server``). Nothing here has a
thread of its own.
"""
