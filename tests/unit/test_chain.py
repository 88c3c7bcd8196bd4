import concurrent.futures
import io
import itertools
import random
from pathlib import Path

import numpy as np
import pytest
from tag_samples import SAMPLES

from transforms.core.tagging import chain
from transforms.core.tagging.chain import BOUNDARY, ChainModel, decode, read_arrays
from transforms.core.tagging.hits import HIT_CODES
from transforms.core.tagging.word_features import WordFlags, WordLexicon, word_features
from transforms.core.tagging.words import read_words

MODEL = (Path(chain.__file__).parents[1] / "models" / "entities.npz").read_bytes()
LEXICON = WordLexicon(WordFlags({}), {})
LABELS = ("O", "B-A", "I-A", "B-B", "I-B")
WORDS = [first + second + third for first in "ابت" for second in "يوم" for third in "رسنل"]


def small_features(word):
    return [f"w={word}", f"p={word[:1]}", f"s={word[-1:]}"]


def small_model():
    """A model of random weights in steps of 1/16, whose sums are the same in any order."""
    draw = random.Random(7)
    attributes = sorted({name for word in WORDS[::2] for name in small_features(word)} | {BOUNDARY})
    pointers, columns, values = [0], [], []
    for _ in attributes:
        some = sorted(draw.sample(range(5 * len(LABELS)), 9))
        columns += some
        values += [draw.randint(-40, 40) / 16 for _ in some]
        pointers.append(len(columns))

    def table(*shape):
        return np.array([draw.randint(-24, 24) / 16 for _ in range(int(np.prod(shape)))]).reshape(shape)

    return {
        "labels": text_array(LABELS),
        "attributes": text_array(attributes),
        "pointers": np.array(pointers, np.uint32),
        "columns": np.array(columns, np.uint8),
        "values": np.array(values, np.float16),
        "hits": table(HIT_CODES + 1, 5, len(LABELS)).astype(np.float16),
        "transitions": table(len(LABELS), len(LABELS)).astype(np.float32),
    }


def text_array(lines):
    return np.frombuffer("\n".join(lines).encode(), np.uint8)


SMALL = small_model()


def shipped_features(word):
    return [name for name, _ in word_features(word, LEXICON)]


def plain_emissions(arrays, features, sentence, codes):
    """Return the score of each label at each token, added up weight by weight."""
    labels = len(bytes(arrays["labels"]).decode().split("\n"))
    rows = {name: row for row, name in enumerate(bytes(arrays["attributes"]).decode().split("\n"))}
    pointers, columns = arrays["pointers"].tolist(), arrays["columns"].tolist()
    values, hits = arrays["values"].tolist(), arrays["hits"].tolist()
    scores = []
    for token in range(len(sentence)):
        score = [0.0] * labels
        for place in range(5):
            at = token + place - 2
            inside = 0 <= at < len(sentence)
            for name in features(sentence[at]) if inside else [BOUNDARY]:
                row = rows.get(name)
                for index in range(pointers[row], pointers[row + 1]) if row is not None else ():
                    if columns[index] // labels == place:
                        score[columns[index] % labels] += values[index]
            for label, value in enumerate(hits[codes[at] + 1 if inside else 0][place]):
                score[label] += value
        scores.append(score)
    return scores


def plain_viterbi(emissions, transitions):
    """Return the best labels, those of lower number where scores are equal, one step after another."""
    best, back = list(emissions[0]), []
    for emission in emissions[1:]:
        came = [
            max(range(len(best)), key=lambda before: (best[before] + transitions[before][label], -before))
            for label in range(len(best))
        ]
        best = [
            best[before] + transitions[before][label] + emission[label] for label, before in enumerate(came)
        ]
        back.append(came)
    path = [max(range(len(best)), key=lambda label: (best[label], -label))]
    for came in reversed(back):
        path.append(came[path[-1]])
    return path[::-1]


def score_of(path, emissions, transitions):
    total = sum(emission[label] for emission, label in zip(emissions, path, strict=True))
    return total + sum(transitions[before][label] for before, label in itertools.pairwise(path))


def random_sentences(count, longest, seed=3):
    draw = random.Random(seed)
    sentences = []
    for _ in range(count):
        size = draw.randint(1, longest)
        sentences.append(
            (
                draw.choices(WORDS, k=size),
                [draw.choice([0, 0, draw.randrange(HIT_CODES)]) for _ in range(size)],
            )
        )
    return sentences


