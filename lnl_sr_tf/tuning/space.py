"""What is searched: losses, and λ0, p and τ of those under sparse regularization."""

import dataclasses
import hashlib
import json
import pathlib
from collections.abc import Mapping
from typing import Any

from lnl_sr_tf import config as configs
from lnl_sr_tf.config import Config, rate_estimate
from lnl_sr_tf.config.parse import parse
from lnl_sr_tf.errors import InputError

# Those of the paper's tables that train one network in one stage, and CE without more.
LOSSES = ("ce", "gce", "sce", "nce_mae", "ce_sr", "fl_sr", "gce_sr")
# Settings that may be searched, in the order in which they are told.
SEARCHED = ("lambda0", "p", "tau")
VALIDATION_SHARE = 0.1
# What was tried in Section 3.1, without the τ that does not fit the data at all.
_P = (0.01, 1.0)
_TAU = (0.03, 1.0)
# λ0 p, which is to stay below 1 so that the loss is fitted in the first epochs.
_STRENGTH = 1.0
_WEAKER = 8  # by so much than the weakest recipe it may be
_DIGITS = 4  # of searched numbers, so that people can type them
_ANY_LOSS = "\n"  # which is in no name


class Space:
    """The settings of all trials.

    λ0 is searched by way of λ0·p, which is what the gradient of λ‖u‖ₚᵖ is multiplied
    by: the paper wants λ0 < 1/p.

    Args:
        settings: those that a person gives, as for `lnl_sr_tf.config.grid`. `loss` may
            be a list of those to choose from (default: `LOSSES`); of λ0, p and τ, those
            that are given are held fixed.

    Attributes:
        recipes: dict from each loss to the `Config` of its recipe.
        name: of the folder of such a study, the same for the same settings alone.
        ranges: dict from what is searched to (least, most), both on a logarithmic
            scale; empty where nothing is.
        searched: the losses that have something to search.

    Raises:
        InputError: if a setting is wrong, has several values, or cannot be searched
            beside.

    Example:
        >>> Space({"dataset": "digits", "loss": ["ce", "ce_sr"], "p": 0.1}).ranges
        {'strength': (0.05, 1.0), 'tau': (0.03, 1.0)}
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        given = {"validation_share": VALIDATION_SHARE} | _single(settings)
        losses = given.get("loss", LOSSES)
        self._losses = [losses] if isinstance(losses, str) else list(losses)
        self.given = {
            name: value
            for name, value in given.items()
            if name not in ("loss", "output_dir")
        }
        made = configs.grid(given | {"loss": self._losses})
        self.recipes = {config.loss: config for config in made}
        first = made[0]
        _check_place(first)
        self.dataset, self.seed = first.dataset, first.seed
        self.output_dir = first.output_dir
        free = [name for name in SEARCHED if name not in given]
        regularized = [config for config in made if config.regularized]
        self.ranges = _ranges(regularized, free) if free and regularized else {}
        self.searched = [c.loss for c in regularized] if self.ranges else []
        self.name = self._name(first)

    def _name(self, config):
        """Readable, and another one where any trial would be another."""
        text = json.dumps(
            [
                [recipe.identity() for recipe in self.recipes.values()],
                self.ranges,
            ],
            sort_keys=True,
        )
        digest = hashlib.sha256(text.encode()).hexdigest()[:8]
        # A run's name without its loss and its own digest.
        run = dataclasses.replace(config, loss=_ANY_LOSS).run_name.rpartition("-")[0]
        return f"tune-{run.replace(f'-{_ANY_LOSS}', '')}-{digest}"

    def count(self, wanted: int) -> int:
        """How many of so many trials there can be: without a search the recipes."""
        return wanted if self.searched else min(wanted, len(self.recipes))

    def parameters_of_recipe(self, loss: str) -> dict[str, Any]:
        """What the recipe of a loss is in this space; empty where none is searched."""
        if loss not in self.searched:
            return {}
        place = _place(self.recipes[loss])
        return {"loss": loss} | {name: place[name] for name in self.ranges}

    def suggest(self, trial: Any) -> dict[str, Any]:
        """Let a trial choose.

        Args:
            trial: an `optuna.Trial`, or anything with its two methods.

        Returns:
            The parameters, as `method_of` takes them.
        """
        found = {"loss": trial.suggest_categorical("loss", self.searched)}
        for name, (least, most) in self.ranges.items():
            found[name] = trial.suggest_float(name, least, most, log=True)
        return found

    def method_of(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The method that a trial's parameters stand for.

        Args:
            parameters: what `suggest` gave, or the `loss` alone for its recipe.

        Returns:
            A dict of `loss`, `lambda0`, `p` and `tau`, None where the loss has none.

        Example:
            >>> Space({}).method_of({"loss": "ce_sr", "strength": 0.2, "p": 0.05})
            {'loss': 'ce_sr', 'lambda0': 4.0, 'p': 0.05, 'tau': 0.1}
        """
        recipe = self.recipes[parameters["loss"]]
        found = {name: getattr(recipe, name) for name in ("loss", *SEARCHED)}
        for name in ("p", "tau"):
            if name in parameters:
                found[name] = _short(parameters[name])
        if "strength" in parameters:
            found["lambda0"] = _short(parameters["strength"] / found["p"])
        return found

    def config_of(
        self, method: Mapping[str, Any], folder: pathlib.Path | str
    ) -> Config:
        """The run of a trial.

        Args:
            method: as `method_of` gives it.
            folder: beneath which it goes.

        Raises:
            InputError: if its settings do not go together.
        """
        known = {name: value for name, value in method.items() if value is not None}
        # What is given may be about other losses, where there are several.
        several = ("loss",) if len(self._losses) > 1 else ()
        settings = self.given | known | {"output_dir": str(folder)}
        return configs.settled(settings, several)

    def settings_of(self, method: Mapping[str, Any]) -> dict[str, Any]:
        """What to give a command that trains with a method on all of the data.

        Args:
            method: as `method_of` gives it.

        Returns:
            A dict from names to values: the person's and the method's, without what
            only a search needs.
        """
        others = {
            name: value
            for name, value in self.given.items()
            if name not in ("validation_share", *SEARCHED)
        }
        found = {"dataset": self.dataset} | others | dict(method)
        if "loss_args" in found:
            given = parse("loss_args", found["loss_args"])
            found["loss_args"] = configs.loss_args.taken_by(method["loss"], given)
        if not rate_estimate.taken_by(self.config_of(method, self.output_dir)):
            found.pop("rate_estimate", None)
        if self.output_dir != configs.FIELDS["output_dir"].default:
            found["output_dir"] = self.output_dir
        return {name: value for name, value in found.items() if value not in (None, {})}


