"""Which coders keys may have: those whose bytes are the same for equal keys, in every process and on every engine.

No engine checks it. A key that is pickled, a dict or a float is grouped wrongly or not at all, and in silence.
"""

from collections.abc import Sequence

from apache_beam.portability.api import beam_runner_api_pb2

from pipelines.graph_manifest import Step, coder_name

__all__ = ["ALLOWED", "unsafe_keys"]

#: Deterministic by Beam's own specification (`beam_runner_api.proto`, StandardCoders). `kv` and `tuple` are as good as their parts.
ALLOWED = ("beam:coder:string_utf8:v1", "beam:coder:bytes:v1", "beam:coder:varint:v1")
_PAIRS = ("beam:coder:kv:v1", "beam:coder:tuple:v1")


def unsafe_keys(steps: Sequence[Step], components: beam_runner_api_pb2.Components) -> list[str]:
    """Return a line for each step that groups, or keeps state, by keys of another coder."""
    return [
        f"{step.name} has keys of the coder {_key_name(step.keyed, components)}, which is not one for keys"
        for step in steps
        if step.keyed is not None and not _is_keyed_well(step.keyed, components)
    ]


def _is_keyed_well(coder: beam_runner_api_pb2.Coder, components: beam_runner_api_pb2.Components) -> bool:
    return coder.spec.urn == _PAIRS[0] and _is_allowed(coder.component_coder_ids[0], components)


def _is_allowed(coder_id: str, components: beam_runner_api_pb2.Components) -> bool:
    coder = components.coders[coder_id]
    if coder.spec.urn in _PAIRS:
        return all(_is_allowed(part, components) for part in coder.component_coder_ids)
    return coder.spec.urn in ALLOWED


def _key_name(coder: beam_runner_api_pb2.Coder, components: beam_runner_api_pb2.Components) -> str:
    parts = coder.component_coder_ids
    return coder_name(parts[0], components) if parts else coder.spec.urn
