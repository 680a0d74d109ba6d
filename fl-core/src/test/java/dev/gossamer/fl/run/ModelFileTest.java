package dev.gossamer.fl.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gossamer.engine.Shape;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.nn.Models;
import dev.gossamer.fl.sparsity.PowerPropagation;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFileTest {

    private static final ModelSpec SPEC = Models.resnet18Half(new Shape(3, 8, 8, 1), 4);
    private static final ModelState MODEL = SPEC.initial(3);

    @TempDir
    private Path folder;

    /** A file with the model's tensors, changed. */
    private Path file(UnaryOperator<List<SafeTensor>> change) throws IOException {
        List<SafeTensor> tensors = new ArrayList<>();
        MODEL.tensors().forEach(tensor -> tensors.add(SafeTensor.of(tensor.name(), tensor.shape(), tensor.values())));
        Path file = folder.resolve("model.safetensors");
        Safetensors.write(file, change.apply(tensors), Map.of());
        return file;
    }

    private Path with(SafeTensor other) throws IOException {
        return file(tensors -> {
            tensors.removeIf(tensor -> tensor.name().equals(other.name()));
            tensors.add(other);
            return tensors;
        });
    }

    @Test
    void aStateDictionaryOfPyTorchIsRead() throws IOException {
        SafeTensor seen = new SafeTensor(
                "bn1.num_batches_tracked", SafeTensor.Dtype.I64, List.of(), MemorySegment.ofArray(new byte[8]));
        assertThat(ModelFile.read(with(seen), SPEC)).isEqualTo(MODEL);
    }

    @Test
    void whatDoesNotFitIsRefusedWithTheTensorAndTheRemedy() throws IOException {
        refused(
                file(tensors -> tensors.subList(1, tensors.size())),
                "has no tensor 'conv1.weight' of shape [32, 3, 3, 3]");
        refused(
                with(SafeTensor.of("fc2.bias", new int[] {1}, new float[1])),
                "has a tensor 'fc2.bias', which the model");
        refused(
                with(SafeTensor.of("fc.bias", new int[] {5}, new float[5])),
                "has tensor 'fc.bias' of shape [5], but the model's has [4]");
        refused(
                with(new SafeTensor("fc.bias", SafeTensor.Dtype.U8, List.of(4L), MemorySegment.ofArray(new byte[4]))),
                "has tensor 'fc.bias' of type U8, but F32 is wanted");
        refused(
                with(SafeTensor.of("fc.bias", new int[] {4}, new float[] {0, 0, Float.NaN, 0})),
                "has NaN as element 2 of tensor 'fc.bias'");
        Path text = Files.writeString(folder.resolve("text"), "no safetensors file at all");
        assertThatThrownBy(() -> ModelFile.read(text, SPEC))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(text.toString())
                .hasMessageContaining("Give a .safetensors file");
        assertThatThrownBy(() -> ModelFile.read(folder.resolve("missing"), SPEC))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("no such file");
    }

    private static void refused(Path file, String what) {
        assertThatThrownBy(() -> ModelFile.read(file, SPEC))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining(what)
                .hasMessageContaining("--model");
    }

    @Test
    void zerosOfWhatIsTrainedAreNoPartOfTheModel() {
        float[] weights = MODEL.tensor("conv1.weight").values().clone();
        weights[5] = 0;
        weights[7] = 0;
        List<TensorState> tensors = new ArrayList<>(MODEL.tensors());
        tensors.set(0, tensors.getFirst().with(null, weights));
        ModelState sparse = ModelFile.withoutZeros(new ModelState(tensors), SPEC);

        assertThat(sparse.tensor("conv1.weight").nnz()).isEqualTo(weights.length - 2L);
        assertThat(sparse.tensor("conv1.weight").toDense()).isEqualTo(weights);
        assertThat(sparse.tensor("layer1.0.conv1.weight").pattern())
                .as("nothing to leave out")
                .isNull();
        assertThat(sparse.tensor("bn1.running_mean").pattern())
                .as("state stays whole, zeros too")
                .isNull();
        assertThat(sparse.tensor("bn1.bias").nnz()).isZero();
    }

    @Test
    void weightsBecomeThetaOfTheRunsPower() throws IOException {
        ModelSpec powered = SPEC.withPower(new PowerPropagation(2));
        Path weights = file(tensors -> tensors);
        ModelState theta = ModelFile.theta(weights, powered);
        for (int i = 0; i < 27; i++) {
            float weight = MODEL.tensor("conv1.weight").values()[i];
            float root = theta.tensor("conv1.weight").values()[i];
            assertThat(root * Math.abs(root)).isCloseTo(weight, within(1e-6f));
        }
        assertThat(theta.tensor("fc.bias")).isEqualTo(MODEL.tensor("fc.bias"));

        Path stored = folder.resolve("theta.safetensors");
        ModelFile.write(stored, theta, powered.power());
        assertThat(ModelFile.theta(stored, powered)).as("the same power").isEqualTo(theta);
        float[] back = ModelFile.theta(stored, SPEC).tensor("conv1.weight").values();
        assertThat(back).containsExactly(MODEL.tensor("conv1.weight").values(), within(1e-6f));
    }
}
