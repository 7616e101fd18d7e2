"""What a test can see of its surroundings, and a session within the session; written to a file, to be compared."""

import json
import os
import sys

import _pytest.runner
import pytest

pytest_plugins = ["pytester"]


def test_surroundings(request):
    manager = request.config.pluginmanager
    seen = {
        "modules": sorted(name for name in sys.modules if "pydelve" in name),
        "path": [entry for entry in sys.path if "pydelve" in entry],
        "finders": [type(finder).__name__ for finder in sys.meta_path],
        "environment": sorted(name for name in os.environ if "PYDELVE" in name or name == "PYTEST_PLUGINS"),
        "plugins": sorted(str(name) for name, _ in manager.list_name_plugin() if not str(name).isdigit()),
        "arguments": request.config.invocation_params.args[:-1],
        "argv": sys.argv[1:-1],
        "trace": str(sys.gettrace()),
    }
    with open("seen.json", "w") as file:
        json.dump(seen, file)


def test_a_session_inside(pytester):
    pytester.makepyfile("def test_inner(): assert 0")
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    assert result.ret == 1
