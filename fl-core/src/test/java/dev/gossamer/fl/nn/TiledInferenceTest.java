package dev.gossamer.fl.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Tiling;
import dev.gossamer.engine.Window;
import dev.gossamer.engine.Workspace;
import dev.gossamer.fl.TestBackends;
import dev.gossamer.fl.nn.PoolSpec.Kind;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.SplittableRandom;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Images that go through a model in tiles have the logits of images that stay whole. */
@ParameterizedClass
@MethodSource("dev.gossamer.fl.TestBackends#names")
class TiledInferenceTest {

    private static final int CLASSES = 4;
    private static final List<Tiling> TILINGS =
            List.of(new Tiling(4, 4), new Tiling(4, 2), new Tiling(2, 2), new Tiling(2, 1), new Tiling(1, 3));

    /** A GPU's kernels are chosen by planes and batches, and add up in another order; logits are of the order of 10. */
    private static final Offset<Float> LAST_BITS = within(1e-4f);

    private static final Offset<Float> NO_BITS = within(0f);

    private final String name;
    private Backend backend;
    private Workspace workspace;

    TiledInferenceTest(String name) {
        this.name = name;
    }

    @BeforeEach
    void open() {
        backend = TestBackends.open(name);
        workspace = backend.workspace(1);
    }

    @AfterEach
    void close() {
        workspace.close();
        backend.close();
    }

    private static ConvSpec conv(String name, int out, int kernel, int padding) {
        return new ConvSpec(name, out, kernel, 1, padding, true, Activation.RELU);
    }

    private static PoolSpec half(String name) {
        return new PoolSpec(name, Kind.MAX, Window.square(2));
    }

    /** Down to planes of one position, so that tiles get coarser on the way. */
    @Test
    void convolutionsAndPools() {
        check(new ModelSpec(
                "halved",
                new Shape(3, 16, 16, 1),
                List.of(
                        conv("a", 5, 3, 1),
                        half("1"),
                        BatchNormSpec.keras("bn", Activation.RELU),
                        conv("b", 18, 3, 1),
                        half("2"),
                        conv("c", 6, 3, 1),
                        half("3"),
                        conv("d", 6, 3, 1),
                        half("4"),
                        new DropoutSpec("dropout", 0.5f),
                        new LinearSpec("fc", CLASSES, Activation.IDENTITY))));
    }

    @Test
    void residualBlocks() {
        check(new ModelSpec(
                "residual",
                new Shape(2, 8, 12, 1),
                List.of(
                        new ConvSpec("conv", 4, 3, 1, 1, false, Activation.IDENTITY),
                        BatchNormSpec.pytorch("bn", Activation.RELU),
                        new ResidualBlockSpec("same", 4, 1),
                        new ResidualBlockSpec("projected", 6, 2),
                        new ResidualBlockSpec("again", 8, 2),
                        new PoolSpec("average", Kind.AVERAGE, null),
                        new LinearSpec("fc", CLASSES, Activation.IDENTITY))));
    }

    /** Layers that need whole images in between. */
    @Test
    void windowsAndKernelsThatReachOver() {
        check(new ModelSpec(
                "reaching",
                new Shape(1, 24, 24, 1),
                List.of(
                        conv("five", 4, 5, 2),
                        new PoolSpec("overlapping", Kind.MAX, new Window(3, 3, 2, 1)),
                        conv("one", 4, 1, 0),
                        conv("shrinking", 5, 3, 0),
                        half("1"),
                        new LinearSpec("fc", CLASSES, Activation.IDENTITY))));
        check(Models.mlp(6, 5, CLASSES));
    }

    private void check(ModelSpec spec) {
        Network network = new Network(workspace, spec);
        for (double density : new double[] {1, 0.2}) {
            network.load(Fixtures.thinned(spec, Fixtures.randomModel(spec, 3), density, 3));
            for (int images : new int[] {1, 2, 5}) {
                float[] whole = logits(network, images, Tiling.WHOLE);
                for (Tiling tiling : TILINGS) {
                    assertThat(logits(network, images, tiling))
                            .as("%s, %d images in %s, density %s", spec.name(), images, tiling, density)
                            .containsExactly(whole, name.startsWith("cuda") ? LAST_BITS : NO_BITS);
                }
            }
        }
    }

    /** Of fewer images than there is room for. */
    private float[] logits(Network network, int images, Tiling tiling) {
        try (Workspace child = workspace.child()) {
            Computation.Batch batch = new Computation(child, network, images + 1, tiling).batch(images);
            Tensor input = batch.input();
            child.upload(MemorySegment.ofArray(numbers(input.shape().size())), input);
            batch.forward();
            float[] logits = new float[images * CLASSES];
            child.download(batch.logits(), MemorySegment.ofArray(logits));
            return logits;
        }
    }

    private static float[] numbers(long count) {
        SplittableRandom random = new SplittableRandom(count);
        float[] numbers = new float[Math.toIntExact(count)];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) random.nextDouble(-1, 1);
        }
        return numbers;
    }
}
