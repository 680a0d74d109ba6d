package dev.gossamer.app;

import dev.gossamer.engine.Backends;
import dev.gossamer.fl.run.ExperimentConfig;
import dev.gossamer.fl.run.MethodCatalog;
import java.util.Iterator;
import java.util.stream.Stream;

/** What a shell offers where a command takes a name; looked up only when the script for the shell is made. */
final class Names {

    private Names() {}

    /** Backends, whether or not they can run here. */
    static final class Backend implements Iterable<String> {

        @Override
        public Iterator<String> iterator() {
            return Stream.concat(
                            Stream.of(Backends.AUTO),
                            Backends.candidates().stream().map(Backends.Candidate::name))
                    .iterator();
        }
    }

    /** Federated methods. */
    static final class Method implements Iterable<String> {

        @Override
        public Iterator<String> iterator() {
            return MethodCatalog.names().iterator();
        }
    }

    /** Data sets. */
    static final class DataSet implements Iterable<String> {

        @Override
        public Iterator<String> iterator() {
            return ExperimentConfig.DATASETS.iterator();
        }
    }

    /** Published tables and figures. */
    static final class Table implements Iterable<String> {

        @Override
        public Iterator<String> iterator() {
            return Reproductions.NAMES.iterator();
        }
    }
}
