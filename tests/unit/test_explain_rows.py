import pytest
from builders import article, output_folder

from pipelines.errors import UsageError
from pipelines.explain_rows import find_trail, open_generation
