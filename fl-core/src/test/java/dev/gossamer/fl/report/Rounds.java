package dev.gossamer.fl.report;

import dev.gossamer.fl.run.RoundMetrics;
import dev.gossamer.fl.run.RoundMetrics.LayerSparsity;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Rounds with numbers that differ from field to field. */
final class Rounds {

    private Rounds() {}

    static RoundMetrics of(int round) {
        Map<String, LayerSparsity> layers = new LinkedHashMap<>();
        layers.put("fc1.weight", new LayerSparsity(1000, 100, 0.9));
        layers.put("fc1.\"odd\",name", new LayerSparsity(10, 10, 0));
        return new RoundMetrics(
                round,
                400,
                0.875,
                0.25,
                0.5,
                0.891,
                110,
                layers,
                1.5e-3,
                0.75,
                0.5,
                2e9,
                8e9,
                4096,
                2_000_000,
                1_500,
                3,
                4,
                3,
                List.of(),
                List.of(0, 1, 2, 5),
                1.25,
                0.0625,
                0.03125,
                0.125,
                1.75);
    }
}