def words(method: Mapping[str, Any]) -> str:
    """A method for people, for instance ce_sr, λ0 4, p 0.1, τ 0.5.

    Args:
        method: as `Space.method_of` gives it.
    """
    if method["p"] is None:
        return method["loss"]
    numbers = [method[name] for name in SEARCHED]
    return "{}, λ0 {:g}, p {:g}, τ {:g}".format(method["loss"], *numbers)


def _single(settings):
    """Settings in which those with a list of one value have that value."""
    found = dict(settings)
    for name in configs.AXES:
        if name == "loss" or not isinstance(found.get(name), (list, tuple)):
            continue
        if len(found[name]) != 1:
            values = ",".join(map(str, found[name]))
            raise InputError(
                f"--{name}={values}: a search has one value for each setting, which it "
                "holds fixed, and several for --loss alone"
            )
        (found[name],) = found[name]
    return found


def _check_place(config):
    """One process trains one trial at a time, on one machine."""
    if config.sweep_on != "here":
        raise InputError(
            f"--sweep_on={config.sweep_on} does not go with tune: start the same "
            "command several times, and the processes share the trials"
        )
    if config.distribute in ("multi_worker", "tpu") or config.cluster:
        raise InputError(
            "tune trains a trial on one machine; leave out --cluster and "
            f"--distribute={config.distribute}"
        )
    if not config.resume:
        raise InputError(
            "--resume=false does not go with tune, which goes on with its study; "
            "choose another --output_dir to start anew"
        )


def _ranges(recipes, free):
    """(least, most) of what is searched, wide enough for every recipe."""
    places = [_place(recipe) for recipe in recipes]
    found = {}
    if "lambda0" in free:
        weakest = min(place["strength"] for place in places)
        wide = (weakest / _WEAKER, _STRENGTH)
        found["strength"] = _around(wide, places, "strength")
    if "p" in free:
        found["p"] = _around(_P, places, "p")
    if "tau" in free:
        found["tau"] = _around(_TAU, places, "tau")
    return found


def _around(wide, places, name):
    values = [place[name] for place in places]
    return min([wide[0], *values]), max([wide[1], *values])


def _place(config):
    return {"strength": config.lambda0 * config.p, "p": config.p, "tau": config.tau}


def _short(number):
    return float(f"{number:.{_DIGITS}g}")
