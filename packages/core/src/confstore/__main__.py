"""`python -m confstore`: the command line, where its script is not on the path."""

import sys

from confstore._cli import main

if __name__ == "__main__":  # pragma: no branch  # who imports every module runs none
    sys.exit(main())
