"""Gradients and Hessian-vector products of two networks of make_golden.py, computed by PyTorch in float64.

`python make_hessians.py` writes hessian-layers.golden and hessian-residual.golden beside this script; parameters, masks and
samples are those of layers.golden and residual.golden, which make_golden.py makes from the same seed.

The loss is the mean over all samples, batch by batch. By entries that are masked it is differentiated as well. A file holds a
direction v and, for the dense and the masked network, with batch norms by the batch (train) and by running statistics (eval),
the gradient g, H v, and H g of the loss whose logits are divided by a temperature.
"""

import hashlib
import pathlib

import make_golden as golden
import torch
from torch.nn import functional as F

TEMPERATURE = 200


def differentiate(kind, numbers, masks, pixels, labels, training, temperature, direction):
    """The gradient and the Hessian's product with the direction, or with the gradient where there is none."""
    network = kind().double()
    network.load_state_dict({name: (value * masks[name]).double() for name, value in numbers.items()}, strict=False)
    network.train(training)
    batches = zip((pixels.double() / 256).split(golden.BATCH), labels.split(golden.BATCH))
    sums = [F.cross_entropy(network(x) / temperature, y, reduction="sum") for x, y in batches]
    loss = sum(sums) / len(labels)
    names = [name for name, _ in network.named_parameters()]
    parameters = list(network.parameters())
    gradient = torch.autograd.grad(loss, parameters, create_graph=True)
    along = [g.detach() for g in gradient] if direction is None else [direction[name].double() for name in names]
    slope = sum((g * v).sum() for g, v in zip(gradient, along))
    product = torch.autograd.grad(slope, parameters)
    return dict(zip(names, gradient)), dict(zip(names, product))


def write(name, kind, folder, digest):
    torch.manual_seed(golden.SEED)
    numbers = golden.start(kind())
    pixels = torch.randint(0, 256, (golden.STEPS * golden.BATCH, *kind.plane))
    labels = torch.randint(0, kind.classes, (golden.STEPS * golden.BATCH,))
    dense = {key: torch.ones_like(value) for key, value in numbers.items()}
    sparse = {
        key: torch.ones_like(value) if golden.is_state(key) else (torch.rand(value.shape) < golden.DENSITY).float()
        for key, value in numbers.items()
    }
    trained = [key for key in numbers if not golden.is_state(key)]
    direction = {key: torch.empty(numbers[key].shape).uniform_(-1, 1) for key in trained}
    with open(folder / f"hessian-{name}.golden", "w", encoding="ascii") as out:
        out.write(f"torch {torch.__version__}\nseed {golden.SEED}\nscript make_hessians.py\nsha256 {digest}\n\n")
        out.write(f"temperature {TEMPERATURE}\n")
        for key, value in direction.items():
            out.write(golden.line(f"direction.{key}", value))
        for variant, masks in [("dense", dense), ("sparse", sparse)]:
            for mode in ("train", "eval"):
                where = (kind, numbers, masks, pixels, labels, mode == "train")
                gradient, product = differentiate(*where, 1, direction)
                _, of_gradient = differentiate(*where, TEMPERATURE, None)
                for what, tensors in [("gradient", gradient), ("product", product), ("of-gradient", of_gradient)]:
                    for key, value in tensors.items():
                        out.write(golden.line(f"{variant}.{mode}.{what}.{key}", value))


def main():
    script = pathlib.Path(__file__)
    digest = hashlib.sha256(script.read_bytes()).hexdigest()
    for name, kind in [("layers", golden.Layers), ("residual", golden.Residual)]:
        write(name, kind, script.parent, digest)


if __name__ == "__main__":
    main()
