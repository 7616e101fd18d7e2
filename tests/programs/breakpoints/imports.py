"""Imports code late, over and over, from strange places."""
import importlib
import os
import sys

ready = True  # @ready
import later  # @import

later.called(1)
later.Account().add(2)
importlib.reload(later)
later.called(3)
sys.path.insert(0, "folder")
import relative

relative.function()
os.chdir("/")
relative.function()
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "zipped.zip"))
import in_zip

in_zip.function()
import linked

linked.function()
end = True  # @end
