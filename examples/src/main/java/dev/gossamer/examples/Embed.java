package dev.gossamer.examples;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Backends;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.fl.data.Dataset;
import dev.gossamer.fl.data.Split;
import dev.gossamer.fl.data.Strokes;
import dev.gossamer.fl.nn.InferenceSession;
import dev.gossamer.fl.nn.LinearSpec;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.nn.Network;
import dev.gossamer.fl.nn.TrainingSession;
import dev.gossamer.fl.run.Experiment;
import dev.gossamer.fl.run.ExperimentConfig;
import dev.gossamer.fl.run.Predictor;
import dev.gossamer.fl.run.RunDirectory;
import dev.gossamer.fl.run.RunListener;
import dev.gossamer.fl.run.RunResult;
import dev.gossamer.fl.run.StoredModel;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Opens a backend, multiplies, trains a layer, runs a federated experiment, asks its model. Takes the folder of the run. */
public final class Embed {

    private Embed() {}

    /** Everything on the backend that {@code -Dgossamer.backend=NAME} names, or the best that there is. */
    public static void main(String[] args) {
        Backends.Choice choice = Backends.open();
        try (Backend backend = choice.backend();
                Dataset data = Strokes.generate(1)) {
            System.out.printf("%s: %s%n", backend.name(), backend.device());
            System.out.printf("C[0,0] = %.1f%n", multiply(backend)[0]);
            System.out.printf("one layer: %.3f of its samples right%n", train(backend, data));
            RunResult result = federate(choice, data, Path.of(args[0]));
            System.out.printf("federated: %.3f at sparsity %.2f%n", result.lastAccuracy(), result.sparsity());
            System.out.printf("asked one by one: %.3f%n", answer(backend, Path.of(args[0]), data.test()));
        }
    }

    /** C = A·B for a 3×6 matrix A of ones with two entries in each row, and a 6×4 matrix B of twos. */
    static float[] multiply(Backend backend) {
        float[] twos = new float[6 * 4];
        float[] product = new float[3 * 4];
        Arrays.fill(twos, 2);
        try (Workspace workspace = backend.workspace(1)) {
            Space space = workspace.space(Geometry.matrix(3, 6));
            workspace.repattern(space, SparsityPattern.fromMask(3, 6, (row, col) -> col % 3 == row));
            Values a = workspace.values(space, Role.THETA);
            Tensor b = workspace.tensor(Shape.matrix(6, 4), Layout.ROW_MAJOR);
            Tensor c = workspace.tensor(Shape.matrix(3, 4), Layout.ROW_MAJOR);
            workspace.upload(MemorySegment.ofArray(new float[] {1, 1, 1, 1, 1, 1}), a);
            workspace.upload(MemorySegment.ofArray(twos), b);
            workspace.sparse().spmm(1, a, b, 0, c);
            workspace.download(c, MemorySegment.ofArray(product)); // waits
        }
        return product;
    }

    /** One linear layer, one pass over the training samples; the share of them that it had right before it saw them. */
    static double train(Backend backend, Dataset data) {
        ModelSpec spec =
                new ModelSpec("layer", data.one(), List.of(new LinearSpec("fc", data.classes(), Activation.IDENTITY)));
        int count = data.train().count();
        int[] order = IntStream.range(0, count).toArray();
        try (Workspace workspace = backend.workspace(1)) {
            Samples samples =
                    workspace.samples(data.train().images(), data.train().labels(), data.one(), count);
            Network network = new Network(workspace, spec);
            network.load(spec.initial(1));
            try (TrainingSession session =
                    new TrainingSession(network, samples, data.transform(), 32, count, new Sgd(0.9f, false, 0, 0))) {
                session.begin(0.01f);
                session.trainEpoch(MemorySegment.ofArray(order), count);
                return session.lastEpoch().accuracy();
            }
        }
    }

    /** Two rounds of FedSparsify on four clients; the run directory is as the command line writes it. */
    static RunResult federate(Backends.Choice choice, Dataset data, Path folder) {
        ExperimentConfig config = ExperimentConfig.resolve(
                null,
                Map.of(
                        "method",
                        "fedsparsify-global",
                        "sparsity",
                        "0.9",
                        "clients",
                        "4",
                        "rounds",
                        "2",
                        "epochs",
                        "1"));
        try (RunDirectory directory = RunDirectory.create(folder, false)) {
            return Experiment.prepare(config, data, choice, 2).run(directory, RunListener.NONE);
        }
    }

    /** The trained model answers one image after the other, as a service would; the share of right answers. */
    static double answer(Backend backend, Path folder, Split test) {
        StoredModel model = StoredModel.of(folder);
        int right = 0;
        try (Predictor predictor = new Predictor(backend, 1, model);
                InferenceSession session = predictor.session(1)) {
            float[] logits = new float[model.spec().classes()];
            int bytes = model.one().features();
            for (int i = 0; i < test.count(); i++) {
                MemorySegment image =
                        test.images().asSlice((long) i * bytes, bytes); // or MemorySegment.ofArray(byte[])
                session.logits(image, 1, logits);
                right += largest(logits) == test.labels().get(ValueLayout.JAVA_BYTE, i) ? 1 : 0;
            }
        }
        return (double) right / test.count();
    }

    private static int largest(float[] logits) {
        int largest = 0;
        for (int c = 1; c < logits.length; c++) {
            largest = logits[c] > logits[largest] ? c : largest;
        }
        return largest;
    }
}
