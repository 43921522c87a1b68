"""Where the next trial is tried: by a tree of Parzen estimators, the same each time."""

import warnings
import zlib
from typing import Any

import numpy as np
import optuna

# Trials at random before the estimators have something to go by; recipes count.
_AT_RANDOM = 10


class Repeatable(optuna.samplers.BaseSampler):
    """TPE whose choice for a trial depends on the trials before, its number and a seed.

    Optuna's own draws from one stream, so that a search that was cut off would go on
    with other trials than one that was not.

    Args:
        seed: an integer ≥ 0.

    Example:
        >>> optuna.create_study(sampler=Repeatable(seed=1))
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def infer_relative_search_space(
        self, study: optuna.Study, trial: optuna.trial.FrozenTrial
    ) -> dict[str, optuna.distributions.BaseDistribution]:
        """What `sample_relative` draws together."""
        return self._of(trial).infer_relative_search_space(study, trial)

    def sample_relative(
        self,
        study: optuna.Study,
        trial: optuna.trial.FrozenTrial,
        search_space: dict[str, optuna.distributions.BaseDistribution],
    ) -> dict[str, Any]:
        """Values of parameters that go together."""
        sampler = self._of(trial)
        # It remembers there what goes together.
        sampler.infer_relative_search_space(study, trial)
        return sampler.sample_relative(study, trial, search_space)

    def sample_independent(
        self,
        study: optuna.Study,
        trial: optuna.trial.FrozenTrial,
        param_name: str,
        param_distribution: optuna.distributions.BaseDistribution,
    ) -> Any:
        """The value of one parameter."""
        return self._of(trial, param_name).sample_independent(
            study, trial, param_name, param_distribution
        )

    def _of(self, trial, name=""):
        """A sampler for one draw, of which none repeats the numbers of another."""
        entropy = [self.seed, trial.number, zlib.crc32(name.encode())]
        (seed,) = np.random.SeedSequence(entropy).generate_state(1)
        with warnings.catch_warnings():
            # That some of its arguments may change in a later version.
            warnings.simplefilter("ignore")
            return optuna.samplers.TPESampler(
                seed=int(seed),
                n_startup_trials=_AT_RANDOM,
                multivariate=True,
                group=True,  # recipes without parameters leave nothing in common
                constant_liar=True,
            )
