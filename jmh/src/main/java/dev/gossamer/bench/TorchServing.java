package dev.gossamer.bench;

/** A batch through PyTorch's dense model, in a process of its own for each stream. */
final class TorchServing implements Contender {

    private final PyTorch torch;
    private final Contender remote;

    TorchServing(String python, ServeProblem problem, PyTorch.ImageLayout layout, int threads) {
        try {
            torch = PyTorch.start(python);
        } catch (MissingPeerException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
        try {
            remote = torch.serving(problem, layout, threads);
        } catch (RuntimeException e) {
            torch.close();
            throw e;
        }
    }

    @Override
    public void run() {
        remote.run();
    }

    @Override
    public double nanos(int runs) {
        return remote.nanos(runs);
    }

    @Override
    public double[] latencies(double nanos) {
        return remote.latencies(nanos);
    }

    @Override
    public float[] result() {
        return remote.result();
    }

    @Override
    public void close() {
        torch.close();
    }
}
