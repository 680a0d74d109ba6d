package dev.gossamer.bench;

import dev.gossamer.engine.Backend;
import dev.gossamer.fl.codec.SparseUpdate;
import dev.gossamer.fl.codec.WireCodec;
import dev.gossamer.testkit.Close;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** The MLP as it travels between server and client; bytes are of the message. */
@SuppressWarnings("NullAway.Init") // JMH sets parameters
public class CodecBenchmark extends OneThreadBenchmark {

    /** Of the weights. */
    @Param({"1", "0.1", "0.01"})
    public double density;

    @Override
    Contender open(String name, Backend on) {
        SparseUpdate update = new SparseUpdate(1, 0, 600, "fedsparsify-global", new StepProblem(density).initial);
        byte[] message = WireCodec.encode(update);
        Contender contender = switch (name) {
            case "encode" ->
                new Codec(() -> WireCodec.decode(WireCodec.encode(update)), () -> WireCodec.encode(update));
            case "decode" -> new Codec(() -> WireCodec.decode(message), () -> WireCodec.decode(message));
            default -> throw unknown(name);
        };
        contender.run();
        Close.sameBits(name, contender.result(), StepProblem.flat(update.model()));
        new Work(0, message.length).publish();
        return contender;
    }

    @Benchmark
    public void encode() {
        run();
    }

    @Benchmark
    public void decode() {
        run();
    }
}
