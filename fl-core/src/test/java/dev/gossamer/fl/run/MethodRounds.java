package dev.gossamer.fl.run;

import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.fl.TestData;
import dev.gossamer.fl.method.ClientRunner;
import dev.gossamer.fl.method.Cohort;
import dev.gossamer.fl.method.FederatedMethod;
import dev.gossamer.fl.method.LocalTraining;
import dev.gossamer.fl.method.ServerState;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.nn.Models;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** What tests of methods need: clients that train a small model, and a method of the catalogue with the settings it takes. */
abstract class MethodRounds extends BackendRounds {

    static final int CLIENTS = 4;
    static final int ROUNDS = 6;
    static final double SPARSITY = 0.7;
    static final ModelSpec SPEC = Models.mlp(TestData.FEATURES, 9, TestData.CLASSES);

    MethodRounds(String name) {
        super(name, CLIENTS);
    }

    static LocalTraining training() {
        return new LocalTraining(2, 8, 0.3, new Sgd(0.5f, false, 0, 0));
    }

    static FederatedMethod method(String method, double sparsity, String... options) {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("method", method);
        settings.put("rounds", Integer.toString(ROUNDS));
        settings.put("momentum", "0.5");
        MethodCatalog.Entry entry = MethodCatalog.named(method);
        for (Setting option : entry.options()) {
            switch (option.key()) {
                case "sparsity" -> settings.put("sparsity", Double.toString(sparsity));
                case "tuneRounds" -> settings.put("tuneRounds", "3");
                case "mu" -> settings.put("mu", "0.1");
                case "serverMomentum" -> settings.put("serverMomentum", "0.3");
                default -> {}
            }
        }
        for (int i = 0; i < options.length; i += 2) {
            settings.put(options[i], options[i + 1]);
        }
        return entry.factory().make(SPEC, training(), ExperimentConfig.resolve(null, settings));
    }

    LocalClientRunner runner(int threads) {
        return new LocalClientRunner(backend, SPEC, data, parts, SEED, threads);
    }

    List<ServerState> run(String method, double sparsity) {
        return run(method(method, sparsity), 1);
    }

    List<ServerState> run(FederatedMethod method, int threads) {
        try (LocalClientRunner clients = runner(threads)) {
            return run(method, clients);
        }
    }

    static List<ServerState> run(FederatedMethod method, ClientRunner clients) {
        List<Integer> all = IntStream.range(0, CLIENTS).boxed().toList();
        List<ServerState> states = new ArrayList<>(List.of(method.init(SEED)));
        for (int round = 1; round <= ROUNDS; round++) {
            states.add(method.round(states.getLast(), new Cohort(round, all), clients)
                    .state());
        }
        return states;
    }
}
