"""A plain PyTorch script of the recipes' networks, losses and optimiser, to compare."""

import torch
from torch import nn
from torch.nn import functional

STAGES = {
    "mnist": ([[32], [64]], 128),
    "cifar10": ([[64, 64], [128, 128], [196, 196]], 256),
}


def small_network(name, channels, side, classes):
    """The network of MNIST or of CIFAR-10."""
    stages, width = STAGES[name]
    layers = []
    for stage in stages:
        for filters in stage:
            layers += [
                nn.Conv2d(channels, filters, 3, padding=1),
                nn.BatchNorm2d(filters),
                nn.ReLU(),
            ]
            channels = filters
        layers.append(nn.MaxPool2d(2))
        side //= 2
    layers += [
        nn.Flatten(),
        nn.Linear(channels * side * side, width),
        nn.BatchNorm1d(width),
        nn.ReLU(),
        nn.Linear(width, classes),
    ]
    return nn.Sequential(*layers)


class Block(nn.Module):
    """A residual block: 3×3 and 3×3, or for four times the channels 1×1, 3×3, 1×1."""

    def __init__(self, before, filters, stride, bottleneck):
        super().__init__()
        after = 4 * filters if bottleneck else filters
        if bottleneck:
            shapes = [(before, filters, 1, 1), (filters, filters, 3, stride),
                      (filters, after, 1, 1)]  # fmt: skip
        else:
            shapes = [(before, filters, 3, stride), (filters, after, 3, 1)]
        layers = []
        for into, out, size, step in shapes:
            layers += [_convolution(into, out, size, step), nn.ReLU()]
        self.inner = nn.Sequential(*layers[:-1])
        same = stride == 1 and before == after
        self.shortcut = (
            nn.Identity() if same else _convolution(before, after, 1, stride)
        )

    def forward(self, x):
        """The block's output."""
        return functional.relu(self.inner(x) + self.shortcut(x))


def _convolution(before, after, size, stride):
    return nn.Sequential(
        nn.Conv2d(before, after, size, stride, padding=size // 2, bias=False),
        nn.BatchNorm2d(after),
    )


def residual_network(bottleneck, classes):
    """ResNet-34 for small images, or ResNet-50."""
    stem = [_convolution(3, 64, 7 if bottleneck else 3, 2 if bottleneck else 1)]
    stem.append(nn.ReLU())
    if bottleneck:
        stem.append(nn.MaxPool2d(3, 2, padding=1))
    blocks, channels = [], 64
    for stage, depth in enumerate((3, 4, 6, 3)):
        for index in range(depth):
            stride = 2 if stage and not index else 1
            blocks.append(Block(channels, 64 * 2**stage, stride, bottleneck))
            channels = 64 * 2**stage * (4 if bottleneck else 1)
    end = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes)]
    return nn.Sequential(*stem, *blocks, *end)


def trainer(name, images, labels, classes, settings, loss, precision, **options):
    """A function that trains for some steps on one batch and waits for the last.

    Args:
        name: of the recipe's dataset.
        images: uint8 array of shape (batch, height, width, channels).
        labels: integers of shape (batch,).
        classes: k.
        settings: a `Config` with the parameters of sparse regularization.
        loss: `"ce"` or `"ce_sr"`.
        precision: `"float32"` or `"bfloat16"`.
        **options: `compiled`, whether by torch.compile; `channels_last`, whether images
            lie in that order in memory; `device`, `"cpu"` or `"cuda"`.
    """
    device = options.get("device", "cpu")
    if name in STAGES:
        network = small_network(name, images.shape[-1], images.shape[1], classes)
    else:
        network = residual_network(name == "webvision_mini", classes)
    network.to(device)
    optimizer = torch.optim.SGD(
        network.parameters(), settings.lr, momentum=0.9,
        weight_decay=settings.weight_decay,
    )  # fmt: skip
    # As torchvision's loaders give them.
    x = torch.from_numpy(images).permute(0, 3, 1, 2).contiguous()
    x = x.float().div(255).sub(0.5).div(0.25)
    if options.get("channels_last"):
        x = x.to(memory_format=torch.channels_last)
        network.to(memory_format=torch.channels_last)
    x, y = x.to(device), torch.from_numpy(labels).to(device)

    def criterion(logits):
        logits = logits.float()
        if loss == "ce":
            return functional.cross_entropy(logits, y)
        if settings.normalize_logits:
            logits = functional.normalize(logits, dim=1)
        u = functional.softmax(logits / settings.tau, dim=1).clamp(1e-7, 1)
        sparse = u.pow(settings.p).sum(1).mean()
        return functional.nll_loss(u.log(), y) + settings.lambda0 * sparse

    def forward():
        if precision == "float32":
            return criterion(network(x))
        with torch.autocast(device, torch.bfloat16):
            logits = network(x)
        return criterion(logits)

    if options.get("compiled"):
        forward = torch.compile(forward)

    def run(steps):
        for _ in range(steps):
            optimizer.zero_grad()
            value = forward()
            value.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 5.0)
            optimizer.step()
        return value.item()

    return run
