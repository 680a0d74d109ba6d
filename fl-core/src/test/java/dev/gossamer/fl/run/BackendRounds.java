package dev.gossamer.fl.run;

import dev.gossamer.engine.Backend;
import dev.gossamer.fl.TestBackends;
import dev.gossamer.fl.TestData;
import dev.gossamer.fl.data.Dataset;
import dev.gossamer.fl.data.Partition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** What tests of rounds need: each backend in turn, and data that is dealt to clients. */
@ParameterizedClass
@MethodSource("dev.gossamer.fl.TestBackends#names")
abstract class BackendRounds {

    static final long SEED = 1990;

    final String name;
    private final int clients;
    Backend backend;
    Dataset data;
    int[][] parts;

    BackendRounds(String name, int clients) {
        this.name = name;
        this.clients = clients;
    }

    @BeforeEach
    void openBackend() {
        backend = TestBackends.open(name);
        data = TestData.rows();
        parts = Partition.parse("iid", SEED).assign(data, clients);
    }

    @AfterEach
    void closeBackend() {
        backend.close();
        data.close();
    }
}
