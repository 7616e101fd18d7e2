import sys

from . import RATE
from .prices import gross

print(__name__, __package__, sys.argv[1:])
print(gross(int(sys.argv[1]), RATE))
