package dev.gossamer.fl.nn;

import dev.gossamer.engine.Role;
import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.PixelTransform;
import dev.gossamer.fl.codec.ModelState;

/**
 * Exact products of the Hessian of a network's loss with a vector, at the present parameters, which stay as they are: tangents
 * along the vector run forward and backward beside activations and gradients. About three times the work of a gradient; no
 * matrix is formed. As in {@link GradientSession}, all entries of all trained parameters take part, also those that a pattern
 * lacks, and derivatives are by the weights that layers multiply with.
 *
 * <p>Source: "Fast exact multiplication by the Hessian", Pearlmutter, Neural Computation 6, 1994. Where a ReLU or a maximum
 * has no second derivative, what is taken is 0.
 */
public final class HessianProduct implements AutoCloseable {

    private final Workspace workspace;
    private final DenseTwins twins;
    private final DenseTwins tangents;
    private final DerivativeRun run;

    /**
     * Makes room.
     *
     * @param samples of the network's workspace, or one around it
     * @param batch samples per pass; batch norms that normalise by the batch normalise by these
     * @param capacity the most samples that a product is of
     */
    public HessianProduct(
            Network network,
            Samples samples,
            PixelTransform transform,
            int batch,
            int capacity,
            GradientSettings settings) {
        this.workspace = network.workspace().child();
        this.twins = new DenseTwins(workspace, network.trained());
        this.tangents = new DenseTwins(workspace, network.trained());
        Derivatives derivatives = Derivatives.tangents(settings, twins, tangents);
        this.run = new DerivativeRun(workspace, network, samples, transform, batch, capacity, settings, derivatives);
    }

    /**
     * {@code H·v}, H being the Hessian of the mean loss of these samples: dense tensors under the parameters' names. Waits.
     *
     * @param v the trained parameters' tensors by name, absent entries being 0
     */
    public ModelState product(ModelState v, int... sampleNumbers) {
        tangents.load(v, Role.THETA);
        tangents.zero(Role.SUM);
        run.each(sampleNumbers, size -> tangents.add(share(size, sampleNumbers), Role.GRADIENT, Role.SUM));
        return tangents.state(Role.SUM);
    }

    /** {@code H·g}, g being the gradient of the same mean loss. Waits. */
    public ModelState ofGradient(int... sampleNumbers) {
        twins.zero(Role.SUM);
        run.each(sampleNumbers, size -> twins.add(share(size, sampleNumbers), Role.GRADIENT, Role.SUM));
        return product(twins.state(Role.SUM), sampleNumbers);
    }

    private static float share(int size, int... sampleNumbers) {
        return (float) size / sampleNumbers.length;
    }

    @Override
    public void close() {
        workspace.close();
    }
}