def label(model, sentences):
    """Return the labels and scores of each sentence, all labelled in one call."""
    forms = [word for words, _ in sentences for word in words]
    codes = np.array([code for _, some in sentences for code in some], np.uint8)
    ends = np.zeros(len(forms), bool)
    borders = np.cumsum([len(words) for words, _ in sentences])
    ends[borders - 1] = True
    found = model.label(forms, ends, codes)
    return [
        (found.numbers[low:high].tolist(), found.scores[low:high].tolist())
        for low, high in itertools.pairwise([0, *borders.tolist()])
    ]


def in_batches(model, sentences, size):
    return [
        found
        for first in range(0, len(sentences), size)
        for found in label(model, sentences[first : first + size])
    ]


def shipped_sentences():
    sentences = []
    for sample in SAMPLES:
        words = read_words([f"{sample.title}\n\n{sample.body}"])
        forms, sentence = words.forms(), []
        for form, ends in zip(forms, words.sentence_ends().tolist(), strict=True):
            sentence.append(form)
            if ends:
                sentences.append((sentence, [0] * len(sentence)))
                sentence = []
    return sentences


def test_labels_are_those_of_a_plain_search_over_the_same_scores():
    model = ChainModel(SMALL, small_features)
    transitions = SMALL["transitions"].tolist()
    for (words, codes), (path, _) in zip(
        sentences := random_sentences(60, 30), label(model, sentences), strict=True
    ):
        assert path == plain_viterbi(plain_emissions(SMALL, small_features, words, codes), transitions)


def test_no_other_labels_of_a_short_sentence_score_higher():
    model = ChainModel(SMALL, small_features)
    transitions = SMALL["transitions"].tolist()
    for (words, codes), (path, _) in zip(
        sentences := random_sentences(12, 4), label(model, sentences), strict=True
    ):
        emissions = plain_emissions(SMALL, small_features, words, codes)
        paths = itertools.product(range(len(LABELS)), repeat=len(words))
        best = max(score_of(one, emissions, transitions) for one in paths)
        assert score_of(path, emissions, transitions) == best


def test_the_shipped_model_finds_the_best_labels_of_real_sentences():
    arrays = read_arrays(MODEL)
    model = ChainModel(arrays, shipped_features)
    transitions = arrays["transitions"].astype(float).tolist()
    sentences = shipped_sentences()[::4]
    for (words, codes), (path, _) in zip(sentences, label(model, sentences), strict=True):
        emissions = plain_emissions(arrays, shipped_features, words, codes)
        best = plain_viterbi(emissions, transitions)
        assert score_of(path, emissions, transitions) >= score_of(best, emissions, transitions) - 1e-3


@pytest.mark.parametrize("size", [1, 7, 256])
def test_the_labels_of_a_sentence_do_not_depend_on_those_beside_it(size):
    for model, sentences in (
        (ChainModel(SMALL, small_features), random_sentences(300, 40)),
        (ChainModel(read_arrays(MODEL), shipped_features), shipped_sentences()),
    ):
        together = label(model, sentences)
        assert in_batches(model, sentences, size) == together
        order = list(range(len(sentences)))
        random.Random(size).shuffle(order)
        shuffled = in_batches(model, [sentences[place] for place in order], size)
        assert shuffled == [together[place] for place in order]


def test_a_sentence_of_one_token_has_a_label():
    model = ChainModel(SMALL, small_features)
    transitions = SMALL["transitions"].tolist()
    for word in WORDS:
        ((path, _),) = label(model, [([word], [0])])
        assert path == plain_viterbi(plain_emissions(SMALL, small_features, [word], [0]), transitions)


def test_a_sentence_of_more_than_a_thousand_tokens_is_labelled_in_pieces_of_400():
    model = ChainModel(SMALL, small_features)
    transitions = SMALL["transitions"].tolist()
    (long,) = random_sentences(1, 1, seed=5)
    draw = random.Random(11)
    long = draw.choices(WORDS, k=1111), [0] * 1111
    short = random_sentences(3, 9)
    *_, (path, _), (last, _) = label(model, [*short, long, short[0]])
    expected = []
    for first in (0, 400, 800):
        piece = long[0][first : first + 400]
        emissions = plain_emissions(SMALL, small_features, piece, [0] * len(piece))
        expected += plain_viterbi(emissions, transitions)
    assert path == expected
    assert last == label(model, [short[0]])[0][0]


