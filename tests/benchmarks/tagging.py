"""Print what tagging costs on one core: tokens a second of each part and of all, the start, the memory; and of peers.

    python tests/benchmarks/tagging.py [--rounds 5] [--articles 1300] [--batches 64 8 1] [--peers] [--input FOLDER]

Rounds interleave the parts; the best of the rounds counts, by CPU time and by the clock. Everything is warm: each part
has seen the articles before. What a part is given (the words of a batch ...) is made anew before it, untimed, so that
nothing kept inside it helps. Starts and memory are those of processes of their own. Not a test: a person reads the figures.

`--peers` runs beside it, in the same rounds: python-crfsuite and sklearn-crfsuite with the same features in Python
dictionaries (a model of 300 labelled sentences: fewer weights than ours, which only helps them), and a dictionary of
the same names looked up word by word in windows, in texts normalised and split by CAMeL Tools. They are no
dependencies; put them into an environment that has those of warraq:

    pip install python-crfsuite sklearn-crfsuite
    pip install --no-deps camel-tools==1.6.0 && pip install six emoji regex
"""

import argparse
import gzip
import itertools
import json
import os
import pickle
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # before numpy: it reads them once

import numpy as np  # noqa: E402

from schemas.elements import Article, NormalizedArticle, Origin, Span  # noqa: E402
from transforms.core.outlets import country_of  # noqa: E402
from transforms.core.structure import lay_out_text  # noqa: E402
from transforms.core.tagging.hits import hit_codes  # noqa: E402
from transforms.core.tagging.keyphrases import count_title_tokens, find_keyphrases  # noqa: E402
from transforms.core.tagging.tagger import SPORT, TagRules, without_signs  # noqa: E402
from transforms.core.tagging.user_rules import UserRules  # noqa: E402
from transforms.core.tagging.word_features import word_features  # noqa: E402
from transforms.core.tagging.words import read_words  # noqa: E402
from transforms.tag_models import load_tagger  # noqa: E402

SHARED = ROOT.parent / "shared" / "data"
WINDOW = range(-2, 3)
ALL = "the whole stage (Tagger.tag)"


