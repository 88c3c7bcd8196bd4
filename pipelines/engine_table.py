"""The table of engines as Markdown, for the documentation: what `pipelines.engine` says, and nothing else."""

from pipelines.engine import BATCH, ENGINES, STREAMING, Engine

__all__ = ["engine_table"]


def engine_table() -> str:
    """Return the engines that run something, then those that are refused and why, as two Markdown tables."""
    allowed = [engine for engine in ENGINES.values() if engine.refused_because is None]
    refused = [engine for engine in ENGINES.values() if engine.refused_because is not None]
    lines = [
        "| engine | batch | streaming | what it promises | it needs | measured |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| `{engine.name}` | {_mode(engine, BATCH)} | {_mode(engine, STREAMING)} | {engine.promise} | {_needs(engine)}"
        f" | {engine.measured} |"
        for engine in allowed
    ]
    lines += ["", "| refused | why |", "|---|---|"]
    lines += [f"| `{engine.name}` | {engine.refused_because} |" for engine in refused]
    return "\n".join(lines) + "\n"


def _mode(engine: Engine, mode: str) -> str:
    return "yes" if mode in engine.modes else f"refused: {engine.limits}"


def _needs(engine: Engine) -> str:
    needs = [
        f"{' or '.join(f'`--{one}`' for one in name.split('|'))}: {reason}" for name, reason in engine.needs
    ]
    if engine.extra:
        needs.append(f"the extra `{engine.extra}`")
    return "; ".join(needs) or "–"
