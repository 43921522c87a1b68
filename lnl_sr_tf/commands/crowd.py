"""What several annotators' votes say together: `lnl-sr crowd VOTES`."""

import math
import pathlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from lnl_sr_tf.commands.request import Request
from lnl_sr_tf.config.flag import Flag

if TYPE_CHECKING:
    from lnl_sr_tf.votes import Crowd

USAGE = "crowd VOTES [--run=RUN] [--out=FOLDER] [--smoothing=N]"
MEANING = (
    "find the consensus of several annotators' votes, in a .csv or an .npz; write "
    "crowd.csv with each example, annotators.csv with how often each of them is right, "
    "crowd.json with everything, and crowd.html, a page about it"
)
ARGUMENTS = (1, 1)
SETTINGS = ()
OPTIONS = (
    Flag(
        "run",
        str,
        "",
        "folder of a run on these votes, whose network counts as one more annotator "
        "(default: none)",
    ),
    Flag(
        "out",
        str,
        "",
        "the folder to write to (default: VOTES without its ending, and -crowd)",
    ),
    Flag(
        "smoothing",
        float,
        0.01,
        "for how many votes a guess from all annotators counts beside an annotator's "
        "own of each class; 10 is steadier where annotators gave few",
        interval="(0, inf)",
    ),
)
_MOST_ANNOTATORS = 20  # on a terminal


def run(request: Request, tell: Callable[[str], None]) -> None:
    """Find the consensus, and tell it and where it is written."""
    # Neither Keras nor TensorFlow is needed, so neither is imported.
    from lnl_sr_tf.datasets.sources.votes import read_votes
    from lnl_sr_tf.reporting import crowd_files, crowd_page, network_votes
    from lnl_sr_tf.votes import crowd

    votes = pathlib.Path(request.arguments[0]).expanduser()
    out = votes.with_name(f"{votes.stem}-crowd")
    if request.options["out"]:
        out = pathlib.Path(request.options["out"]).expanduser()
    read = read_votes(votes, tell)
    crowd_files.check_folder(out, votes)
    if request.options["run"]:
        read = network_votes.with_network(read, request.options["run"])
        tell(f"{read.annotators[-1]} is the network of {request.options['run']}")
    found = crowd(read, smoothing=request.options["smoothing"])
    written = crowd_files.write(found, out, votes)
    crowd_page.write_page(found, out / crowd_files.PAGE, f"Votes of {votes.name}")
    for line in _lines(found):
        tell(line)
    for name in (*written, out / crowd_files.PAGE):
        tell(str(name))


def _lines(found: "Crowd") -> Iterator[str]:
    """What was found, for a terminal."""
    from lnl_sr_tf.reporting.crowd_page import alpha_text

    count, judged = len(found.consensus), found.annotators
    yield (
        f"{_counted(count, 'example')}, {_counted(len(judged), 'annotator')}, "
        f"{_counted(len(found.votes), 'vote')}, {len(found.class_names)} classes"
    )
    yield f"Agreement: Krippendorff's alpha {alpha_text(found.alpha)}"
    yield (
        f"Consensus (Dawid-Skene, {found.iterations} iterations) and majority differ "
        f"for {found.differ.sum()} of {_counted(count, 'example')}, "
        f"{found.differ.mean():.1%}"
    )
    for note in found.notes:
        yield f"Mind: {note}"
    order = judged.order.tolist()
    shown, half = order, None
    if len(order) > _MOST_ANNOTATORS:  # the best and the worst
        half = _MOST_ANNOTATORS // 2
        shown = [*order[:half], *order[-half:]]
    width = max(len("annotator"), *(len(judged.names[i]) for i in shown))
    yield f"{'annotator':{width}}  {'votes':>8}  accuracy"
    for place, i in enumerate(shown):
        if place == half:
            yield f"({len(order) - len(shown)} others are in annotators.csv)"
        low, high = judged.interval[i]
        said = f"{judged.accuracy[i]:.3f}  ({low:.3f} to {high:.3f})"
        if math.isnan(judged.accuracy[i]):
            said = "no evidence"
        yield f"{judged.names[i]:{width}}  {judged.votes[i]:>8}  {said}"
    first = [found.votes.examples[i] for i in found.order[:5].tolist()]
    yield f"Another vote would tell most about: {', '.join(first)}"


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" + "s" * (number != 1)
