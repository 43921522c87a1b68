"""Labels that several annotators gave, and the class that they point to."""

from lnl_sr_tf.votes.agreement import krippendorff_alpha
from lnl_sr_tf.votes.annotators import Annotator, Annotators
from lnl_sr_tf.votes.findings import Crowd
from lnl_sr_tf.votes.from_votes import crowd
from lnl_sr_tf.votes.vote_list import NO_VOTE, Votes

__all__ = [
    "NO_VOTE",
    "Annotator",
    "Annotators",
    "Crowd",
    "Votes",
    "crowd",
    "krippendorff_alpha",
]
