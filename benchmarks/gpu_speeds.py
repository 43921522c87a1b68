"""How fast benchmarks/on_gpu.py finds whole epochs to be, beside PyTorch."""

import statistics

import numpy as np


class Speeds:
    """Rows of speed.json, each of a `gpu_plan.Speed`.

    Args:
        out: the folder of speed.json.
        sizes: `Sizes`.
        estimates: learns how fast training is.
        tell: called with each line for the person who waits.
    """

    def __init__(self, out, sizes, estimates, tell):
        self.out, self.sizes, self.estimates, self.tell = out, sizes, estimates, tell
        self.rows, self.peaks, self.eager = [], {}, {}
        self.work = None

    def measure(self, part):
        """Measure one, print it, and write all that are there."""
        import device_epochs
        from measuring import in_turns, write

        sizes, batch, kind = self.sizes, device_epochs.BATCH, part.precision
        rng = np.random.default_rng(0)
        shape = (sizes.images, *device_epochs.SHAPES[sizes.network])
        data = rng.integers(0, 256, shape, np.uint8), rng.integers(0, 10, sizes.images)
        if kind not in self.peaks:
            product = {kind: device_epochs.product_rate(kind, sizes.matrix)}
            seconds = statistics.median(in_turns(product, 5)[kind])
            self.peaks[kind] = 2 * sizes.matrix**3 / seconds
        number = part.at_once * sizes.images
        if part.framework == "ours":
            run, work = device_epochs.ours(sizes.network, *data, kind, part.at_once)
            self.work = work / batch
        else:
            compiled = part.framework == "torch.compile"
            run = device_epochs.theirs(
                sizes.network, *data, kind, compiled, part.channels_last
            )
        values = [s / number for s in in_turns({part: run}, sizes.rounds)[part]]
        if part.framework == "torch":
            self.eager[kind] = values
        row = device_epochs.row(
            part.short_words, kind, values, self.work, self.peaks[kind]
        )
        self.rows.append(row)
        # Of parts before PyTorch's, it is known only now.
        if kind in self.eager:
            eager = 1 / statistics.median(self.eager[kind])
            for one in (one for one in self.rows if one["precision"] == kind):
                one["to_torch"] = round(one["images_per_second"] / eager, 3)
        write(self.rows, self.out / "speed.json")
        self.estimates.found(part, row["images_per_second"])
        told = [f"{row['images_per_second']:,.0f} images a second"]
        if row["to_torch"]:
            told.append(f"{row['to_torch']} of eager PyTorch's")
        if row["share_of_product_rate"]:
            told.append(f"{row['share_of_product_rate']} of the product rate")
        self.tell(f"{part.short_words}, {kind}: {', '.join(told)} ({row['device']})")
