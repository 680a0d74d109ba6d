"""Golden values of small networks, computed by PyTorch in float64 from float32 parameters.

`python make_golden.py` writes a .golden file for each network beside this script. The files name the PyTorch version, the
seed and this script's SHA-256: change the script and make them anew, or the build fails.

A file holds, for the dense network and for one whose parameters are masked, the logits, the loss and every gradient of the
first batch in training mode, every parameter and running statistic after three steps of SGD with momentum and weight decay,
and the logits that these give for the first batch in evaluation mode. Training masks values, gradients and so momentum.
"""

import hashlib
import pathlib

import torch
from torch import nn
from torch.nn import functional as F

SEED = 1990
STEPS, BATCH = 3, 4
RATE, MOMENTUM, DECAY = 0.1, 0.9, 0.01
DENSITY = 0.5
# How far from a kink (a ReLU's zero, a tie of maxima) every number stays: far more than float32 moves it.
MARGIN = 5e-6


def relu(x):
    near = (x != 0) & (x.abs() < MARGIN)
    assert not near.any(), f"{int(near.sum())} activations are too close to a ReLU's kink: take another seed"
    return torch.relu(x)


def max_pool(x, size, stride, padding):
    padded = F.pad(x, (padding,) * 4, value=-torch.inf)
    first, second = (
        padded.unfold(2, size, stride).unfold(3, size, stride).flatten(4).topk(2, dim=4).values.unbind(4)
    )
    gap = first - second
    near = (gap < MARGIN) & ~((first == 0) & (second == 0))
    assert not near.any(), f"{int(near.sum())} windows nearly have two maxima: take another seed"
    return F.max_pool2d(x, size, stride, padding)


class Mlp(nn.Module):
    plane = (12, 1, 1)
    classes = 4

    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(12, 9)
        self.fc2 = nn.Linear(9, 7)
        self.fc3 = nn.Linear(7, 4)

    def forward(self, x):
        return self.fc3(relu(self.fc2(relu(self.fc1(x.flatten(1))))))