def articles_of(folder, count):
    """Return articles of the whole collection, evenly spread."""
    rows = []
    for path in sorted(Path(folder).glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            rows += [json.loads(line) for line in lines]
    rows = [row for row in rows if row["content"]]
    return [_article(number, row) for number, row in enumerate(rows[:: max(1, len(rows) // count)][:count])]


def _article(number, row):
    title = row["title"] or ""
    text = f"{title}\n\n{row['content']}"
    layout = lay_out_text(text)
    article = Article(
        f"{number:032x}", row["source"], row["url"], text, Span(0, len(title)), layout.body_start, layout.paragraphs, (),
        "", None, None, "ar", (), Origin("x", number, 0),
    )  # fmt: skip
    return NormalizedArticle(article, b"", 0, "")


class Batch:
    """A batch of articles with what the parts are given. `fresh` makes anew what would keep something inside it."""

    def __init__(self, articles, tagger):
        self.articles, self.models = articles, tagger._models
        self.texts = [one.article.text for one in articles]
        self.title_ends = [one.article.title.end for one in articles]
        self.homes = [country_of(one.article.source) for one in articles]
        self.words = read_words(self.texts)
        self.titles = count_title_tokens(self.words, self.title_ends)
        topics = self.models.topics.tag_batch(without_signs(self.words, self.titles))
        self.sports = [any(topic.code == SPORT for topic in found.topics) for found in topics]
        self.ends = self.words.sentence_ends()
        entities = tagger.entities
        self.forms = self.words.forms()
        matches = entities.lexicon.index.find(self.words, self.forms)
        self.hits = matches.phrases.size
        self.codes = hit_codes(matches, entities.lexicon.hit_classes, len(self.forms))

    def fresh(self):
        self.forms = self.words.forms()  # strings whose hash nobody knows yet


def parts_of(tagger):
    """Return the parts of the stage, name -> function of a batch."""
    models, entities = tagger._models, tagger.entities
    return {
        "reading words": lambda b: read_words(b.texts).forms(),
        "way back to the original": lambda b: (
            b.words.ways.clear() or count_title_tokens(b.words, b.title_ends)
        ),
        "gazetteers (NameIndex.find)": lambda b: entities.lexicon.index.find(b.words, b.forms),
        "chain model (ChainModel.label)": lambda b: entities.model.label(b.forms, b.ends, b.codes),
        "entities, with the last two": lambda b: entities.tag(b.words, b.forms, b.sports, b.homes),
        "topics": lambda b: models.topics.tag_batch(without_signs(b.words, b.titles)),
        "keyphrases": lambda b: find_keyphrases(b.words, models.vocabulary, b.titles),
        ALL: lambda b: tagger.tag(b.articles),
    }


def passed(part, batches):
    """Return the CPU and clock seconds of a part over all batches."""
    cpu = clock = 0.0
    for batch in batches:
        batch.fresh()
        started, began = time.perf_counter(), time.process_time()
        part(batch)
        cpu += time.process_time() - began
        clock += time.perf_counter() - started
    return cpu, clock


def race(runs, rounds):
    """Return the best CPU and clock seconds of each run; a run is a part and its batches."""
    best = dict.fromkeys(runs, (float("inf"), float("inf")))
    for number in range(rounds + 1):  # the first is not counted: it warms
        for key, (part, batches) in runs.items():
            seconds = passed(part, batches)
            if number:
                best[key] = tuple(map(min, best[key], seconds))
        print(f"round {number} of {rounds} done", file=sys.stderr, flush=True)
    return best


# -- peers


def token_features(lexicon, forms, codes):
    """Return the features of each token at each distance as strings, as a tagger with feature dictionaries makes them."""
    rows = [(word_features(form, lexicon), code) for form, code in zip(forms, codes, strict=True)]
    return [
        {
            distance: [f"{distance}:{name}" for name, level in features if abs(distance) <= level]
            + ([f"{distance}:hit={code}"] if code else [])
            for distance in WINDOW
        }
        for features, code in rows
    ]


def sentences_of(batch, features):
    """Return the sentences of a batch, each a list of feature dictionaries, one per token."""
    stops = [0, *(np.flatnonzero(batch.ends) + 1).tolist()]
    return [
        [
            dict.fromkeys(itertools.chain.from_iterable(
                features[place + distance][distance] for distance in WINDOW if low <= place + distance < high
            ), 1.0)
            for place in range(low, high)
        ]
        for low, high in itertools.pairwise(stops)
    ]  # fmt: skip


class FeaturePeers:
    """Taggers with the features of the chain model in Python dictionaries."""

    def __init__(self, tagger):
        import pycrfsuite
        import sklearn_crfsuite

        from scripts.labelled_names import read_corpus, read_gold

        lexicon = tagger._models.entities.lexicon
        self._words = lexicon.words
        corpus = read_corpus(read_gold(SHARED / "ner_clean_dev" / "dev.conll")[:300], [1.0] * 300)
        ends = np.zeros(len(corpus.forms), bool)
        ends[corpus.bounds[1:] - 1] = True
        codes = hit_codes(
            lexicon.index.find(corpus.words, corpus.forms), lexicon.hit_classes, len(corpus.forms)
        )
        sentences = self._sentences(argparse.Namespace(forms=corpus.forms, codes=codes, ends=ends))
        labels = [
            list(map(str, corpus.labels[low:high]))
            for low, high in itertools.pairwise(corpus.bounds.tolist())
        ]
        options = {"c1": 0.05, "c2": 0.05, "max_iterations": 60}
        trainer = pycrfsuite.Trainer(verbose=False)
        for sentence, some in zip(sentences, labels, strict=True):
            trainer.append(sentence, some)
        trainer.set_params(options)
        self._folder = tempfile.TemporaryDirectory()
        path = str(Path(self._folder.name, "model"))
        trainer.train(path)
        self._tagger = pycrfsuite.Tagger()
        self._tagger.open(path)
        self._crf = sklearn_crfsuite.CRF(algorithm="lbfgs", **options).fit(sentences, labels)
        self._kept = {}
        self.attributes = len(self._tagger.info().attributes)  # those with a weight

    def _sentences(self, batch):
        return sentences_of(batch, token_features(self._words, batch.forms, batch.codes.tolist()))

    def crfsuite(self, batch):
        return [self._tagger.tag(sentence) for sentence in self._sentences(batch)]

    def crfsuite_kept(self, batch):
        """The same, but the features of a word type are made once, for ever."""
        features = []
        for key in zip(batch.forms, batch.codes.tolist(), strict=True):
            if key not in self._kept:
                (self._kept[key],) = token_features(self._words, *([part] for part in key))
            features.append(self._kept[key])
        return [self._tagger.tag(sentence) for sentence in sentences_of(batch, features)]

    def sklearn(self, batch):
        return self._crf.predict(self._sentences(batch))


class WindowPeers:
    """Names in a dictionary, looked up word by word in windows from the longest down."""

    def __init__(self, names):
        from camel_tools.tokenizers.word import simple_word_tokenize
        from camel_tools.utils import normalize
        from camel_tools.utils.dediac import dediac_ar

        def split(text):
            text = normalize.normalize_alef_ar(dediac_ar(text))
            text = normalize.normalize_teh_marbuta_ar(normalize.normalize_alef_maksura_ar(text))
            return simple_word_tokenize(text)

        self._split = split
        self._names = {" ".join(split(name)): name for name in names}
        self.longest = max(name.count(" ") for name in self._names) + 1

    def find(self, batch):
        """Return names that stand as whole words."""
        return [phrase for phrase in self._phrases(batch) if phrase in self._names]

    def find_after_clitics(self, batch):
        """Return names with clitics before them too, as ours does, and lam + article."""
        return [cut for phrase in self._phrases(batch) for cut in self._cuts(phrase) if cut in self._names]

    def _phrases(self, batch):
        for text in batch.texts:
            tokens = self._split(text)
            for place in range(len(tokens)):
                for size in range(min(self.longest, len(tokens) - place), 0, -1):
                    yield " ".join(tokens[place : place + size])

    @staticmethod
    def _cuts(phrase):
        yield phrase
        rest = phrase
        if phrase[0] in "\u0648\u0641":  # waw "and", feh "so"
            rest = phrase[1:]
            yield rest
        if rest[:1] in ("\u0628", "\u0644", "\u0643"):  # beh, lam, kaf
            yield rest[1:]
            if rest[:2] == "\u0644\u0644":  # lam + article
                yield "\u0627" + rest


def peers_of(tagger):
    """Return the peers, name -> function of a batch, and the one that looks up names."""
    features = FeaturePeers(tagger)
    windows = WindowPeers(tagger._models.entities.lexicon.index.names)
    runs = {
        "python-crfsuite, feature dictionaries": features.crfsuite,
        "  the same, features of a type kept": features.crfsuite_kept,
        "sklearn-crfsuite, feature dictionaries": features.sklearn,
        "dictionary in windows, whole words": windows.find,
        "  the same, after clitics too": windows.find_after_clitics,
    }
    print(f"model of the peers: {features.attributes:,} attributes; windows of up to {windows.longest} words")
    return runs, windows


# -- starts and memory


def memory(field):
    """Return a field of the process's memory in MB (Linux only)."""
    lines = Path("/proc/self/status").read_text().split("\n")
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(field + ":"))


def start(path):
    """Load and tag once in this fresh process, a batch at a time; print what it cost as JSON."""
    before = memory("VmRSS")
    began, started = time.process_time(), time.perf_counter()
    tagger = load_tagger(TagRules(), UserRules())
    loaded, load_cpu = time.perf_counter() - started, time.process_time() - began
    resident, peak = memory("VmRSS"), memory("VmHWM")
    seconds = []
    with path.open("rb") as file:
        for _ in range(pickle.load(file)):
            articles = pickle.load(file)
            began = time.process_time()
            tagger.tag(articles)
            seconds.append(time.process_time() - began)
    print(json.dumps({
        "load, s": loaded,
        "load, CPU s": load_cpu,
        "first 64 articles, CPU s": seconds[0],
        "all articles for the first time, CPU s": sum(seconds),
        "memory after imports, MB": before,
        "added by loading, MB": resident - before,
        "added at the peak of loading, MB": peak - before,
        "added after tagging all, MB": memory("VmRSS") - before,
        "added at the peak of all, MB": memory("VmHWM") - before,
    }))  # fmt: skip


def starts(articles, times=3):
    batches = [articles[n : n + 64] for n in range(0, len(articles), 64)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "articles")
        path.write_bytes(b"".join(map(pickle.dumps, (len(batches), *batches))))
        command = [sys.executable, __file__, "--start", str(path)]
        runs = [
            json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            for _ in range(times)
        ]
    print(f"\nstart, {times} fresh processes: best (median)")
    for name in runs[0]:
        values = [run[name] for run in runs]
        print(f"  {name:<40}{min(values):8.2f} ({statistics.median(values):.2f})")


def show(title, best, keys, tokens, articles):
    print(f"\n{title}\n  {'':<40}{'tokens/s':>11}{'articles/s':>12}{'µs/article':>12}{'by the clock':>14}")
    for name, key in keys.items():
        cpu, clock = best[key]
        rates = f"{tokens / cpu:11,.0f}{articles / cpu:12,.0f}{1e6 * cpu / articles:12,.0f}{tokens / clock:14,.0f}"
        print(f"  {name:<40}{rates}")


def main():
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--articles", type=int, default=1300)
    options.add_argument("--batches", type=int, nargs="+", default=[64, 8, 1])
    options.add_argument("--peers", action="store_true")
    options.add_argument("--peer-articles", type=int, default=256, help="peers see this many of them")
    options.add_argument("--input", type=Path, default=SHARED / "saudinewsnet_dev")
    options.add_argument("--start", type=Path, help=argparse.SUPPRESS)
    args = options.parse_args()
    if args.start:
        start(args.start)
        return
    if not args.input.is_dir():
        sys.exit("the shared data is not here; name a folder of .jsonl.gz files with --input")
    articles = articles_of(args.input, args.articles)
    tagger = load_tagger(TagRules(), UserRules())
    parts = parts_of(tagger)
    runs = {}
    for size in args.batches:
        batches = [Batch(articles[n : n + size], tagger) for n in range(0, len(articles), size)]
        runs |= {(size, name): (part, batches) for name, part in parts.items()}
    tokens = sum(len(batch.forms) for batch in batches)
    few, peers = [], {}
    if args.peers:
        peers, windows = peers_of(tagger)
        some = articles[:: max(1, len(articles) // args.peer_articles)][: args.peer_articles]
        few = [Batch(some[n : n + 64], tagger) for n in range(0, len(some), 64)]
        names = ("reading words", "gazetteers (NameIndex.find)", "chain model (ChainModel.label)", ALL)
        peers = {f"ours: {name}": parts[name] for name in names} | peers
        runs |= {("peers", name): (part, few) for name, part in peers.items()}
    best = race(runs, args.rounds)
    print(
        f"{len(articles):,} articles, {tokens:,} tokens (words, numbers and signs), best of {args.rounds} rounds"
    )
    print(
        f"one core, warm; Python {sys.version.split()[0]}, numpy {np.__version__}, load {os.getloadavg()[0]:.1f}"
    )
    for size in args.batches:
        show(f"batches of {size}", best, {name: (size, name) for name in parts}, tokens, len(articles))
    if args.peers:
        tokens = sum(len(batch.forms) for batch in few)
        title = f"beside peers, {len(some):,} articles, {tokens:,} tokens, batches of 64"
        show(title, best, {name: ("peers", name) for name in peers}, tokens, len(some))
        found = [
            sum(len(find(batch)) for batch in few) for find in (windows.find, windows.find_after_clitics)
        ]
        print(
            f"  names found: ours {sum(batch.hits for batch in few):,}, in windows {found[0]:,}, after clitics {found[1]:,}"
        )
    starts(articles)


if __name__ == "__main__":
    main()
