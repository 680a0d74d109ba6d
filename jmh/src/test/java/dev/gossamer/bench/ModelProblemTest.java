package dev.gossamer.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.bench.ModelProblem.Size;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Shape;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.nn.Models;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelProblemTest {

    private static final Size SIZE = new Size("cnn-cifar10", 8, 3, 10);

    @ParameterizedTest
    @ValueSource(doubles = {1, 0.1})
    void engineAndOracleAgree(double density) {
        ModelProblem problem = new ModelProblem(SIZE, density);
        try (Backend engine = BackendSetup.open("auto");
                Backend oracle = BackendSetup.oracle();
                Contender training = new EngineTraining(engine, problem);
                Contender exactTraining = new EngineTraining(oracle, problem);
                Contender inference = new EngineInference(engine, problem);
                Contender exactInference = new EngineInference(oracle, problem)) {
            assertThat(training.result()).hasSize(ModelProblem.LOSSES).doesNotHaveDuplicates();
            ModelProblem.agree("engine", training.result(), exactTraining.result());
            ModelProblem.agree("engine", inference.result(), exactInference.result());
        }
    }

    @Test
    void lossesOfStepsThatDoNotTrainAreFound() {
        try (Backend engine = BackendSetup.open("auto");
                Contender training = new EngineTraining(engine, new ModelProblem(SIZE, 0.1))) {
            float[] got = training.result();
            float[] still = {got[0], got[0]};
            assertThatThrownBy(() -> ModelProblem.agree("PyTorch", still, got))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("loss 1");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"cnn-cifar10", "resnet18", "vgg16"})
    void layersAreDescribed(String model) {
        ModelSpec spec = new ModelProblem(new Size(model, 32, 1, 10), 1).spec;
        assertThat(ModelLayers.of(spec)).hasSameSizeAs(spec.layers());
        assertThat(ModelLayers.of(spec).getLast()).containsEntry("kind", "linear");
    }

    @Test
    void layersThatPyTorchIsNotToldOfAreRefused() {
        ModelSpec withDropout = Models.cnnCifar10(new Shape(3, 8, 8, 1), 10);
        assertThatThrownBy(() -> ModelLayers.of(withDropout)).hasMessageContaining("Dropout");
    }
}
