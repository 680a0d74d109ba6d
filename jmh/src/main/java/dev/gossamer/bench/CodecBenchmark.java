package dev.gossamer.bench;

import dev.gossamer.engine.Backend;
import dev.gossamer.fl.codec.DecodeOptions;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.SparseUpdate;
import dev.gossamer.fl.codec.WireCodec;
import dev.gossamer.testkit.Close;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/**
 * A model as it travels between server and client, masks at random. GB/s count the dense model, four bytes for each
 * parameter, so that they compare with copying it.
 */
@SuppressWarnings("NullAway.Init") // JMH sets parameters
public class CodecBenchmark extends OneThreadBenchmark {

    @Param({"mlp", "resnet18"})
    public String model;

    /** Of the weights. */
    @Param({"1", "0.5", "0.1", "0.05", "0.01", "0.001"})
    public double density;

    @Override
    Contender open(String name, Backend on) {
        ModelState state = switch (model) {
            case "mlp" -> new StepProblem(density).initial;
            case "resnet18" -> new ModelProblem(new ModelProblem.Size(model, 32, 1, 10), density).initial;
            default -> throw new IllegalArgumentException("model is mlp or resnet18, not '" + model + "'");
        };
        SparseUpdate update = new SparseUpdate(1, 0, 600, "fedsparsify-global", state);
        Contender contender = switch (name) {
            case "encode" -> encoding(update, null);
            case "decode" -> decoding(update, null);
            case "encodeRelative" -> encoding(update, state);
            case "decodeRelative" -> decoding(update, state);
            default -> throw unknown(name);
        };
        contender.run();
        Close.sameBits(name, contender.result(), StepProblem.flat(state));
        new Work(0, (double) Float.BYTES * state.size()).publish();
        return contender;
    }

    private static Contender encoding(SparseUpdate update, @Nullable ModelState reference) {
        return new Codec(
                () -> WireCodec.decode(WireCodec.encode(update, reference), DecodeOptions.DEFAULT, reference),
                () -> WireCodec.encode(update, reference));
    }

    private static Contender decoding(SparseUpdate update, @Nullable ModelState reference) {
        byte[] message = WireCodec.encode(update, reference);
        Supplier<SparseUpdate> decode = () -> WireCodec.decode(message, DecodeOptions.DEFAULT, reference);
        return new Codec(decode, decode);
    }

    @Benchmark
    public void encode() {
        run();
    }

    @Benchmark
    public void decode() {
        run();
    }

    /** With the receiver's masks known and the same. */
    @Benchmark
    public void encodeRelative() {
        run();
    }

    @Benchmark
    public void decodeRelative() {
        run();
    }
}
