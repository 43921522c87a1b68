"""Which parameters to try next: a repeatable tree-structured Parzen estimator."""

import warnings
import zlib
from typing import Any

import numpy as np
import optuna

# Random trials before the estimators have enough data; recipes count.
_AT_RANDOM = 10


class Repeatable(optuna.samplers.BaseSampler):
    """TPE whose choice depends on a seed, the trial's number and the trials before.

    Optuna's own draws from one stream, so that a resumed search would try other
    parameters than an uninterrupted one.

    Args:
        seed: an integer ≥ 0.

    Example:
        optuna.create_study(sampler=Repeatable(seed=1))
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def infer_relative_search_space(
        self, study: optuna.Study, trial: optuna.trial.FrozenTrial
    ) -> dict[str, optuna.distributions.BaseDistribution]:
        """The parameters that `sample_relative` draws together."""
        return self._of(trial).infer_relative_search_space(study, trial)

    def sample_relative(
        self,
        study: optuna.Study,
        trial: optuna.trial.FrozenTrial,
        search_space: dict[str, optuna.distributions.BaseDistribution],
    ) -> dict[str, Any]:
        """Values of the parameters that are drawn together."""
        sampler = self._of(trial)
        # This call sets which parameters are drawn together.
        sampler.infer_relative_search_space(study, trial)
        return sampler.sample_relative(study, trial, search_space)

    def sample_independent(
        self,
        study: optuna.Study,
        trial: optuna.trial.FrozenTrial,
        param_name: str,
        param_distribution: optuna.distributions.BaseDistribution,
    ) -> Any:
        """The value of a parameter that is drawn alone."""
        return self._of(trial, param_name).sample_independent(
            study, trial, param_name, param_distribution
        )

    def _of(self, trial, name=""):
        """A sampler for one draw, with random numbers of its own."""
        entropy = [self.seed, trial.number, zlib.crc32(name.encode())]
        (seed,) = np.random.SeedSequence(entropy).generate_state(1)
        with warnings.catch_warnings():
            # It warns that some arguments may change in later versions.
            warnings.simplefilter("ignore")
            return optuna.samplers.TPESampler(
                seed=int(seed),
                n_startup_trials=_AT_RANDOM,
                multivariate=True,
                group=True,  # recipes without parameters leave nothing in common
                constant_liar=True,
            )
