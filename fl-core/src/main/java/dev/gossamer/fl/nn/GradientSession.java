package dev.gossamer.fl.nn;

import dev.gossamer.engine.Role;
import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.PixelTransform;
import dev.gossamer.fl.codec.ModelState;

/**
 * Gradients on demand, at a network's present parameters, which stay as they are: by all entries of all trained parameters,
 * also those that a pattern lacks, where the function is that of the sparse network. They are by the weights that layers
 * multiply with. Belongs to the thread of the network's workspace.
 */
public final class GradientSession implements AutoCloseable {

    private final Workspace workspace;
    private final DenseTwins twins;
    private final DerivativeRun run;

    /**
     * Makes room.
     *
     * @param samples of the network's workspace, or one around it
     * @param batch samples per pass; batch norms that normalise by the batch normalise by these
     * @param capacity the most samples that a gradient is of
     */
    public GradientSession(
            Network network,
            Samples samples,
            PixelTransform transform,
            int batch,
            int capacity,
            GradientSettings settings) {
        this.workspace = network.workspace().child();
        this.twins = new DenseTwins(workspace, network.trained());
        Derivatives derivatives = Derivatives.gradients(settings, twins);
        this.run = new DerivativeRun(workspace, network, samples, transform, batch, capacity, settings, derivatives);
    }

    /** The gradient of the mean loss of these samples: dense tensors under the parameters' names. Waits. */
    public ModelState gradient(int... sampleNumbers) {
        twins.zero(Role.SUM);
        run.each(sampleNumbers, size -> twins.add((float) size / sampleNumbers.length, Role.GRADIENT, Role.SUM));
        return twins.state(Role.SUM);
    }

    /** The loss that the last gradient was of, summed over its samples. Waits. */
    public double lossSum() {
        return run.lossSum();
    }

    @Override
    public void close() {
        workspace.close();
    }
}
