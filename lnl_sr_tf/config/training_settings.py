"""Settings of network and training, and of the run as a whole."""

import dataclasses
from typing import ClassVar

from lnl_sr_tf.config.flag import Only, only_for
from lnl_sr_tf.config.setting import RECIPE, setting

_WITH_BACKBONE = Only("backbone", lambda value: value is not None, "a given --backbone")
_FINETUNED = Only("finetune", bool, "--finetune=1 and more")


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """Network, optimiser, schedule and augmentation."""

    GROUP: ClassVar[str] = "Training"

    model: str = setting(
        RECIPE,
        "network: cnn_digits, cnn_mnist, cnn_cifar, resnet18, resnet34, resnet50, "
        "linear, mlp, keras:NAME for one of keras.applications, auto (by the size of "
        "the images; mlp for features)",
    )
    weights: str | None = setting(
        None,
        "file with weights to start from, .keras or .h5; of the --backbone where there "
        "is one; or what Keras fetches: imagenet, for keras:NAME, or hf://USER/NAME, a "
        "network on the hub of Hugging Face (default: random ones; of a preset of "
        "KerasHub its own)",
    )
    finetune: int = setting(
        0,
        "passes over the images in which --backbone and --model, once that is trained "
        "on features, are trained on together; 0 for none",
        interval="[0, 1000000]",
        only=_WITH_BACKBONE,
        before=0,
    )
    finetune_lr: float = setting(
        1e-3,
        "learning rate in the first of these",
        interval="(0, inf)",
        only=_FINETUNED,
    )
    epochs: int = setting(RECIPE, "passes over the data", interval="[1, 1000000]")
    batch_size: int = setting(RECIPE, "examples a step", interval="[1, 1000000]")
    optimizer: str = setting(RECIPE, "sgd or adam", choices=("sgd", "adam"))
    lr: float = setting(RECIPE, "learning rate in the first epoch", interval="(0, inf)")
    lr_schedule: str = setting(
        RECIPE,
        "learning rate over epochs: cosine or linear (to 0), exponential, step (to a "
        "tenth), constant",
        choices=("cosine", "exponential", "linear", "step", "constant"),
    )
    lr_decay: float = setting(
        RECIPE,
        "factor an epoch of the exponential schedule",
        interval="(0, 1]",
        only=only_for("lr_schedule", "exponential"),
    )
    lr_hold: float = setting(
        RECIPE,
        "share of the epochs before the linear schedule begins to fall, and the step "
        "schedule does",
        interval="[0, 1)",
        only=only_for("lr_schedule", "linear", "step"),
    )
    momentum: float = setting(RECIPE, "momentum of sgd, β1 of adam", interval="[0, 1)")
    late_momentum: float = setting(
        RECIPE,
        "β1 of adam once the learning rate begins to fall (default: the same)",
        interval="[0, 1)",
        only=only_for("optimizer", "adam"),
    )
    nesterov: bool = setting(
        RECIPE, "Nesterov's momentum", only=only_for("optimizer", "sgd")
    )
    weight_decay: float = setting(
        RECIPE, "L2 weight decay, added to the gradient", interval="[0, inf)"
    )
    l1: float = setting(
        RECIPE,
        "L1 penalty on all weights, as its gradient l1·sign(w)",
        interval="[0, inf)",
    )
    clip_norm: float = setting(
        RECIPE,
        "global norm to which gradients are clipped; 0 leaves them",
        interval="[0, inf)",
    )
    crop_padding: int = setting(
        RECIPE, "pixels of padding before a random crop; 0 for none", interval="[0, 64]"
    )
    flip: bool = setting(RECIPE, "flip images left-right at random")
    rotation: float = setting(
        RECIPE,
        "degrees by which images are turned at random, either way",
        interval="[0, 180]",
    )
    random_resized_crop: float | None = setting(
        None,
        "smallest share of a random part of the image that is resized to the whole "
        "(default: the recipe's, or all of the image)",
        interval="(0, 1]",
    )
    color_jitter: dict[str, float] | None = setting(
        None,
        "how much colours vary at random, for instance "
        "brightness=0.4,contrast=0.4,saturation=0.4,hue=0.2 (default: the recipe's, or "
        "not at all)",
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunSettings:
    """Seed, hardware, and where results go."""

    GROUP: ClassVar[str] = "Run"

    seed: int = setting(
        1,
        "seed of initial weights, label noise, order and augmentation",
        interval="[0, 2147483647]",
    )
    precision: str = setting(
        "auto",
        "auto (mixed_bfloat16 on a GPU that multiplies it, and on a processor where "
        "a step of the network is found to be faster by it; else float32), "
        "float32, mixed_bfloat16, mixed_float16",
        choices=("auto", "float32", "mixed_bfloat16", "mixed_float16"),
    )
    distribute: str = setting(
        "auto",
        "devices to train on: auto (on TensorFlow: mirrored where there are several "
        "GPUs, multi_worker where --cluster or TF_CONFIG names several machines; else "
        "none), none (one device), mirrored (all GPUs of this machine), multi_worker "
        "(several machines), tpu",
        choices=("auto", "none", "mirrored", "multi_worker", "tpu"),
        identifies=False,
    )
    devices: int | None = setting(
        None,
        "how many devices of this machine mirrored and multi_worker use; without GPUs "
        "its processor is split into as many (default: all GPUs, or the processor)",
        interval="[1, 1024]",
        only=only_for("distribute", "auto", "mirrored", "multi_worker"),
        identifies=False,
    )
    cluster: str | None = setting(
        None,
        "machines of multi_worker, HOST:PORT,HOST:PORT, the same list for each of them "
        "(default: as TF_CONFIG says, or SLURM)",
        only=only_for("distribute", "auto", "multi_worker"),
        identifies=False,
    )
    task: int | None = setting(
        None,
        "index of this machine in --cluster, from 0 (default: as TF_CONFIG says, or "
        "SLURM)",
        interval="[0, 1000000]",
        only=only_for("distribute", "auto", "multi_worker"),
        identifies=False,
    )
    sweep_on: str = setting(
        "here",
        "where several runs are trained: here (one after the other), processes "
        "(several at a time on this machine), ray (on the cluster that RAY_ADDRESS "
        "names, or a local one; needs Ray)",
        choices=("here", "processes", "ray"),
        identifies=False,
    )
    cpus_per_run: int | None = setting(
        None,
        "processors that each of them gets (default: 4 or what there are, on ray 1)",
        interval="[1, 1024]",
        only=only_for("sweep_on", "processes", "ray"),
        identifies=False,
    )
    gpus_per_run: float | None = setting(
        None,
        "GPUs that each of them gets; shares of one are possible (default: 1 where "
        "there are any)",
        interval="[0, 1024]",
        only=only_for("sweep_on", "processes", "ray"),
        identifies=False,
    )
    whole_epochs: str = setting(
        "auto",
        "on JAX, whether the data lies in the device's memory and the steps of an "
        "epoch are compiled together: auto (on a GPU, where the data fits), yes, no",
        choices=("auto", "yes", "no"),
        identifies=False,
    )
    parallel_seeds: bool = setting(
        False,
        "on JAX, train the seeds of --seed all at once in one process",
        identifies=False,
    )
    checkpoint_minutes: float = setting(
        10.0,
        "minutes between checkpoints within an epoch, besides the one at its end; 0 "
        "for none",
        interval="[0, inf)",
        identifies=False,
    )
    record_epochs: int = setting(
        10,
        "number of epochs, evenly spread, after which the network's outputs for all "
        "training examples are recorded for lnl-sr audit; 0 for none",
        interval="[0, 1000000]",
        identifies=False,
    )
    output_dir: str = setting(
        "runs",
        "folder beneath which each run gets a folder of its own",
        identifies=False,
    )
    resume: bool = setting(
        True,
        "go on with a run that was cut off, and do not repeat one that is finished",
        identifies=False,
    )
