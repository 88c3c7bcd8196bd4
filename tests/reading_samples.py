"""Small builders for the tests of the readers; the Arabic sentences are invented."""

import bz2
import dataclasses
import gzip
import io
import lzma

from backports import zstd

from schemas.elements import DeadLetter, InputFile, RawRecord
from transforms.core.reading import ReadRules, read_records

SENTENCES = (
    "قال مدير المرصد إن المطر الذي هطل على القرية في الليل ملأ السدود كلها بعد صيف طويل.",
    "افتتحت المكتبة الجديدة أبوابها في حي النخيل، وقد حضر الأهالي مع أطفالهم إلى الساحة.",
    "أعلن النادي عن موعد السباق الذي يقام هذا العام من الميناء إلى القلعة القديمة.",
    "كما وصلت إلى السوق شاحنات التمر من الواحات التي تقع على طريق القوافل.",
)
ARTICLE = "\n\n".join(SENTENCES)


@dataclasses.dataclass
class Result:
    records: list[RawRecord]
    refused: list[DeadLetter]
    file: InputFile

    @property
    def payloads(self):
        return [record.payload for record in self.records]

    @property
    def reasons(self):
        return [letter.reason for letter in self.refused]


def read(data, name="a.jsonl", *, size=None, stream=None, **rules):
    """Read `data` as a file called `name`, check what always holds, and sort what came out."""
    stream = io.BytesIO(data) if stream is None else stream
    size = len(data) if size is None else size
    out = list(read_records(stream, name, size, ReadRules(**rules)))
    *found, last = out
    assert isinstance(last, InputFile)
    assert not any(isinstance(one, InputFile) for one in found)
    assert [one.origin.index for one in found] == list(range(len(found)))
    assert {one.origin.uri for one in found} <= {name}
    assert last.records == len(found)
    records = [one for one in found if isinstance(one, RawRecord)]
    refused = [one for one in found if isinstance(one, DeadLetter)]
    for letter in refused:
        assert letter.stage == "read"
        assert letter.detail
        assert letter.payload_bytes >= len(letter.payload)
    return Result(records, refused, last)


def lines(count):
    """Return JSON lines that compress badly enough to be cut anywhere."""
    return b"".join(
        f'{{"id": {i * 7919 % 10007}, "body": "{SENTENCES[i % 4]}"}}\n'.encode() for i in range(count)
    )


PACKERS = {
    "gz": lambda data: gzip.compress(data, 6, mtime=0),
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstd.compress,
}
NAMES = {"gz": "gzip", "bz2": "bzip2", "xz": "xz", "zst": "zstd"}
