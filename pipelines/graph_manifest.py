"""The manifest of a graph: what an engine is told of each step, as text by which two versions are compared.

A running stream can be updated only if its steps keep their names, and state and data between them their coders (Beam's
programming guide, "Updating a pipeline"). So these are in the manifest, and what may change is not: code, pickled payloads, numbers that
Beam gives.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from apache_beam.coders import Coder
from apache_beam.portability.api import beam_runner_api_pb2
from apache_beam.runners.pipeline_context import PipelineContext

__all__ = ["Step", "coder_name", "graph_manifest", "graph_steps"]

_PARDO = "beam:transform:pardo:v1"
_PICKLED = "beam:coder:pickled_python:v1"
_BOUNDS = {
    beam_runner_api_pb2.IsBounded.BOUNDED: "bounded",
    beam_runner_api_pb2.IsBounded.UNBOUNDED: "unbounded",
}
_DOMAINS = {
    beam_runner_api_pb2.TimeDomain.EVENT_TIME: "event time",
    beam_runner_api_pb2.TimeDomain.PROCESSING_TIME: "processing time",
}


@dataclasses.dataclass(frozen=True)
class Step:
    """One step without steps in it. `lines` say, in order, its inputs, side inputs, states, timers and outputs.

    `keyed` is the coder of its input where that is grouped or has state by key, None elsewhere.
    """

    name: str
    urn: str
    lines: tuple[str, ...]
    keyed: beam_runner_api_pb2.Coder | None


def graph_manifest(pipeline: beam_runner_api_pb2.Pipeline) -> str:
    """Return the manifest: every step by name, with what `Step` tells, one fact a line. The same graph gives the same text."""
    paragraphs = ("\n".join((step.name, f"  is {step.urn}", *step.lines)) for step in graph_steps(pipeline))
    return "\n".join(f"{paragraph}\n" for paragraph in paragraphs)


def graph_steps(pipeline: beam_runner_api_pb2.Pipeline) -> list[Step]:
    """Return the steps of a translated graph, by name."""
    components = pipeline.components
    origins = _origins(components)
    steps = [
        _step(transform, components, origins)
        for transform in components.transforms.values()
        if _does_something(transform)
    ]
    return sorted(steps, key=lambda step: step.name)


def coder_name(coder_id: str, components: beam_runner_api_pb2.Components) -> str:
    """Return a coder in words: its kind, in angle brackets the coders that it is made of; a class of Python's by its name."""
    coder = components.coders[coder_id]
    if coder.spec.urn == _PICKLED:
        return type(Coder.from_runner_api(coder, PipelineContext(components))).__name__
    parts = ", ".join(coder_name(part, components) for part in coder.component_coder_ids)
    kind = _short(coder.spec.urn)
    return f"{kind}<{parts}>" if parts else kind


def _short(urn: str) -> str:
    """Return a URN without what all of its kind have: `beam:coder:kv:v1` is `kv`."""
    parts = urn.split(":")
    return ":".join(parts[2:-1]) if parts[0] == "beam" and len(parts) > 3 else urn


def _does_something(transform: beam_runner_api_pb2.PTransform) -> bool:
    """Tell whether a step is one that an engine runs: no composite, neither of steps nor empty."""
    inputs = set(transform.inputs.values())
    return bool(
        transform.spec.urn and not transform.subtransforms and set(transform.outputs.values()) - inputs
    )


def _origins(components: beam_runner_api_pb2.Components) -> Mapping[str, str]:
    """Return for every collection the step that it comes from, and which of its outputs it is."""
    return {
        collection: transform.unique_name if tag == "None" else f"{transform.unique_name} [{tag}]"
        for transform in components.transforms.values()
        if _does_something(transform)
        for tag, collection in transform.outputs.items()
    }


def _step(
    transform: beam_runner_api_pb2.PTransform,
    components: beam_runner_api_pb2.Components,
    origins: Mapping[str, str],
) -> Step:
    pardo = None
    if transform.spec.urn == _PARDO:
        pardo = beam_runner_api_pb2.ParDoPayload.FromString(transform.spec.payload)
    sides = set() if pardo is None else set(pardo.side_inputs)
    main = [collection for tag, collection in sorted(transform.inputs.items()) if tag not in sides]
    lines = [f"  from {origin}" for origin in sorted(origins[collection] for collection in main)]
    if pardo is not None:
        lines += _of_pardo(pardo, transform, components, origins)
    for tag, collection in sorted(transform.outputs.items()):
        name = "gives" if tag == "None" else f"gives [{tag}]"
        lines.append(f"  {name} {_collection(components.pcollections[collection], components)}")
    keyed = None
    if transform.spec.urn.startswith(("beam:transform:group_by_key", "beam:transform:combine_per_key")) or (
        pardo is not None and (pardo.state_specs or pardo.timer_family_specs)
    ):
        keyed = components.coders[components.pcollections[main[0]].coder_id]
    return Step(transform.unique_name, _short(transform.spec.urn), tuple(lines), keyed)


def _of_pardo(
    pardo: beam_runner_api_pb2.ParDoPayload,
    transform: beam_runner_api_pb2.PTransform,
    components: beam_runner_api_pb2.Components,
    origins: Mapping[str, str],
) -> Iterator[str]:
    # Side inputs are named by Beam in the order of their making; where they come from is what counts.
    for origin in sorted(origins[transform.inputs[tag]] for tag in pardo.side_inputs):
        yield f"  beside {origin}"
    for name, state in sorted(pardo.state_specs.items()):
        kind = str(state.WhichOneof("spec"))
        yield f"  state {name}: {kind.removesuffix('_spec')} of {_state_coder(getattr(state, kind), components)}"
    for name, timer in sorted(pardo.timer_family_specs.items()):
        yield f"  timer {name}: {_DOMAINS.get(timer.time_domain, 'unknown')}"


def _state_coder(spec: Any, components: beam_runner_api_pb2.Components) -> str:
    fields = ("coder_id", "element_coder_id", "accumulator_coder_id", "key_coder_id", "value_coder_id")
    return ", ".join(
        coder_name(getattr(spec, field), components) for field in fields if getattr(spec, field, "")
    )


def _collection(
    collection: beam_runner_api_pb2.PCollection, components: beam_runner_api_pb2.Components
) -> str:
    strategy = components.windowing_strategies[collection.windowing_strategy_id]
    coder = coder_name(collection.coder_id, components)
    return f"{coder}, {_BOUNDS[collection.is_bounded]}, {_window(strategy)}"


def _window(strategy: beam_runner_api_pb2.WindowingStrategy) -> str:
    window = _short(strategy.window_fn.urn).removesuffix("_windows")
    trigger = str(strategy.trigger.WhichOneof("trigger"))
    return f"{window} windows" if trigger == "default" else f"{window} windows, trigger {trigger}"
