"""How values look: a plain function for each form (``api.values.Value.form``), and for kinds with a look of their own.

``look.py`` has what such a function gives; ``registry.py`` finds it; ``pydelve/terminal/values.py`` lays the result out
in one line or several. What is read of an object is the agent's choice, in ``pydelve/agent/printers``.
"""
