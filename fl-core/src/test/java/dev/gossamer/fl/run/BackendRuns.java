package dev.gossamer.fl.run;

import dev.gossamer.engine.BackendOptions;
import dev.gossamer.engine.Backends;
import dev.gossamer.fl.TestData;
import dev.gossamer.fl.data.Dataset;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** What tests of whole runs need: each backend in turn, data, and a folder. */
@ParameterizedClass
@MethodSource("dev.gossamer.fl.TestBackends#names")
abstract class BackendRuns {

    final String name;

    @TempDir
    Path folder;

    Backends.Choice choice;
    Dataset data;

    BackendRuns(String name) {
        this.name = name;
    }

    @BeforeEach
    void openBackend() {
        choice = Backends.open(name, BackendOptions.defaults());
        data = TestData.rows();
    }

    @AfterEach
    void closeBackend() {
        choice.backend().close();
        data.close();
    }
}
