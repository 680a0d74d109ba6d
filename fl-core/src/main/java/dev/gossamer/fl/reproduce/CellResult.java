package dev.gossamer.fl.reproduce;

import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.SparseUpdate;
import dev.gossamer.fl.codec.WireCodec;
import dev.gossamer.fl.run.RoundMetrics;
import dev.gossamer.fl.run.RunRecord;
import dev.gossamer.fl.run.RunResult;
import dev.gossamer.fl.run.StoredModel;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.ToDoubleFunction;
import java.util.zip.Deflater;

/**
 * A cell that is done, with what takes the model to know.
 *
 * @param directory of the run
 * @param run what its directory has
 * @param result what it came to
 * @param total all numbers of the model, statistics of batch normalisations included
 * @param deflatedBytes of the model as f32, zeros included, through DEFLATE at level 6: FedSparsify's model size
 * @param encodedBytes of the model as Gossamer sends and stores it
 */
record CellResult(Path directory, RunRecord run, RunResult result, long total, long deflatedBytes, long encodedBytes) {

    private static final int DEFLATE_LEVEL = 6;

    /** Share of the final accuracy that counts as converged, as SparseFedPP's authors have it. */
    private static final double CONVERGED = 0.99;

    /** Reads a directory whose run came to its end. */
    static CellResult of(Path directory) {
        RunRecord run = RunRecord.of(directory);
        ModelState model = StoredModel.of(directory).theta();
        SparseUpdate message = new SparseUpdate(
                run.config().rounds(), SparseUpdate.SERVER, 0, run.config().method(), model);
        return new CellResult(
                directory,
                run,
                Objects.requireNonNull(run.result()),
                model.size(),
                deflatedBytes(model),
                WireCodec.sizeBytes(message, null));
    }

    static long deflatedBytes(ModelState model) {
        try (Deflater deflater = new Deflater(DEFLATE_LEVEL)) {
            byte[] out = new byte[1 << 16];
            long bytes = 0;
            for (var tensor : model.tensors()) {
                float[] values = tensor.toDense();
                ByteBuffer plain =
                        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
                plain.asFloatBuffer().put(values);
                deflater.setInput(plain);
                while (!deflater.needsInput()) {
                    bytes += deflater.deflate(out);
                }
            }
            deflater.finish();
            while (!deflater.finished()) {
                bytes += deflater.deflate(out);
            }
            return bytes;
        }
    }

    List<RoundMetrics> rounds() {
        return run.rounds();
    }

    RoundMetrics last() {
        return rounds().getLast();
    }

    /** Numbers that travel with a model and are not trained. */
    long statistics() {
        return total - result.parameters();
    }

    /** Mean over the last ten rounds, or all if there are fewer. */
    double lately(ToDoubleFunction<RoundMetrics> value) {
        List<RoundMetrics> all = rounds();
        return all.subList(Math.max(0, all.size() - 10), all.size()).stream()
                .mapToDouble(value)
                .average()
                .orElseThrow();
    }

    double sum(ToDoubleFunction<RoundMetrics> value) {
        return rounds().stream().mapToDouble(value).sum();
    }

    /** The first round with 99 % of the final accuracy, which is the mean of the last ten rounds. */
    int roundsToConvergence() {
        double goal = CONVERGED * lately(RoundMetrics::accuracy);
        for (RoundMetrics round : rounds()) {
            if (round.accuracy() >= goal) {
                return round.round();
            }
        }
        return rounds().size();
    }

    /** Bytes that a client that takes part in every round has sent by then. */
    double clientBytesToConvergence() {
        int rounds = roundsToConvergence();
        return rounds().stream()
                .limit(rounds)
                .mapToDouble(round -> (double) round.bytesUp() / Math.max(1, round.answered()))
                .sum();
    }
}
