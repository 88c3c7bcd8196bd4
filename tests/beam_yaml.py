"""Beam YAML's own main, in this process, and pipelines of a few lines."""

import json
from pathlib import Path

from apache_beam.yaml import main

EXAMPLES = Path(__file__).parents[1] / "configs" / "beam-yaml"
PROVIDERS = f"\nproviders:\n  - include: {EXAMPLES / 'providers.yaml'}\n"


def run_example(name, **variables):
    """Run one of the example pipelines as `python -m apache_beam.yaml.main` does."""
    main.run(
        [
            f"--yaml_pipeline_file={EXAMPLES / name}",
            "--runner=FnApiRunner",
            f"--jinja_variables={json.dumps({key: str(value) for key, value in variables.items()})}",
        ]
    )


def run_yaml(text):
    """Run a pipeline that has no providers of its own."""
    main.run([f"--yaml_pipeline={text}{PROVIDERS}", "--runner=FnApiRunner"])


def lines(folder, name):
    """Return the rows of the JSON Lines that `WriteToJson` has left under a name."""
    return [
        json.loads(line)
        for path in sorted(Path(folder).glob(f"{name}-*-of-*"))
        for line in path.read_text("utf-8").splitlines()
    ]
