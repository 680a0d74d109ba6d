package dev.gossamer.fl.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gossamer.cuda.EmulatedProvider;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Backends;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.PixelTransform;
import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.fl.TestBackends;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** No training step issues more on the backend cuda than docs/gpu.md says: a launch costs whatever the batch. */
class LaunchesTest {

    @ParameterizedTest
    @CsvSource({
        "mlp, 1, 28, 2, 19, 21",
        "cnn-cifar10, 3, 32, 2, 67, 61",
        "resnet18, 3, 32, 2, 177, 151",
        "vgg16, 3, 32, 2, 144, 123",
        "mlp, 1, 28, 32, 19, 9",
        "cnn-cifar10, 3, 32, 32, 73, 59",
        "resnet18, 3, 32, 32, 194, 160",
        "vgg16, 3, 32, 32, 152, 124",
    })
    void noMoreThanDocumented(String model, int channels, int side, int batch, long dense, long sparse) {
        assumeTrue(
                System.getProperty(Backends.PROPERTY, "").equals("cuda-emulated"),
                "launches are counted on the emulator of the backend cuda");
        Shape image = new Shape(channels, side, side, 1);
        ModelSpec spec = Models.named(model, image, 10);
        ModelState whole = Fixtures.randomModel(spec, 1);
        assertThat(launches(spec, image, batch, whole)).as("dense").isLessThanOrEqualTo(dense);
        assertThat(launches(spec, image, batch, sparse(spec, whole)))
                .as("sparse")
                .isLessThanOrEqualTo(sparse);
    }

    /** Every twentieth weight. */
    private static ModelState sparse(ModelSpec spec, ModelState model) {
        List<TensorState> tensors = new ArrayList<>();
        for (int i = 0; i < model.tensors().size(); i++) {
            TensorState tensor = model.tensors().get(i);
            boolean weights = spec.parameters().get(i).kind() == ParameterSpec.Kind.WEIGHT;
            tensors.add(weights ? Fixtures.masked(tensor, entry -> entry % 20 == 0) : tensor);
        }
        return new ModelState(tensors);
    }

    private static long launches(ModelSpec spec, Shape image, int batch, ModelState model) {
        try (Backend backend = TestBackends.open("cuda-emulated");
                Workspace workspace = backend.workspace(1);
                Arena arena = Arena.ofConfined()) {
            Network network = new Network(workspace, spec);
            EmulatedProvider.counted(() -> network.load(model));
            MemorySegment images = arena.allocate((long) batch * image.features());
            MemorySegment order = arena.allocate(ValueLayout.JAVA_INT, batch);
            TrainingSession session = new TrainingSession(
                    network,
                    workspace.samples(images, arena.allocate(batch), image, batch),
                    new PixelTransform(
                            Collections.nCopies(image.channels(), 1f), Collections.nCopies(image.channels(), 0f)),
                    batch,
                    batch,
                    new Sgd(0.9f, false, 0, 0));
            session.begin(0.1f);
            Runnable step = () -> {
                session.trainEpoch(order, batch);
                workspace.sync();
            };
            // The first one makes what later ones find.
            EmulatedProvider.counted(step);
            return EmulatedProvider.counted(step);
        }
    }
}