class Layers(nn.Module):
    """Every kind of layer in one chain."""

    plane = (3, 20, 18)
    classes = 4

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, 3, padding=1)
        self.conv2 = nn.Conv2d(4, 5, 5, stride=2, padding=2, bias=False)
        self.bn1 = nn.BatchNorm2d(5)
        self.conv3 = nn.Conv2d(5, 6, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(6, eps=1e-3, momentum=0.01)
        self.dropout = nn.Dropout(0)
        self.fc1 = nn.Linear(12, 8)
        self.fc2 = nn.Linear(8, 4)

    def forward(self, x):
        x = relu(self.conv1(x))
        x = relu(self.bn1(self.conv2(x)))
        x = max_pool(x, 2, 2, 0)
        x = relu(self.conv3(x))
        x = self.bn2(max_pool(x, 3, 2, 1))
        x = F.avg_pool2d(x, 2, 1).flatten(1)
        return self.fc2(self.dropout(relu(self.fc1(x))))


class Block(nn.Module):
    """ResNet's basic block, named as in torchvision."""

    def __init__(self, channels, out, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, out, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)
        if stride != 1 or channels != out:
            self.downsample = nn.Sequential(
                nn.Conv2d(channels, out, 1, stride=stride, bias=False), nn.BatchNorm2d(out)
            )

    def forward(self, x):
        y = self.bn2(self.conv2(relu(self.bn1(self.conv1(x)))))
        return relu(y + (self.downsample(x) if hasattr(self, "downsample") else x))


class Residual(nn.Module):
    """A small ResNet: identity shortcuts in a row, then a projection, then an identity."""

    plane = (2, 9, 7)
    classes = 5

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(2, 4, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(4)
        self.layer1 = nn.Sequential(Block(4, 4, 1), Block(4, 4, 1))
        self.layer2 = nn.Sequential(Block(4, 6, 2), Block(6, 6, 1))
        self.fc = nn.Linear(6, 5)

    def forward(self, x):
        x = relu(self.bn1(self.conv1(x)))
        x = self.layer2(self.layer1(x))
        return self.fc(x.mean((2, 3)))


def is_state(name):
    return "running" in name


def start(network):
    """float32 numbers for every parameter and statistic, in the module's order."""
    numbers = {}
    for name, tensor in network.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue
        if tensor.dim() > 1:
            fan_in = tensor[0].numel()
            numbers[name] = torch.empty(tensor.shape).uniform_(-1, 1) * (2.0 / fan_in**0.5)
        elif "bn" in name or "downsample.1" in name:
            centred = name.endswith("bias") or name.endswith("running_mean")
            low, high = (-0.3, 0.3) if centred else (0.5, 1.5)
            numbers[name] = torch.empty(tensor.shape).uniform_(low, high)
        else:
            numbers[name] = torch.empty(tensor.shape).uniform_(-0.3, 0.3)
    return {name: tensor.float() for name, tensor in numbers.items()}


def case(kind, numbers, masks, pixels, labels):
    network = kind().double()
    network.load_state_dict({name: (value * masks[name]).double() for name, value in numbers.items()}, strict=False)
    optimiser = torch.optim.SGD(network.parameters(), lr=RATE, momentum=MOMENTUM, weight_decay=DECAY)
    x = pixels.double() / 256
    result = {}
    for step in range(STEPS):
        batch = slice(step * BATCH, (step + 1) * BATCH)
        optimiser.zero_grad()
        logits = network(x[batch])
        loss = F.cross_entropy(logits, labels[batch])
        loss.backward()
        for name, value in network.named_parameters():
            value.grad *= masks[name]
        if step == 0:
            result["logits"] = logits.T
            result["loss"] = loss
            result |= {f"gradient.{name}": value.grad.clone() for name, value in network.named_parameters()}
        optimiser.step()
        with torch.no_grad():
            for name, value in network.named_parameters():
                value *= masks[name]
    result |= {f"trained.{name}": value for name, value in network.state_dict().items() if name in numbers}
    network.eval()
    result["evaluated"] = network(x[:BATCH]).T
    return result


def line(key, tensor):
    values = tensor.detach().flatten().tolist()
    return " ".join([key] + [f"{value:.9g}" for value in values]) + "\n"


def write(name, kind, folder, digest):
    torch.manual_seed(SEED)
    numbers = start(kind())
    pixels = torch.randint(0, 256, (STEPS * BATCH, *kind.plane))
    labels = torch.randint(0, kind.classes, (STEPS * BATCH,))
    dense = {key: torch.ones_like(value) for key, value in numbers.items()}
    sparse = {
        key: torch.ones_like(value) if is_state(key) else (torch.rand(value.shape) < DENSITY).float()
        for key, value in numbers.items()
    }
    with open(folder / f"{name}.golden", "w", encoding="ascii") as out:
        out.write(f"torch {torch.__version__}\nseed {SEED}\nscript make_golden.py\nsha256 {digest}\n\n")
        for key, value in [("batch", BATCH), ("rate", RATE), ("momentum", MOMENTUM), ("decay", DECAY)]:
            out.write(f"{key} {value}\n")
        out.write(line("pixels", pixels))
        out.write(line("labels", labels))
        for key, value in numbers.items():
            out.write(line(f"parameter.{key}", value))
            out.write(line(f"mask.{key}", sparse[key]))
        for variant, masks in [("dense", dense), ("sparse", sparse)]:
            for key, value in case(kind, numbers, masks, pixels, labels).items():
                out.write(line(f"{variant}.{key}", value))


def main():
    script = pathlib.Path(__file__)
    digest = hashlib.sha256(script.read_bytes()).hexdigest()
    for name, kind in [("mlp", Mlp), ("layers", Layers), ("residual", Residual)]:
        write(name, kind, script.parent, digest)


if __name__ == "__main__":
    main()
