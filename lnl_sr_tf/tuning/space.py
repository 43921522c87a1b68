"""What is searched: losses, and λ0, p and τ of those with a fixed schedule of λ."""

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
# Settings that may be searched, in the order of messages.
SEARCHED = ("lambda0", "p", "tau")
VALIDATION_SHARE = 0.1
# The values of Section 3.1, without the τ at which training fails to fit the data.
_P = (0.01, 1.0)
_TAU = (0.03, 1.0)
# λ0·p stays below 1, so that the loss is fitted in the first epochs.
_STRENGTH = 1.0
_WEAKER = 8  # λ0·p may be this many times smaller than in the weakest recipe
_DIGITS = 4  # of searched numbers, so that people can type them
_ANY_LOSS = "\n"  # in no name


class Space:
    """The settings of all trials.

    λ0 is searched through λ0·p, the factor of the gradient of λ‖u‖ₚᵖ: the paper asks
    for λ0 < 1/p.

    Args:
        settings: as for `lnl_sr_tf.config.grid`. `loss` may list several to choose from
            (default: `LOSSES`); λ0, p and τ are fixed where they are given, and where λ
            is adaptive.

    Attributes:
        recipes: the settings of each loss's recipe, by loss.
        name: of the study's folder, different for different settings.
        ranges: (least, most) of each searched parameter, on a logarithmic scale; empty
            where none is searched.
        searched: the losses with parameters to search.

    Raises:
        InputError: if a setting is wrong, has several values, or does not go with a
            search.

    Example:
        >>> Space({"dataset": "mnist", "loss": ["ce", "ce_sr"], "p": 0.1}).ranges
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
        # An adaptive λ finds by itself what would be searched.
        fixed = [one for one in made if one.lambda_schedule == "geometric"]
        self.ranges = _ranges(fixed, free) if free and fixed else {}
        self.searched = [one.loss for one in fixed] if self.ranges else []
        self.name = self._name(first)

    def _name(self, config):
        """A readable name that differs where any trial would differ."""
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
        """The number of trials: without a search, at most that of the recipes."""
        return wanted if self.searched else min(wanted, len(self.recipes))

    def parameters_of_recipe(self, loss: str) -> dict[str, Any]:
        """The parameters of a loss's recipe; empty where none is searched."""
        if loss not in self.searched:
            return {}
        place = _place(self.recipes[loss])
        return {"loss": loss} | {name: place[name] for name in self.ranges}

    def suggest(self, trial: Any) -> dict[str, Any]:
        """Parameters for `method_of`, chosen by an `optuna.Trial`.

        Args:
            trial: anything with `suggest_categorical` and `suggest_float`.
        """
        found = {"loss": trial.suggest_categorical("loss", self.searched)}
        for name, (least, most) in self.ranges.items():
            found[name] = trial.suggest_float(name, least, most, log=True)
        return found

    def method_of(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """`loss`, `lambda0`, `p` and `tau` of a trial, None where the loss has none.

        Args:
            parameters: from `suggest`, or the `loss` alone for its recipe.

        Example:
            >>> mnist = Space({"dataset": "mnist"})
            >>> mnist.method_of({"loss": "ce_sr", "strength": 0.2, "p": 0.05})
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
        """The settings of a trial's run.

        Args:
            method: as `method_of` gives it.
            folder: where the run's folder goes.

        Raises:
            InputError: if the settings do not go together.
        """
        known = {name: value for name, value in method.items() if value is not None}
        # Given settings may be for others of several losses.
        several = ("loss",) if len(self._losses) > 1 else ()
        settings = self.given | known | {"output_dir": str(folder)}
        return configs.settled(settings, several)

    def settings_of(self, method: Mapping[str, Any]) -> dict[str, Any]:
        """The settings to train with a method on all of the data.

        They are those that were given and the method's, without those of a search.

        Args:
            method: as `method_of` gives it.
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
    """A method as text, such as ce_sr, λ0 4, p 0.1, τ 0.5.

    Args:
        method: as `Space.method_of` gives it.
    """
    if method["p"] is None:
        return method["loss"]
    numbers = [method[name] for name in SEARCHED]
    return "{}, λ0 {:g}, p {:g}, τ {:g}".format(method["loss"], *numbers)


def _single(settings):
    """The settings, with lists of one value replaced by the value."""
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
    if config.finetune:
        raise InputError(
            f"--finetune={config.finetune} does not go with tune, whose trials are on "
            "features; tune without it, and finetune with what it finds"
        )
    if not config.resume:
        raise InputError(
            "--resume=false does not go with tune, which goes on with its study; "
            "choose another --output_dir to start anew"
        )


def _ranges(recipes, free):
    """(least, most) of each searched parameter, wide enough for every recipe."""
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
