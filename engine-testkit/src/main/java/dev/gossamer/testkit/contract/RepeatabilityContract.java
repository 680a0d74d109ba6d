package dev.gossamer.testkit.contract;

import dev.gossamer.engine.Role;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.testkit.Cases;
import dev.gossamer.testkit.Close;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Same seed, same bits: each time, whatever the number of threads. Every backend's default keeps this. */
public abstract class RepeatabilityContract extends BackendContract {

    /** Large enough that a backend which splits work at all splits this. */
    private static final int[] SIZES = {257, 301, 10};

    private static final int BATCH = 100;

    @Test
    void trainsToTheSameBitsOnAnyNumberOfThreads() {
        for (double density : new double[] {1, 0.1}) {
            List<float[]> one = trained(density, 1);
            for (int threads : new int[] {1, 2, 3}) {
                List<float[]> more = trained(density, threads);
                for (int i = 0; i < one.size(); i++) {
                    Close.sameBits(
                            "parameter " + i + " at density " + density + " on " + threads + " threads",
                            more.get(i),
                            one.get(i));
                }
            }
        }
    }

    /** The parameters after three steps; the same seeded numbers each time. */
    private List<float[]> trained(double density, int threads) {
        List<float[]> parameters = new ArrayList<>();
        try (Workspace workspace = checked().workspace(threads)) {
            Cases.check("threads", 1, c -> {
                try (Rig rig = new Rig(workspace, padding())) {
                    EngineMlp engine = new EngineMlp(rig, SIZES);
                    for (int l = 0; l < engine.layers(); l++) {
                        if (density < 1) {
                            rig.workspace().repattern(engine.weights(l), c.random(SIZES[l + 1], SIZES[l], density));
                        }
                        rig.upload(
                                engine.weight(l, Role.THETA),
                                c.values(engine.weights(l).nnz()));
                    }
                    EngineMlp.Session session = engine.new Session(BATCH);
                    rig.upload(session.x(), c.values((long) SIZES[0] * BATCH));
                    int[] labels = c.indices(BATCH, SIZES[SIZES.length - 1]);
                    rig.workspace().upload(MemorySegment.ofArray(labels), BATCH, session.labels);
                    rig.workspace().write(engine.rate, 0.001f);
                    for (int i = 0; i < 3; i++) {
                        session.step(new Sgd(0.9f, false, 0, 0));
                    }
                    for (int l = 0; l < engine.layers(); l++) {
                        parameters.add(rig.read(engine.weight(l, Role.THETA)));
                        parameters.add(rig.read(engine.bias(l, Role.THETA)));
                    }
                    parameters.add(new float[] {rig.read(engine.loss), rig.read(engine.correct)});
                }
            });
        }
        return parameters;
    }
}
