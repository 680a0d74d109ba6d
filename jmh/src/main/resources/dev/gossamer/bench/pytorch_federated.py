"""FedSparsify-Global in PyTorch: reads a request as a line of JSON, answers with a line of JSON, and times its rounds itself.

open    settings and data, which lie in files of raw little-endian numbers; starts the worker processes  ->  {}
round   ->  seconds, accuracy, loss, nnz of the round: clients, mean, pruning and the test of the new model

The first line, unasked, tells the version. Whatever goes wrong is answered with `error`.

A dense model with a mask: what is pruned stays 0 by a multiplication after every step. Clients of a round go to whichever
process is free, each on one thread; models pass through shared memory and are not encoded.
"""

import json
import multiprocessing
import multiprocessing.connection
import sys
import time


def reply(**facts):
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


try:
    import torch
except Exception as problem:  # a broken installation raises more than ImportError
    reply(error=f"PyTorch cannot be imported by {sys.executable}: {problem}")
    sys.exit(0)

TEST_BATCH = 1000


def load(path, count, dtype):
    return torch.from_file(path, size=count, dtype=dtype).clone()


def mlp(widths):
    layers = []
    for fan_in, fan_out in zip(widths, widths[1:]):
        layers += [torch.nn.Linear(fan_in, fan_out), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


class Worker:
    """A process: a model on one thread, and all the data."""

    def __init__(self, shared):
        torch.set_num_threads(1)
        self.shared = shared
        self.model = mlp(shared.widths)
        self.parameters = list(self.model.parameters())
        self.sizes = [parameter.numel() for parameter in self.parameters]
        # The fastest of PyTorch's three for a model of this size; `foreach` and the default take longer.
        self.optimizer = torch.optim.SGD(self.parameters, lr=shared.rate, fused=True)

    def split(self, flat):
        return [part.view_as(parameter) for part, parameter in zip(flat.split(self.sizes), self.parameters)]

    def take(self, flat):
        with torch.no_grad():
            torch._foreach_copy_(self.parameters, self.split(flat))

    def train(self, client, seed):
        shared = self.shared
        self.take(shared.model)
        masks = self.split(shared.mask)
        pruned = not bool(shared.mask.all())
        indices = shared.parts[client]
        random = torch.Generator().manual_seed(seed)
        for _ in range(shared.epochs):
            order = indices[torch.randperm(len(indices), generator=random)]
            images, labels = shared.images[order], shared.labels[order]
            for start in range(0, len(order), shared.batch):
                self.optimizer.zero_grad(set_to_none=True)
                logits = self.model(images[start : start + shared.batch])
                loss = torch.nn.functional.cross_entropy(logits, labels[start : start + shared.batch])
                loss.backward()
                self.optimizer.step()
                if pruned:
                    with torch.no_grad():
                        torch._foreach_mul_(self.parameters, masks)
        with torch.no_grad():
            shared.trained[client] = torch.cat([parameter.flatten() for parameter in self.parameters])

    @torch.no_grad()
    def test(self, start, end):
        self.take(self.shared.model)
        loss, correct = 0.0, 0
        for begin in range(start, end, TEST_BATCH):
            part = slice(begin, min(end, begin + TEST_BATCH))
            logits = self.model(self.shared.test_images[part])
            labels = self.shared.test_labels[part]
            loss += torch.nn.functional.cross_entropy(logits, labels, reduction="sum").item()
            correct += (logits.argmax(1) == labels).sum().item()
        return loss, correct

    def serve(self, pipe):
        try:
            while True:
                task, *arguments = pipe.recv()
                pipe.send(getattr(self, task)(*arguments))
        except EOFError:
            pass


class Shared:
    """What all processes see: data, and models in memory that all of them map."""

    def __init__(self, widths, rate, epochs, batch, scale, train, test, parts, files):
        features = widths[0]
        self.widths, self.rate, self.epochs, self.batch = widths, rate, epochs, batch
        self.images, self.labels = samples(files["trainImages"], files["trainLabels"], train, features, scale)
        self.test_images, self.test_labels = samples(files["testImages"], files["testLabels"], test, features, scale)
        every = load(files["parts"], sum(parts), torch.int32).long()
        self.parts = every.split(parts)
        count = sum((fan_in + 1) * fan_out for fan_in, fan_out in zip(widths, widths[1:]))
        self.model = load(files["initial"], count, torch.float32).share_memory_()
        self.mask = torch.ones(count).share_memory_()
        self.trained = torch.zeros(len(parts), count).share_memory_()


def samples(images, labels, count, features, scale):
    pixels = load(images, count * features, torch.uint8).view(count, features)
    return pixels.float() * scale, load(labels, count, torch.uint8).long()


class Server:
    """The rounds: clients, weighted mean, pruning by magnitude, test."""

    def __init__(self, processes, kept, seed, **settings):
        torch.set_num_threads(1)  # before processes are forked: threads would not survive it
        self.shared = Shared(**settings)
        self.kept, self.seed, self.round = kept, seed, 0
        weights = torch.tensor([float(len(part)) for part in self.shared.parts])
        self.weights = weights / weights.sum()
        context = multiprocessing.get_context("fork")
        self.pipes = []
        for _ in range(processes):
            ours, theirs = context.Pipe()
            context.Process(target=start_worker, args=(self.shared, theirs, self.pipes + [ours]), daemon=True).start()
            theirs.close()
            self.pipes.append(ours)

    def spread(self, tasks):
        """Gives each task to whichever process is free, and returns the answers in no particular order."""
        waiting = list(reversed(tasks))
        answers = []
        busy = []
        for pipe in self.pipes[: len(tasks)]:
            pipe.send(waiting.pop())
            busy.append(pipe)
        while busy:
            for pipe in multiprocessing.connection.wait(busy):
                answers.append(pipe.recv())
                if waiting:
                    pipe.send(waiting.pop())
                else:
                    busy.remove(pipe)
        return answers

    def run_round(self):
        begin = time.perf_counter()
        shared = self.shared
        clients = len(shared.parts)
        self.spread([("train", client, self.seed + self.round * clients + client) for client in range(clients)])
        merged = self.weights @ shared.trained
        self.prune(merged, self.kept[self.round])
        shared.model.copy_(merged)
        test = len(shared.test_labels)
        processes = len(self.pipes)
        edges = [test * process // processes for process in range(processes + 1)]
        results = self.spread([("test", start, end) for start, end in zip(edges, edges[1:])])
        self.round += 1
        return {
            "seconds": time.perf_counter() - begin,
            "loss": sum(loss for loss, _ in results) / test,
            "accuracy": sum(correct for _, correct in results) / test,
            "nnz": int(shared.mask.sum()),
        }

    def prune(self, merged, keep):
        """Leaves the largest magnitudes; what was pruned ranks behind everything, so that it never returns."""
        if keep == len(merged):
            return
        magnitudes = merged.abs().masked_fill_(self.shared.mask == 0, -1)
        best = torch.topk(magnitudes, keep, sorted=False).indices
        self.shared.mask.zero_()[best] = 1
        merged.mul_(self.shared.mask)


def start_worker(shared, pipe, others):
    """Ends of pipes that belong to the server are closed, so that its end is seen."""
    for other in others:
        other.close()
    Worker(shared).serve(pipe)


server = None


def answer(request):
    global server
    task = request.pop("do")
    if task == "open":
        server = Server(**request)
        return {}
    if task == "round":
        return server.run_round()
    raise ValueError(f"unknown request {task}")


if __name__ == "__main__":
    reply(version=torch.__version__, capability=torch.backends.cpu.get_cpu_capability())
    for line in sys.stdin:
        try:
            reply(**answer(json.loads(line)))
        except Exception as problem:
            reply(error=f"{type(problem).__name__}: {problem}")
