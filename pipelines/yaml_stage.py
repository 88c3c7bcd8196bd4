"""What the transforms of Beam YAML share: arguments checked when the pipeline is built, outputs as Beam YAML wants them."""

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple, NoReturn

import apache_beam as beam
from apache_beam.pvalue import PCollection

from pipelines.config import load_sections
from pipelines.errors import ConfigError, Fault
from schemas.elements import (
    Article,
    ArticleBatch,
    DeadLetter,
    Duplicate,
    Filtered,
    InputFile,
    NormalizedArticle,
    RawRecord,
    Relation,
    TaggedBatch,
)
from transforms import rows
from transforms.composite import Composite

__all__ = ["SIDES", "RecordRefused", "Wired", "YamlStage", "label"]

#: What Beam YAML calls the output that goes on, where there are others beside it.
_GOOD = "good"
#: What gives each element, for messages.
_MADE_BY = {
    RawRecord: "ReadArticles",
    Article: "ParseArticles",
    NormalizedArticle: "NormalizeArticles",
    ArticleBatch: "DeduplicateArticles",
    TaggedBatch: "TagArticles",
}
#: The element of each side output, and of each side input of `WriteArticles`.
SIDES: dict[str, type] = {
    "refused": DeadLetter,
    "filtered": Filtered,
    "duplicates": Duplicate,
    "relations": Relation,
    "inputs": InputFile,
}


class RecordRefused(Exception):  # noqa: N818 (what has happened to the record)
    """A record that cannot be processed, where the pipeline has no output for such."""


class Wired(NamedTuple):
    """A stage in the graph: what goes on, what is refused (None: nothing ever is), and the side outputs it can have."""

    good: PCollection[Any]
    refused: PCollection[DeadLetter] | None
    sides: Mapping[str, PCollection[Any]]


class YamlStage(Composite):
    """What the transforms share: arguments checked when the pipeline is built (ConfigError), outputs as Beam YAML wants them."""

    #: Sections of the configuration, other arguments, side outputs; whether records can be refused.
    sections: ClassVar[tuple[str, ...]] = ()
    arguments: ClassVar[tuple[str, ...]] = ("config_file",)
    sides: ClassVar[tuple[str, ...]] = ()
    refuses: ClassVar[bool] = False

    def __init__(self, **given: Any) -> None:
        super().__init__()
        known = (
            *self.arguments,
            *self.sections,
            *(("error_handling",) if self.refuses else ()),
            *(("outputs",) if self.sides else ()),
        )
        own = {name: given.pop(name, None) for name in known if name not in self.sections}
        path = own.get("config_file")
        if path is not None and not isinstance(path, str):
            self.fault("config_file", "give the path of one YAML file")
        self.own = own
        self.config = load_sections(given, type(self).__name__, known, path)
        self._error_output = self._output_of(own.get("error_handling"))
        self._outputs = self._outputs_of(own.get("outputs"))

    def fault(self, key: str, message: str) -> NoReturn:
        """Raise ConfigError for one argument."""
        raise ConfigError([Fault(type(self).__name__, key, message)])

    def _output_of(self, handling: Any) -> str:
        """Return the name of the output of what is refused, "" for none."""
        if not handling:
            return ""
        if not isinstance(handling, Mapping) or set(handling) != {"output"} or not handling["output"]:
            self.fault("error_handling", "give it as {output: NAME}, and nothing else")
        return str(handling["output"])

    def _outputs_of(self, names: Any) -> tuple[str, ...]:
        names = [names] if isinstance(names, str) else names or []
        if not isinstance(names, list):
            self.fault("outputs", f"give a list of {', '.join(self.sides)}")
        for name in names:
            if name not in self.sides:
                self.fault("outputs", f"{name} is no output; there are {', '.join(self.sides)}")
        if self._error_output in (*names, _GOOD):
            self.fault("error_handling", f"{self._error_output} is the name of another output")
        return tuple(names)

    @property
    def on_bug(self) -> str:
        """What a fault of warraq's own code does: by Beam's convention it is an error like others."""
        return "set_aside" if self._error_output else "fail"

    def check(self, elements: Any, *wanted: type) -> None:
        """Raise ValueError or TypeError where the input is not one of the elements wanted."""
        names = " or ".join(_MADE_BY[one] for one in wanted)
        if not isinstance(elements, PCollection):
            raise TypeError(f"{type(self).__name__} wants one input, what {names} gives")
        if elements.element_type not in wanted:
            made_by = _MADE_BY.get(
                elements.element_type, "rows" if rows.columns_there(elements) else "another transform"
            )
            raise ValueError(
                f"{type(self).__name__} wants what {names} gives as its input, not what {made_by} gives"
            )

    def check_bounded(self, elements: PCollection[Any]) -> None:
        """Raise ValueError for a stream, or windows."""
        if not elements.is_bounded or not elements.windowing.is_default():
            raise ValueError(
                f"{type(self).__name__} wants bounded input without windows; for streams there are"
                " `warraq stream` and `warraq follow`"
            )

    def expand(self, elements: Any) -> Any:
        """Return the PCollection that goes on, or outputs by name."""
        wired = self.wire(elements)
        outputs = {
            name: wired.sides[name] | label("Rows", name) >> rows.FlattenElements(SIDES[name])
            for name in self._outputs
        }
        if wired.refused is not None:
            if self._error_output:
                outputs[self._error_output] = wired.refused | "RowsOfRefused" >> rows.FlattenElements(
                    DeadLetter
                )
            else:
                wired.refused | "StopAtRefused" >> beam.Map(_stop).with_output_types(DeadLetter)
        return {_GOOD: wired.good, **outputs} if outputs else wired.good

    def wire(self, elements: Any) -> Wired:
        """Return the stage wired to its input; each transform has its own way."""
        raise NotImplementedError


def label(verb: str, name: str) -> str:
    """Return the label of the step that treats an output or input: `RowsOfDuplicates`."""
    return f"{verb}Of{name.capitalize()}"


def _stop(letter: DeadLetter) -> DeadLetter:
    where = f"{letter.origin.uri} record {letter.origin.index}"
    raise RecordRefused(
        f"{where}: {letter.reason} ({letter.detail}); error_handling: {{output: NAME}} keeps such records aside"
    )