def test_a_text_that_never_ends_a_sentence_is_one():
    model = ChainModel(SMALL, small_features)
    ((words, codes),) = random_sentences(1, 30, seed=9)
    open_end = model.label(words, np.zeros(len(words), bool), np.array(codes, np.uint8))
    assert open_end.numbers.tolist() == label(model, [(words, codes)])[0][0]


def test_no_tokens_have_no_labels():
    found = ChainModel(SMALL, small_features).label([], np.zeros(0, bool), np.zeros(0, np.uint8))
    assert (found.numbers.size, found.scores.size) == (0, 0)


def test_equal_scores_give_the_label_of_lower_number():
    emissions = np.zeros((4, 3), np.float32)
    emissions[1] = [0, 2, 2]
    found = decode(emissions, np.array([0]), np.array([4]), np.zeros((3, 3), np.float32))
    assert found.tolist() == [0, 1, 0, 0]


def test_beginning_the_table_of_types_anew_changes_nothing(monkeypatch):
    sentences = random_sentences(120, 20)
    expected = label(ChainModel(SMALL, small_features), sentences)
    for most in (1, 5, 20):
        monkeypatch.setattr(chain, "_MOST_TYPES", most)
        model = ChainModel(SMALL, small_features)
        assert in_batches(model, sentences, 3) == expected
        assert label(model, sentences) == expected


def test_the_table_of_types_grows_past_its_first_size():
    many = [f"ا{number}" for number in range(9000)]
    model = ChainModel(SMALL, small_features)
    label(model, [(many, [0] * len(many))])
    sentences = random_sentences(20, 20)
    assert label(model, sentences) == label(ChainModel(SMALL, small_features), sentences)


def test_threads_share_a_model(monkeypatch):
    sentences = random_sentences(200, 20)
    expected = label(ChainModel(SMALL, small_features), sentences)
    monkeypatch.setattr(chain, "_MOST_TYPES", 10)
    model = ChainModel(SMALL, small_features)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert [one for (one,) in pool.map(lambda one: label(model, [one]), sentences)] == expected


def test_scores_are_how_sure_a_label_is_between_its_neighbours():
    model = ChainModel(SMALL, small_features)
    transitions = SMALL["transitions"].tolist()
    for (words, codes), (path, scores) in zip(
        sentences := random_sentences(40, 12), label(model, sentences), strict=True
    ):
        emissions = plain_emissions(SMALL, small_features, words, codes)
        for token, (number, score) in enumerate(zip(path, scores, strict=True)):
            if not number:
                assert score == 1
                continue
            options = [
                emissions[token][other]
                + (transitions[path[token - 1]][other] if token else 0)
                + (transitions[other][path[token + 1]] if token + 1 < len(path) else 0)
                for other in range(len(LABELS))
            ]
            assert score == pytest.approx(np.exp(options[number]) / np.exp(options).sum(), rel=1e-4)


def test_a_file_that_is_no_model_is_refused():
    pickled = io.BytesIO()
    np.savez(pickled, labels=np.array([{"a": 1}], object))
    for damaged in (
        b"",
        b"no model",
        MODEL[:1000],
        MODEL[: len(MODEL) // 2],
        MODEL[len(MODEL) // 2 :],
        MODEL[:4000] + bytes(64) + MODEL[4064:],
        pickled.getvalue(),
    ):
        with pytest.raises(ValueError, match="no model file"):
            read_arrays(damaged)


def test_the_shipped_model_is_small_and_holds_arrays_only():
    assert len(MODEL) < 4_000_000
    arrays = read_arrays(MODEL)
    labels = bytes(arrays["labels"]).decode().split("\n")
    assert labels[0] == "O"
    assert {"B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG"} <= set(labels)
    assert arrays["transitions"].shape == (len(labels), len(labels))
    assert arrays["hits"].shape == (HIT_CODES + 1, 5, len(labels))
    assert len(arrays["pointers"]) == len(bytes(arrays["attributes"]).decode().split("\n")) + 1
