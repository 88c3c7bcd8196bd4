"""How likely letters follow one another in Arabic: what tells Arabic text from any other run of high bytes."""

import functools

import numpy as np
from numpy.typing import NDArray

__all__ = ["bits_of_proof"]

_LAST = 0x2200
# Proof of the single-byte kind, in bits: how much likelier a letter is after another one in Arabic than one of 64
# high bytes, log2, plus 4. Rows and columns are the letters; the first is the edge of a word. Counted over every
# eighth text of SANAD (Al Khaleej; CC BY 4.0) by tests/quality/mojibake.py --letters; marks and tatweel left out.
_LETTERS = " ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىي"
_AFTER = (
    "0026050860524434241433120626446744705",
    "9000000505400000000000000000012113000",
    "0000000051552085450400000004017681207",
    "4000000053435555253644340534455785705",
    "3000000500742055230770000000366625736",
    "0000000040235435541634440544428681005",
    "5000000657404406265132130503536645208",
    "7400004042623324162423220404439563303",
    "7004030735512525260332240622546465507",
    "9000000000000000000000000000000000000",
    "8003100551434544163455341535545656636",
    "8000000745200001070000000002607753407",
    "7001001755500306164300000500006756607",
    "7000000755644007263514413004656633617",
    "6000000753600007473426360005008421506",
    "8002001756430034060300000404334644637",
    "7000000843303000040000000001067147418",
    "8023104756504414022423520324461345637",
    "8300002746402123053000000401335645607",
    "7002300765704222050400040503246656627",
    "6014302754503345080200030645364436516",
    "6000000756200616060004020436207453626",
    "8000000835401523060000030642006624647",
    "7002002866300200070100020405507364626",
    "6000000775300000070000000005006746537",
    "7000000755512006063132422002428664416",
    "7000000745601004474320440004007552518",
    "7002031615502312262512423501545244539",
    "7000000856500007060324350404305344637",
    "7003000756650004365430000103006663606",
    "7025050644634444442544130534555745566",
    "8000400745534435052643220612446374506",
    "9000000744503325212543034314430326526",
    "8000100833303005653000000000004741615",
    "6105030852525425264524433525547664236",
    "9000000000000000000000000000000000000",
    "8101102647544335263532320424545565503",
)
_AFTER_ZERO = 4
_MARKS = "\u0640\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652"
_MARK_BITS = -2.0
#: High characters that are no Arabic letter, mark or punctuation count against, and more of them rule Arabic out.
_STRANGE_BITS = -8.0
_STRANGE_SHARE = 0.03
_ALEF = 0x0627
_ALEF_SHARE = 0.35


@functools.cache
def _worth() -> NDArray[np.float64]:
    """Return the bits of proof of each letter after each, by place in `_LETTERS`."""
    return np.array([[int(digit) - _AFTER_ZERO for digit in row] for row in _AFTER], np.float64)


@functools.cache
def _kinds() -> NDArray[np.int16]:
    """Return code point -> place in `_LETTERS`; -1 for marks; 0 for all else."""
    kinds = np.zeros(_LAST + 1, np.int16)
    kinds[[ord(letter) for letter in _LETTERS]] = np.arange(len(_LETTERS))
    kinds[[ord(mark) for mark in _MARKS]] = -1
    return kinds


def bits_of_proof(points: NDArray[np.int32], high: NDArray[np.bool_], odd: NDArray[np.bool_]) -> float:
    """Return the bits by which code points that were high bytes read like Arabic rather than like anything; 0: not.

    `high` marks the characters that were letters of the wrong codec, `odd` those that were none of its ASCII and
    are no punctuation of Arabic text. All three have one length.
    """
    kinds = _kinds()[np.minimum(points, _LAST)]
    kinds[~high] = 0
    strange = np.count_nonzero(odd & (kinds == 0))
    alefs, letters = np.count_nonzero(points[high] == _ALEF), np.count_nonzero(kinds)
    # Double-byte text has one byte over and over again, which comes out as alef.
    if strange > _STRANGE_SHARE * letters or alefs > _ALEF_SHARE * letters + 1:
        return 0.0
    marks = kinds == -1
    places = np.concatenate([[0], kinds[~marks], [0]])
    worth = _worth()[places[:-1], places[1:]]
    worth[(places[:-1] == 0) & (places[1:] == 0)] = 0
    return float(worth.sum() + _STRANGE_BITS * strange + _MARK_BITS * np.count_nonzero(marks))
