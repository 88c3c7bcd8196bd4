"""What the launcher of the Flex Template starts."""

import sys

from pipelines.template import launch

if __name__ == "__main__":
    sys.exit(launch(sys.argv[1:]))
